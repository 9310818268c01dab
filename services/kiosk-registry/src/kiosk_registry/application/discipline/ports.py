"""What the use cases of cases against centres need from outside."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kiosk_registry.domain.discipline.case import Act, Case, CaseChange, CaseLine, Standing, State
from servicekit.idempotency import Claim, Once


class CaseMoved(Exception):
    """Somebody else moved the case or its centre since they were read; nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSelection:
    """Which cases to list; None leaves a member out of account. `told`: those that the centre was told of."""

    kiosk_id: str | None = None
    lsp_id: str | None = None
    districts: Collection[str] | None = None
    state: State | None = None
    told: bool = False


@dataclass(frozen=True, slots=True)
class EventIds:
    """Minted by the caller: the ids of what is told of the centre and of the penalty, and what they follow from."""

    centre: str
    penalty: str
    request: str


class CaseChanges(Protocol):
    """The store inside one transaction, which may be run several times: ids and instants are handed in."""

    def add(self, change: CaseChange) -> None:
        """Writes a new case and its first line."""

    def save(self, change: CaseChange, ids: EventIds) -> None:
        """Writes a moved case, its line, its centre with its own line, and what is told of either. Raises CaseMoved,
        also where another case was decided since, so that this is no longer for so many-th time.
        """


class Cases(Protocol):
    """All cases, and how the centres stand."""

    def get(self, case_id: str) -> Case | None:
        """The case as it is now."""

    def standing(self, kiosk_id: str) -> Standing | None:
        """How a centre stands now."""

    def times(self, kiosk_id: str, offence: str) -> int:
        """How many cases for this offence were decided against the centre, and not overturned."""

    def history(self, case_id: str) -> Sequence[CaseLine]:
        """Its lines, the oldest first: one for each version."""

    def page(self, selection: CaseSelection, after: str | None, limit: int) -> Sequence[Case]:
        """At most `limit` cases with an id above `after`, in order of id."""

    def overdue(self, at: datetime, limit: int) -> Sequence[tuple[str, Act]]:
        """Cases with what happens to them by itself, because its time came before `at`."""

    def once(self, claim: Claim, case_id: str, effect: Callable[[CaseChanges], object]) -> Once[str]:
        """Runs `effect` in one transaction with the claim, at most once; a repeat gives the first id.

        Raises IdempotencyKeyReused, and whatever the effect raises; then nothing was written.
        """

    def transact(self, effect: Callable[[CaseChanges], object]) -> None:
        """Runs `effect` in one transaction. Raises whatever the effect raises; then nothing was written."""

    def find(self, claim: Claim) -> Once[str] | None:
        """The id that an earlier request with this claim got, or None."""


class ReportedCases(Protocol):
    """Cases that are opened upon an event, inside its transaction."""

    def open_reported(self, case_id: str, report: "Report") -> bool:
        """Opens a case upon the report, once per report; False where there is no such centre, or the case is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A citizen says that a centre took more than the receipt says. Paise."""

    report_id: str
    payment_id: str
    receipt_number: str
    kiosk_id: str
    fee_order: str
    legal_fee_paise: int
    total_paise: int
    paid_paise: int
    completed_at: datetime
    reported_at: datetime
