"""The conditions of a type's file: each asks one thing of the answers, and all of a list must hold."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from certificates.domain.types.conditions import IsAnswered, IsOneOf, YoungerThan
from certificates.domain.types.form import Condition, FieldKind, FormField

Messages = dict[Any, Any]


class _IsOneOfSchema(Schema):
    field = fields.String(required=True)
    is_ = fields.List(fields.String(), required=True, data_key="is", validate=validate.Length(min=1))


class _IsAnsweredSchema(Schema):
    field = fields.String(required=True)
    answered = fields.Boolean(required=True)


class _YoungerThanSchema(Schema):
    born = fields.String(required=True)
    younger_than = fields.Integer(strict=True, required=True, validate=validate.Range(1, 130))
    at = fields.String()


class ConditionField(fields.Field[Condition]):
    """`{ field, is = […] }`, `{ field, answered }` or `{ born, younger_than, at }`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Condition:  # noqa: ARG002
        if isinstance(value, Mapping) and "is" in value:
            data = _IsOneOfSchema().load(value)
            return IsOneOf(data["field"], tuple(data["is_"]))
        if isinstance(value, Mapping) and "answered" in value:
            return IsAnswered(**_IsAnsweredSchema().load(value))
        if isinstance(value, Mapping) and "younger_than" in value:
            data = _YoungerThanSchema().load(value)
            return YoungerThan(data["born"], data["younger_than"], data.get("at"))
        raise ValidationError("Must say of a field what it `is` or whether it is `answered`, or `younger_than` whom.")


def conditions() -> fields.List:
    """All of them must hold."""
    return fields.List(ConditionField(), load_default=list)


def unanswerable(asked: Sequence[Condition], form: Iterable[FormField]) -> Messages:
    """What is wrong with conditions by their place in the list: each field they name is there and can answer that."""
    by_name = {field.name: field for field in form}
    messages: Messages = {}
    for place, condition in enumerate(asked):
        if missing := [name for name in condition.reads if name not in by_name]:
            messages[place] = [f"the form has no field {', '.join(missing)}."]
            continue
        match condition:
            case IsOneOf(name, codes):
                known = [choice.code for choice in by_name[name].choices]
                if strange := [code for code in codes if code not in known]:
                    messages[place] = [f"{name} has no choice {', '.join(strange)}."]
            case YoungerThan():
                if wrong := [name for name in condition.reads if by_name[name].kind is not FieldKind.DATE]:
                    messages[place] = [f"{', '.join(wrong)} is no date."]
            case _:
                pass
    return messages
