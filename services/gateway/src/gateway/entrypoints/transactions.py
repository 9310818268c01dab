"""GET /v1/transactions/{token}, and a citizen's own: GET /v1/transactions."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from marshmallow import Schema, fields, validate

from gateway.application.errors import NoSuchTransaction, NotATransactionToken
from gateway.application.transactions import Position
from gateway.application.view_transaction import ViewTransaction
from gateway.bootstrap import Gateway
from servicekit.errors import NotPermitted
from servicekit.http import COUNTER, Blueprint, CursorText, Role, application, caller, cursor, request_id
from servicekit.instants import rfc3339

READERS = frozenset(
    {Role.CITIZEN, Role.MACHINE, *COUNTER, Role.LSP, Role.OFFICER, Role.DISTRICT_ADMIN, Role.AUDITOR}
)  # fmt: skip
MOST_PER_PAGE, PER_PAGE = 50, 20
PAYMENT_STATUSES = ["PROCESSING", "COMPLETED", "FAILED", "IN_DOUBT"]
APPLICATION_STATES = [
    "FEE_DUE", "IN_VERIFICATION", "SENT_BACK", "REJECTED", "ISSUED", "OPENED", "WITHDRAWN", "EXPIRED",
    "SUBMITTED", "REGISTERED", "LISTED", "DISPOSED",
]  # fmt: skip


class TransactionEventSchema(Schema):
    type = fields.String(required=True, metadata={"description": "What happened.", "example": "payment.completed"})
    at = fields.AwareDateTime(required=True, format="iso", metadata={"example": "2026-11-23T05:41:07.312000+00:00"})


class TransactionSchema(Schema):
    """One payment or application, wherever it is in its course."""

    token = fields.String(required=True, metadata={"example": "EMH1TPZP6R1NYHP"})
    kind = fields.String(required=True, metadata={"enum": ["payment", "application"], "example": "payment"})
    reference_id = fields.String(
        required=True,
        metadata={
            "description": "The payment or application itself; read it at /v1/payments/… or /v1/applications/….",
            "example": "pay_01a2076b44007ff7a6151691ea9526ea",
        },
    )
    status = fields.String(
        required=True,
        metadata={
            "description": "Of the payment or the application; it may be behind the service itself by a second.",
            "x-extensible-enum": [*PAYMENT_STATUSES, *APPLICATION_STATES],
            "example": "COMPLETED",
        },
    )
    payment_ids = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "The payment, or every payment of the application's fee that has ended."},
    )
    application_id = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The application, or the one whose fee this payment is."},
    )
    certificate_id = fields.String(required=True, allow_none=True)
    updated_at = fields.AwareDateTime(required=True, format="iso")
    events = fields.List(
        fields.Nested(TransactionEventSchema),
        required=True,
        metadata={"description": "What has happened so far, oldest first."},
    )


class TransactionsQuerySchema(Schema):
    """Which page."""

    cursor = CursorText(load_default=None)
    limit = fields.Integer(load_default=PER_PAGE, validate=validate.Range(min=1, max=MOST_PER_PAGE))


class TransactionsSchema(Schema):
    """One's own, the latest begun first."""

    items = fields.List(fields.Nested(TransactionSchema), required=True)
    next = fields.String(required=True, allow_none=True)


_TOKEN = {
    "name": "token",
    "in": "path",
    "description": "`transaction_token` of a payment or an application: EM and 13 characters, the last of which checks "
    "the others. Spaces, hyphens and small letters do no harm.",
    "example": "EMH1TPZP6R1NYHP",
}
blueprint = Blueprint("transactions", description="One token follows any payment or application.")


@blueprint.route("/v1/transactions/<printed:token>", parameters=[_TOKEN])
@blueprint.requires("transactions:read", roles=READERS)
@blueprint.raises(NotATransactionToken, NoSuchTransaction)
@blueprint.response(200, TransactionSchema)
def get_transaction(token: str) -> dict[str, Any]:
    """Follow a payment or an application by the token on its receipt

    Readable from the moment its submission was answered. Visible to the client that submitted it, to every client of
    the same centre and everybody who works there, to the provider whose the centre was then, to officers and the
    administration of its district, and to the citizen whose own it is, a second or two after; anybody else gets 404. A
    mistyped token gets 422.
    """
    command = ViewTransaction(token, caller().reach, request_id())
    return asdict(application(Gateway).view_transaction(command))


@blueprint.route("/v1/transactions")
@blueprint.requires("transactions:read", roles=[Role.CITIZEN])
@blueprint.arguments(TransactionsQuerySchema, location="query")
@blueprint.response(200, TransactionsSchema)
def list_transactions(query: dict[str, Any]) -> dict[str, Any]:
    """Your own payments and applications

    Of the citizen who is signed in, whoever did them and wherever: the latest begun first. A payment is here once it
    has ended, an application once it was lodged; each a second or two after.
    """
    citizen_id = caller().citizen_id
    if citizen_id is None:
        raise NotPermitted("This is for who is signed in as a citizen.")
    page, more = application(Gateway).transactions.of_person(citizen_id, _before(query), query["limit"])
    last = page[-1] if more else None
    following = last and cursor().encode({"begun_at": rfc3339(last.begun_at), "token": last.token})
    return {"items": [asdict(view) for view in page], "next": following}


def _before(query: dict[str, Any]) -> Position | None:
    if query["cursor"] is None:
        return None
    position = cursor().decode(query["cursor"])
    return Position(datetime.fromisoformat(position["begun_at"]), position["token"])
