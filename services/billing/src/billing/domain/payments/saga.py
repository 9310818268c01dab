"""The saga's decisions: what to ask next, and what an answer changes. Nothing here waits, calls, mints or stores.

Rules (docs/messaging.md, "Saga"): a timeout is not a failure; what is unknown is found out by inquiry, never by a blind
second send and never by giving money back; a request that the other side has never seen may be sent under the same
id; after POSTED only forward; a success that comes after we recorded a failure is a break, never ignored.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, StrEnum

from billing.domain.ledger.entries import JournalEntry
from billing.domain.payments.answers import Answer, Call, Outcome
from billing.domain.payments.breaks import Break, BreakKind, Resolution
from billing.domain.payments.form import Form
from billing.domain.payments.pace import SLOW_INQUIRY, Pace
from billing.domain.payments.payment import Failure, Payment, State

_EXPIRED = "It could not be delivered in time and was never seen by the other side."


class Attempt(Enum):
    """Whether the state in hand may have been worked on before."""

    FIRST = "first"
    """The state was stored a moment ago by whoever drives the payment: nothing it asks for can have been sent."""
    LATER = "later"
    """Somebody may have sent what it asks for, and died or got no answer: inquire first."""


class Ask(StrEnum):
    """A question to a partner, under a request id of the payment. All but the inquiries are idempotent sends."""

    AUTHORISE = "authorise"
    FIND_AUTHORISATION = "find authorisation"
    PAY = "pay"
    INQUIRE = "inquire"
    CAPTURE = "capture"
    VOID = "void"
    NOBODY = "nobody"
    """It certainly never left, and is given up: nobody need be asked, the answer is NEVER_SEEN."""


INQUIRIES = frozenset({Ask.FIND_AUTHORISATION, Ask.INQUIRE})
_SENDS = {
    State.AUTH_REQUESTED: (Ask.AUTHORISE, Ask.FIND_AUTHORISATION),
    State.AUTH_UNKNOWN: (Ask.AUTHORISE, Ask.FIND_AUTHORISATION),
    State.POST_REQUESTED: (Ask.PAY, Ask.INQUIRE),
    State.POST_UNKNOWN: (Ask.PAY, Ask.INQUIRE),
}
# Capturing and voiding are idempotent on their request ids: asking again is as good as inquiring.
_REPEATS = {State.POSTED: Ask.CAPTURE, State.POST_FAILED: Ask.VOID}
# Given back: has the other side taken it after all?
_LOOKS_BACK = {State.VOIDED: Ask.INQUIRE, State.AUTH_FAILED: Ask.FIND_AUTHORISATION}


@dataclass(frozen=True)
class Change:
    """What goes into the store together with a payment's move: all of it, or none.

    `event_id` is set when the move ends the payment: its ending event (completed or failed) is made from `payment`.
    """

    payment: Payment
    entries: Sequence[JournalEntry] = ()
    event_id: str | None = None
    opened: Break | None = None
    resolved: Resolution | None = None


def ended(payment: Payment, event_id: str, entries: Sequence[JournalEntry] = ()) -> Change:
    """The change by which a payment ends, told by an event, which is counted."""
    return Change(replace(payment, events_told=payment.events_told + 1), entries=entries, event_id=event_id)


def ask_first(payment: Payment, attempt: Attempt, pace: Pace, at: datetime) -> Ask | None:
    """What to ask about the payment now; None when there is nothing to do."""
    if payment.state in _SENDS:
        send, inquire = _SENDS[payment.state]
        given_up = attempt is Attempt.LATER and _may_give_up(payment, pace, at)
        # That a biller was down is the network's word: before money is given back on it, the network is asked once.
        if attempt is Attempt.LATER and (not payment.unsent or (given_up and payment.queued_at)):
            return inquire
        return Ask.NOBODY if given_up else send
    if payment.state in _REPEATS:
        return _REPEATS[payment.state]
    if attempt is Attempt.FIRST:
        return None
    if payment.state is State.MANUAL:
        # People have it because no answer came in time; if one comes late, it goes on as it would have then.
        _, inquire = _SENDS.get(payment.reached, (None, Ask.FIND_AUTHORISATION))
        return _REPEATS.get(payment.reached, inquire)
    return Ask.INQUIRE if payment.form is Form.INCOMPLETE else _LOOKS_BACK.get(payment.state)


def ask_next(payment: Payment, ask: Ask, answer: Answer, pace: Pace, at: datetime) -> Ask | None:
    """What to ask after an inquiry's answer, before anything is decided; None when the answer decides."""
    if payment.state in _SENDS and ask in INQUIRIES:
        send, _ = _SENDS[payment.state]
        if not _may_give_up(payment, pace, at):
            return send if answer.outcome is Outcome.NEVER_SEEN else None
        # Where nobody can be asked either, nothing ever left.
        return Ask.NOBODY if payment.unsent and answer.outcome is Outcome.NOT_SENT else None
    if payment.state is State.AUTH_FAILED and ask is Ask.FIND_AUTHORISATION and answer.outcome is Outcome.SUCCESS:
        return Ask.VOID  # An authorisation that came late holds the payer's money.
    return None


