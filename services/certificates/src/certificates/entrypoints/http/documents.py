"""What the documents of several areas have in common."""

from marshmallow import Schema, fields, validate

from servicekit.money import CURRENCY

# In a form that ECMA-262 understands too, for the pattern is published. Whether the district exists is checked later.
LGD_CODE = validate.Regexp(r"^[1-9][0-9]{0,2}$", error="Must be the LGD code of a district, such as 102.")


class LabelSchema(Schema):
    """A text in English and in Hindi."""

    en = fields.String(required=True)
    hi = fields.String(required=True)


class MoneySchema(Schema):
    """An amount in paise."""

    amount = fields.Integer(required=True, metadata={"description": "Paise."})
    currency = fields.String(required=True, validate=validate.Equal(CURRENCY))
