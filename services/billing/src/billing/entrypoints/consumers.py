"""Billing's table of events: which it takes, what it reads of each, and what it does."""

from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate
from pymongo.client_session import ClientSession

from billing.bootstrap import Billing
from servicekit.http.fields import StrictInteger
from servicekit.messaging import Consumer, ReceivedEvent


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


CONSUMERS = [
    Consumer("kiosk.approved.v1", "kiosk-registry", KioskApproved(), open_wallet, money=True),
    Consumer("application.submitted.v1", "certificates", ApplicationSubmitted(), raise_fee_demand, money=True),
]
