"""The fields of a type's form, as its file writes them."""

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from certificates.adapters.rulebook.values import words
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
        data["instead_of"] = tuple(data.pop("instead_of", ()))
        rule = None
        if data["kind"] is FieldKind.TEXT:
            longest = data.setdefault("max_length", USUAL_LENGTH)
            named = data.get("writing") is Writing.NAME
            rule = Name(longest, data.get("script")) if named else Line(longest)
        return FormField(**data, rule=rule, pattern=re.compile(pattern) if pattern else None, choices=choices)
