"""Money reached the department for nothing: until it can be refunded here, people return it."""

from dataclasses import dataclass
from datetime import datetime

from billing.application.payments.ports import Breaks
from billing.domain.payments.breaks import Break, BreakKind
from billing.domain.payments.pace import Pace


@dataclass(frozen=True)
class ReturnRefusedFee:
    """What certificates said of a payment that is not the application's fee; `reason` is its code."""

    payment_id: str
    application_id: str
    reason: str
    refused_at: datetime


@dataclass(frozen=True)
class ReturnRefusedFeeHandler:
    """Opens a break, by which operations return the money within the published time."""

    breaks: Breaks
    pace: Pace

    def __call__(self, command: ReturnRefusedFee) -> None:
        """The payment stays COMPLETED, as its receipt says. Safe to repeat: the break is one."""
        self.breaks.open(
            Break(
                command.payment_id,
                BreakKind.FEE_REFUSED,
                f"not the fee of {command.application_id}: {command.reason}",
                opened_at=command.refused_at,
                due_at=command.refused_at + self.pace.deadline,
            )
        )
