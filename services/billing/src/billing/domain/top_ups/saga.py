"""The top-up saga's decisions: what to ask next, and what an answer changes. Nothing here waits, calls or stores.

The rules are those of payments (docs/messaging.md, "Saga"): a timeout is not a failure; what is unknown is found out by
inquiry alone; what the provider has never seen is sent again under the same id, but only as long as whoever asked may
still be waiting for it. Nobody is charged hours later: after that it is only asked about, and what was still never seen
by the deadline is refused.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from billing.domain.ledger.entries import JournalEntry
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.breaks import Break, BreakKind, Resolution
from billing.domain.payments.pace import SLOW_INQUIRY, Pace
from billing.domain.payments.saga import Attempt
from billing.domain.top_ups.top_up import EXPIRED, TOP_UP_ENDED, TopUp, TopUpState


class TopUpAsk(StrEnum):
    """A question to the provider under the top-up's own id; NOBODY: it certainly never left, and is given up."""

    CHARGE = "charge"
    FIND = "find"
    NOBODY = "nobody"


@dataclass(frozen=True)
class TopUpChange:
    """What goes into the store together with a top-up's move: all of it, or none.

    `event_id` is set when the wallet is credited: its event is made from `top_up`.
    """

    top_up: TopUp
    entry: JournalEntry | None = None
    event_id: str | None = None
    opened: Break | None = None
    resolved: Resolution | None = None


def top_up_ask_first(top_up: TopUp, attempt: Attempt, pace: Pace, at: datetime) -> TopUpAsk | None:
    """What to ask now; None when it has ended."""
    if top_up.state in TOP_UP_ENDED:
        return None
    if attempt is Attempt.LATER and not top_up.unsent:
        return TopUpAsk.FIND
    given_up = attempt is Attempt.LATER and pace.may_give_up(top_up.created_at, at)
    return TopUpAsk.NOBODY if given_up else TopUpAsk.CHARGE


def top_up_ask_next(top_up: TopUp, ask: TopUpAsk, answer: Answer, pace: Pace, at: datetime) -> TopUpAsk | None:
    """What the provider has never seen is sent again, under the same id, unless it is too late for that."""
    never_seen = ask is TopUpAsk.FIND and answer.outcome is Outcome.NEVER_SEEN
    return TopUpAsk.CHARGE if never_seen and not pace.may_give_up(top_up.created_at, at) else None


@dataclass(frozen=True)
class TopUpDecision:
    """Turns the answer to `ask` into the change of `top_up`. `event_id` is used if the wallet is credited with it."""

    top_up: TopUp
    attempt: Attempt
    ask: TopUpAsk
    answer: Answer
    pace: Pace
    at: datetime
    event_id: str

    def change(self) -> TopUpChange:
        """The one change that follows; every answer has one."""
        top_up, at, answer = self.top_up, self.at, self.answer
        if answer.outcome is Outcome.SUCCESS:
            credited = top_up.move(at, TopUpState.CREDITED, reference=answer.reference or None)
            return TopUpChange(credited, top_up.entry(at), self.event_id, resolved=self._resolved())
        if answer.outcome is Outcome.REFUSED:
            return self._refused(answer.reason)
        # What was sent may still be queued on its way: only what certainly never left is given up before the deadline.
        if self.ask is TopUpAsk.NOBODY or (answer.outcome is Outcome.NEVER_SEEN and at >= top_up.deadline_at):
            return self._refused(EXPIRED)
        return self._wait()

    def _refused(self, reason: str) -> TopUpChange:
        refused = self.top_up.move(self.at, TopUpState.REFUSED, refusal=reason)
        return TopUpChange(refused, resolved=self._resolved())

    def _wait(self) -> TopUpChange:
        top_up, at = self.top_up, self.at
        if top_up.state is TopUpState.MANUAL:
            return TopUpChange(replace(top_up, resume_at=at + SLOW_INQUIRY))
        if at >= top_up.deadline_at:
            detail = f"no final answer by the deadline: {self.answer.outcome}"
            opened = Break(
                None,
                BreakKind.TOP_UP_UNRESOLVED,
                detail,
                opened_at=at,
                due_at=at + self.pace.deadline,
                top_up_id=top_up.top_up_id,
            )
            return TopUpChange(top_up.move(at, TopUpState.MANUAL, resume_at=at + SLOW_INQUIRY), opened=opened)
        # Of an inquiry it means that nobody could be asked; what was sent before may have arrived.
        not_sent = self.answer.outcome is Outcome.NOT_SENT and self.ask is TopUpAsk.CHARGE
        resume_at = self.pace.next_inquiry(at, top_up.attempts)
        if not_sent or top_up.state is TopUpState.UNKNOWN:
            unsent = not_sent and (self.attempt is Attempt.FIRST or top_up.unsent)
            return TopUpChange(replace(top_up, attempts=top_up.attempts + 1, unsent=unsent, resume_at=resume_at))
        return TopUpChange(top_up.move(at, TopUpState.UNKNOWN, attempts=top_up.attempts + 1, resume_at=resume_at))

    def _resolved(self) -> Resolution | None:
        if self.top_up.state is not TopUpState.MANUAL:
            return None
        return Resolution(
            BreakKind.TOP_UP_UNRESOLVED,
            self.at,
            f"inquiry: {self.answer.outcome}",
            top_up_id=self.top_up.top_up_id,
        )
