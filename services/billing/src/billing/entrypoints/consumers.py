"""Billing's table of events: which it takes, what it reads of each, and what it does."""

from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate
from pymongo.client_session import ClientSession

from billing.application.payments.ports import Break, BreakKind
from billing.bootstrap import Billing
from servicekit.events import Consumer, ReceivedEvent
from servicekit.fields import StrictInteger


class _Amount(Schema):
    class Meta:
        unknown = EXCLUDE

    amount = StrictInteger(required=True, validate=validate.Range(min=0))
    currency = fields.String(required=True, validate=validate.Equal("INR"))


class KioskApproved(Schema):
    """What billing reads of kiosk.approved.v1."""

    class Meta:
        unknown = EXCLUDE

    kiosk_id = fields.String(required=True)
    credit_limit = fields.Nested(_Amount, required=True)
    approved_at = fields.AwareDateTime(required=True, format="iso")


class ApplicationSubmitted(Schema):
    """What billing reads of application.submitted.v1."""

    class Meta:
        unknown = EXCLUDE

    application_id = fields.String(required=True)
    fee = fields.Nested(_Amount, required=True)
    fee_order = fields.String(required=True)
    submitted_at = fields.AwareDateTime(required=True, format="iso")


class FeeRefused(Schema):
    """What billing reads of fee.refused.v1."""

    class Meta:
        unknown = EXCLUDE

    payment_id = fields.String(required=True)
    application_id = fields.String(required=True)
    reason = fields.String(required=True)
    refused_at = fields.AwareDateTime(required=True, format="iso")


def open_wallet(billing: Billing, event: ReceivedEvent, session: ClientSession) -> None:
    """An approved centre gets its wallet."""
    data: dict[str, Any] = event.data
    billing.ledger.open_wallet(
        session,
        data["kiosk_id"],
        credit_limit_paise=data["credit_limit"]["amount"],
        approved_at=data["approved_at"],
    )


def raise_fee_demand(billing: Billing, event: ReceivedEvent, session: ClientSession) -> None:
    """A submitted application's fee becomes payable."""
    data: dict[str, Any] = event.data
    billing.fee_demands.raise_demand(
        session,
        data["application_id"],
        fee_paise=data["fee"]["amount"],
        fee_order=data["fee_order"],
        raised_at=data["submitted_at"],
    )


def hand_over_refused_fee(billing: Billing, event: ReceivedEvent, session: ClientSession) -> None:
    """Money reached the department for nothing: until it can be refunded here, people return it.

    The payment stays COMPLETED, as the biller's acceptance and the receipt are; whatever the reason, the break is one.
    """
    data: dict[str, Any] = event.data
    refused_at = data["refused_at"]
    refused = Break(
        data["payment_id"],
        BreakKind.FEE_REFUSED,
        f"not the fee of {data['application_id']}: {data['reason']}",
        opened_at=refused_at,
        due_at=refused_at + billing.settings.pace().take_over,
    )
    billing.payments.open_break(session, refused)


CONSUMERS = [
    Consumer("kiosk.approved.v1", "kiosk-registry", KioskApproved(), open_wallet, money=True),
    Consumer("application.submitted.v1", "certificates", ApplicationSubmitted(), raise_fee_demand, money=True),
    Consumer("fee.refused.v1", "certificates", FeeRefused(), hand_over_refused_fee, money=True),
]
