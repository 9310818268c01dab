"""Parts that documents of several areas have."""

from marshmallow import Schema, fields, validate

# Longer than any document of ours: a text beyond it is refused before anybody parses it.
LONGEST_DOCUMENT = 16_384

# Written as ECMA-262 too understands it; which codes there are is looked up afterwards.
LGD_CODE = validate.Regexp(r"^[1-9][0-9]{0,2}$", error="Must be the LGD code of a district, such as 102.")


class LabelSchema(Schema):
    en = fields.String(required=True)
    hi = fields.String(required=True)


class MoneySchema(Schema):
    amount = fields.Integer(required=True, metadata={"description": "Paise."})
    currency = fields.String(required=True)
