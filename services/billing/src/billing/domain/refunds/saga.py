"""The refund saga's decisions: what to ask next, and what an answer changes. Nothing here waits, calls or stores.

The rules are those of payments (docs/messaging.md, "Saga"): a timeout is not a failure; what is unknown is found out by
inquiry alone; what the provider has never seen is sent again under the same id. A refund is owed, so it is never given
up: what has no answer by the deadline is people's, and is still asked about.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from billing.domain.ledger.entries import JournalEntry
from billing.domain.payments.answers import Answer, Call, Outcome
from billing.domain.payments.breaks import Break, BreakKind, Resolution
from billing.domain.payments.pace import SLOW_INQUIRY, Pace
from billing.domain.payments.saga import Attempt
from billing.domain.refunds.refund import REFUND_ENDED, Destination, Refund, RefundState


class RefundAsk(StrEnum):
    """A question to the provider under the refund's own id; NOBODY: a wallet is our own, nobody need be asked."""

    REFUND = "refund"
    FIND = "find"
    NOBODY = "nobody"


@dataclass(frozen=True)
class RefundChange:
    """What goes into the store together with a refund's move: all of it, or none.

    `event_id` is set when the money is back: its event is made from `refund`. With `released` what it had reserved of
    the payment can be refunded again.
    """

    refund: Refund
    entry: JournalEntry | None = None
    event_id: str | None = None
    released: bool = False
    opened: Break | None = None
    resolved: Resolution | None = None


def refund_ask_first(refund: Refund, attempt: Attempt) -> RefundAsk | None:
    """What to ask now; None when it has ended."""
    if refund.state in REFUND_ENDED:
        return None
    if refund.destination is Destination.WALLET:
        return RefundAsk.NOBODY
    may_send = attempt is Attempt.FIRST or refund.unsent
    return RefundAsk.REFUND if refund.state is RefundState.REQUESTED and may_send else RefundAsk.FIND


def refund_ask_next(ask: RefundAsk, answer: Answer) -> RefundAsk | None:
    """What the provider has never seen is sent again, under the same id."""
    return RefundAsk.REFUND if ask is RefundAsk.FIND and answer.outcome is Outcome.NEVER_SEEN else None


@dataclass(frozen=True)
class RefundDecision:
    """Turns the answer to `ask` into the change of `refund`. `event_id` is used if the money is back with it."""

    refund: Refund
    attempt: Attempt
    ask: RefundAsk
    answer: Answer
    pace: Pace
    at: datetime
    event_id: str

    def change(self) -> RefundChange:
        """The one change that follows; every answer has one. Its move says which call led to it."""
        change, refund = self._change(), self.refund
        if self.ask is RefundAsk.NOBODY:
            return change
        call = Call(self.ask, self.answer.outcome, refund.attempts)
        return replace(change, refund=change.refund.led_by(call, len(refund.history)))

    def _change(self) -> RefundChange:
        refund, at, answer = self.refund, self.at, self.answer
        if answer.outcome is Outcome.SUCCESS:
            done = refund.move(at, RefundState.REFUNDED, reference=answer.reference or None)
            return RefundChange(done, refund.entry(at), self.event_id, resolved=self._resolved())
        if answer.outcome is Outcome.REFUSED:
            refused = refund.move(at, RefundState.REFUSED, refusal=answer.reason)
            # Who asks is told at once; of any later refusal, and of one that nobody asked for, nobody would hear.
            told = refund.cause is None and refund.state is RefundState.REQUESTED and self.attempt is Attempt.FIRST
            opened = None if told else self._break(BreakKind.REFUND_REFUSED, f"refund refused: {answer.reason}")
            return RefundChange(refused, released=True, opened=opened, resolved=self._resolved())
        return self._wait()

    def _wait(self) -> RefundChange:
        refund, at = self.refund, self.at
        if refund.state is RefundState.MANUAL:
            return RefundChange(replace(refund, resume_at=at + SLOW_INQUIRY))
        if at >= refund.deadline_at:
            opened = self._break(BreakKind.REFUND_UNRESOLVED, f"no final answer by the deadline: {self.answer.outcome}")
            return RefundChange(refund.move(at, RefundState.MANUAL, resume_at=at + SLOW_INQUIRY), opened=opened)
        # Of an inquiry it means that nobody could be asked; what was sent before may have arrived.
        not_sent = self.answer.outcome is Outcome.NOT_SENT and self.ask is RefundAsk.REFUND
        resume_at = self.pace.next_inquiry(at, refund.attempts)
        if not_sent or refund.state is RefundState.UNKNOWN:
            unsent = not_sent and (self.attempt is Attempt.FIRST or refund.unsent)
            later = replace(refund, attempts=refund.attempts + 1, unsent=unsent, resume_at=resume_at)
            return RefundChange(later)
        return RefundChange(refund.move(at, RefundState.UNKNOWN, attempts=refund.attempts + 1, resume_at=resume_at))

    def _break(self, kind: BreakKind, detail: str) -> Break:
        return Break(
            self.refund.payment_id,
            kind,
            detail,
            opened_at=self.at,
            due_at=self.at + self.pace.deadline,
            refund_id=self.refund.refund_id,
        )

    def _resolved(self) -> Resolution | None:
        if self.refund.state is not RefundState.MANUAL:
            return None
        return Resolution(
            BreakKind.REFUND_UNRESOLVED, self.at, f"inquiry: {self.answer.outcome}", self.refund.refund_id
        )
