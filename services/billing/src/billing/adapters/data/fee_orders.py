"""Orders that set charges, as a file: what it must look like, and the schedule that follows."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from billing.adapters.data.biller_files import Day, paise, text, text_hi
from billing.adapters.data.marked_yaml import BadFile, read_marked
from billing.domain.money import WHOLE
from billing.domain.tariff.fees import (
    CounterFee,
    FeeSchedule,
    Percent,
    PerStarted,
    Rate,
    Rule,
    Sharing,
    Slab,
    Slabs,
    Tax,
    Unset,
)
from servicekit.fields import Form

_CATEGORY = Form(r"[A-Z][A-Z0-9_]{1,39}", longest=40)
_RULES = ("slabs", "per_started", "percent", "unset")
# A counter fee whose day of effect is not published is older than any other.
_UNDATED = date.min


class SlabSchema(Schema):
    """One slab."""

    up_to_paise = paise(1, required=True, allow_none=True)
    charge_paise = paise(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Slab:
        return Slab(**data)


class PerStartedSchema(Schema):
    """So much at first, and more for each started step."""

    up_to_paise = paise(required=True)
    first_paise = paise(required=True)
    step_paise = paise(1, required=True)
    step_charge_paise = paise(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> PerStarted:
        return PerStarted(**data)


class PercentSchema(Schema):
    """A share of the bill."""

    basis_points = fields.Integer(strict=True, required=True, validate=validate.Range(0, WHOLE))
    least_paise = paise()
    most_paise = paise(allow_none=True)

    @validates_schema
    def _fits_together(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("most_paise") is not None and data.get("least_paise", 0) > data["most_paise"]:
            raise ValidationError("Must not be less than least_paise.", "most_paise")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Percent:
        return Percent(**data)


class TaxSchema(Schema):
    """A tax on the charge."""

    basis_points = fields.Integer(strict=True, required=True, validate=validate.Range(1, WHOLE))
    included = fields.Boolean(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Tax:
        return Tax(**data)


class RateSchema(Schema):
    """What an order sets for one category: by exactly one kind of rule."""

    category = fields.String(required=True, validate=_CATEGORY)
    until = Day()
    borne_by_department = fields.Boolean(load_default=False)
    slabs = fields.List(fields.Nested(SlabSchema), validate=validate.Length(1, 100))
    per_started = fields.Nested(PerStartedSchema)
    percent = fields.Nested(PercentSchema)
    unset = fields.Boolean(validate=validate.Equal(True))
    tax = fields.Nested(TaxSchema)

    @validates_schema
    def _has_one_rule(self, data: dict[str, Any], **_: Any) -> None:
        if len([name for name in _RULES if name in data]) != 1:
            raise ValidationError(f"Must have one of: {', '.join(_RULES)}.", "category")
        if slabs := data.get("slabs"):
            ends = [slab.up_to_paise for slab in slabs]
            bounds = ends[:-1]
            if ends[-1] is not None or None in bounds or bounds != sorted(set(bounds)):
                raise ValidationError("Must rise, and the last must be up to null.", "slabs")


class CounterFeeSchema(Schema):
    """What a centre may ask for a paper or a form."""

    code = fields.String(required=True, validate=_CATEGORY)
    name = text()
    name_hi = text_hi()
    paise = paise(required=True)


class OrderSchema(Schema):
    """One order."""

    name = text()
    name_hi = text_hi()
    source = text(300)
    effective_from = Day(required=True, allow_none=True)
    year_only = fields.Boolean(load_default=False)
    rates = fields.List(fields.Nested(RateSchema), load_default=list)
    counter_fees = fields.List(fields.Nested(CounterFeeSchema), load_default=list)

    @validates_schema
    def _a_rate_needs_a_day(self, data: dict[str, Any], **_: Any) -> None:
        if data["rates"] and data["effective_from"] is None:
            raise ValidationError("Rates need the day of their effect.", "effective_from")
        twice = [c for c, times in Counter(rate["category"] for rate in data["rates"]).items() if times > 1]
        if twice:
            raise ValidationError(f"Twice in this order: {', '.join(twice)}.", "rates")


class SharingSchema(Schema):
    """How a charge is divided."""

    categories = fields.List(fields.String(validate=_CATEGORY), required=True, validate=validate.Length(min=1))
    channels = fields.List(fields.String(validate=_CATEGORY), required=True, validate=validate.Length(min=1))
    from_day = Day(required=True, data_key="from")
    until = Day(load_default=None)
    shares = fields.Dict(
        keys=fields.String(validate=Form(r"[a-z][a-z-]{0,39}", longest=40)),
        values=fields.Integer(strict=True, validate=validate.Range(1, WHOLE)),
        required=True,
    )

    @validates_schema
    def _is_whole(self, data: dict[str, Any], **_: Any) -> None:
        if sum(data["shares"].values()) != WHOLE:
            raise ValidationError(f"Must sum to {WHOLE} basis points.", "shares")


class OrdersFileSchema(Schema):
    """All orders; a draft is such a file with one order and no sharings."""

    orders = fields.List(fields.Nested(OrderSchema), required=True, validate=validate.Length(min=1))
    sharings = fields.List(fields.Nested(SharingSchema), load_default=list)


def read_orders(file: str, content: str) -> FeeSchedule:
    """The schedule that the orders in a file make. Raises BadFile, with the line of each problem."""
    marked = read_marked(file, content)
    data = marked.load(OrdersFileSchema())
    rates = [_rate(order, row) for order in data["orders"] for row in order["rates"]]
    days = [(rate.category, rate.from_day) for rate in rates]
    places = [("orders", o, "rates", r) for o, order in enumerate(data["orders"]) for r in range(len(order["rates"]))]
    if twice := [place for number, place in enumerate(places) if days[number] in days[:number]]:
        told = "Another order sets this category from the same day."
        raise BadFile([marked.problem((*place, "category"), told) for place in twice])
    counter_fees = [_counter_fee(order, row) for order in data["orders"] for row in order["counter_fees"]]
    return FeeSchedule(
        rates=[replace(rate, until=_until(rate, rates)) for rate in rates],
        sharings=[
            Sharing(category, channel, row["from_day"], row["until"], row["shares"])
            for row in data["sharings"]
            for category in row["categories"]
            for channel in row["channels"]
        ],
        counter_fees=[replace(fee, until=_fee_until(fee, counter_fees)) for fee in counter_fees],
    )


def _rate(order: dict[str, Any], row: dict[str, Any]) -> Rate:
    return Rate(
        category=row["category"],
        from_day=order["effective_from"],
        until=row.get("until"),
        order=order["name"],
        order_hi=order["name_hi"],
        rule=_rule(row),
        borne_by_department=row["borne_by_department"],
        from_year_only=order["year_only"],
        tax=row.get("tax"),
    )


def _rule(row: dict[str, Any]) -> Rule:
    if "slabs" in row:
        return Slabs(tuple(row["slabs"]))
    rule: Rule = row.get("per_started") or row.get("percent") or Unset()
    return rule


def _counter_fee(order: dict[str, Any], row: dict[str, Any]) -> CounterFee:
    return CounterFee(
        code=row["code"],
        name=row["name"],
        name_hi=row["name_hi"],
        paise=row["paise"],
        from_day=order["effective_from"],
        until=None,
        order=order["name"],
        order_hi=order["name_hi"],
        from_year_only=order["year_only"],
    )


def _until(rate: Rate, rates: list[Rate]) -> date | None:
    """The day before the next order of the category, or the rate's own end if that is earlier."""
    later = [other.from_day for other in rates if other.category == rate.category and other.from_day > rate.from_day]
    ends = [day - timedelta(days=1) for day in later] + ([rate.until] if rate.until else [])
    return min(ends, default=None)


def _fee_until(fee: CounterFee, fees: list[CounterFee]) -> date | None:
    begun = fee.from_day or _UNDATED
    later = [other.from_day for other in fees if other.code == fee.code and other.from_day and other.from_day > begun]
    return min((day - timedelta(days=1) for day in later), default=None)
