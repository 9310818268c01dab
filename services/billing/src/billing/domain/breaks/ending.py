"""How two people end a break (ADR 0060): they found out what no inquiry told, and that is an answer like another.

So what it books is what the saga would have booked on that answer, by the same pure function, and once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from billing.domain.ledger.entries import JournalEntry
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.breaks import BreakKind, Resolution
from billing.domain.payments.pace import Pace
from billing.domain.payments.payment import Payment, State
from billing.domain.payments.saga import Ask, Attempt, Change, Decision
from billing.domain.refunds.refund import Refund, RefundState
from billing.domain.refunds.saga import RefundAsk, RefundChange, RefundDecision
from billing.domain.top_ups.saga import TopUpAsk, TopUpChange, TopUpDecision
from billing.domain.top_ups.top_up import TopUp, TopUpState

# The reason of what people found not to have been done; a partner's own reasons are other slugs.
FOUND_NOT_DONE = "found-not-done"


class Ending(StrEnum):
    """What people found out: the partner did it, or did not; or nothing is left to book."""

    DONE = "done"
    NOT_DONE = "not-done"
    CLOSE = "close"


@dataclass(frozen=True)
class Subject:
    """What a break is of, as it stands; of a payment that billing does not know there is none."""

    payment: Payment | None = None
    refund: Refund | None = None
    top_up: TopUp | None = None

    @property
    def version(self) -> int:
        """Which changes with each of its moves; 0 where there is none."""
        subject = self.refund or self.top_up or self.payment
        return subject.version if subject else 0


@dataclass(frozen=True)
class Proposal:
    """What one person proposes, for another to approve. It is of the subject as it stood at `version`.

    `reference` is the partner's own, of what it did; `evidence` is where the finding is filed. No free text.
    """

    proposal_id: str
    ending: Ending
    reference: str | None
    evidence: str
    proposed_by: str
    proposed_at: datetime
    version: int


@dataclass(frozen=True)
class StoredBreak:
    """A break as people have it. `resolved_by` says what ended it; `approved_by` who approved the proposal."""

    break_id: str
    kind: BreakKind
    payment_id: str | None
    refund_id: str | None
    top_up_id: str | None
    detail: str
    opened_at: datetime
    due_at: datetime
    owner: str
    is_open: bool
    proposal: Proposal | None = None
    approved_by: str | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None


@dataclass(frozen=True)
class Booking:
    """What an ending would do: the state that follows and the entries; nothing of either where it only closes."""

    state: str | None
    entries: Sequence[JournalEntry]


AnyChange = Change | RefundChange | TopUpChange

_BOTH = (Ending.DONE, Ending.NOT_DONE)
# A payment that people have: what can be found out of it.
_OF_MANUAL = {
    BreakKind.UNRESOLVED: _BOTH,
    BreakKind.CAPTURE_REFUSED: (Ending.DONE,),
    BreakKind.VOID_REFUSED: (Ending.DONE,),
}


def endings_of(kind: BreakKind, subject: Subject) -> tuple[Ending, ...]:
    """The endings that there are. What has come to its end is only closed: its books are right as they are."""
    payment, refund, top_up = subject.payment, subject.refund, subject.top_up
    if kind is BreakKind.REFUND_UNRESOLVED:
        return _BOTH if refund and refund.state is RefundState.MANUAL else ()
    if kind is BreakKind.TOP_UP_UNRESOLVED:
        return _BOTH if top_up and top_up.state is TopUpState.MANUAL else ()
    if payment and payment.state is State.MANUAL:
        return _OF_MANUAL.get(kind, ())
    return (Ending.CLOSE,)


def change_of(
    kind: BreakKind,
    subject: Subject,
    proposal: Proposal,
    pace: Pace,
    at: datetime,
    event_id: str,
    resolution: Resolution,
) -> AnyChange | None:
    """The change that follows, with the end of the break in it; None where there is nothing to change but the break."""
    if proposal.ending is Ending.CLOSE:
        return None
    answer = Answer(Outcome.REFUSED, reason=FOUND_NOT_DONE)
    if proposal.ending is Ending.DONE:
        answer = Answer(Outcome.SUCCESS, reference=proposal.reference or "")
    change: AnyChange
    if subject.refund and kind is BreakKind.REFUND_UNRESOLVED:
        change = RefundDecision(subject.refund, Attempt.LATER, RefundAsk.FIND, answer, pace, at, event_id).change()
        # Two people know of it: no further break has to tell.
        change = replace(change, opened=None)
    elif subject.top_up and kind is BreakKind.TOP_UP_UNRESOLVED:
        change = TopUpDecision(subject.top_up, Attempt.LATER, TopUpAsk.FIND, answer, pace, at, event_id).change()
    elif subject.payment:
        change = Decision(subject.payment, Attempt.LATER, Ask.INQUIRE, answer, pace, at, event_id).change()
    else:
        return None
    return replace(change, resolved=resolution)


def booking_of(change: AnyChange | None) -> Booking:
    """What a change books, for people to see before."""
    if change is None:
        return Booking(None, ())
    if isinstance(change, Change):
        return Booking(change.payment.state.value, tuple(change.entries))
    subject = change.refund if isinstance(change, RefundChange) else change.top_up
    return Booking(subject.state.value, (change.entry,) if change.entry else ())
