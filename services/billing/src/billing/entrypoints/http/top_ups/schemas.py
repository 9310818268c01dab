"""The documents of top-ups."""

from marshmallow import Schema, fields, validate

from billing.domain.top_ups.top_up import TopUpState
from billing.entrypoints.http.amounts import MoneySchema, above_zero, instant, shown
from servicekit.fields import Code, Instant
from servicekit.http import CursorText

TOP_UP_MODES = ["CARD", "UPI"]
PAGE_SIZE, LARGEST_PAGE = 50, 200
TOP_UP_EXAMPLE = {
    "amount": {"amount": 500000, "currency": "INR"},
    "mode": "UPI",
    "payment_instrument": "tok_sandbox_ok",
}


class TopUpRequestSchema(Schema):
    """Put money into a centre's wallet."""

    amount = fields.Nested(
        MoneySchema,
        required=True,
        validate=above_zero,
        metadata={"description": "What is put in, within the limits that GET /v1/wallet tells."},
    )
    mode = fields.String(
        required=True,
        validate=validate.OneOf(TOP_UP_MODES),
        metadata={"description": "How the centre pays.", "example": "UPI"},
    )
    payment_instrument = Code(
        r"tok_[A-Za-z0-9_-]{1,60}",
        longest=64,
        error="A token of the payment service provider.",
        required=True,
        metadata={
            "description": "The token under which the payment service provider knows the instrument.",
            "example": "tok_sandbox_ok",
        },
    )


class TopUpShownSchema(Schema):
    """A top-up as it stands."""

    top_up_id = fields.String(required=True, metadata={"example": "top_01930a6c5d2e7c1f9b3a4d5e6f708192"})
    kiosk_id = fields.String(required=True, metadata={"example": "ksk_RJ10200001"})
    status = fields.String(
        required=True,
        validate=validate.OneOf(["PROCESSING", "CREDITED", "REFUSED", "IN_DOUBT"]),
        metadata={"example": "CREDITED"},
    )
    state = fields.String(
        required=True,
        metadata={
            "description": "The saga's state, for diagnosis; act on `status`.",
            "x-extensible-enum": [state.value for state in TopUpState],
        },
    )
    amount = shown("What is put in.")
    mode = fields.String(required=True, validate=validate.OneOf(TOP_UP_MODES))
    says = fields.String(required=True, metadata={"description": "What `status` means, to be shown to the operator."})
    says_hi = fields.String(required=True, metadata={"description": "The same in Hindi."})
    refusal = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The provider's reason for refusing it; `expired`: it never reached the provider."},
    )
    created_at = instant("When it was asked for.")
    deadline_at = instant("When people take it over, if it has not come to its end by then.")
    credited_at = Instant(required=True, allow_none=True)


class TopUpsQuerySchema(Schema):
    """Which part of the list."""

    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(1, LARGEST_PAGE))
    cursor = CursorText(metadata={"description": "`next` of the page before."})


class TopUpsShownSchema(Schema):
    """A page of a centre's top-ups, the latest first."""

    items = fields.List(fields.Nested(TopUpShownSchema), required=True)
    next = fields.String(required=True, allow_none=True)
