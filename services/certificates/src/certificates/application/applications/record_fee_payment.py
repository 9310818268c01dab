"""Record that a payment for an application is completed."""

from dataclasses import dataclass
from datetime import datetime

from certificates.application.applications.errors import ApplicationNotFound
from certificates.application.applications.ports import Changes
from certificates.domain.applications.application import Change
from certificates.domain.applications.pay import receive_payment
from certificates.domain.rulebook import Rulebook


@dataclass(frozen=True, kw_only=True)
class RecordFeePayment:
    """The command. `paise` is what reached the department, without the service charge.

    `refused_event_id` and `refused_at` are used when the payment is refused: by the event that says so.
    `causation_id` is the id of the event that announced the payment.
    """

    application_id: str
    payment_id: str
    paise: int
    completed_at: datetime
    refused_event_id: str
    refused_at: datetime
    request_id: str
    causation_id: str


@dataclass(frozen=True)
class RecordFeePaymentHandler:
    """Moves the application to verification, or records the refusal of the payment and announces it."""

    rulebook: Rulebook
    changes: Changes

    def __call__(self, command: RecordFeePayment) -> None:
        """Safe to repeat. Raises ApplicationNotFound: the money is for an application this service never announced."""
        application = self.changes.get(command.application_id)
        if application is None:
            raise ApplicationNotFound("A payment names an application that this service does not have.")
        outcome = receive_payment(
            application,
            payment_id=command.payment_id,
            paise=command.paise,
            at=command.completed_at,
            refused_event_id=command.refused_event_id,
            refused_at=command.refused_at,
            application_type=self.rulebook.types[application.type_code],
            calendar=self.rulebook.calendar,
        )
        if isinstance(outcome, Change):
            self.changes.save(outcome, command.request_id)
        elif outcome is not None:
            self.changes.refuse(outcome, command.request_id, command.causation_id)
