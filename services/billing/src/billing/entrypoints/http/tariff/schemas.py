"""The documents of service charges."""

import re
from typing import Any

from marshmallow import Schema, fields

from billing.entrypoints.http.amounts import shown
from billing.entrypoints.http.bills.schemas import CATEGORIES
from servicekit.fields import Coded

# Python also takes 20261126 and 2026-W48-4.
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Day(fields.Date):
    """A civil day of the query, written as 2026-11-26."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not _DAY.fullmatch(str(value)):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return super()._deserialize(value, *args, **kwargs)


class ServiceChargesQuerySchema(Schema):
    """Of which day."""

    on = Day(
        error_messages={"invalid": Coded("not-a-day", "Write a day as 2026-11-26.", "तारीख इस तरह लिखें: 2026-11-26।")},
        metadata={"description": "A day in India; today unless given.", "example": "2026-11-26"},
    )


class SlabShownSchema(Schema):
    """What is charged on bills up to a size."""

    up_to = shown("Bills up to and including this amount; null: of any size.", allow_none=True)
    charge = shown("What the citizen pays beside the bill.")


class ChargeShownSchema(Schema):
    """What an order sets."""

    order = fields.String(required=True, metadata={"description": "The order that sets it."})
    order_hi = fields.String(required=True, metadata={"description": "The order's name in Hindi."})
    effective_year = fields.Integer(required=True, metadata={"description": "The year of its effect.", "example": 2020})
    effective_from = fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "Its first day; null where only the year is published.", "example": "2020-09-01"},
    )
    effective_until = fields.Date(
        required=True, allow_none=True, metadata={"description": "Its last day; null while it is in force."}
    )
    borne_by_department = fields.Boolean(
        required=True, metadata={"description": "Whether the department pays the charge in the citizen's place."}
    )
    slabs = fields.List(
        fields.Nested(SlabShownSchema), required=True, metadata={"description": "By rising size of the bill."}
    )


class ServiceChargeShownSchema(Schema):
    """One kind of bill."""

    category = fields.String(
        required=True,
        metadata={
            "description": "Of billers. Others may come; show `name`.",
            "x-extensible-enum": CATEGORIES,
            "example": "ELECTRICITY",
        },
    )
    name = fields.String(required=True, metadata={"example": "Electricity bill"})
    name_hi = fields.String(required=True, metadata={"example": "बिजली का बिल"})
    charge = fields.Nested(
        ChargeShownSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null where no order that we hold sets one for that day: ask, and pay none unseen."},
    )


class ServiceChargesSchema(Schema):
    """The rate list of one day."""

    on = fields.Date(required=True, metadata={"description": "The day in India of which this is the list."})
    items = fields.List(fields.Nested(ServiceChargeShownSchema), required=True)
