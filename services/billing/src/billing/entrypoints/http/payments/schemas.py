"""The documents of the HTTP API. Amounts are integer paise; anything looser is refused."""

from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate

from servicekit.fields import StrictInteger
from servicekit.http import Coded
from servicekit.instants import rfc3339

# Paise beyond this lose exactness in clients that read JSON numbers as doubles.
_MOST_PAISE = 2**53 - 1


class Instant(fields.Field[Any]):
    """RFC 3339 in UTC with milliseconds; written only."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        del attr, obj, kwargs
        return rfc3339(value) if value is not None else None

    @staticmethod
    def described(text: str, example: str = "2026-11-23T05:41:07.312Z") -> "Instant":
        """A documented instant."""
        return Instant(
            dump_only=True, metadata={"type": "string", "format": "date-time", "description": text, "example": example}
        )


class Money(Schema):
    """An amount of money."""

    amount = StrictInteger(
        required=True,
        validate=validate.Range(
            min=1,
            max=_MOST_PAISE,
            error=Coded("out-of-range", "Whole paise above zero, such as 152500 for ₹1,525.00."),
        ),
        metadata={"description": "Whole paise.", "example": 152500},
    )
    currency = fields.String(
        required=True, validate=validate.Equal("INR"), metadata={"description": "Always INR.", "example": "INR"}
    )


class MoneyShown(Schema):
    """An amount of money."""

    amount = fields.Integer(required=True, metadata={"description": "Whole paise.", "example": 152500})
    currency = fields.String(required=True, metadata={"description": "Always INR.", "example": "INR"})


def shown(text: str) -> fields.Nested:
    """A documented amount in an answer."""
    return fields.Nested(MoneyShown, required=True, metadata={"description": text})


BILL_FETCH_EXAMPLE = {"biller_id": "JVVNL", "customer_params": {"k_number": "100000000001"}}


class BillersQuery(Schema):
    """Which billers to list."""

    category = fields.String(
        validate=validate.OneOf(["ELECTRICITY", "WATER", "MOBILE", "EXAM_FEE", "APPLICATION_FEE"]),
        metadata={"description": "Only billers of this category.", "example": "ELECTRICITY"},
    )


class CustomerParamShown(Schema):
    """What a biller needs to find its customer."""

    name = fields.String(metadata={"example": "k_number"})
    label = fields.String(metadata={"example": "K number"})
    label_hi = fields.String(metadata={"example": "के नंबर"})
    type = fields.String(metadata={"description": "NUMERIC or ALPHANUMERIC", "example": "NUMERIC"})
    min_length = fields.Integer(metadata={"example": 12})
    max_length = fields.Integer(metadata={"example": 12})
    pattern = fields.String(allow_none=True, metadata={"description": "Regular expression of the whole value."})
    optional = fields.Boolean()


class ModeShown(Schema):
    """A way of paying and the most that one payment may be."""

    channel = fields.String(metadata={"description": "AGT a centre's counter, INT the portal", "example": "AGT"})
    mode = fields.String(metadata={"example": "WALLET"})
    maximum = shown("The most that one payment may be.")


class BillerShown(Schema):
    """A biller that can be paid."""

    biller_id = fields.String(metadata={"example": "JVVNL"})
    name = fields.String()
    name_hi = fields.String()
    category = fields.String(metadata={"example": "ELECTRICITY"})
    coverage = fields.String()
    pending_supported = fields.Boolean(
        metadata={"description": "Whether a payment may stay pending at the biller for a while."}
    )
    customer_params = fields.List(fields.Nested(CustomerParamShown))
    payment_modes = fields.List(fields.Nested(ModeShown))


class Billers(Schema):
    """The billers. There are few, so there is one page: `next` is always null."""

    items = fields.List(fields.Nested(BillerShown))
    next = fields.String(allow_none=True)


class BillFetchRequest(Schema):
    """Which customer of which biller."""

    biller_id = fields.String(required=True, validate=validate.Length(1, 40), metadata={"example": "JVVNL"})
    customer_params = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 40)),
        values=fields.String(validate=validate.Length(max=64)),
        required=True,
        metadata={
            "description": "What the biller asks for, by name (see `customer_params` of the biller).",
            "example": {"k_number": "100000000001"},
        },
    )


class BillShown(Schema):
    """A bill, payable until it expires."""

    bill_id = fields.String(metadata={"example": "bil_01930a6c5d2e7c1f9b3a4d5e6f708192"})
    amount = shown("What is due.")
    service_charge = shown("Charged for paying the whole bill, by the order in force.")
    total = shown("amount + service_charge.")
    fee_order = fields.String(metadata={"description": "The order that sets the charge or fee."})
    due_on = fields.Date(allow_none=True)
    bill_period = fields.String(allow_none=True)
    exactness = fields.String(
        metadata={"description": "EXACT, EXACT_AND_ABOVE, EXACT_AND_BELOW, ANY or RANGE", "example": "EXACT"}
    )
    minimum = fields.Nested(MoneyShown, allow_none=True, metadata={"description": "Least part payment."})
    multiple = fields.Nested(
        MoneyShown, allow_none=True, metadata={"description": "A part payment is a multiple of this."}
    )
    expires_at = Instant.described("Until then it can be paid as quoted.")


class BillFetchShown(Schema):
    """What a customer owes."""

    bill_fetch_id = fields.String(metadata={"example": "bfe_01930a6c5d2e7c1f9b3a4d5e6f708192"})
    biller_id = fields.String(metadata={"example": "JVVNL"})
    status = fields.String(metadata={"description": "BILLS_FOUND or NOTHING_DUE", "example": "BILLS_FOUND"})
    bills = fields.List(fields.Nested(BillShown))


class PaymentRequest(Schema):
    """Pay one bill."""

    bill_id = fields.String(
        required=True,
        validate=validate.Length(1, 64),
        metadata={"description": "From a bill fetch.", "example": "bil_01930a6c5d2e7c1f9b3a4d5e6f708192"},
    )
    amount = fields.Nested(
        Money, required=True, metadata={"description": "What is paid on the bill, without the service charge."}
    )
    mode = fields.String(
        required=True,
        validate=validate.OneOf(["WALLET", "CARD", "UPI"]),
        metadata={"description": "WALLET at a centre; CARD or UPI on the portal.", "example": "WALLET"},
    )
    payment_instrument = fields.String(
        validate=validate.Regexp(r"tok_[A-Za-z0-9_-]{1,60}", error="A token of the payment service provider."),
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


class ReceiptShown(Schema):
    """The proof of a completed payment."""

    receipt_number = fields.String(metadata={"example": "EM-2627-7K3M9Q2XV4BTC"})
    issued_at = Instant.described("When the payment completed.")
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


class FailureShown(Schema):
    """Why a payment was not made, and whether the money is back."""

    code = fields.String(metadata={"description": "biller-refused, authorisation-declined or expired"})
    detail = fields.String()
    money_returned = fields.Boolean()


class PaymentShown(Schema):
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
    receipt = fields.Nested(ReceiptShown, allow_none=True)
    failure = fields.Nested(FailureShown, allow_none=True)
    created_at = Instant.described("When it was asked for.")
    completed_at = Instant(allow_none=True, metadata={"type": "string", "format": "date-time", "nullable": True})


class WalletShown(Schema):
    """A centre's prepaid wallet."""

    kiosk_id = fields.String(metadata={"example": "ksk_RJ10200001"})
    balance = shown("All money in the wallet, held money included.")
    held = shown("Held for payments in progress.")
    available = shown("balance − held; below zero while credit is in use.")
    credit_limit = shown("How far below zero `available` may go.")


class TransactionStep(Schema):
    """One thing that happened to a transaction."""

    type = fields.String()
    at = Instant.described("When.")


class TransactionShown(Schema):
    """A transaction as the gateway shows it by its token."""

    token = fields.String()
    kind = fields.String()
    reference_id = fields.String()
    status = fields.String()
    owner_client_id = fields.String()
    kiosk_id = fields.String(allow_none=True)
    updated_at = Instant.described("When it last changed.")
    events = fields.List(fields.Nested(TransactionStep))


class BillerCallback(Schema):
    """What a biller says happened. Only which payment it is about is used; unknown members are a biller's business."""

    class Meta:
        unknown = EXCLUDE

    request_id = fields.String(required=True, validate=validate.Length(1, 128))
