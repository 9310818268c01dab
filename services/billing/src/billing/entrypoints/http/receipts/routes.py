"""The routes of receipts that are printed, checked and complained of."""

from typing import Any

from flask import Response

from billing.application.payments.errors import NoReceiptYet, PaymentNotFound
from billing.application.receipts.errors import (
    CopyNotFound,
    CopyTooOld,
    NotOvercharged,
    ReceiptNotFound,
    ReceiptNotPrintable,
    ReportedAlready,
)
from billing.application.receipts.ports import PaperSize
from billing.application.receipts.print_receipt import PrintReceipt
from billing.application.receipts.report_overcharge import ReportOvercharge
from billing.bootstrap import Billing
from billing.entrypoints.http.blueprints import PAYERS, payer, payments
from billing.entrypoints.http.payments.routes import PAYMENT_ID, PAYMENT_KEY_DAYS
from billing.entrypoints.http.payments.views import receipt_view
from billing.entrypoints.http.receipts import schemas, views
from servicekit.http import application, idempotency_claim, mark_replayed, request_id
from servicekit.ids import public_id
from servicekit.instants import utc_now

PDF = "application/pdf"
_PDF_FILE = {"type": "string", "format": "binary"}
_COPY_ID = {
    "in": "path",
    "name": "copy_id",
    "description": "From POST /v1/payments/{payment_id}/receipt-copies.",
    "example": "rcp_01930a6c5d2e7c1f9b3a4d5e6f708192",
}


@payments.route("/v1/payments/<payment_id>/receipt-copies", methods=["POST"], parameters=[PAYMENT_ID])
@payments.requires("payments:write", roles=PAYERS)
@payments.keyed("create-receipt-copy", retention_days=PAYMENT_KEY_DAYS)
@payments.raises(PaymentNotFound, NoReceiptYet)
@payments.response(201, schemas.ReceiptCopySchema)
def create_receipt_copy(payment_id: str) -> dict[str, Any]:
    """Print a receipt.

    Each print is counted: the first is the original, and takes the next number of the centre's series of that day; all
    others are to be marked as duplicates. `GET /v1/payments/{payment_id}/receipt` shows a receipt, and counts nothing.
    """
    billing = application(Billing)
    payment, copy = billing.print_receipt(
        PrintReceipt(public_id("rcp"), payment_id, payer(), idempotency_claim(), utc_now())
    )
    mark_replayed(copy.replayed)
    receipt = receipt_view(billing.billers, payment, billing.receipts.ending_of(payment))
    assert receipt is not None
    return views.copy_view(copy.value, receipt)


@payments.route("/v1/payments/<payment_id>/receipt-copies/<copy_id>/pdf", parameters=[PAYMENT_ID, _COPY_ID])
@payments.requires("payments:read", roles=PAYERS)
@payments.raises(PaymentNotFound, NoReceiptYet, CopyNotFound, CopyTooOld, ReceiptNotPrintable)
@payments.arguments(schemas.PaperQuerySchema, location="query")
@payments.response(200, _PDF_FILE, content_type=PDF, headers=["Cache-Control"])
def get_receipt_pdf(query: dict[str, Any], payment_id: str, copy_id: str) -> Response:
    """The paper of a copy: one page of A4, or of a roll of 80 mm, in Hindi and English, with the QR.

    For a quarter of an hour after the copy was asked for, and as often as the connection needs: it is the same copy.
    Who prints later asks for another one. A duplicate says so across the page. The legal fee is printed; what was
    refunded since too. The QR holds a signature (JWS) of what the paper says, by a key of `GET /v1/timeline-keys`.
    """
    pdf = application(Billing).papers.pdf(payment_id, copy_id, payer(), PaperSize(query["format"]), utc_now())
    response = Response(pdf, mimetype=PDF)
    response.headers["Content-Disposition"] = f'attachment; filename="{copy_id}.pdf"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@payments.route("/v1/receipt-checks", methods=["POST"])
@payments.public("anybody may check a receipt that is shown to them")
@payments.repeatable("a question: nothing is kept")
@payments.arguments(schemas.ReceiptCheckRequestSchema, example=schemas.CHECK_EXAMPLE)
@payments.response(200, schemas.ReceiptCheckSchema)
def check_receipt(body: dict[str, Any]) -> dict[str, Any]:
    """Whether a receipt is real, and what it is for.

    Was this bill paid here, on this day, and what could the centre ask? Anybody may ask who knows the number and how
    the account ends; nothing is kept. A number that is not known and an ending that is wrong have the same answer.
    """
    billing = application(Billing)
    payment = billing.receipts.find(body["receipt_number"], body["account_ends_with"])
    return views.check_view(payment, billing.billers.get(payment.biller_id) if payment else None)


@payments.route("/v1/overcharge-reports", methods=["POST"])
@payments.public("a citizen who was overcharged need not have signed in")
@payments.repeatable("the same amount of the same receipt is one report")
@payments.raises(ReceiptNotFound, NotOvercharged, ReportedAlready)
@payments.arguments(schemas.OverchargeRequestSchema, example=schemas.REPORT_EXAMPLE)
@payments.response(201, schemas.OverchargeReportShownSchema)
def create_overcharge_report(body: dict[str, Any]) -> dict[str, Any]:
    """Say what a centre took, where that is more than the receipt says.

    Opens a case at the district. Nothing is asked about who reports; the receipt is the proof.
    """
    reported = application(Billing).report_overcharge(
        ReportOvercharge(
            public_id("ovr"),
            body["receipt_number"],
            body["account_ends_with"],
            body["paid"]["amount"],
            request_id(),
            utc_now(),
        )
    )
    return views.report_view(reported)
