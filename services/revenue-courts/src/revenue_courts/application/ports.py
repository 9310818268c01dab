"""What the use cases need from outside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from revenue_courts.domain.case import Case, Change, Hearing, HistoryEntry, State
from revenue_courts.domain.closure import Closure
from revenue_courts.domain.courts import Court, Level
from revenue_courts.domain.notice import Notice
from revenue_courts.domain.pendency import Pendency
from servicekit.access import Reach
from servicekit.idempotency import Claim, Once


class VersionMoved(Exception):
    """Somebody else moved the case since it was read; nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedCourts:
    """What a load did."""

    added: int
    changed: int
    unchanged: int


class Courts(Protocol):
    """The courts that ship, and those that were loaded; a loaded one stands before a shipped one of its code."""

    def get(self, code: str) -> Court | None:
        """The court of that code."""

    def page(
        self, district_code: str | None, level: Level | None, on: date, after: str | None, limit: int
    ) -> Sequence[Court]:
        """At most `limit` of those that are there on that day, by code, after the code `after`."""

    def load(self, courts: Sequence[Court], *, dry_run: bool) -> LoadedCourts:
        """Stores all of them or none; a repeat changes nothing. What is not among them stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which cases to list: of those within `reach`. None leaves a member out of account.

    With `own_drafts` drafts are among them: they are for who may file, never for an office. With `in_camera` so are
    those that are held in camera. `party` are words that the names of the parties have, all of them; `land_key` is of
    domain.search; `enrolment` is an advocate's who appears or appeared.
    """

    reach: Reach
    state: State | None = None
    court_code: str | None = None
    own_drafts: bool = False
    in_camera: bool = False
    district_code: str | None = None
    number: str | None = None
    party: frozenset[str] = frozenset()
    land_key: str | None = None
    enrolment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One case on a day's list. Nothing of the parties, and of what is heard in camera no number either. `place`
    orders it: by kind, year and number; what is heard in camera comes last.
    """

    place: str
    case_number: str | None
    kind_code: str | None
    purpose: str
    outcome: str
    in_camera: bool


class Changes(Protocol):
    """The store inside one transaction, which may be run several times: ids and instants are handed in."""

    def get(self, case_id: str) -> Case | None:
        """The case as this transaction sees it."""

    def by_number(self, number: str) -> Case | None:
        """The case that has or had that number, as this transaction sees it."""

    def notice(self, case_id: str, no: int) -> Notice | None:
        """The notice of that number, as this transaction sees it."""

    def next_number(self, court_code: str, kind_code: str, year: int) -> str:
        """The next number of a court, a kind and a year: 1, 2, 3 … without a gap, whatever dies meanwhile."""

    def add(self, change: Change) -> None:
        """Writes a new case and its history line."""

    def save(self, change: Change, request_id: str) -> None:
        """Writes a moved case, its line, its hearings, its notices and what is told. Raises VersionMoved."""


class Cases(Protocol):
    """All cases."""

    def get(self, case_id: str) -> Case | None:
        """The case as it is now."""

    def by_number(self, number: str) -> Case | None:
        """The case that has that registration number, or had it before it was transferred."""

    def by_token(self, token: str) -> Case | None:
        """The case with that transaction token."""

    def history(self, case_id: str) -> Sequence[HistoryEntry]:
        """Its lines, the oldest first: one for each version."""

    def hearings(self, case_id: str) -> Sequence[Hearing]:
        """Its hearings, the first one first."""

    def notices(self, case_id: str) -> Sequence[Notice]:
        """Its notices, the first one first."""

    def notice(self, case_id: str, no: int) -> Notice | None:
        """The notice of that number."""

    def page(self, selection: Selection, after: str | None, limit: int) -> Sequence[Case]:
        """At most `limit` cases with an id below `after`, the youngest first."""

    def cause_list(self, court_code: str, on: date, after: str | None, limit: int) -> Sequence[Listed]:
        """At most `limit` of what is or was listed before the court on that day, by place, after the place `after`."""

    def listed_on(self, court_code: str, on: date, after: str, limit: int) -> Sequence[tuple[str, str]]:
        """At most `limit` cases that are still to be heard by the court on that day, after the place `after`: id and
        place, by place.
        """

    def count_listed_on(self, court_code: str, on: date) -> int:
        """How many those are."""

    def once(self, claim: Claim, case_id: str, effect: Callable[[Changes], object]) -> Once[str]:
        """Runs `effect` in one transaction with the claim, at most once; a repeat gives the first id.

        Raises IdempotencyKeyReused, ActUsedUp, and whatever the effect raises; then nothing was written.
        """

    def find(self, claim: Claim) -> Once[str] | None:
        """The id that an earlier request with this claim got, or None. Raises IdempotencyKeyReused."""


class PendencyCounts(Protocol):
    """What is before the courts, counted in the transaction of every act."""

    def of(self, court_code: str, months: Sequence[str]) -> Pendency:
        """Of one court, with what came and went in these months; nothing where no case came before it."""

    def of_the_state(self, months: Sequence[str]) -> Pendency:
        """Of all courts together."""


class Closures(Protocol):
    """Days that fell away for single courts."""

    def add(self, closure: Closure) -> None:
        """The first one of a court and a day stands."""

    def of(self, court_code: str) -> Sequence[Closure]:
        """All of the court, by day."""


@dataclass(frozen=True, slots=True)
class PublishedEvent:
    """One event about a case, by its published name."""

    type: str
    at: datetime
