"""Money reached the department for nothing, or for an application that was withdrawn: it is given back by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from billing.application.payments.ports import Breaks
from billing.application.refunds.ports import AutomaticRefunds
from billing.application.refunds.request_refund import new_refund
from billing.domain.payments.breaks import Break, BreakKind
from billing.domain.payments.pace import Pace
from billing.domain.payments.payment import State
from billing.domain.refunds.refund import FEE_REFUSED, destinations


@dataclass(frozen=True)
class ReturnRefusedFee:
    """What certificates said of a payment that is not the application's fee, or no more; `reason` is its code.

    `paise` are to go back, or what is left of the payment if that is less; None for all of it. `because` is the
    reason that the refund has.
    """

    payment_id: str
    application_id: str
    reason: str
    refused_at: datetime
    paise: int | None = None
    because: str = FEE_REFUSED


@dataclass(frozen=True)
class ReturnRefusedFeeHandler:
    """Begins the refund, which the sweeper goes on with. What cannot be refunded is a break, people's."""

    refunds: AutomaticRefunds
    breaks: Breaks
    pace: Pace
    new_refund_id: Callable[[], str]

    def __call__(self, command: ReturnRefusedFee) -> None:
        """The payment stays COMPLETED, as its receipt says. Safe to repeat: the refund is one, as is the break."""
        cause = f"{command.because}:{command.payment_id}"
        # Release 0.1.0 gave it to people, who may have given it back by hand: what they have had stays theirs.
        if self.refunds.answered(cause) or self.breaks.is_known(command.payment_id, BreakKind.FEE_REFUSED):
            return
        payment = self.refunds.payment(command.payment_id)
        # Another refund on its way may still be refused, and what it holds would then be nobody's to give back.
        settled = payment is not None and payment.refunding_paise == payment.refunded_paise
        if payment is None or payment.state is not State.COMPLETED or not settled:
            self.breaks.open(
                Break(
                    command.payment_id,
                    BreakKind.FEE_REFUSED,
                    f"not the fee of {command.application_id}: {command.reason}",
                    opened_at=command.refused_at,
                    due_at=command.refused_at + self.pace.deadline,
                )
            )
            return
        left = payment.refundable_paise
        paise = left if command.paise is None else min(left, command.paise)
        if paise == 0:
            return
        self.refunds.begin(
            new_refund(
                payment,
                refund_id=self.new_refund_id(),
                client_id=payment.client_id,
                paise=paise,
                destination=destinations(payment)[0],
                reason=command.because,
                cause=cause,
                request_id=payment.request_id,
                at=command.refused_at,
                pace=self.pace,
                resume_at=command.refused_at,
            ),
            payment,
        )
