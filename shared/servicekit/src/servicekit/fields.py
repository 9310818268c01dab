"""Fields stricter than marshmallow's own, for values on which money, identity or a paper depends."""

import re
from typing import Any

from marshmallow import ValidationError, fields, validate

from servicekit.instants import rfc3339
from servicekit.text import Line, Name, Refusal, Remarks, without_white_space

INT64 = range(-(2**63), 2**63)  # what MongoDB can store
MOST_EXACT = 2**53 - 1  # up to here a float holds every whole number
WEB_ADDRESS = r"https?://[^\s/]+(?:/\S*)?"
LONGEST_ADDRESS = 2_000  # characters; browsers and proxies agree on no more


class Coded(str):
    """A message with its own stable code, for a schema's own rules; `detail_hi` says the same in Hindi.

    `raise ValidationError(Coded("not-a-multiple", "Must be a multiple of 100 rupees."))`; it may also be a
    validator's `error=` or an entry of a field's `error_messages`.
    """

    code: str
    detail_hi: str | None

    def __new__(cls, code: str, detail: str, detail_hi: str | None = None) -> "Coded":
        text = super().__new__(cls, detail)
        text.code = code
        text.detail_hi = detail_hi
        return text

    def format(self, *args: Any, **kwargs: Any) -> "Coded":
        """The filled-in message with the same code: marshmallow formats before it raises."""
        detail_hi = None if self.detail_hi is None else self.detail_hi.format(*args, **kwargs)
        return Coded(self.code, super().format(*args, **kwargs), detail_hi)


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


class Form(validate.Validator):
    """The whole of a text has the form, its last line end included, and at most `longest` characters.

    `form` is a regular expression as ECMA-262 and Python read it alike, without anchors; what is published has them.
    """

    def __init__(self, form: str, *, longest: int, error: str | None = None) -> None:
        self.regex = re.compile(published_form(form), re.ASCII)  # apispec publishes what has this name
        self.longest = longest
        self.error: str = error or "Does not have the right form."

    def __call__(self, value: str) -> str:
        # The length first: no expression runs over a text without end.
        if len(value) > self.longest or not self.regex.fullmatch(value):
            raise ValidationError(self.error)
        return value


def published_form(form: str) -> str:
    """The expression with anchors, as clients get it: a test of any part of a text is then one of the whole."""
    return f"^(?:{form})$" if "|" in form else f"^{form}$"


class Code(fields.String):
    """A text of a closed form, such as an id or a token: see Form. It is never changed."""

    def __init__(self, form: str, *, longest: int, error: str | None = None, **rest: Any) -> None:
        metadata = {**rest.pop("metadata", {}), "maxLength": longest}
        super().__init__(validate=Form(form, longest=longest, error=error), metadata=metadata, **rest)


class PrintedCode(fields.String):
    """What people copy from a paper, a screen or a scanner: white space in it, and around it, does not count.

    At most `longest` characters as sent; the validators see it without white space.
    """

    def __init__(self, *, longest: int, **rest: Any) -> None:
        self.longest = longest
        super().__init__(metadata={**rest.pop("metadata", {}), "maxLength": longest}, **rest)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if len(text) > self.longest:
            raise ValidationError(Coded("invalid-length", f"Must have at most {self.longest} characters."))
        return without_white_space(text)


class Text(fields.String):
    """What people write: a name, a line, remarks. Gives the text as it is kept; a refusal is told in both languages."""

    def __init__(self, rule: Line | Name | Remarks, **rest: Any) -> None:
        self.rule = rule
        super().__init__(metadata={**rest.pop("metadata", {}), "maxLength": rule.longest, "minLength": 1}, **rest)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        kept = self.rule.check(super()._deserialize(value, attr, data, **kwargs))
        if isinstance(kept, Refusal):
            raise ValidationError(Coded(kept.code, kept.detail, kept.detail_hi))
        return kept


class Instant(fields.Field[Any]):
    """An instant in an answer: RFC 3339 in UTC with milliseconds; written only."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        del attr, obj, kwargs
        return rfc3339(value) if value is not None else None
