"""Record that money of a payment for an application came back."""

from dataclasses import dataclass
from datetime import datetime

from certificates.application.applications.errors import ApplicationNotFound
from certificates.application.applications.ports import Changes
from certificates.domain.applications.money_back import money_back


@dataclass(frozen=True, kw_only=True)
class RecordRefund:
    """The command, as billing tells it. `paise` is what came back."""

    application_id: str
    payment_id: str
    refund_id: str
    paise: int
    refunded_at: datetime


@dataclass(frozen=True)
class RecordRefundHandler:
    """Writes it beside the application, which does not move."""

    changes: Changes

    def __call__(self, command: RecordRefund) -> None:
        """Safe to repeat. Raises ApplicationNotFound, as for a payment."""
        application = self.changes.get(command.application_id)
        if application is None:
            raise ApplicationNotFound("A refund names an application that this service does not have.")
        self.changes.note(
            money_back(
                application,
                refund_id=command.refund_id,
                payment_id=command.payment_id,
                paise=command.paise,
                at=command.refunded_at,
            )
        )
