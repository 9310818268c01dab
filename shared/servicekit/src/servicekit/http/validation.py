"""marshmallow's nested messages as a flat list of pointers and stable codes."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from servicekit.errors import FieldProblem
from servicekit.fields import Coded, Form

MOST_PROBLEMS = 50  # enough to mend a form in one go; a hostile body must not get an answer larger than itself
_LONGEST_NAME = 100  # characters of an unknown name that are repeated to the caller

_FIELD_CODES = {
    "required": "required",
    "null": "null-not-allowed",
    "type": "invalid-type",
    "special": "out-of-range",
    "too_large": "out-of-range",
    "unknown": "not-allowed",
    "validator_failed": "invalid",
}
# Fields whose "invalid" speaks of the JSON type; all others read text of a certain form.
_TYPED = (
    fields.Number,
    fields.Boolean,
    fields.List,
    fields.Tuple,
    fields.Mapping,
    fields.Nested,
)
_VALIDATOR_CODES: dict[type[validate.Validator], str] = {
    validate.Range: "out-of-range",
    validate.Length: "invalid-length",
    validate.Regexp: "invalid-format",
    Form: "invalid-format",
    validate.Email: "invalid-format",
    validate.URL: "invalid-format",
    validate.OneOf: "not-allowed",
    validate.NoneOf: "not-allowed",
    validate.ContainsOnly: "not-allowed",
    validate.ContainsNoneOf: "not-allowed",
    validate.Equal: "not-allowed",
}


def field_problems(messages: Any, schema: ma.Schema) -> list[FieldProblem]:
    """`messages` as webargs gives them, `{location: {name: [text] or nested}}`, at most 50 of them."""
    problems: list[FieldProblem] = []
    for location, located in messages.items():
        prefix = {"json": "/", "form": "/", "query": "?", "querystring": "?"}.get(location, "")
        for problem in _walk(located, schema, prefix, ""):
            problems.append(problem)
            if len(problems) == MOST_PROBLEMS:
                return problems
    return problems


def _walk(messages: Any, where: Any, prefix: str, path: str) -> Iterator[FieldProblem]:
    """`where` is the Schema or Field that spoke, or None when nothing is known of it."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            if name == ma.exceptions.SCHEMA:
                yield from _walk(inner, where, prefix, path)
                continue
            below = _below(where, name)
            if isinstance(where, fields.Mapping) and isinstance(inner, Mapping):
                # marshmallow puts "key" and "value" between a mapping's name and what is wrong with it.
                for part, nested in inner.items():
                    field = where.key_field if part == "key" else where.value_field
                    yield from _walk(nested, field, prefix, _joined(prefix, path, name))
            else:
                yield from _walk(inner, below, prefix, _joined(prefix, path, name))
    elif isinstance(messages, list):
        for message in messages:
            yield from _walk(message, where, prefix, path)
    else:
        text = str(messages)
        yield FieldProblem(path, _code(messages, where), text, getattr(messages, "detail_hi", None))


def _joined(prefix: str, path: str, name: Any) -> str:
    part = str(name)[:_LONGEST_NAME]
    if prefix != "/":
        return path or f"{prefix}{part}"  # lists in a query have no deeper place to point at
    return f"{path}/{part.replace('~', '~0').replace('/', '~1')}"


def _below(where: Any, name: Any) -> Any:
    if isinstance(where, fields.Nested):
        where = where.schema
    if isinstance(where, fields.List):
        return where.inner
    if isinstance(where, ma.Schema):
        if name in where.load_fields and where.load_fields[name].data_key in (None, name):
            return where.load_fields[name]
        return next((f for f in where.load_fields.values() if f.data_key == name), None)
    return None


def _code(message: Any, where: Any) -> str:
    if isinstance(message, Coded):
        return message.code
    text = str(message)
    if isinstance(where, fields.Field):
        for key, template in where.error_messages.items():
            if isinstance(template, str) and _fits(template, text):
                return _FIELD_CODES.get(key) or ("invalid-type" if _is_about_type(where, text) else "invalid-format")
        for validator in where.validators:
            kind = next((k for k in _VALIDATOR_CODES if isinstance(validator, k)), None)
            if kind is not None and any(_fits(t, text) for t in _templates(validator)):
                return _VALIDATOR_CODES[kind]
    if isinstance(where, fields.Nested):
        where = where.schema
    if isinstance(where, ma.Schema) and text == where.error_messages["type"]:
        return "invalid-type"
    # A name that no field has: the message comes from the schema around it.
    return "unknown-field" if where is None and text == _UNKNOWN else "invalid"


_UNKNOWN = ma.Schema().error_messages["unknown"]


def _is_about_type(field: fields.Field[Any], text: str) -> bool:
    plain_text = isinstance(field, fields.String) and text == fields.String.default_error_messages["invalid"]
    return isinstance(field, _TYPED) or plain_text


def _templates(validator: Any) -> Iterator[str]:
    for name in ("error", "message_min", "message_max", "message_all", "message_equal", "default_message"):
        template = getattr(validator, name, None)
        if isinstance(template, str):
            yield template


def _fits(template: str, text: str) -> bool:
    parts = re.split(r"\{[^{}]*\}", template)
    return re.fullmatch(".*".join(map(re.escape, parts)), text, re.DOTALL) is not None
