"""What the use cases of officers need from outside, beside applications."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from certificates.domain.officers.bulk import BulkDecision, Outcome
from certificates.domain.officers.charge import Charge
from certificates.domain.officers.taking import Taking
from servicekit.access import Reach
from servicekit.idempotency import Claim, Once


class Takings(Protocol):
    """Which officer has which case."""

    def take(self, taking: Taking) -> Taking:
        """Takes the case, or takes it for longer, unless another officer has it; gives who has it then."""

    def give_back(self, application_id: str, officer_id: str) -> None:
        """Ends the officer's own taking; nothing there is as good."""

    def in_force(self, application_ids: Collection[str], at: datetime) -> Mapping[str, Taking]:
        """Those that live, by application."""


class Charges(Protocol):
    """Who has whose charge."""

    def once(self, claim: Claim, charge: Charge) -> Once[str]:
        """Writes a new one with the claim, at most once. Raises IdempotencyKeyReused."""

    def get(self, charge_id: str) -> Charge | None:
        """The charge as it is now."""

    def end(self, charge_id: str, at: datetime) -> None:
        """Ends it; one that ended before keeps its end."""

    def living(self, department: str, today: date) -> Sequence[Charge]:
        """Those of a department that are not over today, also those that begin later; the oldest first."""


@dataclass(frozen=True)
class DeskQueue:
    """What waits at a desk: how many, how many of them late or due today, and the longest wait."""

    type_code: str
    step: str
    district_code: str
    waiting: int
    late: int
    due_today: int
    oldest_since: datetime


class Queues(Protocol):
    """Counting what waits for decisions."""

    def count(self, reach: Reach, without: Collection[tuple[str, str]], today: date) -> Iterable[DeskQueue]:
        """By desk, what is IN_VERIFICATION within reach, but at the steps `without` (type's code, step's name)."""


class BulkDecisions(Protocol):
    """Decisions of many cases at once, as operations with progress."""

    def once(self, claim: Claim, bulk: BulkDecision) -> Once[str]:
        """Writes a new one with the claim, at most once. Raises IdempotencyKeyReused."""

    def get(self, bulk_id: str) -> BulkDecision | None:
        """The operation as it is now."""

    def running(self) -> BulkDecision | None:
        """The oldest one that is not done."""

    def note(self, bulk_id: str, place: int, outcome: Outcome, at: datetime) -> None:
        """Writes what became of an item, unless that is written; with the last one it is done."""
