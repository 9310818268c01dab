"""The documents of receipts."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from billing.application.receipts.check_receipt import read_receipt_number
from billing.application.receipts.ports import PaperSize
from billing.domain.receipts.checks import SHOWN_CHARACTERS
from billing.domain.receipts.copies import Mark
from billing.entrypoints.http.amounts import MoneySchema, above_zero, instant, shown
from billing.entrypoints.http.payments.schemas import ReceiptShownSchema
from servicekit.fields import Code, PrintedCode
from servicekit.http import Coded

_MOST_TYPED = 40
_EXAMPLE = {"receipt_number": "EM-2627-X9425XH0728F7", "account_ends_with": "0001"}
CHECK_EXAMPLE: dict[str, Any] = _EXAMPLE
REPORT_EXAMPLE: dict[str, Any] = {**_EXAMPLE, "paid": {"amount": 155000, "currency": "INR"}}


def _is_a_number(text: str) -> None:
    if read_receipt_number(text) is None:
        raise ValidationError(
            Coded(
                "not-a-receipt-number",
                "This is no receipt number: compare it with the receipt, one character is wrong at least.",
                "यह रसीद संख्या नहीं है: रसीद से मिलाएँ, कम से कम एक अक्षर ग़लत है।",
            )
        )


class ReceiptCheckRequestSchema(Schema):
    """The two things on a receipt by which anybody may ask about it."""

    receipt_number = PrintedCode(
        longest=_MOST_TYPED,
        required=True,
        validate=_is_a_number,
        metadata={
            "description": "As printed; white space, hyphens and letter case do not count.",
            "example": _EXAMPLE["receipt_number"],
        },
    )
    account_ends_with = Code(
        r"[0-9A-Za-z]{1,4}",
        longest=SHOWN_CHARACTERS,
        error="The last letters or digits of the account, as printed on the receipt.",
        required=True,
        metadata={
            "description": "How the customer's number ends, as the receipt shows it.",
            "example": _EXAMPLE["account_ends_with"],
        },
    )

    @post_load
    def _as_printed(self, body: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**body, "receipt_number": read_receipt_number(body["receipt_number"])}


class OverchargeRequestSchema(ReceiptCheckRequestSchema):
    """What somebody says to have paid at a centre."""

    paid = fields.Nested(
        MoneySchema,
        required=True,
        validate=above_zero,
        metadata={"description": "What the centre took from you, in all."},
    )


class CheckedReceiptSchema(Schema):
    """What anybody may know of a receipt that they hold in their hands."""

    receipt_number = fields.String(required=True, metadata={"example": _EXAMPLE["receipt_number"]})
    status = fields.String(
        required=True,
        validate=validate.OneOf(["PAID", "PARTLY_REFUNDED", "REFUNDED"]),
        metadata={"description": "Whether the bill is paid still.", "example": "PAID"},
    )
    issued_at = instant("When the payment completed.")
    biller_id = fields.String(required=True, metadata={"example": "JVVNL"})
    biller_name = fields.String(required=True)
    biller_name_hi = fields.String(required=True)
    kiosk_id = fields.String(
        required=True, allow_none=True, metadata={"description": "The centre that took the money; null: none did."}
    )
    amount = shown("What the biller received.")
    legal_fee = shown("What the centre could ask beside the bill.")
    total = shown("What the citizen had to pay.")
    refunded = shown("What went back since.")
    fee_order = fields.String(required=True, metadata={"description": "The order that sets the fee."})
    fee_order_hi = fields.String(required=True)


class ReceiptCheckSchema(Schema):
    """Whether there is such a receipt."""

    known = fields.Boolean(required=True)
    receipt = fields.Nested(
        CheckedReceiptSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null unless number and account fit; which of the two does not is not told."},
    )


class OverchargeReportShownSchema(Schema):
    """A report of overcharging: a case is opened at the district."""

    report_id = fields.String(required=True, metadata={"example": "ovr_01930a6c5d2e7c1f9b3a4d5e6f708192"})
    receipt_number = fields.String(required=True)
    kiosk_id = fields.String(required=True)
    total = shown("What had to be paid.")
    paid = shown("What was paid, as reported.")
    overcharged = shown("The difference.")
    says = fields.String(required=True, metadata={"description": "What follows, for the citizen."})
    says_hi = fields.String(required=True, metadata={"description": "The same in Hindi."})


class PaperQuerySchema(Schema):
    """On what a copy is printed."""

    format = fields.String(
        load_default=PaperSize.A4.value,
        validate=validate.OneOf([size.value for size in PaperSize]),
        metadata={"description": "A sheet, or the roll of a thermal printer.", "example": "80mm"},
    )


class SeriesShownSchema(Schema):
    """The receipts of one centre of one day."""

    kiosk_id = fields.String(required=True)
    day = fields.Date(required=True, metadata={"description": "In India.", "example": "2026-11-28"})
    serial = fields.Integer(
        required=True, metadata={"description": "From 1, without gaps, in the order of first prints.", "example": 17}
    )


class ReceiptCopySchema(Schema):
    """One print of a receipt."""

    copy_id = fields.String(required=True, metadata={"example": "rcp_01930a6c5d2e7c1f9b3a4d5e6f708192"})
    copy = fields.Integer(required=True, metadata={"description": "Counts the prints from 1.", "example": 1})
    mark = fields.String(
        required=True,
        validate=validate.OneOf([mark.value for mark in Mark]),
        metadata={"description": "To be printed across it.", "example": "ORIGINAL"},
    )
    mark_hi = fields.String(required=True, metadata={"example": "मूल प्रति"})
    printed_at = instant("When this copy was asked for.")
    series = fields.Nested(
        SeriesShownSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null where no centre took the money."},
    )
    receipt = fields.Nested(ReceiptShownSchema, required=True)
