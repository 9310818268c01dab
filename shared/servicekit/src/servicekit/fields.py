"""Fields stricter than marshmallow's own, for values on which money or identity depends."""

from typing import Any

from marshmallow import fields

from servicekit.instants import rfc3339

INT64 = range(-(2**63), 2**63)  # what MongoDB can store
MOST_EXACT = 2**53 - 1  # up to here a float holds every whole number


class StrictInteger(fields.Integer):
    """A JSON number without fraction, as JSON Schema means it: 5 and 5.0, no "5", no true. Fits into 64 bits."""

    def _validated(self, value: Any) -> int:
        # Above 2**53 a float may have lost the digits that were sent.
        if type(value) is float and value.is_integer() and abs(value) <= MOST_EXACT:
            value = int(value)
        if type(value) is not int:
            raise self.make_error("invalid", input=value)
        if value not in INT64:
            raise self.make_error("too_large", input=value)
        return value


class Instant(fields.Field[Any]):
    """An instant in an answer: RFC 3339 in UTC with milliseconds; written only."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        del attr, obj, kwargs
        return rfc3339(value) if value is not None else None