def _may_give_up(payment: Payment, pace: Pace, at: datetime) -> bool:
    """Whether what nobody has seen is given back. What waits for a biller that is down has a limit of its own."""
    if payment.queued_at and payment.queue_until:
        return at >= payment.queue_until
    return pace.may_give_up(payment.created_at, at)


@dataclass(frozen=True)
class Decision:
    """Turns the answer to `ask` into the change of `payment`. `event_id` is used if the change ends the payment."""

    payment: Payment
    attempt: Attempt
    ask: Ask
    answer: Answer
    pace: Pace
    at: datetime
    event_id: str

    def change(self) -> Change:
        """The one change that follows; every answer has one. Its move says which call led to it."""
        change, payment = self._change(), self.payment
        if self.ask is Ask.NOBODY:
            return change
        call = Call(self.ask, self.answer.outcome, payment.attempts)
        return replace(change, payment=change.payment.led_by(call, len(payment.history)))

    def _change(self) -> Change:
        state = self.payment.state
        match state:
            case State.AUTH_REQUESTED | State.AUTH_UNKNOWN:
                change = self._authorised()
            case State.POST_REQUESTED | State.POST_UNKNOWN:
                change = self._posted() or self._wait(State.POST_UNKNOWN)
            case State.POSTED:
                change = self._captured() or self._wait(state)
            case State.POST_FAILED:
                change = self._voided() or self._wait(state)
            case State.VOIDED:
                change = self._looked_back()
            case State.AUTH_FAILED:
                change = self._looked_back_at_provider()
            case State.COMPLETED:  # The money is where it belongs, for good: only the form is asked about.
                change = Change(self.payment.form_told(self.at, self.answer.form))
            case _:
                change = self._resumed()
        return change

    def _authorised(self) -> Change:
        payment, at = self.payment, self.at
        match self.answer.outcome:
            case Outcome.SUCCESS:
                authorised = payment.move(
                    at,
                    State.AUTHORISED,
                    State.POST_REQUESTED,
                    authorisation_id=self.answer.reference,
                    resume_at=at + self.pace.grace,
                )
                return Change(authorised, entries=[payment.hold_entry(at)])
            case Outcome.REFUSED:
                return self._declined()
            case Outcome.NEVER_SEEN:
                return self._authorisation_expired(look_back_at=self.pace.next_look_back(at, at))
            case _:
                return self._wait(State.AUTH_UNKNOWN)

    def _declined(self) -> Change:
        failure = Failure("authorisation-declined", self.answer.reason, money_returned=True)
        return self._ended(self.payment.move(self.at, State.AUTH_FAILED, failure=failure))

    def _authorisation_expired(self, *, look_back_at: datetime) -> Change:
        failure = Failure("expired", _EXPIRED, money_returned=True)
        return self._ended(self.payment.move(self.at, State.AUTH_FAILED, failure=failure, resume_at=look_back_at))

    def _posted(self) -> Change | None:
        payment, at = self.payment, self.at
        match self.answer.outcome:
            case Outcome.SUCCESS:
                posted = payment.posted(
                    at, self.answer.reference, resume_at=at + self.pace.grace, form=self.answer.form
                )
                entries = [payment.post_entry(at)]
                return self._ended(posted, entries) if posted.state is State.COMPLETED else Change(posted, entries)
            case Outcome.REFUSED:
                failure = Failure("biller-refused", self.answer.reason, money_returned=True)
            case Outcome.NEVER_SEEN:
                failure = Failure("expired", _EXPIRED, money_returned=True)
            case _:
                return None
        refused = payment.refused(at, failure, resume_at=at + self.pace.grace)
        return self._given_back(refused) if refused.state is State.VOIDED else Change(refused)

    def _given_back(self, voided: Payment) -> Change:
        if voided.gave_up:  # What was sent may still be queued on its way to the biller, and arrive.
            voided = replace(voided, resume_at=self.pace.next_look_back(self.at, self.at))
        return self._ended(voided, [voided.void_entry(self.at)])

    def _captured(self) -> Change | None:
        if self.answer.outcome is Outcome.SUCCESS:
            return self._ended(self.payment.completed(self.at), [self.payment.capture_entry(self.at)])
        if self.answer.outcome is Outcome.REFUSED:
            return self._hand_over(BreakKind.CAPTURE_REFUSED, f"capture refused: {self.answer.reason}")
        return None

    def _voided(self) -> Change | None:
        if self.answer.outcome is Outcome.SUCCESS:
            return self._given_back(self.payment.move(self.at, State.VOIDED))
        if self.answer.outcome is Outcome.REFUSED:
            return self._hand_over(BreakKind.VOID_REFUSED, f"void refused: {self.answer.reason}")
        return None

    def _looked_back(self) -> Change:
        if self.answer.outcome is Outcome.SUCCESS:
            late = self._break(BreakKind.LATE_SUCCESS, "the biller took it after it was given back")
            return Change(replace(self.payment, resume_at=None), opened=late, resolved=self._resolved())
        return self._look_again()

    def _looked_back_at_provider(self) -> Change:
        if self.ask is Ask.VOID:
            done = replace(self.payment, resume_at=None)
            if self.answer.outcome is Outcome.SUCCESS:
                return Change(done, resolved=self._resolved())
            if self.answer.outcome is Outcome.REFUSED:
                opened = self._break(BreakKind.VOID_REFUSED, f"void refused: {self.answer.reason}")
                return Change(done, opened=opened, resolved=self._resolved())
        return self._look_again()

    def _look_again(self) -> Change:
        """The other side does not have it (yet), or cannot say: then people have to know by the published time."""
        payment, at = self.payment, self.at
        in_time = at < payment.deadline_at
        if self.answer.outcome in (Outcome.REFUSED, Outcome.NEVER_SEEN):
            may_arrive = self.answer.outcome is Outcome.NEVER_SEEN and payment.gave_up and in_time
            next_look = self.pace.next_look_back(at, payment.history[-1].at) if may_arrive else None
            return Change(replace(payment, attempts=0, resume_at=next_look), resolved=self._resolved())
        if in_time:
            return Change(self._later())
        # The same words each hour: what people closed is not opened again by another kind of silence.
        detail = "given back, and no final answer by the deadline"
        opened = self._break(BreakKind.UNRESOLVED, detail)
        return Change(replace(payment, resume_at=at + SLOW_INQUIRY), opened=opened)

    def _resumed(self) -> Change:
        match self.payment.reached:
            case State.POST_REQUESTED | State.POST_UNKNOWN:
                change = self._posted()
            case State.POSTED:
                change = self._captured()
            case State.POST_FAILED:
                change = self._voided()
            case _:
                change = self._not_authorised_in_time()
        if change is None:
            return Change(replace(self.payment, resume_at=self.at + SLOW_INQUIRY))
        return replace(change, resolved=self._resolved())

    def _not_authorised_in_time(self) -> Change | None:
        match self.answer.outcome:
            case Outcome.REFUSED:
                return self._declined()
            case Outcome.SUCCESS:  # Too late to pay a bill with: looking back voids it.
                return self._authorisation_expired(look_back_at=self.at)
            case Outcome.NEVER_SEEN:
                return self._authorisation_expired(look_back_at=self.pace.next_look_back(self.at, self.at))
            case _:
                return None

    def _wait(self, unknown: State) -> Change:
        payment, at = self.payment, self.at
        if at >= payment.deadline_at:
            detail = f"no final answer by the deadline: {self.answer.outcome}"
            return self._hand_over(BreakKind.UNRESOLVED, detail)
        # Of an inquiry it means that nobody could be asked; what was sent before may have arrived.
        not_sent = self.answer.outcome is Outcome.NOT_SENT and self.ask not in INQUIRIES
        # Only when no attempt at all reached the other side may the next one go without an inquiry.
        later = self._later(unsent=not_sent and (self.attempt is Attempt.FIRST or payment.unsent))
        if not_sent or payment.state is unknown:
            return Change(later)
        return Change(payment.move(at, unknown, attempts=later.attempts, resume_at=later.resume_at))

    def _later(self, *, unsent: bool = False) -> Payment:
        payment, at = self.payment, self.at
        later = replace(
            payment,
            attempts=payment.attempts + 1,
            unsent=unsent,
            resume_at=self.pace.next_inquiry(at, payment.attempts),
        )
        if self.ask is not Ask.PAY or not self.answer.down:
            return later
        queued_at, until = payment.queued_at or at, payment.queue_until or at
        return replace(later, queued_at=queued_at, resume_at=self.pace.next_try(at, queued_at, until))

    def _hand_over(self, kind: BreakKind, detail: str) -> Change:
        # What was refused stays refused; what is only in doubt is still asked about, slowly.
        ask_at = self.at + SLOW_INQUIRY if kind is BreakKind.UNRESOLVED else None
        payment = self.payment
        manual = payment if payment.state is State.MANUAL else payment.move(self.at, State.MANUAL)
        return Change(replace(manual, resume_at=ask_at), opened=self._break(kind, detail))

    def _break(self, kind: BreakKind, detail: str) -> Break:
        return Break(self.payment.payment_id, kind, detail, opened_at=self.at, due_at=self.at + self.pace.deadline)

    def _resolved(self) -> Resolution:
        return Resolution(BreakKind.UNRESOLVED, self.at, f"inquiry: {self.answer.outcome}")

    def _ended(self, payment: Payment, entries: Sequence[JournalEntry] = ()) -> Change:
        return ended(payment, self.event_id, entries)
