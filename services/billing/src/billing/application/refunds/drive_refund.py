"""Drive a refund towards its end: ask what the saga wants to know, record what it decides. As payments are driven."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from billing.application.refunds.ports import RefundProvider, Refunds
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.pace import Pace
from billing.domain.payments.saga import Attempt
from billing.domain.refunds.refund import Refund
from billing.domain.refunds.saga import RefundAsk, RefundDecision, refund_ask_first, refund_ask_next
from servicekit.faults import crash_point


@dataclass(frozen=True)
class DriveRefund:
    """`attempt` is FIRST when the refund's intent was stored by whoever gives this command, just now."""

    refund: Refund
    attempt: Attempt


@dataclass(frozen=True)
class DriveRefundHandler:
    """Moves refunds on. Several may work on one at once: every move is compare-and-set, losers stop."""

    refunds: Refunds
    provider: RefundProvider
    pace: Pace
    clock: Callable[[], datetime]
    new_event_id: Callable[[], str]

    def __call__(self, command: DriveRefund) -> Refund:
        """Ask once, record once, and return how it then stands.

        Raises DependencyTimeout or DependencyUnavailable when the store cannot be written; nothing is lost by it.
        """
        refund, attempt = command.refund, command.attempt
        ask = refund_ask_first(refund, attempt)
        if ask is None:
            return refund
        answer = self._put(ask, refund)
        if following := refund_ask_next(ask, answer):
            ask, answer = following, self._put(following, refund)
        change = RefundDecision(refund, attempt, ask, answer, self.pace, self.clock(), self.new_event_id()).change()
        if self.refunds.record(refund, change):
            return change.refund
        return self.refunds.get(refund.refund_id) or refund

    def _put(self, ask: RefundAsk, refund: Refund) -> Answer:
        match ask:
            case RefundAsk.NOBODY:
                crash_point("R1")
                return Answer(Outcome.SUCCESS)
            case RefundAsk.REFUND:
                crash_point("R1")
                answer = self.provider.refund(refund)
                crash_point("R2")
                return answer
            case RefundAsk.FIND:
                return self.provider.find_refund(refund)
