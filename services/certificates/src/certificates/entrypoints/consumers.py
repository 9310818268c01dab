"""The table of events of this service: which it takes, what it reads of them, and what it does."""

from marshmallow import EXCLUDE, Schema, fields
from pymongo.client_session import ClientSession

from certificates.application.applications.record_fee_payment import RecordFeePayment
from certificates.application.applications.record_refund import RecordRefund
from certificates.bootstrap import Certificates
from servicekit import personal
from servicekit.events import Consumer, ReceivedEvent
from servicekit.fields import StrictInteger
from servicekit.ids import event_id
from servicekit.instants import utc_now


class _Reading(Schema):
    class Meta:
        unknown = EXCLUDE


class MoneyReading(_Reading):
    """An amount in paise. The currency is not read: all amounts are in rupees, and this reading is published."""

    amount = StrictInteger(required=True, validate=lambda paise: paise >= 0)


class PaymentCompletedReading(_Reading):
    """What this service reads of payment.completed.v1."""

    payment_id = fields.String(required=True)
    application_id = fields.String(required=True, allow_none=True)
    bill = fields.Nested(MoneyReading, required=True)
    completed_at = fields.AwareDateTime(required=True)


class PaymentRefundedReading(_Reading):
    """What this service reads of payment.refunded.v1."""

    payment_id = fields.String(required=True)
    refund_id = fields.String(required=True)
    application_id = fields.String(required=True, allow_none=True)
    amount = fields.Nested(MoneyReading, required=True)
    refunded_at = fields.AwareDateTime(required=True)


def pays_a_fee(event: ReceivedEvent) -> bool:
    """Whether the payment is for an application; other bills do not concern this service."""
    return event.data["application_id"] is not None


def record_fee_payment(certificates: Certificates, event: ReceivedEvent, session: ClientSession) -> None:
    """A payment for an application is recorded.

    If the transaction is run again, a refusal gets another id; of the first one nothing was stored.
    """
    certificates.within(session).record_fee_payment(
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


def record_refund(certificates: Certificates, event: ReceivedEvent, session: ClientSession) -> None:
    """Money of a payment for an application came back; other refunds do not concern this service."""
    if event.data["application_id"] is None:
        return
    certificates.within(session).record_refund(
        RecordRefund(
            application_id=event.data["application_id"],
            payment_id=event.data["payment_id"],
            refund_id=event.data["refund_id"],
            paise=event.data["amount"]["amount"],
            refunded_at=event.data["refunded_at"],
        )
    )


CONSUMERS = [
    Consumer(
        "payment.completed.v1", "billing", PaymentCompletedReading(), record_fee_payment, takes=pays_a_fee, money=True
    ),
    Consumer("payment.refunded.v1", "billing", PaymentRefundedReading(), record_refund),
    *personal.erasure_consumers(),
]
