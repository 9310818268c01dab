"""The gateway's table of events: those that feed the transactions view. Each reading declares what the view reads."""

from collections.abc import Callable, Sequence
from typing import Any

from marshmallow import EXCLUDE, Schema, fields
from pymongo.client_session import ClientSession

from gateway.application.record_observations import RecordObservations
from gateway.application.transactions import Kind, Observation, SeenEvent
from gateway.bootstrap import Gateway
from servicekit.events import Consumer, ReceivedEvent


class _TransactionReading(Schema):
    class Meta:
        unknown = EXCLUDE

    transaction_token = fields.String(required=True)
    client_id = fields.String(required=True)


class _PaymentReading(_TransactionReading):
    payment_id = fields.String(required=True)
    kiosk_id = fields.String(load_default=None, allow_none=True)
    application_id = fields.String(load_default=None, allow_none=True)
    district_code = fields.String(load_default=None, allow_none=True)


class PaymentCompletedReading(_PaymentReading):
    completed_at = fields.AwareDateTime(required=True)


class PaymentFailedReading(_PaymentReading):
    failed_at = fields.AwareDateTime(required=True)


class _ApplicationReading(_TransactionReading):
    application_id = fields.String(required=True)
    district_code = fields.String(required=True)


class FeeReading(Schema):
    class Meta:
        unknown = EXCLUDE

    amount = fields.Integer(required=True, strict=True)


class ApplicationSubmittedReading(_ApplicationReading):
    kiosk_id = fields.String(load_default=None, allow_none=True)
    fee = fields.Nested(FeeReading, required=True)
    submitted_at = fields.AwareDateTime(required=True)


class ApplicationDecidedReading(_ApplicationReading):
    decision = fields.String(required=True)
    decided_at = fields.AwareDateTime(required=True)


class CertificateIssuedReading(_ApplicationReading):
    certificate_id = fields.String(required=True)
    issued_at = fields.AwareDateTime(required=True)


def payment(event: ReceivedEvent) -> Observation:
    """A payment ended: completed or failed."""
    data = event.data
    return Observation(
        token=data["transaction_token"],
        kind=Kind.PAYMENT,
        reference_id=data["payment_id"],
        owner_client_id=data["client_id"],
        event=_seen(event, data.get("completed_at") or data["failed_at"]),
        kiosk_id=data["kiosk_id"],
        district_code=data["district_code"],
        pays_for_application_id=data["application_id"],
    )


def submission(event: ReceivedEvent) -> Observation:
    """An application was lodged."""
    fee_due = event.data["fee"]["amount"] > 0
    return _application(event, event.data["submitted_at"], kiosk_id=event.data["kiosk_id"], fee_due=fee_due)


def decision(event: ReceivedEvent) -> Observation:
    """An officer decided one step."""
    return _application(event, event.data["decided_at"], decision=event.data["decision"])


def issue(event: ReceivedEvent) -> Observation:
    """The certificate exists."""
    return _application(event, event.data["issued_at"], certificate_id=event.data["certificate_id"])


def _application(event: ReceivedEvent, at: Any, *, decision: str | None = None, **facts: Any) -> Observation:
    data = event.data
    return Observation(
        token=data["transaction_token"],
        kind=Kind.APPLICATION,
        reference_id=data["application_id"],
        owner_client_id=data["client_id"],
        event=_seen(event, at, decision),
        district_code=data["district_code"],
        **facts,
    )


def _seen(event: ReceivedEvent, at: Any, decision: str | None = None) -> SeenEvent:
    # The reader of a time line has no use for the version in the name: payment.completed.v1 → payment.completed.
    return SeenEvent(event.id, event.type.rpartition(".v")[0], at, event.sequence, decision)


def _recorded(
    observe: Callable[[ReceivedEvent], Observation],
) -> Callable[[Gateway, Sequence[ReceivedEvent], ClientSession], None]:
    def record(gateway: Gateway, events: Sequence[ReceivedEvent], session: ClientSession) -> None:
        observations = [observe(event) for event in events]
        gateway.within(session).record_observations(RecordObservations(observations))

    return record


CONSUMERS = [
    Consumer("payment.completed.v1", "billing", PaymentCompletedReading(), handle_many=_recorded(payment), money=True),
    Consumer("payment.failed.v1", "billing", PaymentFailedReading(), handle_many=_recorded(payment), money=True),
    Consumer(
        "application.submitted.v1", "certificates", ApplicationSubmittedReading(), handle_many=_recorded(submission)
    ),
    Consumer("application.decided.v1", "certificates", ApplicationDecidedReading(), handle_many=_recorded(decision)),
    Consumer("certificate.issued.v1", "certificates", CertificateIssuedReading(), handle_many=_recorded(issue)),
]
