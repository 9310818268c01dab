"""One file of billers and of the fees their orders set: what it must look like, and what is made of it."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import re2
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from billing.adapters.data.marked_yaml import BadFile, Marked, Place, read_marked
from billing.domain.calendar import EARLIEST_DAY, LATEST_DAY
from billing.domain.tariff.billers import (
    LONGEST_PARAM,
    MODES_OF_CHANNELS,
    Amounts,
    Biller,
    CustomerParam,
    Fetching,
    Listing,
)
from billing.domain.tariff.exam_fees import ExamFee, FeeTable, FeeWindow
from billing.domain.tariff.fees import FeeSchedule, NoRateInForce
from servicekit.fields import Form

# Under ₹50,000: from there on the PAN of the payer would be needed.
MOST_OF_ONE_PAYMENT_PAISE = 4_999_900
LONGEST_PATTERN = 200
_PATTERN_MEMORY_BYTES = 1 << 20
_DEVANAGARI = range(0x900, 0x980)
_CODE = r"[a-z0-9][a-z0-9_-]{0,39}"


class LinearPattern:
    """A pattern of RE2, which reads each character once: no text and no expression can hold a request up.

    Implements domain.tariff.billers.Pattern. Raises ValidationError for what RE2 has not: references, looks around.
    """

    def __init__(self, pattern: str) -> None:
        options = re2.Options()
        options.log_errors = False
        options.max_mem = _PATTERN_MEMORY_BYTES
        self.pattern = pattern
        try:
            self._compiled = re2.compile(pattern, options)
        except re2.error:
            raise ValidationError("This is no expression of RE2 (no references back, no looking around).") from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LinearPattern) and self.pattern == other.pattern

    def __hash__(self) -> int:
        return hash(self.pattern)

    def fullmatch(self, text: str) -> object | None:
        try:
            return self._compiled.fullmatch(text) or None
        except UnicodeEncodeError:  # half of a surrogate pair
            return None


class _PatternField(fields.String):
    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, *args, **kwargs)
        if not 0 < len(text) <= LONGEST_PATTERN:
            raise ValidationError(f"A pattern has 1 to {LONGEST_PATTERN} characters.")
        return LinearPattern(text)


class Day(fields.Date):
    """A civil day of a file, written as 2026-11-26."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", str(value), re.ASCII):
            raise ValidationError("Write a day as 2026-11-26.")
        day = super()._deserialize(value, *args, **kwargs)
        if not EARLIEST_DAY <= day <= LATEST_DAY:
            raise ValidationError(f"Write a day from {EARLIEST_DAY} to {LATEST_DAY}, or none.")
        return day


def text(longest: int = 160, **rest: Any) -> fields.String:
    """A line that people read."""
    return fields.String(required=True, validate=validate.Length(1, longest), **rest)


def text_hi(**rest: Any) -> fields.String:
    """The same in Hindi."""
    return fields.String(required=True, validate=[validate.Length(1, 160), _hindi], **rest)


def _hindi(value: str) -> None:
    if not any(ord(letter) in _DEVANAGARI for letter in value):
        raise ValidationError("Must be in Hindi.")


def paise(least: int = 0, **rest: Any) -> fields.Integer:
    """A whole number of paise."""
    return fields.Integer(strict=True, validate=validate.Range(least, 10**12), **rest)


def _code(**rest: Any) -> fields.String:
    return fields.String(validate=Form(_CODE, longest=40), **rest)


class CustomerParamSchema(Schema):
    """One customer parameter."""

    name = fields.String(required=True, validate=Form(r"[a-z0-9_]{1,40}", longest=40))
    label = text(60)
    label_hi = text_hi()
    numeric = fields.Boolean(required=True)
    min_length = fields.Integer(strict=True, required=True, validate=validate.Range(1, LONGEST_PARAM))
    max_length = fields.Integer(strict=True, required=True, validate=validate.Range(1, LONGEST_PARAM))
    pattern = _PatternField()
    optional = fields.Boolean()
    choices = fields.List(fields.String(validate=validate.Length(1, LONGEST_PARAM)), validate=validate.Length(1, 200))

    @validates_schema
    def _fits_together(self, data: dict[str, Any], **_: Any) -> None:
        if data["min_length"] > data["max_length"]:
            raise ValidationError("Must not be less than min_length.", "max_length")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> CustomerParam:
        return CustomerParam(**{**data, "choices": tuple(data.get("choices", ()))})


