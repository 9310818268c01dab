"""The routes. Each loads, builds a command (ids and time minted here), calls and dumps; failures are raised below."""

from typing import Any

from flask import request, url_for

from billing.application.bills.fetch_bills import FetchBills
from billing.application.payments.accept_callback import payment_of, require_signature
from billing.application.payments.errors import BillerNotFound, NoReceiptYet, TransactionNotFound, WalletNotOpen
from billing.application.payments.pay_bill import PayBill, require_payment
from billing.application.payments.ports import Payer
from billing.bootstrap import Billing
from billing.domain.payments.payment import ENDED
from billing.entrypoints.http.payments import schemas, views
from servicekit.http import Blueprint, application, caller, idempotency_claim, mark_replayed, request_id
from servicekit.ids import public_id, transaction_token
from servicekit.instants import utc_now

# Money: a kiosk may have been offline for days. A bill fetch makes a record, but moves nothing.
PAYMENT_KEY_DAYS = 30
FETCH_KEY_DAYS = 7
# A payment that is still processing is worth asking about again after this.
PROCESSING_RETRY_AFTER_SECONDS = 2

_BILLER_ID = {"in": "path", "name": "biller_id", "description": "Of GET /v1/billers.", "example": "JVVNL"}
_PAYMENT_ID = {
    "in": "path",
    "name": "payment_id",
    "description": "From the answer to POST /v1/payments.",
    "example": "pay_01a2076b44007ff7a6151691ea9526ea",
}

billers = Blueprint("billers", description="Who can be paid, and what for.")
payments = Blueprint("payments", description="Bills fetched and paid, receipts, wallets.")
internal = Blueprint("internal", description="For the platform's own services and the biller network.")


def payer() -> Payer:
    """The caller as a payer."""
    known = caller()
    return Payer(known.client_id, known.kiosk_id)


@billers.route("/v1/billers")
@billers.requires("billers:read")
@billers.arguments(schemas.BillersQuery, location="query")
@billers.response(200, schemas.Billers)
def list_billers(query: dict[str, Any]) -> dict[str, Any]:
    """The billers that can be paid."""
    wanted = query.get("category")
    found = [b for b in application(Billing).billers.values() if wanted in (None, b.category)]
    return {"items": [views.biller_view(biller) for biller in found], "next": None}


@billers.route("/v1/billers/<biller_id>", parameters=[_BILLER_ID])
@billers.requires("billers:read")
@billers.response(200, schemas.BillerShown)
def get_biller(biller_id: str) -> dict[str, Any]:
    """One biller."""
    biller = application(Billing).billers.get(biller_id)
    if biller is None:
        raise BillerNotFound("No biller has this id; GET /v1/billers lists them.")
    return views.biller_view(biller)


@payments.route("/v1/bill-fetches", methods=["POST"])
@payments.requires("bills:fetch")
@payments.keyed("fetch-bills", retention_days=FETCH_KEY_DAYS)
@payments.arguments(schemas.BillFetchRequest, example=schemas.BILL_FETCH_EXAMPLE)
@payments.response(201, schemas.BillFetchShown)
def fetch_bills(body: dict[str, Any]) -> dict[str, Any]:
    """Ask a biller what a customer owes.

    For an application's fee the biller is EMITRA-FEES and the parameter `application_id`.
    """
    billing = application(Billing)
    command = FetchBills(public_id("bfe"), body["biller_id"], body["customer_params"], payer(), utc_now())
    fetch, replayed = billing.fetch_bills(command, idempotency_claim())
    mark_replayed(replayed)
    return views.fetch_view(billing, fetch)


@payments.route("/v1/payments", methods=["POST"])
@payments.requires("payments:write")
@payments.keyed("create-payment", retention_days=PAYMENT_KEY_DAYS)
@payments.arguments(schemas.PaymentRequest, example=schemas.PAYMENT_EXAMPLE)
@payments.response(201, schemas.PaymentShown)
@payments.alt_response(202, schema=schemas.PaymentShown, description="Accepted; ask at Location after Retry-After.")
def create_payment(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Pay a bill: 201 when the payment came to its end within the request's time, else 202."""
    billing = application(Billing)
    command = PayBill(
        payment_id=public_id("pay"),
        transaction_token=transaction_token(),
        bill_id=body["bill_id"],
        amount_paise=body["amount"]["amount"],
        mode=body["mode"],
        instrument=body.get("payment_instrument"),
        payer=payer(),
        request_id=request_id(),
        now=utc_now(),
    )
    payment, replayed = billing.pay_bill(command, idempotency_claim())
    mark_replayed(replayed)
    headers = {"Location": url_for("payments.get_payment", payment_id=payment.payment_id)}
    if payment.state not in ENDED:
        headers["Retry-After"] = str(PROCESSING_RETRY_AFTER_SECONDS)
    return views.payment_view(billing.billers, payment), 201 if payment.state in ENDED else 202, headers


@payments.route("/v1/payments/<payment_id>", parameters=[_PAYMENT_ID])
@payments.requires("payments:read")
@payments.response(200, schemas.PaymentShown)
def get_payment(payment_id: str) -> dict[str, Any]:
    """One payment of the caller's."""
    billing = application(Billing)
    return views.payment_view(billing.billers, require_payment(billing.payments, payment_id, payer()))


@payments.route("/v1/payments/<payment_id>/receipt", parameters=[_PAYMENT_ID])
@payments.requires("payments:read")
@payments.response(200, schemas.ReceiptShown)
def get_receipt(payment_id: str) -> dict[str, Any]:
    """The receipt of a completed payment."""
    billing = application(Billing)
    payment = require_payment(billing.payments, payment_id, payer())
    receipt = views.receipt_view(billing.billers, payment)
    if receipt is None:
        raise NoReceiptYet("The payment is not completed.", payment_status=views.status_of(payment))
    return receipt


@payments.route("/v1/wallet")
@payments.requires("wallet:read")
@payments.response(200, schemas.WalletShown)
def get_wallet() -> dict[str, Any]:
    """The wallet of the caller's centre."""
    kiosk_id = caller().kiosk_id
    wallet = application(Billing).ledger.wallet(kiosk_id) if kiosk_id else None
    if wallet is None:
        raise WalletNotOpen("The caller has no wallet: it is no centre, or the centre is not approved yet.")
    return views.wallet_view(wallet)


@internal.route("/v1/internal/transactions/<token>")
@internal.internal()
@internal.response(200, schemas.TransactionShown)
def get_transaction(token: str) -> dict[str, Any]:
    """A payment by its token, as it is this moment: what the gateway shows before the event has reached it."""
    payment = application(Billing).payments.by_token(token)
    if payment is None:
        raise TransactionNotFound("No payment carries this token.")
    return views.transaction_view(payment)


@internal.route("/callbacks/biller", methods=["POST"])
@internal.public()
@internal.doc(**{"x-internal": True})
@internal.arguments(schemas.BillerCallback)
@internal.response(204)
def biller_callback(body: dict[str, Any]) -> None:
    """A biller's doorbell: have the payment looked at now. Signed with X-Signature; harmless to repeat."""
    billing = application(Billing)
    signature = request.headers.get("X-Signature", "")
    require_signature(request.get_data(cache=True), signature, billing.settings.biller_callback_secret)
    if payment_id := payment_of(body["request_id"]):
        billing.payments.ring(payment_id, utc_now())
