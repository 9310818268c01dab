"""The rules of a type's file: `kind` says which, `text` what people are told, `source` the law it comes from.

And what its fields must be to each other: those that rules name, and those that stand in for others.
"""

from collections.abc import Mapping
from datetime import MAXYEAR
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, post_load, validate

from certificates.adapters.rulebook.values import Day, words
from certificates.domain.types.form import EARLIEST_DATE, FieldKind, FormField, Rule
from certificates.domain.types.label import Label
from certificates.domain.types.rules import AgeAt, InOrder, NeededAfter, NotInFuture, YearsSince


class _RuleSchema(Schema):
    """`dates` and `numbers` are the members that name a field of that kind."""

    makes: ClassVar[type]
    dates: ClassVar[tuple[str, ...]] = ()
    numbers: ClassVar[tuple[str, ...]] = ()

    text = words()
    source = words(required=False)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Rule:
        text, source = data.pop("text"), data.pop("source", None)
        told = text if source is None else Label(f"{text.en} ({source.en})", f"{text.hi} ({source.hi})")
        rule: Rule = self.makes(text=told, **data)
        return rule


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
    makes, dates, numbers = YearsSince, ("born",), ("years",)

    years = _name()
    born = _name()


class _NeededAfterSchema(_RuleSchema):
    makes, dates = NeededAfter, ("event",)

    event = _name()
    after_days = fields.Integer(strict=True, required=True, validate=validate.Range(1, 36_525))
    needs = _name()


class _NotInFutureSchema(_RuleSchema):
    makes, numbers = NotInFuture, ("field",)

    field = _name()


_KINDS: dict[str, type[_RuleSchema]] = {
    "in-order": _InOrderSchema,
    "age-at": _AgeAtSchema,
    "years-since": _YearsSinceSchema,
    "needed-after": _NeededAfterSchema,
    "not-in-future": _NotInFutureSchema,
}


class RuleField(fields.Field[Rule]):
    """One entry of `[[rules]]`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Rule:  # noqa: ARG002
        if not isinstance(value, Mapping) or value.get("kind") not in _KINDS:
            raise ValidationError(f"Must have a kind: {', '.join(_KINDS)}.")
        members = {name: member for name, member in value.items() if name != "kind"}
        rule: Rule = _KINDS[value["kind"]]().load(members)
        return rule


def misplaced(rules: list[Rule], form: list[FormField]) -> list[str]:
    """A line for every field that a rule names and the form does not have, or has of another kind."""
    kinds = {field.name: field.kind for field in form}
    problems = []
    for place, rule in enumerate(rules):
        schema = next(kind for kind in _KINDS.values() if kind.makes is type(rule))
        for member in (*schema.dates, *schema.numbers, *(("needs",) if isinstance(rule, NeededAfter) else ())):
            name = getattr(rule, member)
            if name is None and member == "at":
                continue
            if name not in kinds:
                problems.append(f"{place}.{member}: the form has no field {name}.")
            elif member in schema.dates and kinds[name] is not FieldKind.DATE:
                problems.append(f"{place}.{member}: {name} is no date.")
            elif member in schema.numbers and kinds[name] is not FieldKind.INTEGER:
                problems.append(f"{place}.{member}: {name} is no integer.")
    return problems


def misused(form: list[FormField]) -> list[str]:
    """A line for each alternative that cannot stand in for what it names, or would not be seen on the paper."""
    by_name = {field.name: field for field in form}
    problems = []
    for field in form:
        for name in field.instead_of:
            stood_for = by_name.get(name)
            if stood_for is None or not stood_for.required:
                problems.append(f"{field.name}: instead_of names {name}, which is no required field.")
            elif stood_for.on_certificate and not field.on_certificate:
                problems.append(f"{field.name}: stands in for {name} on the certificate, so it must be printed too.")
            elif stood_for.kind is FieldKind.DATE and not _is_year_or_reason(field):
                problems.append(f"{field.name}: a date, or a year from {EARLIEST_DATE.year} on, stands in for {name}.")
        if field.instead_of and field.required:
            problems.append(f"{field.name}: stands in for another field, so it is not required itself.")
    return problems


def _is_year_or_reason(field: FormField) -> bool:
    """What may stand in for a date: another date, a year that a date can have, or why there is none."""
    year = field.kind is FieldKind.INTEGER and field.minimum >= EARLIEST_DATE.year and field.maximum <= MAXYEAR
    return year or field.kind in {FieldKind.DATE, FieldKind.CHOICE}