class AmountsSchema(Schema):
    """What a payer may name as the amount."""

    minimum_paise = paise(1, required=True)
    maximum_paise = paise(1, required=True)
    multiple_paise = paise(1)

    @validates_schema
    def _fits_together(self, data: dict[str, Any], **_: Any) -> None:
        if data["minimum_paise"] > data["maximum_paise"]:
            raise ValidationError("Must not be less than minimum_paise.", "maximum_paise")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Amounts:
        return Amounts(**data)


class FeeParamsSchema(Schema):
    """Which customer parameters say what is paid by `exam_fees`, and by whom."""

    person = fields.String(required=True)
    examination = fields.String(required=True)
    session = fields.String(load_default=None)
    category = fields.String(required=True)


class FeeWindowSchema(Schema):
    """Days in which a fee may be paid."""

    name = _code(required=True)
    name_hi = text_hi()
    from_day = Day(required=True, allow_none=True, data_key="from")
    until = Day(required=True, allow_none=True)
    late_paise = paise()
    late_basis_points = fields.Integer(strict=True, validate=validate.Range(0, 100_000))

    @validates_schema
    def _fits_together(self, data: dict[str, Any], **_: Any) -> None:
        if data["from_day"] and data["until"] and data["from_day"] > data["until"]:
            raise ValidationError("Must not be before `from`.", "until")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> FeeWindow:
        return FeeWindow(**data)


class ExamFeeSchema(Schema):
    """What an order sets for one examination and session of one biller."""

    biller_id = fields.String(required=True)
    examination = _code(required=True)
    name = text()
    name_hi = text_hi()
    session = _code(required=True, allow_none=True)
    order = text()
    order_hi = text_hi()
    source = text()
    once = fields.Boolean()
    amounts = fields.Dict(
        keys=_code(), values=paise(1, allow_none=True), required=True, validate=validate.Length(min=1)
    )
    windows = fields.List(fields.Nested(FeeWindowSchema), required=True, validate=validate.Length(1, 20))

    @validates_schema
    def _windows_follow_each_other(self, data: dict[str, Any], **_: Any) -> None:
        for number, (earlier, later) in enumerate(zip(data["windows"], data["windows"][1:], strict=False), 1):
            if later.from_day and (earlier.until is None or later.from_day <= earlier.until):
                raise ValidationError({"windows": {number: {"from": ["Must be after the window before it."]}}})

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> tuple[str, ExamFee]:
        del data["source"]
        return data.pop("biller_id"), ExamFee(**data)


class BillerSchema(Schema):
    """One biller, with the file's defaults filled in."""

    biller_id = fields.String(required=True, validate=Form(r"[A-Za-z][0-9A-Za-z-]{1,39}", longest=40))
    name = text()
    name_hi = text_hi()
    category = fields.String(required=True, validate=Form(r"[A-Z][A-Z_]{1,39}", longest=40))
    coverage = text(80)
    internal = fields.Boolean(load_default=False)
    pending_supported = fields.Boolean(required=True)
    customer_params = fields.List(fields.Nested(CustomerParamSchema), required=True, validate=validate.Length(1, 10))
    limits = fields.Dict(
        keys=fields.String(validate=validate.OneOf(sorted(MODES_OF_CHANNELS))),
        values=fields.Dict(
            keys=fields.String(validate=validate.OneOf(["WALLET", "CARD", "UPI"])),
            values=fields.Integer(strict=True, validate=validate.Range(1, MOST_OF_ONE_PAYMENT_PAISE)),
        ),
        required=True,
    )
    bharat_connect_id = fields.String(validate=Form(r"[A-Z0-9]{14}", longest=40))
    fetch = fields.Enum(Fetching, by_value=True, load_default=Fetching.MANDATORY)
    validates = fields.Boolean()
    listing = fields.Enum(Listing, by_value=True)
    amounts = fields.Nested(AmountsSchema)
    has_plans = fields.Boolean()
    fee_params = fields.Nested(FeeParamsSchema)
    facts_unset = fields.List(text(80))

    @validates_schema
    def _fits_together(self, data: dict[str, Any], **_: Any) -> None:
        names = [param.name for param in data["customer_params"]]
        if len(names) != len(set(names)):
            raise ValidationError("Two parameters have one name.", "customer_params")
        for channel, modes in data["limits"].items():
            if odd := sorted(set(modes) - MODES_OF_CHANNELS[channel]):
                told = f"{', '.join(odd)} cannot be used on {channel}."
                raise ValidationError({"limits": {channel: [told]}})
        if data["fetch"] is Fetching.NOT_SUPPORTED and not ("amounts" in data or "fee_params" in data):
            raise ValidationError("Without fetch there must be `amounts` or `fee_params`.", "fetch")
        if params := data.get("fee_params"):
            if data["fetch"] is not Fetching.NOT_SUPPORTED:
                raise ValidationError("Goes with `fetch: NOT_SUPPORTED` only.", "fee_params")
            for role, name in params.items():
                if name is not None and name not in names:
                    raise ValidationError({"fee_params": {role: ["Must be one of the customer parameters."]}})


