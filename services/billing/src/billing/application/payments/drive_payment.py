"""Drive a payment towards its end: the saga's steps, the same for the request that began it and for the sweeper.

Rules (messaging.md, "Saga"): a timeout is not a failure; what is unknown is found out by inquiry, never by a blind
second send and never by giving money back; a request that the other side has never seen may be sent under the same
id; after POSTED only forward; a success that comes after we recorded a failure is a break, never ignored.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from billing.application.payments.ports import (
    Answer,
    BillerNetwork,
    Break,
    BreakKind,
    Change,
    Outcome,
    PaymentProvider,
    Payments,
    Resolution,
)
from billing.domain.payments.pace import SLOW_INQUIRY, Pace
from billing.domain.payments.payment import FAILED, Failure, Payment, State
from servicekit.faults import crash_point

# No path through the saga has more steps than this in one go; it ends a loop that a defect would make endless.
MOST_STEPS = 8

_EXPIRED = "It could not be delivered in time and was never seen by the other side."


class PaymentExecutor:
    """Moves payments on. Several may work on one payment at once: every move is compare-and-set, losers stop."""

    def __init__(
        self,
        payments: Payments,
        billers: BillerNetwork,
        provider: PaymentProvider,
        pace: Pace,
        clock: Callable[[], datetime],
        new_event_id: Callable[[], str],
    ) -> None:
        self._payments = payments
        self._billers = billers
        self._provider = provider
        self._pace = pace
        self._clock = clock
        self._new_event_id = new_event_id
        self._steps: dict[State, Callable[[Payment, bool], Change | None]] = {
            State.AUTH_REQUESTED: self._authorise,
            State.AUTH_UNKNOWN: self._authorise,
            State.POST_REQUESTED: self._post,
            State.POST_UNKNOWN: self._post,
            State.POSTED: self._capture,
            State.POST_FAILED: self._void,
            State.VOIDED: self._look_back,
            State.AUTH_FAILED: self._look_back_at_provider,
            State.MANUAL: self._resume,
        }

    def drive(self, payment: Payment, *, fresh: bool) -> Payment:
        """Take `payment` as far as it goes now and return how it then stands.

        `fresh`: its intent was stored by this very call, so nothing can have been sent and no inquiry is needed.
        Raises DependencyTimeout or DependencyUnavailable when the store cannot be written; nothing is lost by it.
        """
        for _ in range(MOST_STEPS):
            step = self._steps.get(payment.state)
            change = step(payment, fresh) if step else None
            if change is None:
                break
            if not self._payments.record(payment, change):
                return self._leave_off(payment, change)
            waits = change.payment.state is payment.state or change.payment.attempts > 0
            payment = change.payment
            if waits:
                break
            fresh = True  # The state is new, so what it asks for has certainly not been asked yet.
        return payment

    def _leave_off(self, payment: Payment, lost: Change) -> Payment:
        """Another request or sweeper moved it first and is at work on it. What was learnt here must not be lost."""
        stands = self._payments.get(payment.payment_id) or payment
        if (stands.state in FAILED or stands.state is State.MANUAL) and lost.payment.state not in FAILED:
            self._payments.ring(payment.payment_id, self._clock())
        return stands

    def _authorise(self, payment: Payment, fresh: bool) -> Change | None:
        answer = self._ask(
            payment,
            fresh,
            send=self._provider.authorise,
            inquire=self._provider.find_authorisation,
        )
        at = self._clock()
        if answer.outcome is Outcome.SUCCESS:
            authorised = payment.move(
                at,
                State.AUTHORISED,
                State.POST_REQUESTED,
                authorisation_id=answer.reference,
                next_action_at=at + self._pace.grace,
            )
            return Change(authorised, entries=[payment.hold_entry(at)])
        if answer.outcome is Outcome.REFUSED:
            failure = Failure("authorisation-declined", answer.reason, money_returned=True)
        elif answer.outcome is Outcome.NEVER_SEEN:
            return self._authorisation_expired(payment, at, look_back_at=self._pace.next_look_back(at, at))
        else:
            return self._wait(payment, answer, State.AUTH_UNKNOWN, fresh)
        return Change(payment.move(at, State.AUTH_FAILED, failure=failure), event_id=self._new_event_id())

    def _authorisation_expired(self, payment: Payment, at: datetime, *, look_back_at: datetime) -> Change:
        failure = Failure("expired", _EXPIRED, money_returned=True)
        failed = payment.move(at, State.AUTH_FAILED, failure=failure, next_action_at=look_back_at)
        return Change(failed, event_id=self._new_event_id())

    def _post(self, payment: Payment, fresh: bool) -> Change | None:
        answer = self._ask(payment, fresh, send=self._billers.pay, inquire=self._billers.inquire)
        return self._posted_or_not(payment, answer) or self._wait(payment, answer, State.POST_UNKNOWN, fresh)

    def _posted_or_not(self, payment: Payment, answer: Answer) -> Change | None:
        at = self._clock()
        if answer.outcome is Outcome.SUCCESS:
            posted = payment.posted(at, answer.reference, take_over_at=at + self._pace.grace)
            event_id = self._new_event_id() if posted.state is State.COMPLETED else None
            return Change(posted, entries=[payment.post_entry(at)], event_id=event_id)
        if answer.outcome is Outcome.REFUSED:
            failure = Failure("biller-refused", answer.reason, money_returned=True)
        elif answer.outcome is Outcome.NEVER_SEEN:
            failure = Failure("expired", _EXPIRED, money_returned=True)
        else:
            return None
        refused = payment.refused(at, failure, take_over_at=at + self._pace.grace)
        if refused.state is State.VOIDED:
            return self._given_back(refused, at)
        return Change(refused)

    def _given_back(self, voided: Payment, at: datetime) -> Change:
        if voided.gave_up:  # What was sent may still be queued on its way to the biller, and arrive.
            voided = replace(voided, next_action_at=self._pace.next_look_back(at, at))
        return Change(voided, entries=[voided.void_entry(at)], event_id=self._new_event_id())

    def _capture(self, payment: Payment, fresh: bool) -> Change | None:
        # Capturing is idempotent on its request id: asking again is as good as inquiring.
        answer = self._provider.capture(payment)
        return self._captured_or_not(payment, answer) or self._wait(payment, answer, State.POSTED, fresh)

    def _captured_or_not(self, payment: Payment, answer: Answer) -> Change | None:
        at = self._clock()
        if answer.outcome is Outcome.SUCCESS:
            return Change(payment.completed(at), entries=[payment.capture_entry(at)], event_id=self._new_event_id())
        if answer.outcome is Outcome.REFUSED:
            return self._hand_over(payment, BreakKind.CAPTURE_REFUSED, f"capture refused: {answer.reason}")
        return None

    def _void(self, payment: Payment, fresh: bool) -> Change | None:
        crash_point("S3-before-call")
        answer = self._provider.void(payment)  # Idempotent, as capturing is.
        crash_point("S3-after-call")
        return self._voided_or_not(payment, answer) or self._wait(payment, answer, State.POST_FAILED, fresh)

    def _voided_or_not(self, payment: Payment, answer: Answer) -> Change | None:
        at = self._clock()
        if answer.outcome is Outcome.SUCCESS:
            return self._given_back(payment.move(at, State.VOIDED), at)
        if answer.outcome is Outcome.REFUSED:
            return self._hand_over(payment, BreakKind.VOID_REFUSED, f"void refused: {answer.reason}")
        return None

    def _look_back(self, payment: Payment, fresh: bool) -> Change | None:
        """It was given back, unseen or with a doorbell since: has the biller taken it after all?"""
        if fresh:
            return None
        answer = self._billers.inquire(payment)
        at = self._clock()
        if answer.outcome is Outcome.SUCCESS:
            late = self._break(payment, BreakKind.LATE_SUCCESS, "the biller took it after it was given back", at)
            return Change(replace(payment, next_action_at=None), opened=late, resolved=_resolved(answer, at))
        return self._look_again(payment, answer, at)

    def _look_back_at_provider(self, payment: Payment, fresh: bool) -> Change | None:
        """It was given up before it was authorised: an authorisation that came late holds the payer's money."""
        if fresh:
            return None
        answer = self._provider.find_authorisation(payment)
        if answer.outcome is Outcome.SUCCESS:
            payment = replace(payment, authorisation_id=answer.reference)
            answer = self._provider.void(payment)
            at = self._clock()
            done = replace(payment, next_action_at=None)
            if answer.outcome is Outcome.SUCCESS:
                return Change(done, resolved=_resolved(answer, at))
            if answer.outcome is Outcome.REFUSED:
                opened = self._break(payment, BreakKind.VOID_REFUSED, f"void refused: {answer.reason}", at)
                return Change(done, opened=opened, resolved=_resolved(answer, at))
        return self._look_again(payment, answer, self._clock())

    def _look_again(self, payment: Payment, answer: Answer, at: datetime) -> Change:
        """The other side does not have it (yet), or cannot say: then people have to know by the published time."""
        in_time = at < payment.deadline_at
        if answer.outcome in (Outcome.REFUSED, Outcome.NEVER_SEEN):
            may_arrive = answer.outcome is Outcome.NEVER_SEEN and payment.gave_up and in_time
            next_look = self._pace.next_look_back(at, payment.history[-1].at) if may_arrive else None
            return Change(replace(payment, attempts=0, next_action_at=next_look), resolved=_resolved(answer, at))
        if in_time:
            return Change(self._later(payment, at))
        detail = f"given back, and no final answer by the deadline: {answer.outcome}"
        opened = self._break(payment, BreakKind.UNRESOLVED, detail, at)
        return Change(replace(payment, next_action_at=at + SLOW_INQUIRY), opened=opened)

    def _resume(self, payment: Payment, fresh: bool) -> Change | None:
        """People have it because no answer came in time; if one comes late, it goes on as it would have then."""
        if fresh:
            return None
        match payment.reached:
            case State.POST_REQUESTED | State.POST_UNKNOWN:
                answer = self._billers.inquire(payment)
                change = self._posted_or_not(payment, answer)
            case State.POSTED:
                answer = self._provider.capture(payment)
                change = self._captured_or_not(payment, answer)
            case State.POST_FAILED:
                answer = self._provider.void(payment)
                change = self._voided_or_not(payment, answer)
            case _:
                answer = self._provider.find_authorisation(payment)
                change = self._not_authorised_in_time(payment, answer)
        at = self._clock()
        if change is None:
            return Change(replace(payment, next_action_at=at + SLOW_INQUIRY))
        return replace(change, resolved=_resolved(answer, at))

    def _not_authorised_in_time(self, payment: Payment, answer: Answer) -> Change | None:
        at = self._clock()
        if answer.outcome is Outcome.REFUSED:
            failure = Failure("authorisation-declined", answer.reason, money_returned=True)
            return Change(payment.move(at, State.AUTH_FAILED, failure=failure), event_id=self._new_event_id())
        if answer.outcome is Outcome.SUCCESS:  # Too late to pay a bill with: looking back voids it.
            return self._authorisation_expired(payment, at, look_back_at=at)
        if answer.outcome is Outcome.NEVER_SEEN:
            return self._authorisation_expired(payment, at, look_back_at=self._pace.next_look_back(at, at))
        return None

    def _ask(
        self,
        payment: Payment,
        fresh: bool,
        *,
        send: Callable[[Payment], Answer],
        inquire: Callable[[Payment], Answer],
    ) -> Answer:
        """Send at once if nothing can have been sent before; otherwise inquire, and send what was never seen."""
        if not fresh and not payment.unsent:
            answer = inquire(payment)
            if answer.outcome is Outcome.NOT_SENT:
                return Answer(Outcome.UNKNOWN)
            if answer.outcome is not Outcome.NEVER_SEEN or self._given_up(payment):
                return answer
        elif not fresh and self._given_up(payment):
            return Answer(Outcome.NEVER_SEEN)
        crash_point("S1")
        answer = send(payment)
        crash_point("S2")
        return answer

    def _given_up(self, payment: Payment) -> bool:
        return self._pace.may_give_up(payment.created_at, self._clock())

    def _wait(self, payment: Payment, answer: Answer, unknown: State, fresh: bool) -> Change:
        at = self._clock()
        if at >= payment.deadline_at:
            return self._hand_over(payment, BreakKind.UNRESOLVED, f"no final answer by the deadline: {answer.outcome}")
        not_sent = answer.outcome is Outcome.NOT_SENT
        # Only when no attempt at all reached the other side may the next one go without an inquiry.
        later = self._later(payment, at, unsent=not_sent and (fresh or payment.unsent))
        if not_sent or payment.state is unknown:
            return Change(later)
        moved = payment.move(at, unknown, attempts=later.attempts, next_action_at=later.next_action_at)
        return Change(moved)

    def _later(self, payment: Payment, at: datetime, *, unsent: bool = False) -> Payment:
        return replace(
            payment,
            attempts=payment.attempts + 1,
            unsent=unsent,
            next_action_at=self._pace.next_inquiry(at, payment.attempts),
        )

    def _hand_over(self, payment: Payment, kind: BreakKind, detail: str) -> Change:
        at = self._clock()
        # What was refused stays refused; what is only in doubt is still asked about, slowly.
        ask_at = at + SLOW_INQUIRY if kind is BreakKind.UNRESOLVED else None
        manual = payment if payment.state is State.MANUAL else payment.move(at, State.MANUAL)
        return Change(replace(manual, next_action_at=ask_at), opened=self._break(payment, kind, detail, at))

    def _break(self, payment: Payment, kind: BreakKind, detail: str, at: datetime) -> Break:
        return Break(payment.payment_id, kind, detail, opened_at=at, due_at=at + self._pace.take_over)


def _resolved(answer: Answer, at: datetime) -> Resolution:
    return Resolution(BreakKind.UNRESOLVED, at, f"inquiry: {answer.outcome}")
