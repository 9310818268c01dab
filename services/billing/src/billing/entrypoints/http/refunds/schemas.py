"""The documents of refunds."""

from marshmallow import Schema, fields, validate

from billing.domain.refunds.refund import FEES_BACK, REASONS, Destination, RefundState
from billing.entrypoints.http.amounts import MoneySchema, above_zero, instant, shown
from servicekit.fields import Instant

REFUND_EXAMPLE = {
    "amount": {"amount": 152500, "currency": "INR"},
    "refundable": {"amount": 152500, "currency": "INR"},
    "reason": "cancelled",
}


class RefundRequestSchema(Schema):
    """Give money of a payment back."""

    amount = fields.Nested(
        MoneySchema,
        required=True,
        validate=above_zero,
        metadata={"description": "What goes back: all of `refundable`, or a part of it."},
    )
    refundable = fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "What you expect to be refundable: the payment's `refundable`. Otherwise 412."},
    )
    reason = fields.String(
        required=True,
        validate=validate.OneOf(REASONS),
        metadata={"description": "Why; a centre cancels and gives no other reason.", "example": "cancelled"},
    )
    destination = fields.String(
        validate=validate.OneOf([place.value for place in Destination]),
        metadata={
            "description": "Where it goes: the centre's wallet, or the card or account it came from. Left out: the "
            "latter.",
            "example": "WALLET",
        },
    )


class RefundShownSchema(Schema):
    """A refund as it stands."""

    refund_id = fields.String(required=True, metadata={"example": "rfd_01930a6c5d2e7c1f9b3a4d5e6f708192"})
    payment_id = fields.String(required=True)
    status = fields.String(
        required=True,
        validate=validate.OneOf(["PROCESSING", "REFUNDED", "REFUSED", "IN_DOUBT"]),
        metadata={"example": "REFUNDED"},
    )
    state = fields.String(
        required=True,
        metadata={
            "description": "The saga's state, for diagnosis; act on `status`.",
            "x-extensible-enum": [state.value for state in RefundState],
        },
    )
    amount = shown("What goes back.")
    destination = fields.String(required=True, validate=validate.OneOf([place.value for place in Destination]))
    reason = fields.String(required=True, metadata={"x-extensible-enum": [*REASONS, *FEES_BACK]})
    says = fields.String(required=True, metadata={"description": "What `status` means, to be shown to the payer."})
    says_hi = fields.String(required=True, metadata={"description": "The same in Hindi."})
    refusal = fields.String(
        required=True, allow_none=True, metadata={"description": "The provider's reason for refusing it."}
    )
    created_at = instant("When it was asked for.")
    deadline_at = instant("When people take it over, if it has not come to its end by then.")
    refunded_at = Instant(required=True, allow_none=True)


class RefundsShownSchema(Schema):
    """A payment's refunds, in the order in which they were asked for."""

    items = fields.List(fields.Nested(RefundShownSchema), required=True)
    next = fields.String(required=True, allow_none=True, metadata={"description": "Always null: all are here."})
    refunded = shown("What went back so far.")
    refundable = shown("What can still be refunded.")
