"""The events this service listens to."""

from marshmallow import EXCLUDE, Schema, fields
from pymongo.client_session import ClientSession

from certificates.application.applications.record_fee_payment import RecordFeePayment
from certificates.bootstrap import Certificates
from servicekit.events import Consumer, ReceivedEvent
from servicekit.fields import StrictInteger
from servicekit.ids import event_id
from servicekit.instants import utc_now


class _Reading(Schema):
    class Meta:
        unknown = EXCLUDE


class MoneyReading(_Reading):
    """Paise."""

    amount = StrictInteger(required=True, validate=lambda paise: paise >= 0)


class PaymentCompletedReading(_Reading):
    """What this service reads of payment.completed.v1."""

    payment_id = fields.String(required=True)
    application_id = fields.String(required=True, allow_none=True)
    bill = fields.Nested(MoneyReading, required=True)
    completed_at = fields.AwareDateTime(required=True)


def pays_a_fee(event: ReceivedEvent) -> bool:
    """Ordinary bills concern billing alone."""
    return event.data["application_id"] is not None


def payment_completed(application: Certificates, event: ReceivedEvent, session: ClientSession) -> None:
    """The fee of an application was paid.

    When the transaction runs again, the id minted for a refusal is another one; the first went with its row.
    """
    application.within(session).record_fee_payment(
        RecordFeePayment(
            application_id=event.data["application_id"],
            payment_id=event.data["payment_id"],
            paise=event.data["bill"]["amount"],
            completed_at=event.data["completed_at"],
            refused_event_id=event_id(),
            refused_at=utc_now(),
            request_id=event.request_id,
            causation_id=event.id,
        )
    )


CONSUMERS = [
    Consumer(
        "payment.completed.v1", "billing", PaymentCompletedReading(), payment_completed, takes=pays_a_fee, money=True
    )
]
