"""What the documents of several areas have in common."""

from typing import Any

from marshmallow import Schema, fields, validate

from servicekit.fields import Code
from servicekit.money import CURRENCY


def lgd_code(**rest: Any) -> Code:
    """The field for a district. Whether the district exists is checked later."""
    return Code(r"[1-9][0-9]{0,2}", longest=3, error="Must be the LGD code of a district, such as 102.", **rest)


class LabelSchema(Schema):
    """A text in English and in Hindi."""

    en = fields.String(required=True)
    hi = fields.String(required=True)


class FeeAmountSchema(Schema):
    """An amount in paise."""

    amount = fields.Integer(required=True, metadata={"description": "Paise."})
    currency = fields.String(required=True, validate=validate.Equal(CURRENCY))
