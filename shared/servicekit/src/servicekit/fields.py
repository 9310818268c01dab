"""Fields stricter than marshmallow's own, for values on which money or identity depends."""

from typing import Any

from marshmallow import fields

_INT64 = range(-(2**63), 2**63)


class StrictInteger(fields.Integer):
    """A JSON number without fraction: no "5", no 5.0, no true. Fits into 64 bits."""

    def _validated(self, value: Any) -> int:
        if type(value) is not int:
            raise self.make_error("invalid", input=value)
        if value not in _INT64:
            raise self.make_error("too_large", input=value)
        return value


class StrictBoolean(fields.Boolean):
    """true or false, and nothing that merely looks like it."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value
