"""Drive a payment towards its end: ask the partners what the saga wants to know, and record what it decides.

The same for the request that began the payment and for the sweeper. The rules are in `domain.payments.saga`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from billing.application.payments.ports import BillerPayments, PaymentProvider, Payments
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.pace import Pace
from billing.domain.payments.payment import FAILED, Payment, State
from billing.domain.payments.saga import Ask, Attempt, Change, Decision, ask_first, ask_next
from servicekit.faults import crash_point

# No path through the saga has more steps than this in one go; it ends a loop that a defect would make endless.
MOST_STEPS = 8


@dataclass(frozen=True)
class DrivePayment:
    """`attempt` is FIRST when the payment's intent was stored by whoever gives this command, just now."""

    payment: Payment
    attempt: Attempt


@dataclass(frozen=True)
class DrivePaymentHandler:
    """Moves payments on. Several may work on one payment at once: every move is compare-and-set, losers stop."""

    payments: Payments
    billers: BillerPayments
    provider: PaymentProvider
    pace: Pace
    clock: Callable[[], datetime]
    new_event_id: Callable[[], str]

    def __call__(self, command: DrivePayment) -> Payment:
        """Take the payment as far as it goes now and return how it then stands.

        Raises DependencyTimeout or DependencyUnavailable when the store cannot be written; nothing is lost by it.
        """
        payment, attempt = command.payment, command.attempt
        for _ in range(MOST_STEPS):
            change = self._step(payment, attempt)
            if change is None:
                break
            queued = change.payment.is_queued and not payment.queued_at
            if queued:
                crash_point("O1")
            if not self.payments.record(payment, change):
                return self._leave_off(payment, change)
            if queued:
                crash_point("O2")
            waits = change.payment.state is payment.state or change.payment.attempts > 0
            payment = change.payment
            if waits:
                break
            attempt = Attempt.FIRST  # The state is new, so what it asks for has certainly not been asked yet.
        return payment

    def _step(self, payment: Payment, attempt: Attempt) -> Change | None:
        ask = ask_first(payment, attempt, self.pace, self.clock())
        if ask is None:
            return None
        answer = self._put(ask, payment)
        following = ask_next(payment, ask, answer, self.pace, self.clock())
        learnt = payment
        if following is not None:
            if following is Ask.VOID:
                learnt = replace(payment, authorisation_id=answer.reference)
            ask, answer = following, self._put(following, learnt)
        return Decision(learnt, attempt, ask, answer, self.pace, self.clock(), self.new_event_id()).change()

    def _put(self, ask: Ask, payment: Payment) -> Answer:
        match ask:
            case Ask.AUTHORISE | Ask.PAY:
                crash_point("S1")
                answer = self.provider.authorise(payment) if ask is Ask.AUTHORISE else self.billers.pay(payment)
                crash_point("S2")
                return answer
            case Ask.VOID:
                crash_point("S3-before-call")
                answer = self.provider.void(payment)
                crash_point("S3-after-call")
                return answer
            case Ask.FIND_AUTHORISATION:
                return self.provider.find_authorisation(payment)
            case Ask.INQUIRE:
                return self.billers.inquire(payment)
            case Ask.CAPTURE:
                return self.provider.capture(payment)
            case Ask.NOBODY:
                return Answer(Outcome.NEVER_SEEN)

    def _leave_off(self, payment: Payment, lost: Change) -> Payment:
        """Another request or sweeper moved it first and is at work on it. What was learnt here must not be lost."""
        stands = self.payments.get(payment.payment_id) or payment
        if (stands.state in FAILED or stands.state is State.MANUAL) and lost.payment.state not in FAILED:
            self.payments.resume_now(payment.payment_id, self.clock())
        return stands
