"""A small service with one route of each kind, over which the chassis is tested."""

import dataclasses
import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import marshmallow as ma
import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import fields, validate

from servicekit.errors import Conflict
from servicekit.fields import Code, Instant, StrictInteger
from servicekit.http import (
    Blueprint,
    Coded,
    CursorText,
    application,
    caller,
    cursor,
    idempotency_claim,
    mark_replayed,
)
from servicekit.http.app import create_app
from servicekit.observability import configure_logging
from servicekit.settings import ServiceSettings
from servicekit.testing import internal_headers, settings_for

pytest_plugins = ["servicekit.testing.plugin"]

SCOPES = ("payments:read", "payments:write")
KEY = "key-of-this-very-test"


@dataclasses.dataclass(frozen=True, kw_only=True)
class SampleSettings(ServiceSettings):
    service_name = "sample"


class Money(ma.Schema):
    amount = StrictInteger(required=True, validate=validate.Range(min=1))
    currency = fields.String(required=True, validate=validate.OneOf(["INR"]))


def _in_hundreds(paise: int) -> None:
    if paise % 100:
        raise ma.ValidationError(Coded("not-in-hundreds", "Must be a multiple of 100."))


class NewPayment(ma.Schema):
    bill_id = fields.String(required=True, validate=validate.Length(max=40))
    amount = fields.Nested(Money, required=True)
    customer_params = fields.Dict(
        keys=Code(r"[a-z_]+", longest=40),
        values=fields.String(validate=validate.Length(max=5)),
        validate=validate.Length(max=4),
    )
    parts = fields.List(fields.Nested(Money))
    tip = StrictInteger(validate=_in_hundreds)
    due_on = fields.Date(data_key="due")


class Page(ma.Schema):
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))
    cursor = CursorText()
    state = fields.List(fields.String())


class Payment(ma.Schema):
    payment_id = fields.String(required=True)
    fingerprint = fields.String()
    created_at = Instant(allow_none=True)


class BillGone(Conflict):
    """The bill was withdrawn."""

    slug = "bill-gone"
    title = "The bill is gone"
    title_hi = "बिल अब उपलब्ध नहीं है"


@dataclasses.dataclass
class Sample:
    """The application object: `act` stands for whatever a use case does."""

    act: Callable[[], Any] = lambda: None


def sample_blueprint() -> Blueprint:
    blp = Blueprint("payments", description="Payments of bills")

    @blp.route("/v1/payments", methods=["POST"])
    @blp.requires("payments:write")
    @blp.keyed("create-payment", retention_days=30)
    @blp.raises(BillGone)
    @blp.arguments(NewPayment)
    @blp.response(201, Payment, headers=["Location"])
    def create_payment(body: dict[str, Any]) -> dict[str, Any]:
        """Pay a bill."""
        replayed = application(Sample).act()
        mark_replayed(bool(replayed))
        return {"payment_id": body["bill_id"], "fingerprint": idempotency_claim().fingerprint}

    @blp.route("/v1/payments/<payment_id>/refunds", methods=["POST"])
    @blp.requires("payments:write")
    @blp.keyed("refund-payment", retention_days=30)
    @blp.arguments(Money)
    @blp.response(201, Payment)
    def refund_payment(body: dict[str, Any], payment_id: str) -> dict[str, Any]:
        """Give money back."""
        return {"payment_id": payment_id, "fingerprint": idempotency_claim().fingerprint}

    @blp.route("/v1/payments")
    @blp.requires("payments:read")
    @blp.arguments(Page, location="query")
    @blp.response(200, Payment(many=True))
    def list_payments(page: dict[str, Any]) -> list[dict[str, Any]]:
        """Payments, newest first."""
        if "cursor" in page:
            cursor().decode(page["cursor"])
        return [{"payment_id": str(page["limit"])}]

    @blp.route("/v1/payments/<payment_id>")
    @blp.requires("payments:read")
    @blp.response(200, Payment)
    def read_payment(payment_id: str) -> dict[str, Any]:
        """One payment."""
        application(Sample).act()
        return {"payment_id": f"{caller().client_id}/{payment_id}"}

    @blp.route("/v1/receipts/<printed:number>")
    @blp.public("a test")
    @blp.response(200, Payment)
    def read_receipt(number: str) -> dict[str, Any]:
        """One receipt, by the number on it."""
        return {"payment_id": number}

    @blp.route("/v1/payment-keys")
    @blp.public("a test")
    @blp.response(200)
    def read_keys() -> dict[str, Any]:
        """Public keys."""
        application(Sample).act()
        return {"keys": []}

    @blp.route("/v1/internal/transactions/<token>")
    @blp.internal()
    @blp.response(200)
    def read_transaction(token: str) -> dict[str, Any]:
        """For the gateway."""
        return {"token": token}

    @blp.route("/pages/<path:page>")
    @blp.public("a test", documented=False)
    def page(page: str) -> str:
        return page

    return blp


@pytest.fixture
def sample() -> Sample:
    return Sample()


@pytest.fixture
def sample_settings() -> SampleSettings:
    return settings_for(SampleSettings)


@pytest.fixture
def app(sample: Sample, sample_settings: SampleSettings) -> Flask:
    return create_app(
        service_name="sample",
        version="1.2.3",
        settings=sample_settings,
        application=sample,
        blueprints=[sample_blueprint()],
    )


@pytest.fixture
def logged() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What is logged from here on, parsed; ask for it before `app`, which binds its logger when it is made."""
    root, out = logging.getLogger(), io.StringIO()
    before = root.level, root.handlers[:]
    configure_logging("info", "sample", "api", stream=out)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.setLevel(before[0])
    root.handlers[:] = before[1]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def headers() -> dict[str, str]:
    return internal_headers("sample", client_id="cli_1", kiosk_id="ksk_RJ10200001", scopes=SCOPES)


@pytest.fixture
def keyed_headers(headers: dict[str, str]) -> dict[str, str]:
    return {**headers, "Idempotency-Key": KEY}


@pytest.fixture
def payment() -> dict[str, Any]:
    return {"bill_id": "bil_1", "amount": {"amount": 152500, "currency": "INR"}}
