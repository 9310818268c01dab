"""A dispute: who paid says that something is wrong with a payment, and somebody who answers for it decides, once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Self

MOST_EVIDENCE = 20


class DisputeState(StrEnum):
    """How far a dispute has come."""

    OPEN = "OPEN"
    UPHELD = "UPHELD"
    REJECTED = "REJECTED"


class NotOpen(Exception):
    """The dispute has ended: it stays so."""


@dataclass(frozen=True)
class TurnAround:
    """By when a dispute of a code is to be decided, from a day on, by the order of that name."""

    from_day: date
    source: str
    limit: timedelta


@dataclass(frozen=True)
class DisputeCode:
    """What may be disputed. `is_explained`: the payment's own record tells the cause. No turn-around time: unset."""

    code: str
    name: str
    name_hi: str
    is_explained: bool
    turn_arounds: tuple[TurnAround, ...] = ()

    def turn_around_on(self, day: date) -> TurnAround | None:
        """The latest until that day; None where no order sets any."""
        fitting = [row for row in self.turn_arounds if row.from_day <= day]
        return max(fitting, key=lambda row: row.from_day, default=None)


class EvidenceKind(StrEnum):
    """The digest of a file that its owner keeps, or a sentence."""

    SHA256 = "sha256"
    TEXT = "text"


@dataclass(frozen=True)
class Evidence:
    """What somebody adds to a dispute; the same again is the same."""

    kind: EvidenceKind
    value: str
    by: str
    at: datetime

    @property
    def says(self) -> tuple[str, str]:
        """What makes it another piece of evidence."""
        return self.kind, self.value


@dataclass(frozen=True)
class DisputeMove:
    """One line of a dispute's history: who brought it there, when and why (a code)."""

    state: DisputeState
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True)
class Dispute:
    """One dispute of one payment; `version` counts its moves. `due_at` None: no order says by when it is decided.

    Whose it is, is the payment's. `refund_id` is the refund that began with the decision, and in its transaction.
    """

    dispute_id: str
    payment_id: str
    code: str
    client_id: str
    kiosk_id: str | None
    person_id: str | None
    district_code: str | None
    state: DisputeState
    version: int
    history: tuple[DisputeMove, ...]
    evidence: tuple[Evidence, ...]
    due_at: datetime | None
    refund_id: str | None = None

    @property
    def opened(self) -> DisputeMove:
        """How it began."""
        return self.history[0]

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided it."""
        return self.state is DisputeState.OPEN

    @property
    def refund_cause(self) -> str:
        """The name of the one happening that its refund answers: there is one refund of it."""
        return f"dispute:{self.dispute_id}"

    def decided(self, state: DisputeState, *, at: datetime, by: str, reason: str, refund_id: str | None) -> Self:
        """The dispute with its end. Raises NotOpen."""
        if not self.is_open:
            raise NotOpen
        move = DisputeMove(state, at, by, reason)
        history = (*self.history, move)
        return replace(self, state=state, version=self.version + 1, history=history, refund_id=refund_id)


def with_evidence(kept: Sequence[Evidence], added: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """What is kept after adding; what was said before is not said twice."""
    known = {piece.says: piece for piece in (*reversed(added), *kept)}
    return tuple(sorted(known.values(), key=lambda piece: (piece.at, piece.says)))
