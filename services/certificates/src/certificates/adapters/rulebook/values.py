"""The values of the rulebook's files: civil days, and words in both languages."""

from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from certificates.domain.label import Label


class Day(fields.Field[date]):
    """A civil day, as TOML writes it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:  # noqa: ARG002
        # TOML has dates of its own; a datetime is a date too in Python, but not a civil one.
        if type(value) is not date:
            raise ValidationError("Must be a date, written 2020-09-01 without quotes.")
        return value


class _LabelSchema(Schema):
    en = fields.String(required=True, validate=validate.Length(1, 200))
    hi = fields.String(required=True, validate=validate.Length(1, 200))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Label:
        return Label(**data)


def words(*, required: bool = True) -> fields.Nested:
    """The same words in both languages."""
    return fields.Nested(_LabelSchema, required=required)
