"""Billing's events on the wire. A payment has exactly one: the one it ended with, so its sequence is always 1."""

from datetime import datetime
from typing import Any

from billing.domain.payments.payment import FAILED, Payment, State
from servicekit.events import NewEvent
from servicekit.instants import rfc3339

COMPLETED = "payment.completed.v1"
FAILED_EVENT = "payment.failed.v1"
# The outbox is unique on (payment, sequence): a second ending event of one payment cannot even be stored.
_ONLY = 1


def ending_event(payment: Payment, event_id: str) -> NewEvent:
    """The event of a payment that has ended. Raises ValueError for one that has not."""
    at = payment.history[-1].at
    if payment.state is State.COMPLETED and payment.receipt:
        return _event(payment, event_id, COMPLETED, at, {**_shared(payment), **_completed(payment, at)})
    if payment.state in FAILED and payment.failure:
        failure = payment.failure
        ending = {"reason": failure.code, "money_returned": failure.money_returned, "failed_at": rfc3339(at)}
        return _event(payment, event_id, FAILED_EVENT, at, {**_shared(payment), **ending})
    raise ValueError(f"{payment.payment_id} is {payment.state}: it has not ended")


def money(paise: int) -> dict[str, Any]:
    """An amount as every document of this platform writes it."""
    return {"amount": paise, "currency": "INR"}


def _completed(payment: Payment, at: datetime) -> dict[str, Any]:
    assert payment.receipt is not None
    return {
        "bill": money(payment.bill_paise),
        "service_charge": money(payment.service_charge_paise),
        "receipt_number": payment.receipt.number,
        "district_code": payment.district_code,
        "completed_at": rfc3339(at),
    }


def _shared(payment: Payment) -> dict[str, Any]:
    return {
        "payment_id": payment.payment_id,
        "transaction_token": payment.transaction_token,
        "kiosk_id": payment.kiosk_id,
        "client_id": payment.client_id,
        "channel": payment.channel,
        "biller_id": payment.biller_id,
        "category": payment.category,
        "total": money(payment.total_paise),
        "application_id": payment.application_id,
    }


def _event(payment: Payment, event_id: str, kind: str, at: datetime, data: dict[str, Any]) -> NewEvent:
    return NewEvent(
        id=event_id,
        type=kind,
        aggregate_type="payment",
        aggregate_id=payment.payment_id,
        sequence=_ONLY,
        occurred_at=at,
        data=data,
        request_id=payment.request_id,
    )
