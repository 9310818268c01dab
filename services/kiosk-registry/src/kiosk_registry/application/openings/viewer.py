"""Who looks at applications for centres, and which of them are theirs to see."""

from dataclasses import dataclass

from kiosk_registry.application.openings.ports import Selection
from kiosk_registry.domain.openings.opening import Office, Opening, State


@dataclass(frozen=True)
class Viewer:
    """The caller. `districts` are those that the caller answers for, with what they took over; `sees_all` is for whom
    nothing is hidden.
    """

    person_id: str
    office: Office
    lsp_id: str | None = None
    districts: frozenset[str] = frozenset()
    sees_all: bool = False

    def may_see(self, opening: Opening) -> bool:
        """Whether the application is theirs to see."""
        if self.sees_all:
            return True
        match self.office:
            case Office.LSP:
                return self.lsp_id is not None and opening.lsp_id == self.lsp_id
            case Office.DISTRICT:
                return opening.district_code in self.districts
            case _:
                return opening.person_id == self.person_id

    def selection(self, state: State | None) -> Selection:
        """The same as a choice of what to list."""
        if self.sees_all:
            return Selection(state=state)
        match self.office:
            case Office.LSP:
                return Selection(lsp_id=self.lsp_id or "", state=state)
            case Office.DISTRICT:
                return Selection(districts=self.districts, state=state)
            case _:
                return Selection(person_id=self.person_id, state=state)
