"""The rules of a type's file: `kind` says which, `text` what people are told, `source` the law it comes from.

And what its fields must be to each other: those that rules name, and those that stand in for others.
"""

from collections.abc import Iterable, Mapping
from datetime import MAXYEAR
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from certificates.adapters.rulebook.condition_schemas import Messages, conditions, unanswerable
from certificates.adapters.rulebook.values import Day, words
from certificates.domain.label import Label
from certificates.domain.types.check import Group
from certificates.domain.types.form import EARLIEST_DATE, FieldKind, FormField, Rule
from certificates.domain.types.rules import (
    AddsUp,
    AgeAt,
    Distinct,
    InOrder,
    InRange,
    LateReport,
    NotInFuture,
    RuleWhen,
    Rung,
    YearsSince,
)


class _RuleSchema(Schema):
    """`dates` and `numbers` are the members that name a field of that kind, `others` one of any.

    Of a rule with a `group`, `field` is one of its rows.
    """

    makes: ClassVar[type]
    dates: ClassVar[tuple[str, ...]] = ()
    numbers: ClassVar[tuple[str, ...]] = ()
    others: ClassVar[tuple[str, ...]] = ()

    text = words()
    source = words(required=False)
    when = conditions()

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Rule:
        text, source = data.pop("text"), data.pop("source", None)
        told = text if source is None else Label(f"{text.en} ({source.en})", f"{text.hi} ({source.hi})")
        when = tuple(data.pop("when"))
        rule: Rule = self.makes(text=told, **data)
        return RuleWhen(rule, when) if when else rule


def _name() -> fields.String:
    return fields.String(required=True)


class _InOrderSchema(_RuleSchema):
    makes, dates = InOrder, ("first", "then")

    first = _name()
    then = _name()


class _AgeAtSchema(_RuleSchema):
    makes, dates = AgeAt, ("born", "at")

    born = _name()
    at = fields.String()
    minimum = fields.Integer(strict=True, validate=validate.Range(0, 130))
    maximum = fields.Integer(strict=True, validate=validate.Range(0, 130))
    applies_from = Day()
    applies_until = Day()


class _YearsSinceSchema(_RuleSchema):
    makes, dates, numbers = YearsSince, ("born", "at"), ("years",)

    years = _name()
    born = _name()
    at = fields.String()


class _RungSchema(Schema):
    permitted_by = words()
    after_days = fields.Integer(strict=True, validate=validate.Range(1, 36_525))
    after_years = fields.Integer(strict=True, validate=validate.Range(1, 100))

    @validates_schema
    def says_when(self, data: dict[str, Any], **_: Any) -> None:
        if ("after_days" in data) is ("after_years" in data):
            raise ValidationError("Must have after_days or after_years, one of both.", "after_days")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Rung:
        return Rung(**data)


class _LateReportSchema(_RuleSchema):
    makes, dates, others = LateReport, ("event",), ("needs",)

    event = _name()
    needs = _name()
    rungs = fields.List(fields.Nested(_RungSchema), required=True, validate=validate.Length(1, 10))

    @validates_schema
    def rungs_are_in_order(self, data: dict[str, Any], **_: Any) -> None:
        days = [rung.after_days + 365 * rung.after_years for rung in data["rungs"]]
        if days != sorted(set(days)):
            raise ValidationError("Must be in order of time, each once.", "rungs")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Rule:
        rule: Rule = super().make({**data, "rungs": tuple(data["rungs"])})
        return rule


class _InRangeSchema(_RuleSchema):
    makes, numbers = InRange, ("field",)

    field = _name()
    minimum = fields.Integer(strict=True)
    maximum = fields.Integer(strict=True)


class _DistinctSchema(_RuleSchema):
    makes = Distinct

    group = _name()
    field = _name()


class _AddsUpSchema(_RuleSchema):
    makes, numbers = AddsUp, ("total",)

    group = _name()
    field = _name()
    total = _name()


class _NotInFutureSchema(_RuleSchema):
    makes, numbers = NotInFuture, ("field",)

    field = _name()


