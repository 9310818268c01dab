"""The documents of statements."""

from typing import Any

from marshmallow import Schema, fields

from servicekit.fields import Code

MONTH: dict[str, Any] = {
    "in": "path",
    "name": "month",
    "description": "In India.",
    "schema": {"type": "string", "pattern": "^[0-9]{4}-(?:0[1-9]|1[0-2])$", "maxLength": 7},
    "example": "2026-11",
}


def _paise(text: str) -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": f"Paise: {text}", "example": 385})


class CommissionQuerySchema(Schema):
    """Whose statement."""

    kiosk_id = Code(
        r"ksk_RJ[0-9]{8}",
        longest=14,
        error="A permanent code of a centre, such as ksk_RJ10200001.",
        load_default=None,
        metadata={"description": "A centre; for a centre's own callers theirs.", "example": "ksk_RJ10200001"},
    )


class CommissionSharesSchema(Schema):
    """Basis points of a charge, which sum to 10,000."""

    kiosk = fields.Integer(required=True, metadata={"example": 7700})
    lsp = fields.Integer(required=True, metadata={"example": 1300})
    society = fields.Integer(required=True, metadata={"example": 1000})


class CommissionRuleShownSchema(Schema):
    """A rule that lines of the statement go by."""

    version = fields.String(required=True, metadata={"example": "unset-1"})
    order = fields.String(
        required=True, allow_none=True, metadata={"description": "The order that states it; null: none does."}
    )
    shares = fields.Nested(
        CommissionSharesSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null: unset, and the charge is in suspense."},
    )


class CommissionPartsSchema(Schema):
    """What each has of a charge. Below zero: what went back."""

    charge_paise = _paise("what the others sum to.")
    kiosk_paise = _paise("the centre's.")
    lsp_paise = _paise("its local service provider's.")
    society_paise = _paise("the society's.")
    suspense_paise = _paise("nobody's, until an order states whose.")


class CommissionLineSchema(CommissionPartsSchema):
    """One event by which a charge was taken, or a part of it went back."""

    event_id = fields.String(
        required=True, allow_none=True, metadata={"description": "The event that told it; null: not known any more."}
    )
    payment_id = fields.String(required=True)
    refund_id = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The refund by which it went back; null: it was taken."},
    )
    kiosk_id = fields.String(required=True, metadata={"example": "ksk_RJ10200001"})
    at = fields.String(required=True, metadata={"description": "When.", "example": "2026-11-23T05:41:07.312Z"})
    category = fields.String(required=True, metadata={"example": "MOBILE"})
    channel = fields.String(required=True, metadata={"example": "AGT"})
    rule = fields.String(required=True, metadata={"description": "The version of its rule.", "example": "unset-1"})
    before_paise = _paise("what of the same payment's charge went back before.")


class CommissionStatementSchema(Schema):
    """A month's commission of a centre: anybody can recompute it."""

    of = fields.String(required=True, metadata={"example": "ksk_RJ10200001"})
    month = fields.String(required=True, metadata={"example": "2026-11"})
    rules = fields.List(fields.Nested(CommissionRuleShownSchema), required=True)
    items = fields.List(fields.Nested(CommissionLineSchema), required=True)
    next = fields.String(required=True, allow_none=True, metadata={"description": "Always null: all are here."})
    totals = fields.Nested(CommissionPartsSchema, required=True)
