"""The documents of settlements."""

from marshmallow import Schema, fields, validate

from billing.entrypoints.http.amounts import instant, shown
from servicekit.http import CursorText

PAGE_SIZE, LARGEST_PAGE = 50, 200
SETTLEMENT_ID = {
    "in": "path",
    "name": "settlement_id",
    "description": "From GET /v1/settlements, or the event settlement.closed.v1.",
    "example": "stl_01930a6c5d2e7c1f9b3a4d5e6f708192",
}


class SettlementsQuerySchema(Schema):
    """Which settlements to list."""

    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(1, LARGEST_PAGE))
    cursor = CursorText(metadata={"description": "`next` of the page before."})


class SettlementShownSchema(Schema):
    """What one biller was paid for one day."""

    settlement_id = fields.String(required=True, metadata={"example": "stl_01930a6c5d2e7c1f9b3a4d5e6f708192"})
    biller_id = fields.String(required=True, metadata={"example": "JVVNL"})
    department = fields.String(required=True, metadata={"example": "energy"})
    day = fields.Date(required=True, metadata={"description": "In India.", "example": "2026-11-27"})
    lines = fields.Integer(required=True, metadata={"description": "How many acts its file lists."})
    gross = shown("What was paid by citizens.")
    refunded = shown("What went back.")
    net = shown("What the biller was paid.")
    held_back = fields.Integer(
        required=True,
        metadata={"description": "How many acts wait for a later settlement: a break is open about them."},
    )
    file_sha256 = fields.String(required=True, metadata={"description": "Of the bytes of the file, in hexadecimal."})
    settled_at = instant("When it was closed.")


class SettlementsShownSchema(Schema):
    """A page of settlements, the latest days in front."""

    items = fields.List(fields.Nested(SettlementShownSchema), required=True)
    next = fields.String(required=True, allow_none=True)
