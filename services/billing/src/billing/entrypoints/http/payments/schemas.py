"""The documents of payments, receipts, transactions and callbacks."""

from marshmallow import EXCLUDE, Schema, fields, validate

from billing.domain.payments.form import Form
from billing.domain.payments.payment import State
from billing.entrypoints.http.amounts import MoneySchema, above_zero, instant, shown
from billing.entrypoints.http.bills.schemas import CHANNELS, MODES
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
        MoneySchema,
        required=True,
        validate=above_zero,
        metadata={"description": "What is paid on the bill, without the service charge; above zero."},
    )
    mode = fields.String(
        required=True,
        validate=validate.OneOf(MODES),
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

    receipt_number = fields.String(required=True, metadata={"example": "EM-2627-7K3M9Q2XV4BTC"})
    issued_at = instant("When the payment completed.")
    transaction_token = fields.String(required=True, metadata={"example": "EM7K3M9Q2XV4BTC"})
    payment_id = fields.String(required=True)
    biller_id = fields.String(required=True, metadata={"example": "JVVNL"})
    biller_name = fields.String(required=True)
    biller_name_hi = fields.String(required=True)
    biller_reference = fields.String(
        required=True, metadata={"description": "Under which the biller knows the payment."}
    )
    kiosk_id = fields.String(required=True, allow_none=True)
    mode = fields.String(required=True, validate=validate.OneOf(MODES), metadata={"example": "WALLET"})
    amount = shown("What the biller received.")
    service_charge = shown("The legal fee: more than this must not be asked of the citizen.")
    total = shown("What the citizen pays.")
    fee_order = fields.String(required=True, metadata={"description": "The order that sets the service charge or fee."})
    fee_order_hi = fields.String(required=True)
    account_ends_with = fields.String(
        required=True,
        metadata={
            "description": "How the customer's number ends; with the number anybody can check the receipt.",
            "example": "0001",
        },
    )
    notice = fields.String(required=True, metadata={"description": "To be printed: the legal fee, and what to do."})
    notice_hi = fields.String(required=True, metadata={"description": "The same in Hindi."})
    tendered_at = instant("When the payer gave the money; for a window or a due day this counts.")
    fee_window = fields.String(
        required=True, allow_none=True, metadata={"description": "The window that an examination's fee was paid in."}
    )
    refunded = shown("What went back since; zero: nothing.")


class FieldErrorShownSchema(Schema):
    """An error in the shape that the bill payment field uses."""

    source = fields.String(
        required=True,
        metadata={
            "description": "Whose it is.",
            "x-extensible-enum": ["customer", "biller", "gateway", "business", "internal"],
            "example": "biller",
        },
    )
    step = fields.String(required=True, metadata={"description": "Where it arose.", "example": "bill_payment"})
    reason = fields.String(required=True, metadata={"description": "What it was.", "example": "account-closed"})


class FormShownSchema(Schema):
    """The form whose fee was paid."""

    status = fields.String(
        required=True, validate=validate.OneOf([form.value for form in Form]), metadata={"example": "INCOMPLETE"}
    )
    next_step = fields.String(
        required=True, allow_none=True, metadata={"description": "What the candidate does next; null: nothing."}
    )
    next_step_hi = fields.String(required=True, allow_none=True)


class FailureShownSchema(Schema):
    """Why a payment was not made, and whether the money is back."""

    code = fields.String(
        required=True, metadata={"x-extensible-enum": ["biller-refused", "authorisation-declined", "expired"]}
    )
    detail = fields.String(required=True, metadata={"description": "In the words of whoever refused it, in English."})
    reason = fields.String(required=True, metadata={"description": "What `code` means, to be shown to the payer."})
    reason_hi = fields.String(required=True, metadata={"description": "The same in Hindi."})
    money_returned = fields.Boolean(required=True)
    error = fields.Nested(FieldErrorShownSchema, required=True)


class PaymentShownSchema(Schema):
    """A payment as it stands."""

    payment_id = fields.String(required=True, metadata={"example": "pay_01930a6c5d2e7c1f9b3a4d5e6f708192"})
    transaction_token = fields.String(required=True, metadata={"example": "EM7K3M9Q2XV4BTC"})
    status = fields.String(
        required=True,
        validate=validate.OneOf(["PROCESSING", "COMPLETED", "FAILED", "IN_DOUBT"]),
        metadata={"example": "COMPLETED"},
    )
    says = fields.String(
        required=True,
        metadata={"description": "What `status` means and by when it ends, to be shown to the payer."},
    )
    says_hi = fields.String(required=True, metadata={"description": "The same in Hindi."})
    state = fields.String(
        required=True,
        metadata={
            "description": "The saga's state, for diagnosis; act on `status`.",
            "x-extensible-enum": [state.value for state in State],
        },
    )
    bill_id = fields.String(required=True)
    biller_id = fields.String(required=True, metadata={"example": "JVVNL"})
    amount = shown("Paid on the bill.")
    service_charge = shown("Service charge.")
    total = shown("Taken from the payer.")
    mode = fields.String(required=True, validate=validate.OneOf(MODES), metadata={"example": "WALLET"})
    channel = fields.String(required=True, validate=validate.OneOf(CHANNELS), metadata={"example": "AGT"})
    kiosk_id = fields.String(required=True, allow_none=True)
    application_id = fields.String(
        required=True, allow_none=True, metadata={"description": "The application whose fee it is, if it is one."}
    )
    receipt = fields.Nested(ReceiptShownSchema, required=True, allow_none=True)
    failure = fields.Nested(FailureShownSchema, required=True, allow_none=True)
    fee_window = fields.String(
        required=True, allow_none=True, metadata={"description": "The window that an examination's fee was paid in."}
    )
    form = fields.Nested(
        FormShownSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Of an examination: whether the form that was paid for is complete; null: not told."},
    )
    created_at = instant("When it was asked for.")
    deadline_at = instant("When people take it over, if it has not come to its end by then.")
    queued_until = Instant(
        required=True,
        allow_none=True,
        metadata={
            "description": "The biller is down, and the payment waits until then at most: it is paid or given back. A "
            "proof of tendering is at GET /v1/payments/{payment_id}/tender-proof. Null: it does not wait."
        },
    )
    refunded = shown("What went back of it.")
    refundable = shown("What can still be refunded; name it when you ask for a refund.")
    completed_at = Instant(required=True, allow_none=True)


class TransactionStepSchema(Schema):
    """One thing that happened to a transaction."""

    type = fields.String(required=True)
    at = instant("When.")


class TransactionShownSchema(Schema):
    """A transaction as the gateway shows it by its token."""

    token = fields.String(required=True)
    kind = fields.String(required=True)
    reference_id = fields.String(required=True)
    status = fields.String(required=True)
    owner_client_id = fields.String(required=True)
    kiosk_id = fields.String(required=True, allow_none=True)
    updated_at = instant("When it last changed.")
    events = fields.List(fields.Nested(TransactionStepSchema), required=True)


class BillerCallbackSchema(Schema):
    """What a biller says happened. Only which payment it is about is used; unknown members are a biller's business."""

    class Meta:
        unknown = EXCLUDE

    request_id = Code(r"[A-Za-z0-9._:-]{1,128}", longest=128, required=True)
