"""The fields of a type's form, as its file writes them."""

import re
from collections.abc import Iterable
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from certificates.adapters.rulebook.condition_schemas import Messages, conditions, unanswerable
from certificates.adapters.rulebook.values import words
from certificates.domain.types.check import MOST_ROWS, Group
from certificates.domain.types.form import LONGEST_TEXT, Choice, FieldKind, FormField, Writing
from servicekit.fields import Code
from servicekit.text import Line, Name, Script

USUAL_LENGTH = 100


class _ChoiceSchema(Schema):
    code = Code(r"[A-Za-z][A-Za-z0-9_-]{0,39}", longest=40, required=True)
    label = words()

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Choice:
        return Choice(**data)


class FieldSchema(Schema):
    """One entry of `[[fields]]`."""

    name = Code(r"[a-z][a-z0-9_]{1,39}", longest=40, required=True)
    type = fields.Enum(FieldKind, by_value=True, required=True, attribute="kind")
    required = fields.Boolean(load_default=False)
    on_certificate = fields.Boolean()
    label = words()
    writing = fields.Enum(Writing, by_value=True)
    script = fields.Enum(Script, by_value=True)
    pattern = fields.String(validate=validate.Length(1, 200))
    hint = words(required=False)
    max_length = fields.Integer(strict=True, validate=validate.Range(1, LONGEST_TEXT))
    minimum = fields.Integer(strict=True)
    maximum = fields.Integer(strict=True)
    choices = fields.List(fields.Nested(_ChoiceSchema), validate=validate.Length(min=1))
    instead_of = fields.List(fields.String(), validate=validate.Length(min=1))
    asked_when = conditions()
    required_when = conditions()

    @validates_schema
    def members_fit_the_type(self, data: dict[str, Any], **_: Any) -> None:
        belongs = {
            "writing": FieldKind.TEXT,
            "script": FieldKind.TEXT,
            "pattern": FieldKind.TEXT,
            "hint": FieldKind.TEXT,
            "max_length": FieldKind.TEXT,
            "minimum": FieldKind.INTEGER,
            "maximum": FieldKind.INTEGER,
            "choices": FieldKind.CHOICE,
        }
        for member, kind in belongs.items():
            if member in data and data["kind"] is not kind:
                raise ValidationError(f"Belongs to a {kind} field only.", member)
        if data["kind"] is FieldKind.CHOICE and "choices" not in data:
            raise ValidationError("A choice field needs choices.", "choices")
        if data["kind"] is FieldKind.INTEGER and not {"minimum", "maximum"} <= data.keys():
            raise ValidationError("An integer field needs minimum and maximum.", "minimum")
        if "script" in data and data.get("writing") is not Writing.NAME:
            raise ValidationError("Only a name has a script.", "script")
        if "pattern" in data:
            if "hint" not in data:
                raise ValidationError("A pattern needs a hint that says it to people.", "hint")
            try:
                re.compile(data["pattern"])
            except re.error as error:
                raise ValidationError(f"Is not a regular expression: {error}.", "pattern") from error

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> FormField:
        pattern = data.pop("pattern", None)
        choices = tuple(data.pop("choices", ()))
        for name in ("instead_of", "asked_when", "required_when"):
            data[name] = tuple(data.pop(name, ()))
        rule = None
        if data["kind"] is FieldKind.TEXT:
            longest = data.setdefault("max_length", USUAL_LENGTH)
            named = data.get("writing") is Writing.NAME
            rule = Name(longest, data.get("script")) if named else Line(longest)
        return FormField(**data, rule=rule, pattern=re.compile(pattern) if pattern else None, choices=choices)


class GroupSchema(Schema):
    """One entry of `[[groups]]`; its fields are `[[groups.fields]]`."""

    name = Code(r"[a-z][a-z0-9_]{1,39}", longest=40, required=True)
    label = words()
    required = fields.Boolean(load_default=False)
    at_least = fields.Integer(strict=True, load_default=1, validate=validate.Range(1, MOST_ROWS))
    at_most = fields.Integer(strict=True, required=True, validate=validate.Range(1, MOST_ROWS))
    asked_when = conditions()
    required_when = conditions()
    fields_ = fields.List(fields.Nested(FieldSchema), required=True, data_key="fields", validate=validate.Length(1, 20))

    @validates_schema
    def rows_can_be_written(self, data: dict[str, Any], **_: Any) -> None:
        if data["at_least"] > data["at_most"]:
            raise ValidationError("Must not be more than at_most.", "at_least")
        printed = [field.name for field in data["fields_"] if field.on_certificate]
        if printed:
            raise ValidationError(f"No row is on the certificate: {', '.join(printed)}.", "fields")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Group:
        for name in ("asked_when", "required_when"):
            data[name] = tuple(data[name])
        return Group(fields=tuple(data.pop("fields_")), **data)


def misasked(form: list[FormField], groups: list[Group]) -> Messages:
    """What is wrong with the conditions of fields and groups, and with names, by `fields` and `groups`."""
    names = [field.name for field in form]
    messages: Messages = {}
    if wrong := _wrong_conditions(form, form):
        messages["fields"] = wrong
    for place, group in enumerate(groups):
        inside = [field.name for field in group.fields]
        of_group: Messages = {}
        if wrong := _wrong_conditions(group.fields, [*form, *group.fields]):
            of_group["fields"] = wrong
        if twice := {name for name in inside if name in names or inside.count(name) > 1}:
            of_group.setdefault("fields", {})["_schema"] = [f"Twice in the form: {', '.join(sorted(twice))}."]
        if group.name in names or [other.name for other in groups].count(group.name) > 1:
            of_group["name"] = [f"Twice in the form: {group.name}."]
        for member in ("asked_when", "required_when"):
            if wrong := unanswerable(getattr(group, member), form):
                of_group[member] = wrong
        if of_group:
            messages.setdefault("groups", {})[place] = of_group
    return messages


def _wrong_conditions(asked: Iterable[FormField], readable: Iterable[FormField]) -> Messages:
    messages: Messages = {}
    for place, field in enumerate(asked):
        others = [other for other in readable if other is not field]
        for member in ("asked_when", "required_when"):
            if wrong := unanswerable(getattr(field, member), others):
                messages.setdefault(place, {})[member] = wrong
        if field.required and field.required_when:
            messages.setdefault(place, {})["required_when"] = ["Says nothing of a field that is required."]
    return messages
