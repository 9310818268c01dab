"""Amounts and instants in the documents of the HTTP API. Amounts are integer paise; anything looser is refused."""

from marshmallow import Schema, fields, validate

from servicekit.fields import Instant, StrictInteger
from servicekit.http import Coded
from servicekit.money import CURRENCY, MOST_PAISE


def instant(text: str, example: str = "2026-11-23T05:41:07.312Z") -> Instant:
    """A documented instant in an answer."""
    return Instant(
        dump_only=True, metadata={"type": "string", "format": "date-time", "description": text, "example": example}
    )


class MoneySchema(Schema):
    """An amount of money."""

    amount = StrictInteger(
        required=True,
        validate=validate.Range(
            min=1,
            max=MOST_PAISE,
            error=Coded("out-of-range", "Whole paise above zero, such as 152500 for ₹1,525.00."),
        ),
        metadata={"description": "Whole paise.", "example": 152500},
    )
    currency = fields.String(
        required=True, validate=validate.Equal(CURRENCY), metadata={"description": "Always INR.", "example": "INR"}
    )


class MoneyShownSchema(Schema):
    """An amount of money."""

    amount = fields.Integer(required=True, metadata={"description": "Whole paise.", "example": 152500})
    currency = fields.String(required=True, metadata={"description": "Always INR.", "example": "INR"})


def shown(text: str) -> fields.Nested:
    """A documented amount in an answer."""
    return fields.Nested(MoneyShownSchema, required=True, metadata={"description": text})