class BillerFileSchema(Schema):
    """A file of a department."""

    department = _code(required=True)
    about = fields.String()
    sandbox = fields.Boolean(load_default=False)
    defaults = fields.Raw()
    billers = fields.List(fields.Nested(BillerSchema), load_default=list)
    exam_fees = fields.List(fields.Nested(ExamFeeSchema), load_default=list)


def read_billers(file: str, content: str, fees: FeeSchedule, on: date, *, built_in: bool = False) -> list[Biller]:
    """The billers in one file. `on` is the day for which each must have a charge. Raises BadFile, with lines."""
    marked = _with_defaults(read_marked(file, content))
    data = marked.load(BillerFileSchema())
    problems = []
    exam_fees: dict[str, list[ExamFee]] = {}
    for number, (biller_id, fee) in enumerate(data["exam_fees"]):
        if biller_id not in [row["biller_id"] for row in data["billers"]]:
            problems.append(marked.problem(("exam_fees", number, "biller_id"), "No biller of this file has this id."))
        exam_fees.setdefault(biller_id, []).append(fee)
    billers: list[Biller] = []
    for number, row in enumerate(data["billers"]):
        place: Place = ("billers", number)
        of_biller = exam_fees.get(row["biller_id"], [])
        biller = _biller(row, of_biller, sandbox=data["sandbox"], department=data["department"])
        billers.append(biller)
        if biller.biller_id in [other.biller_id for other in billers[:-1]]:
            problems.append(marked.problem((*place, "biller_id"), "This file has the biller twice."))
        if biller.internal and not built_in:
            problems.append(marked.problem((*place, "internal"), "Only the platform's own biller is internal."))
        for channel in biller.limits:
            try:
                fees.charge(category=biller.category, channel=channel, bill_paise=0, on=on)
            except NoRateInForce as error:
                problems.append(marked.problem((*place, "category"), f"There is {error}."))
    if problems:
        raise BadFile(problems)
    return billers


def _biller(row: Mapping[str, Any], exam_fees: list[ExamFee], *, sandbox: bool, department: str) -> Biller:
    members = {name: value for name, value in row.items() if name not in ("fee_params", "facts_unset")}
    params = row.get("fee_params")
    table = FeeTable(
        fees=tuple(exam_fees),
        person_param=params["person"] if params else "",
        examination_param=params["examination"] if params else "",
        session_param=params["session"] if params else None,
        category_param=params["category"] if params else "",
    )
    return Biller(
        **{
            **members,
            "customer_params": tuple(row["customer_params"]),
            "facts_unset": tuple(row.get("facts_unset", ())),
            "fee_table": table if params else None,
            "exam_fees": tuple(exam_fees),
            "sandbox": sandbox,
            "department": department,
        }
    )


def _with_defaults(marked: Marked) -> Marked:
    """The file with its `defaults` in each biller, which keep their own lines."""
    defaults, billers = marked.value.get("defaults"), marked.value.get("billers")
    if not isinstance(defaults, dict) or not isinstance(billers, list):
        return marked
    lines = dict(marked.lines)
    for number, biller in enumerate(billers):
        if not isinstance(biller, dict):
            continue
        filled_in = set(defaults) - set(biller)
        for place, line in marked.lines.items():
            if len(place) > 1 and place[0] == "defaults" and place[1] in filled_in:
                lines["billers", number, *place[1:]] = line
    filled = [{**defaults, **biller} if isinstance(biller, dict) else biller for biller in billers]
    return Marked(marked.file, {**marked.value, "billers": filled}, lines)
