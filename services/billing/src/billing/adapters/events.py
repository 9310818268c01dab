"""Billing's events on the wire. The sequence of a payment's event is how many of its events there are with it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from billing.application.doubts.ports import Doubt
from billing.application.receipts.ports import OverchargeReport
from billing.application.wallets.ports import Fall
from billing.domain.payments.payment import FAILED, Payment, State
from billing.domain.refunds.refund import Refund
from billing.domain.settlement.settlement import Settlement
from billing.domain.top_ups.top_up import TopUp
from servicekit.events import NewEvent
from servicekit.instants import rfc3339
from servicekit.money import money

COMPLETED = "payment.completed.v1"
FAILED_EVENT = "payment.failed.v1"
REFUNDED = "payment.refunded.v1"
TOPPED_UP = "wallet.funded.v1"
WALLET_LOW = "wallet.warned.v1"
DOUBT_WARNED = "doubt.warned.v1"
SETTLED = "settlement.closed.v1"
OVERCHARGE_REPORTED = "overcharge.reported.v1"


def ending_event(payment: Payment, event_id: str) -> NewEvent:
    """The event by which a payment ended. Raises ValueError for one that has not."""
    at = payment.history[-1].at
    if payment.state is State.COMPLETED and payment.receipt:
        return _event(payment, event_id, COMPLETED, at, {**_shared(payment), **_completed(payment, at)})
    if payment.state in FAILED and payment.failure:
        failure = payment.failure
        ending = {"reason": failure.code, "money_returned": failure.money_returned, "failed_at": rfc3339(at)}
        return _event(payment, event_id, FAILED_EVENT, at, {**_shared(payment), **ending})
    raise ValueError(f"{payment.payment_id} is {payment.state}: it has not ended")


def refunded_event(payment: Payment, refund: Refund, event_id: str) -> NewEvent:
    """Money of `payment` is back. `payment` counts this event and this refund already."""
    at = refund.history[-1].at
    data = {
        "payment_id": payment.payment_id,
        "transaction_token": payment.transaction_token,
        "refund_id": refund.refund_id,
        # As in every event of a payment: through whom it was paid, not who gave it back.
        "client_id": payment.client_id,
        "amount": money(refund.paise),
        "reason": refund.reason,
        "application_id": payment.application_id,
        "refunded_at": rfc3339(at),
        "kiosk_id": payment.kiosk_id,
        "person_id": payment.person_id,
        "district_code": payment.district_code,
        "in_full": payment.refunded_paise == payment.total_paise,
    }
    return replace(_event(payment, event_id, REFUNDED, at, data), request_id=refund.request_id)


def topped_up_event(top_up: TopUp, event_id: str) -> NewEvent:
    """A wallet has the money of a top-up, which has this one event."""
    at = top_up.history[-1].at
    data = {
        "top_up_id": top_up.top_up_id,
        "kiosk_id": top_up.kiosk_id,
        "client_id": top_up.client_id,
        "amount": money(top_up.paise),
        "mode": top_up.mode,
        "credited_at": rfc3339(at),
    }
    return NewEvent(
        id=event_id,
        type=TOPPED_UP,
        aggregate_type="top_up",
        aggregate_id=top_up.top_up_id,
        sequence=1,
        occurred_at=at,
        data=data,
        request_id=top_up.request_id,
    )


def low_wallet_event(fall: Fall, event_id: str, request_id: str, *, sequence: int) -> NewEvent:
    """A wallet fell below the limit."""
    data = {
        "kiosk_id": fall.kiosk_id,
        "district_code": fall.district_code,
        # An amount of an event is never below zero.
        "available": money(max(fall.available_paise, 0)),
        "credit_used": money(max(-fall.available_paise, 0)),
        "limit": money(fall.limit_paise),
        "fell_at": rfc3339(fall.at),
    }
    return NewEvent(
        id=event_id,
        type=WALLET_LOW,
        aggregate_type="wallet",
        aggregate_id=fall.kiosk_id,
        sequence=sequence,
        occurred_at=fall.at,
        data=data,
        request_id=request_id,
    )


def doubt_event(doubt: Doubt, event_id: str, at: datetime) -> NewEvent:
    """A payment in doubt comes near its limit: the doubt's one event, which is none of its payment."""
    data = {
        "payment_id": doubt.payment_id,
        "kiosk_id": doubt.kiosk_id,
        "district_code": doubt.district_code,
        "biller_id": doubt.biller_id,
        "mode": doubt.mode,
        "began_at": rfc3339(doubt.began_at),
        "deadline_at": rfc3339(doubt.deadline_at),
        "warned_at": rfc3339(at),
    }
    return NewEvent(
        id=event_id,
        type=DOUBT_WARNED,
        aggregate_type="doubt",
        aggregate_id=doubt.payment_id,
        sequence=1,
        occurred_at=at,
        data=data,
        request_id=doubt.request_id,
    )


def overcharge_event(report: OverchargeReport, event_id: str) -> NewEvent:
    """A citizen says to have paid more at a centre than the receipt says."""
    payment = report.payment
    assert payment.receipt is not None
    return NewEvent(
        id=event_id,
        type=OVERCHARGE_REPORTED,
        aggregate_type="overcharge-report",
        aggregate_id=report.report_id,
        sequence=1,
        occurred_at=report.reported_at,
        data={
            "report_id": report.report_id,
            "payment_id": payment.payment_id,
            "receipt_number": payment.receipt.number,
            "kiosk_id": payment.kiosk_id,
            "district_code": payment.district_code,
            "biller_id": payment.biller_id,
            "category": payment.category,
            "fee_order": payment.fee_order,
            "legal_fee": money(payment.service_charge_paise),
            "total": money(report.total_paise),
            "paid": money(report.paid_paise),
            "completed_at": rfc3339(payment.receipt.issued_at),
            "reported_at": rfc3339(report.reported_at),
        },
        request_id=report.request_id,
    )


def settled_event(settlement: Settlement, event_id: str) -> NewEvent:
    """A biller was paid what it was owed for a day. Raises ValueError for a settlement that is not closed."""
    if settlement.closed_at is None:
        raise ValueError(f"{settlement.settlement_id} is {settlement.state}")
    return NewEvent(
        id=event_id,
        type=SETTLED,
        aggregate_type="settlement",
        aggregate_id=settlement.settlement_id,
        sequence=1,
        occurred_at=settlement.closed_at,
        data={
            "settlement_id": settlement.settlement_id,
            "biller_id": settlement.biller_id,
            "department": settlement.department,
            "day": settlement.day.isoformat(),
            "lines": settlement.lines,
            "gross": money(settlement.gross_paise),
            "refunded": money(settlement.refunded_paise),
            "net": money(settlement.net_paise),
            "held_back": settlement.held_back,
            "file_sha256": settlement.file_sha256,
            "settled_at": rfc3339(settlement.closed_at),
        },
        # Nobody asked for it: all that follows is of this settlement.
        request_id=settlement.settlement_id,
    )


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
        "person_id": payment.person_id,
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
        # The outbox is unique on it: of two changes that would both tell, one cannot even be stored.
        sequence=payment.events_told,
        occurred_at=at,
        data=data,
        request_id=payment.request_id,
    )
