"""The routes of refunds."""

from typing import Any

from flask import url_for

from billing.application.payments.errors import PaymentNotFound
from billing.application.refunds.errors import NotRefundable, RefundableChanged, RefundNotFound, RefundNotPermitted
from billing.application.refunds.request_refund import RequestRefund
from billing.application.wallets.errors import WalletNotOpen
from billing.bootstrap import Billing
from billing.domain.refunds.refund import REFUND_ENDED, Destination
from billing.entrypoints.http.blueprints import PAYERS, payments
from billing.entrypoints.http.refunds import schemas, views
from servicekit.http import Role, application, caller, idempotency_claim, mark_replayed, request_id
from servicekit.ids import public_id
from servicekit.instants import utc_now

# Money: a kiosk may have been offline for days.
REFUND_KEY_DAYS = 30
PROCESSING_RETRY_AFTER_SECONDS = 2

# Who refunds what a centre may not: after its day, for any reason (ADR 0050).
_ADMINISTRATION = frozenset({Role.DISTRICT_ADMIN, Role.STATE_ADMIN})
# A centre's staff may take money; giving it back is for its operator, and for its software.
_REFUNDING = _ADMINISTRATION | {Role.MACHINE, Role.OPERATOR}
_READING = PAYERS | _ADMINISTRATION | {Role.AUDITOR}

_PAYMENT_ID = {
    "in": "path",
    "name": "payment_id",
    "description": "From the answer to POST /v1/payments.",
    "example": "pay_01a2076b44007ff7a6151691ea9526ea",
}
_REFUND_ID = {
    "in": "path",
    "name": "refund_id",
    "description": "From the answer to POST /v1/payments/{payment_id}/refunds.",
    "example": "rfd_01930a6c5d2e7c1f9b3a4d5e6f708192",
}


@payments.route("/v1/payments/<payment_id>/refunds", methods=["POST"], parameters=[_PAYMENT_ID])
@payments.requires("payments:write", roles=_REFUNDING)
@payments.keyed("create-refund", retention_days=REFUND_KEY_DAYS)
@payments.raises(PaymentNotFound, RefundNotFound, WalletNotOpen, RefundNotPermitted, NotRefundable, RefundableChanged)
@payments.arguments(schemas.RefundRequestSchema, example=schemas.REFUND_EXAMPLE)
@payments.response(201, schemas.RefundShownSchema, headers=["Location"])
@payments.alt_response(
    202,
    schema=schemas.RefundShownSchema,
    description="Accepted; ask at Location after Retry-After.",
    headers=["Location", "Retry-After"],
)
def create_refund(body: dict[str, Any], payment_id: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Give money of a payment back.

    In full or in part, and several times until nothing is left. A centre cancels its own payments on the day (IST) on
    which they were completed; later, and for other reasons, the district or state administration refunds. 201 when it
    came to its end within the request's time (act on `status`), else 202.
    """
    client, billing = caller(), application(Billing)
    destination = body.get("destination")
    made = billing.request_refund(
        RequestRefund(
            refund_id=public_id("rfd"),
            payment_id=payment_id,
            paise=body["amount"]["amount"],
            refundable_paise=body["refundable"]["amount"],
            reason=body["reason"],
            destination=Destination(destination) if destination else None,
            client_id=client.client_id,
            reach=client.reach,
            of_administration=client.role in _ADMINISTRATION,
            request_id=request_id(),
            claim=idempotency_claim(),
            at=utc_now(),
        )
    )
    mark_replayed(made.replayed)
    refund = made.value
    headers = {"Location": url_for("payments.get_refund", refund_id=refund.refund_id)}
    if refund.state not in REFUND_ENDED:
        headers["Retry-After"] = str(PROCESSING_RETRY_AFTER_SECONDS)
    return views.refund_view(refund), 201 if refund.state in REFUND_ENDED else 202, headers


@payments.route("/v1/payments/<payment_id>/refunds", parameters=[_PAYMENT_ID])
@payments.requires("payments:read", roles=_READING)
@payments.raises(PaymentNotFound)
@payments.response(200, schemas.RefundsShownSchema)
def list_refunds(payment_id: str) -> dict[str, Any]:
    """A payment's refunds.

    All of them, with what went back and what can still be refunded.
    """
    return views.refunds_view(*application(Billing).refunds.of(payment_id, caller().reach))


@payments.route("/v1/refunds/<refund_id>", parameters=[_REFUND_ID])
@payments.requires("payments:read", roles=_READING)
@payments.raises(RefundNotFound)
@payments.response(200, schemas.RefundShownSchema)
def get_refund(refund_id: str) -> dict[str, Any]:
    """One refund.

    As it is at this moment, for whoever may see its payment.
    """
    return views.refund_view(application(Billing).refunds.get(refund_id, caller().reach))
