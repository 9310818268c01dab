"""GET /v1/transactions/{token}."""

from dataclasses import asdict
from typing import Any

from marshmallow import Schema, fields

from gateway.application.errors import NoSuchTransaction, NotATransactionToken
from gateway.application.view_transaction import ViewTransaction
from gateway.bootstrap import Gateway
from servicekit.http import COUNTER, Blueprint, Role, application, caller, request_id

# Citizens not yet: what is told of a transaction does not say whose own it is.
READERS = frozenset({Role.MACHINE, *COUNTER, Role.OFFICER, Role.DISTRICT_ADMIN, Role.AUDITOR})
PAYMENT_STATUSES = ["PROCESSING", "COMPLETED", "FAILED", "IN_DOUBT"]
APPLICATION_STATES = ["FEE_DUE", "IN_VERIFICATION", "SENT_BACK", "REJECTED", "ISSUED", "OPENED", "WITHDRAWN", "EXPIRED"]


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
    the same centre and everybody who works there, to officers and the administration of its district; anybody else
    gets 404. A mistyped token gets 422.
    """
    command = ViewTransaction(token, caller().reach, request_id())
    return asdict(application(Gateway).view_transaction(command))
