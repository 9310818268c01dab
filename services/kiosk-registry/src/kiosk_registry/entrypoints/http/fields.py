"""Forms that several areas' schemas share: numbers of a query, texts and whole numbers of an answer, points."""

import re
from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from kiosk_registry.domain.calendar import civil_day
from servicekit.http import Coded
from servicekit.instants import utc_now

# Python's int and float also take "1_0", " 10", "१०" and "infinity"; a number here is what JSON calls one.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)


class Degrees(fields.Float):
    """A number of the query, in degrees."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> float:
        if not _NUMBER.fullmatch(str(value)):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **kwargs)


class StrictNumber(fields.Float):
    """A JSON number of a body: no text, no truth value, and finite."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **kwargs)


class StrictTruth(fields.Boolean):
    """`true` or `false` and nothing that resembles them."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **kwargs)


class Count(fields.Integer):
    """A whole number of the query."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if not _WHOLE.fullmatch(str(value)):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **kwargs)


def a_past_day(day: date) -> None:
    """What a day will be like, no order says. The day is India's."""
    if day > civil_day(utc_now()):
        raise ValidationError(Coded("future-date", "Must not lie in the future.", "यह भविष्य की तिथि नहीं हो सकती।"))


def text(description: str, example: str, **rest: Any) -> fields.String:
    """A text that an answer always has."""
    return fields.String(required=True, metadata={"description": description, "example": example}, **rest)


def whole(description: str, example: int) -> fields.Integer:
    """A whole number that an answer always has."""
    return fields.Integer(required=True, metadata={"description": description, "example": example})


class PointSchema(Schema):
    """A GeoJSON point (RFC 7946)."""

    type = fields.String(required=True, validate=validate.Equal("Point"))
    coordinates = fields.List(
        fields.Float(),
        required=True,
        validate=validate.Length(equal=2),
        metadata={"description": "Longitude, then latitude, in degrees.", "example": [75.7873, 26.9124]},
    )
