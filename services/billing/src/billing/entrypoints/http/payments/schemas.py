"""The documents of payments, receipts, transactions and callbacks."""

from marshmallow import EXCLUDE, Schema, fields, validate

from billing.entrypoints.http.amounts import MoneySchema, instant, shown
from servicekit.fields import Code, Instant


class PaymentRequestSchema(Schema):
    """Pay one bill."""

    bill_id = Code(
        r"[A-Za-z0-9_-]{1,64}",
        longest=64,
        error="A bill_id of POST /v1/bill-fetches.",
        required=True,
        metadata={"description": "From a bill fetch.", "example": "bil_01930a6c5d2e7c1f9b3a4d5e6f708192"},
    )
    amount = fields.Nested(
        MoneySchema, required=True, metadata={"description": "What is paid on the bill, without the service charge."}
    )
    mode = fields.String(
        required=True,
        validate=validate.OneOf(["WALLET", "CARD", "UPI"]),
        metadata={"description": "WALLET at a centre; CARD or UPI on the portal.", "example": "WALLET"},
    )
    payment_instrument = Code(
        r"tok_[A-Za-z0-9_-]{1,60}",
        longest=64,
        error="A token of the payment service provider.",
        metadata={
            "description": "CARD and UPI: the token under which the payment service provider knows the instrument.",
            "example": "tok_sandbox_ok",
        },
    )


# At a centre, after a bill was fetched: with its bill_id it works as it stands.
PAYMENT_EXAMPLE = {
    "bill_id": "bil_01930a6c5d2e7c1f9b3a4d5e6f708192",
    "amount": {"amount": 152500, "currency": "INR"},
    "mode": "WALLET",
}


class ReceiptShownSchema(Schema):
    """The proof of a completed payment."""

    receipt_number = fields.String(metadata={"example": "EM-2627-7K3M9Q2XV4BTC"})
    issued_at = instant("When the payment completed.")
    transaction_token = fields.String(metadata={"example": "EM7K3M9Q2XV4BTC"})
    payment_id = fields.String()
    biller_id = fields.String(metadata={"example": "JVVNL"})
    biller_name = fields.String()
    biller_name_hi = fields.String()
    biller_reference = fields.String(metadata={"description": "Under which the biller knows the payment."})
    kiosk_id = fields.String(allow_none=True)
    mode = fields.String(metadata={"example": "WALLET"})
    amount = shown("What the biller received.")
    service_charge = shown("The legal fee: more than this must not be asked of the citizen.")
    total = shown("What the citizen pays.")
    fee_order = fields.String(metadata={"description": "The order that sets the service charge or fee."})
    fee_order_hi = fields.String()


class FailureShownSchema(Schema):
    """Why a payment was not made, and whether the money is back."""

    code = fields.String(metadata={"description": "biller-refused, authorisation-declined or expired"})
    detail = fields.String()
    money_returned = fields.Boolean()


class PaymentShownSchema(Schema):
    """A payment as it stands."""

    payment_id = fields.String(metadata={"example": "pay_01930a6c5d2e7c1f9b3a4d5e6f708192"})
    transaction_token = fields.String(metadata={"example": "EM7K3M9Q2XV4BTC"})
    status = fields.String(
        metadata={"description": "PROCESSING, COMPLETED, FAILED or IN_DOUBT", "example": "COMPLETED"}
    )
    state = fields.String(metadata={"description": "The saga's state, for diagnosis; act on `status`."})
    bill_id = fields.String()
    biller_id = fields.String(metadata={"example": "JVVNL"})
    amount = shown("Paid on the bill.")
    service_charge = shown("Service charge.")
    total = shown("Taken from the payer.")
    mode = fields.String(metadata={"example": "WALLET"})
    channel = fields.String(metadata={"example": "AGT"})
    kiosk_id = fields.String(allow_none=True)
    receipt = fields.Nested(ReceiptShownSchema, allow_none=True)
    failure = fields.Nested(FailureShownSchema, allow_none=True)
    created_at = instant("When it was asked for.")
    completed_at = Instant(allow_none=True, metadata={"type": "string", "format": "date-time", "nullable": True})


class TransactionStepSchema(Schema):
    """One thing that happened to a transaction."""

    type = fields.String()
    at = instant("When.")


class TransactionShownSchema(Schema):
    """A transaction as the gateway shows it by its token."""

    token = fields.String()
    kind = fields.String()
    reference_id = fields.String()
    status = fields.String()
    owner_client_id = fields.String()
    kiosk_id = fields.String(allow_none=True)
    updated_at = instant("When it last changed.")
    events = fields.List(fields.Nested(TransactionStepSchema))


class BillerCallbackSchema(Schema):
    """What a biller says happened. Only which payment it is about is used; unknown members are a biller's business."""

    class Meta:
        unknown = EXCLUDE

    request_id = Code(r"[A-Za-z0-9._:-]{1,128}", longest=128, required=True)
