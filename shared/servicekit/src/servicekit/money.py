"""Money on the wire, the same in every document and event of the platform: whole paise and the one currency.

`{"amount": 152500, "currency": "INR"}` is ₹1,525.00 (docs of the API, "Conventions").
"""

from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate

from servicekit.fields import StrictInteger

CURRENCY = "INR"  # ISO 4217; the platform knows no other
# Paise beyond this lose exactness in clients that read JSON numbers as doubles.
MOST_PAISE = 2**53 - 1


def money(paise: int) -> dict[str, Any]:
    """An amount as every document and event writes it."""
    return {"amount": paise, "currency": CURRENCY}


class MoneyReading(Schema):
    """An amount as a consumer reads it of an event: whole paise, nothing below zero, rupees only."""

    class Meta:
        unknown = EXCLUDE

    amount = StrictInteger(required=True, validate=validate.Range(min=0))
    currency = fields.String(required=True, validate=validate.Equal(CURRENCY))
