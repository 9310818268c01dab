"""The documents of money in doubt."""

from marshmallow import Schema, fields, validate

from billing.domain.doubts.limits import SIZES
from billing.entrypoints.http.amounts import instant

_NAMES = [size.name for size in SIZES]


class DoubtShownSchema(Schema):
    """A biller, by one mode of payment."""

    biller_id = fields.String(required=True, metadata={"example": "JVVNL"})
    biller_name = fields.String(required=True)
    biller_name_hi = fields.String(required=True)
    mode = fields.String(required=True, validate=validate.OneOf(["WALLET", "CARD", "UPI"]))
    limit_hours = fields.Float(
        required=True,
        metadata={"description": "After this at the latest it is paid, given back, or with people by name."},
    )
    queue_hours = fields.Float(
        required=True,
        metadata={"description": "While the biller is down a payment waits this long, and is then given back."},
    )
    in_doubt = fields.String(
        required=True,
        validate=validate.OneOf(_NAMES),
        metadata={"description": "How many are in doubt now, as a class: a figure could tell of one person."},
    )
    late = fields.String(
        required=True, validate=validate.OneOf(_NAMES), metadata={"description": "How many of them past the limit."}
    )
    oldest_hours = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Since when the oldest is open, whole hours."}
    )


class DoubtsShownSchema(Schema):
    """What is in doubt now."""

    items = fields.List(fields.Nested(DoubtShownSchema), required=True)
    next = fields.String(required=True, allow_none=True, metadata={"description": "Always null: all are here."})
    as_of = instant("When this was counted.")
