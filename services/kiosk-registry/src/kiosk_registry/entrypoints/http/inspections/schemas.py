"""The documents of inspections."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from kiosk_registry.domain.inspections.inspection import InspectionKind
from kiosk_registry.entrypoints.http.fields import Count, StrictTruth, text, whole
from kiosk_registry.entrypoints.http.openings.schemas import LONGEST_REMARKS, GeoTagSchema
from servicekit.fields import Code, Instant, Text
from servicekit.http import Coded
from servicekit.text import Remarks

MOST_ITEMS, LARGEST_PAGE = 50, 100
ITEM = r"[a-z][a-z0-9-]{1,39}"
INSPECTION_EXAMPLE = {
    "answers": [
        {"item": item, "as_it_should_be": item != "rate-list"}
        for item in ("board", "rate-list", "at-geo-tag", "run-here", "identity-card", "equipment")
    ],
    "photographs": [{"item": "board", "sha256": "0" * 64}],
    "position": {"lat": 26.9182, "lon": 75.8083},
    "remarks": "The rate list hung nowhere.",
}


class InspectionAnswerSchema(Schema):
    """The answer to a question of the checklist."""

    item = Code(ITEM, longest=40, required=True)
    as_it_should_be = StrictTruth(required=True)


class InspectionPhotographSchema(Schema):
    """A picture that whoever took it keeps, named by its digest."""

    item = Code(ITEM, longest=40, required=True)
    sha256 = Code(r"[0-9a-f]{64}", longest=64, required=True)


class CentreInspectionRequestSchema(Schema):
    """What was seen, today: every question of the checklist is answered."""

    answers = fields.List(
        fields.Nested(InspectionAnswerSchema), required=True, validate=validate.Length(min=1, max=MOST_ITEMS)
    )
    photographs = fields.List(
        fields.Nested(InspectionPhotographSchema), load_default=list, validate=validate.Length(max=MOST_ITEMS)
    )
    position = fields.Nested(GeoTagSchema, required=True, metadata={"description": "The geo-tag taken there."})
    remarks = Text(Remarks(LONGEST_REMARKS))

    @validates_schema(skip_on_field_errors=True)
    def each_item_once(self, data: dict[str, Any], **_: Any) -> None:
        """Two answers to one question are none."""
        for name in ("answers", "photographs"):
            items = [row["item"] for row in data[name]]
            if len(set(items)) < len(items):
                raise ValidationError(Coded("twice", "Name each item once.", "हर बिंदु एक बार दें।"), name)


class InspectionCaseSchema(Schema):
    """A case that was opened upon it."""

    offence = text("Of what.", "rate-list-not-displayed")
    case_id = text("The case.", "ccs_01a2117a73e07c0fa29ee9f787e4850a")


class CentreInspectionSchema(Schema):
    """An inspection."""

    inspection_id = text("The inspection.", "ins_01a2117a73e07c0fa29ee9f787e4850a")
    kind = fields.String(required=True, metadata={"x-extensible-enum": [kind.value for kind in InspectionKind]})
    on = fields.Date(required=True)
    at = Instant(required=True)
    office = fields.String(required=True, metadata={"description": "Who inspected."})
    answers = fields.List(fields.Nested(InspectionAnswerSchema), required=True)
    photographs = fields.List(fields.Nested(InspectionPhotographSchema), required=True)
    position = fields.Nested(GeoTagSchema, required=True)
    metres_from_premises = whole("From where the register has the centre.", 12)
    remarks = fields.String(required=True, allow_none=True)
    cases = fields.List(fields.Nested(InspectionCaseSchema), required=True)


class CentreInspectionsSchema(Schema):
    """The newest inspections of a centre."""

    kiosk_id = text("The centre.", "ksk_RJ10200001")
    items = fields.List(fields.Nested(CentreInspectionSchema), required=True)


class CentreInspectionsQuerySchema(Schema):
    """How many."""

    limit = Count(load_default=20, validate=validate.Range(min=1, max=LARGEST_PAGE))


class ChecklistItemSchema(Schema):
    """A question of the checklist."""

    code = text("By which it is answered.", "rate-list")
    en = text("In English.", "The rate list is displayed.")
    hi = text("In Hindi.", "दर सूची लगी है।")
    offence = fields.String(required=True, allow_none=True, metadata={"description": "Of a no, for an officer."})
    pictured = fields.Boolean(required=True, metadata={"description": "A yes needs a photograph."})


class InspectionChecklistSchema(Schema):
    """Today's questions, with the order that asks them."""

    begins = fields.Date(required=True)
    order = text("Which order.", "Order of 2022-09-08, rules from 2022-10-01")
    order_hi = text("The same in Hindi.", "2022-09-08 का आदेश, 2022-10-01 से नियम")
    items = fields.List(fields.Nested(ChecklistItemSchema), required=True)
