"""Who looks at centres that trade, and which are theirs."""

from dataclasses import dataclass
from typing import Protocol

from kiosk_registry.domain.running.centre import Actor, Office


class OfACentre(Protocol):
    """A centre, or something that is of one."""

    @property
    def kiosk_id(self) -> str:
        """The centre."""

    @property
    def lsp_id(self) -> str:
        """Its provider."""

    @property
    def district_code(self) -> str:
        """LGD code of its district."""


@dataclass(frozen=True)
class CentreViewer:
    """The caller. `districts` are those that the caller answers for, with what they took over; `sees_all` is for whom
    nothing is hidden.
    """

    actor: Actor
    kiosk_id: str | None = None
    lsp_id: str | None = None
    districts: frozenset[str] = frozenset()
    sees_all: bool = False

    def may_see(self, centre: OfACentre) -> bool:
        """Whether the centre, or what is of it, is theirs to see and, as far as the table lets them, to change."""
        if self.sees_all:
            return True
        match self.actor.office:
            case Office.OPERATOR:
                return self.kiosk_id == centre.kiosk_id
            case Office.LSP:
                return self.lsp_id == centre.lsp_id
            case _:
                return centre.district_code in self.districts
