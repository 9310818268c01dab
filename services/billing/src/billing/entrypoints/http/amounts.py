"""Amounts and instants in the documents of the HTTP API. Amounts are integer paise; anything looser is refused."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from servicekit.fields import Instant, StrictInteger
from servicekit.http import Coded
from servicekit.money import CURRENCY, MOST_PAISE


def instant(text: str, example: str = "2026-11-23T05:41:07.312Z") -> Instant:
    """A documented instant in an answer."""
    return Instant(required=True, metadata={"description": text, "example": example})


class MoneySchema(Schema):
    """An amount of money, asked and shown in one form: what was shown can be sent back as it is."""

    amount = StrictInteger(required=True, metadata={"description": "Whole paise.", "example": 152500})
    currency = fields.String(
        required=True, validate=validate.Equal(CURRENCY), metadata={"description": "Always INR.", "example": "INR"}
    )


def above_zero(money: dict[str, Any]) -> None:
    """Raises ValidationError, at the amount, unless it can be paid."""
    if not 1 <= money["amount"] <= MOST_PAISE:
        problem = Coded("out-of-range", "Whole paise above zero, such as 152500 for ₹1,525.00.")
        raise ValidationError({"amount": [problem]})


def shown(text: str, *, allow_none: bool = False) -> fields.Nested:
    """A documented amount in an answer."""
    return fields.Nested(MoneySchema, required=True, allow_none=allow_none, metadata={"description": text})