_KINDS: dict[str, type[_RuleSchema]] = {
    "in-order": _InOrderSchema,
    "age-at": _AgeAtSchema,
    "years-since": _YearsSinceSchema,
    "late-report": _LateReportSchema,
    "not-in-future": _NotInFutureSchema,
    "in-range": _InRangeSchema,
    "distinct": _DistinctSchema,
    "adds-up": _AddsUpSchema,
}


class RuleField(fields.Field[Rule]):
    """One entry of `[[rules]]`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Rule:  # noqa: ARG002
        if not isinstance(value, Mapping) or value.get("kind") not in _KINDS:
            raise ValidationError(f"Must have a kind: {', '.join(_KINDS)}.")
        members = {name: member for name, member in value.items() if name != "kind"}
        rule: Rule = _KINDS[value["kind"]]().load(members)
        return rule


def misplaced(rules: list[Rule], form: list[FormField], groups: list[Group]) -> Messages:
    """By rule and member, what it names and the form does not have, or has of another kind."""
    by_group = {group.name: group.fields for group in groups}
    messages: Messages = {}
    for place, conditional in enumerate(rules):
        wrong_members: Messages = {}
        rule, when = (conditional.rule, conditional.when) if isinstance(conditional, RuleWhen) else (conditional, ())
        if wrong := unanswerable(when, form):
            wrong_members["when"] = wrong
        schema = next(kind for kind in _KINDS.values() if kind.makes is type(rule))
        for member in (*schema.dates, *schema.numbers, *schema.others):
            its_kind = FieldKind.DATE if member in schema.dates else FieldKind.INTEGER
            _look(wrong_members, member, getattr(rule, member), form, None if member in schema.others else its_kind)
        if isinstance(rule, Distinct | AddsUp):
            if rule.group not in by_group:
                wrong_members["group"] = [f"the form has no group {rule.group}."]
            else:
                kind_in_rows = FieldKind.INTEGER if isinstance(rule, AddsUp) else None
                _look(wrong_members, "field", rule.field, by_group[rule.group], kind_in_rows)
        if wrong_members:
            messages[place] = wrong_members
    return messages


def _look(
    wrong_members: Messages, member: str, name: str | None, form: Iterable[FormField], kind: FieldKind | None
) -> None:
    kinds = {field.name: field.kind for field in form}
    if name is None:
        return
    if name not in kinds:
        wrong_members[member] = [f"the form has no field {name}."]
    elif kind is not None and kinds[name] is not kind:
        wrong_members[member] = [f"{name} is no {kind}."]


def misused(form: list[FormField]) -> Messages:
    """By field, why an alternative cannot stand in for what it names, or would not be seen on the paper."""
    by_name = {field.name: field for field in form}
    messages: Messages = {}
    for place, field in enumerate(form):
        problems: list[str] = []
        for name in field.instead_of:
            stood_for = by_name.get(name)
            if stood_for is None or not (stood_for.required or stood_for.required_when):
                problems.append(f"{field.name}: instead_of names {name}, which is no required field.")
            elif stood_for.on_certificate and not field.on_certificate:
                problems.append(f"{field.name}: stands in for {name} on the certificate, so it must be printed too.")
            elif stood_for.kind is FieldKind.DATE and not _is_year_or_reason(field):
                problems.append(f"{field.name}: a date, or a year from {EARLIEST_DATE.year} on, stands in for {name}.")
        if field.instead_of and field.required:
            problems.append(f"{field.name}: stands in for another field, so it is not required itself.")
        if problems:
            messages[place] = {"instead_of": problems}
    return messages


def _is_year_or_reason(field: FormField) -> bool:
    """What may stand in for a date: another date, a year that a date can have, or why there is none."""
    year = field.kind is FieldKind.INTEGER and field.minimum >= EARLIEST_DATE.year and field.maximum <= MAXYEAR
    return year or field.kind in {FieldKind.DATE, FieldKind.CHOICE}
