"""What the use cases of openings need from outside."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from kiosk_registry.domain.lsps.lsp import Lsp
from kiosk_registry.domain.openings.opening import Change, HistoryEntry, Opening, State
from kiosk_registry.domain.places.districts import District
from kiosk_registry.domain.places.pin_areas import PinArea
from servicekit.idempotency import Claim, Once


class VersionMoved(Exception):
    """Somebody else moved the application since it was read; nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """What opens the centre beside the change: the LSP's credit limit, and the id of `kiosk.approved.v1`."""

    credit_limit_paise: int
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which openings to list; None leaves a member out of account."""

    person_id: str | None = None
    lsp_id: str | None = None
    districts: Collection[str] | None = None
    state: State | None = None


class Changes(Protocol):
    """The store inside one transaction, which may be run several times: ids and instants are handed in."""

    def get(self, opening_id: str) -> Opening | None:
        """The opening as this transaction sees it."""

    def new_kiosk_id(self, district_code: str) -> str:
        """The next id of a centre of the district."""

    def add(self, change: Change, request_id: str) -> None:
        """Writes a new opening, its history line and its event. Raises OpeningThere, PremisesTaken."""

    def save(self, change: Change, request_id: str, activation: Activation | None = None) -> None:
        """Writes a moved opening, its history line and its event; with an activation the centre, its device and
        `kiosk.approved.v1` too.

        Raises VersionMoved, DeviceTaken, OpeningThere, PremisesTaken.
        """


class Openings(Protocol):
    """All openings."""

    def get(self, opening_id: str) -> Opening | None:
        """The opening as it is now."""

    def history(self, opening_id: str) -> Sequence[HistoryEntry]:
        """Its lines, the oldest first: one for each version."""

    def by_token(self, token: str) -> Opening | None:
        """The opening with that transaction token."""

    def page(self, selection: Selection, after: str | None, limit: int) -> Sequence[Opening]:
        """At most `limit` openings with an id above `after`, in order of id."""

    def once(self, claim: Claim, opening_id: str, effect: Callable[[Changes], object]) -> Once[str]:
        """Runs `effect` in one transaction with the claim, at most once; a repeat gives the first id.

        Raises IdempotencyKeyReused, and whatever the effect raises; then nothing was written.
        """

    def find(self, claim: Claim) -> Once[str] | None:
        """The id that an earlier request with this claim got, or None."""


class Places(Protocol):
    """The facts that a form is held against."""

    def district(self, code: str) -> District | None:
        """One of the 33."""

    def pin_area(self, pin: str) -> PinArea | None:
        """Where a PIN is."""


class Lsps(Protocol):
    """The providers."""

    def get(self, lsp_id: str) -> Lsp | None:
        """The provider as it is now."""

    def serving(self, district_code: str | None) -> Sequence[Lsp]:
        """Those whose territory has the district, or all, by id."""
