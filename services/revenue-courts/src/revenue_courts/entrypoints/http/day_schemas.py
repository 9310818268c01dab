"""The documents of a court's day."""

from typing import Any

from marshmallow import Schema, fields, validate

from revenue_courts.entrypoints.http.case_schemas import LONGEST_TEXT
from revenue_courts.entrypoints.http.court_schemas import PAGE_SIZE
from servicekit.fields import Code, Text
from servicekit.text import Remarks

MOST_DAYS = 20
CLOSURE_EXAMPLE: dict[str, Any] = {
    "on": "2027-11-15",
    "days": ["2027-11-16", "2027-11-17"],
    "reason": "officer-away",
    "text": "The presiding officer is on leave.",
}


class CourtClosureRequestSchema(Schema):
    """Which day falls away and why, and over which days its cases are spread."""

    on = fields.Date(required=True)
    days = fields.List(fields.Date(), required=True, validate=validate.Length(min=1, max=MOST_DAYS))
    reason = Code(
        r"[a-z][a-z0-9-]{1,39}",
        longest=40,
        required=True,
        metadata={"description": "Of codes.adjournments of GET …/case-kinds."},
    )
    text = Text(Remarks(LONGEST_TEXT), required=True)


class RefusedCaseSchema(Schema):
    """A case that stays on the list."""

    court_case_id = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "Of the problem; see the documentation."})


class CourtClosureSchema(Schema):
    """How far it is. While `left` is above the number of `refused`, ask again: it goes on."""

    moved = fields.Integer(required=True)
    refused = fields.List(fields.Nested(RefusedCaseSchema), required=True, validate=validate.Length(max=PAGE_SIZE))
    left = fields.Integer(required=True, metadata={"description": "Cases that are still on the list of the day."})
