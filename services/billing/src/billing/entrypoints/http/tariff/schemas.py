"""The documents of fees and service charges."""

import re
from typing import Any

from marshmallow import Schema, fields

from billing.domain.calendar import EARLIEST_DAY, LATEST_DAY
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
        day = super()._deserialize(value, *args, **kwargs)
        if not EARLIEST_DAY <= day <= LATEST_DAY:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return day


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


class TaxShownSchema(Schema):
    """A tax on a charge."""

    basis_points = fields.Integer(required=True, metadata={"description": "Of the charge without it.", "example": 1800})
    included = fields.Boolean(required=True, metadata={"description": "Whether the figures have it already."})


class RuleShownSchema(Schema):
    """How a charge is computed; the members of its `type` are set, the others null."""

    type = fields.String(
        required=True,
        metadata={"x-extensible-enum": ["SLABS", "PER_STARTED", "PERCENT", "FIXED"], "example": "SLABS"},
    )
    slabs = fields.List(
        fields.Nested(SlabShownSchema),
        required=True,
        allow_none=True,
        metadata={"description": "SLABS: by rising size of the bill."},
    )
    up_to = shown("PER_STARTED: bills up to this are charged `first`.", allow_none=True)
    first = shown("PER_STARTED: see up_to.", allow_none=True)
    step = shown("PER_STARTED: above up_to, each started step is charged step_charge more.", allow_none=True)
    step_charge = shown("PER_STARTED: see step.", allow_none=True)
    basis_points = fields.Integer(
        required=True, allow_none=True, metadata={"description": "PERCENT: of the bill, to the nearest paisa."}
    )
    least = shown("PERCENT: never less.", allow_none=True)
    most = shown("PERCENT: never more.", allow_none=True)
    charge = shown("FIXED: the charge.", allow_none=True)


class FeeShownSchema(Schema):
    """What one kind of bill costs, or one paper."""

    kind = fields.String(
        required=True,
        metadata={"x-extensible-enum": ["SERVICE_CHARGE", "COUNTER_FEE"], "example": "SERVICE_CHARGE"},
    )
    code = fields.String(
        required=True, metadata={"description": "The category of a biller, or of the paper.", "example": "ELECTRICITY"}
    )
    name = fields.String(required=True)
    name_hi = fields.String(required=True)
    order = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The order that sets it; null: none that we hold does."},
    )
    order_hi = fields.String(required=True, allow_none=True)
    effective_year = fields.Integer(required=True, allow_none=True, metadata={"example": 2020})
    effective_from = fields.Date(
        required=True, allow_none=True, metadata={"description": "Its first day; null where it is not published."}
    )
    effective_until = fields.Date(required=True, allow_none=True)
    borne_by_department = fields.Boolean(
        required=True, metadata={"description": "Whether it is free to the citizen and the department pays it."}
    )
    tax = fields.Nested(
        TaxShownSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null where no order tells it: the figures include it then."},
    )
    rule = fields.Nested(RuleShownSchema, required=True, allow_none=True)


class ExamFeeAmountSchema(Schema):
    """What one category pays."""

    category = fields.String(required=True, metadata={"example": "general"})
    amount = shown("Null: unset.", allow_none=True)


class ExamFeeWindowShownSchema(Schema):
    """Days in India in which it may be paid."""

    name = fields.String(required=True)
    name_hi = fields.String(required=True)
    from_day = fields.Date(
        required=True, allow_none=True, data_key="from", metadata={"description": "The first day; null: unset."}
    )
    until = fields.Date(
        required=True, allow_none=True, metadata={"description": "The last day; null: unset, or no end."}
    )
    is_open = fields.Boolean(required=True, metadata={"description": "On that day, as far as its days are set."})
    amounts = fields.List(
        fields.Nested(ExamFeeAmountSchema), required=True, metadata={"description": "The late fee included."}
    )


class ExamFeeShownSchema(Schema):
    """What an order of a body sets."""

    biller_id = fields.String(required=True, metadata={"example": "RAJ-OTR"})
    body = fields.String(required=True)
    body_hi = fields.String(required=True)
    examination = fields.String(required=True, metadata={"example": "one-time-registration"})
    name = fields.String(required=True)
    name_hi = fields.String(required=True)
    session = fields.String(
        required=True, allow_none=True, metadata={"description": "Null: for each session.", "example": "2026-27"}
    )
    order = fields.String(required=True)
    order_hi = fields.String(required=True)
    charged_once = fields.Boolean(required=True, metadata={"description": "Once for a person and session."})
    windows = fields.List(fields.Nested(ExamFeeWindowShownSchema), required=True)


class FeesSchema(Schema):
    """The fees of one day."""

    on = fields.Date(required=True, metadata={"description": "The day in India of which this is the list."})
    items = fields.List(fields.Nested(FeeShownSchema), required=True)
    examination_fees = fields.List(fields.Nested(ExamFeeShownSchema), required=True)


class ServiceChargesSchema(Schema):
    """The rate list of one day."""

    on = fields.Date(required=True, metadata={"description": "The day in India of which this is the list."})
    items = fields.List(fields.Nested(ServiceChargeShownSchema), required=True)
