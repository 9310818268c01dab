"""The routes of payments, receipts, transactions and callbacks."""

from typing import Any

from flask import request, url_for

from billing.application.bills.errors import AccountRenumbered, BillExpired, BillNotFound
from billing.application.payments.accept_callback import AcceptCallback
from billing.application.payments.errors import (
    AmountNotAccepted,
    BillAlreadyPaid,
    NoReceiptYet,
    PaymentNotFound,
    SignatureNotValid,
    TransactionNotFound,
)
from billing.application.payments.pay_bill import PayBill
from billing.application.wallets.errors import WalletNotOpen, WalletTooLow
from billing.bootstrap import Billing
from billing.domain.payments.payment import ENDED
from billing.entrypoints.http.blueprints import PAYERS, internal, payer, payments
from billing.entrypoints.http.payments import schemas, views
from servicekit.access import EVERYTHING
from servicekit.acts import ActNotAgreed, ActUsedUp
from servicekit.http import application, caller, idempotency_claim, mark_replayed, request_id
from servicekit.ids import public_id, transaction_token
from servicekit.instants import utc_now

# Money: a kiosk may have been offline for days.
PAYMENT_KEY_DAYS = 30
# A payment that is still processing is worth asking about again after this.
PROCESSING_RETRY_AFTER_SECONDS = 2

PAYMENT_ID = {
    "in": "path",
    "name": "payment_id",
    "description": "From the answer to POST /v1/payments.",
    "example": "pay_01a2076b44007ff7a6151691ea9526ea",
}


@payments.route("/v1/payments", methods=["POST"])
@payments.requires("payments:write", roles=PAYERS)
@payments.keyed("create-payment", retention_days=PAYMENT_KEY_DAYS)
@payments.raises(
    BillNotFound,
    PaymentNotFound,
    WalletNotOpen,
    BillAlreadyPaid,
    BillExpired,
    AccountRenumbered,
    WalletTooLow,
    AmountNotAccepted,
    ActNotAgreed,
    ActUsedUp,
)
@payments.arguments(schemas.PaymentRequestSchema, example=schemas.PAYMENT_EXAMPLE)
@payments.response(201, schemas.PaymentShownSchema, headers=["Location"])
@payments.alt_response(
    202,
    schema=schemas.PaymentShownSchema,
    description="Accepted; ask at Location after Retry-After.",
    headers=["Location", "Retry-After"],
)
def create_payment(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Pay a bill.

    201 when the payment came to its end within the request's time (act on `status`: it may have failed), else 202.
    Pay with the `bill_id` of a bill fetch, at a centre by WALLET, on the portal by CARD or UPI.
    """
    billing = application(Billing)
    paid = billing.pay_bill(
        PayBill(
            payment_id=public_id("pay"),
            transaction_token=transaction_token(),
            bill_id=body["bill_id"],
            amount_paise=body["amount"]["amount"],
            mode=body["mode"],
            instrument=body.get("payment_instrument"),
            payer=payer(),
            request_id=request_id(),
            claim=idempotency_claim(),
            at=utc_now(),
            agreement=caller().agreement,
        )
    )
    mark_replayed(paid.replayed)
    payment = paid.value
    headers = {"Location": url_for("payments.get_payment", payment_id=payment.payment_id)}
    if payment.state not in ENDED:
        headers["Retry-After"] = str(PROCESSING_RETRY_AFTER_SECONDS)
    shown = views.payment_view(billing.billers, payment, billing.receipts.ending_of(payment))
    return shown, 201 if payment.state in ENDED else 202, headers


@payments.route("/v1/payments/<payment_id>", parameters=[PAYMENT_ID])
@payments.requires("payments:read", roles=PAYERS)
@payments.raises(PaymentNotFound)
@payments.response(200, schemas.PaymentShownSchema)
def get_payment(payment_id: str) -> dict[str, Any]:
    """One payment of the caller's.

    As it is at this moment; at a centre, every client of the centre may read it.
    """
    billing = application(Billing)
    payment = billing.payments.get(payment_id, payer())
    return views.payment_view(billing.billers, payment, billing.receipts.ending_of(payment))


@payments.route("/v1/payments/<payment_id>/receipt", parameters=[PAYMENT_ID])
@payments.requires("payments:read", roles=PAYERS)
@payments.raises(PaymentNotFound, NoReceiptYet)
@payments.response(200, schemas.ReceiptShownSchema)
def get_receipt(payment_id: str) -> dict[str, Any]:
    """The receipt of a completed payment.

    What is printed for the citizen; of it only `refunded` ever changes.
    """
    billing = application(Billing)
    payment = billing.payments.get(payment_id, payer())
    receipt = views.receipt_view(billing.billers, payment, billing.receipts.ending_of(payment))
    if receipt is None:
        raise NoReceiptYet("The payment is not completed.", payment_status=views.status_of(payment))
    return receipt


@internal.route("/v1/internal/transactions/<token>")
@internal.internal()
@internal.raises(TransactionNotFound)
@internal.response(200, schemas.TransactionShownSchema)
def get_transaction(token: str) -> dict[str, Any]:
    """A payment by its token.

    As it is this moment: what the gateway shows before the event has reached it.
    """
    billing = application(Billing)
    payment = billing.payments.by_token(token)
    refunds = billing.refunds.of(payment.payment_id, EVERYTHING)[1]
    return views.transaction_view(payment, refunds, billing.disputes.of(payment.payment_id, EVERYTHING))


@internal.route("/callbacks/biller", methods=["POST"])
@internal.public("the biller's signature is checked instead; never routed from outside")
@internal.repeatable("rings a bell: the payment is looked at again")
@internal.doc(**{"x-internal": True})
@internal.raises(SignatureNotValid)
@internal.arguments(schemas.BillerCallbackSchema)
@internal.response(204)
def biller_callback(body: dict[str, Any]) -> None:
    """A biller's doorbell: have the payment looked at now.

    Signed with X-Signature, the HMAC-SHA256 of the body; harmless to repeat.
    """
    signature = request.headers.get("X-Signature", "")
    raw = request.get_data(cache=True)
    application(Billing).accept_callback(AcceptCallback(raw, signature, body["request_id"], utc_now()))
