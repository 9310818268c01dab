"""Reading input strictly: what two readers could understand differently is refused, never guessed."""

import json
import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import marshmallow as ma
from flask import Request, Response
from flask.json.provider import JSONProvider
from webargs.flaskparser import FlaskParser, is_json_request
from webargs.multidictproxy import MultiDictProxy
from werkzeug.exceptions import UnsupportedMediaType

from servicekit.errors import FieldProblem, MalformedRequest, ValidationFailed
from servicekit.fields import INT64
from servicekit.http.exchange import exchange
from servicekit.http.validation import field_problems

# The largest request of this platform, an application form, is under 16 KiB; a route that reads more says so.
MAX_BODY_BYTES = 64 * 1024
MAX_DEPTH = 32  # no schema here nests deeper than eight; deeper bodies are made to exhaust the stack
_LONGEST_NUMBER = 40  # characters; longer ones cost quadratic time to read
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")  # an escaped NUL or half of a surrogate pair
_FORM = "application/x-www-form-urlencoded"


def json_object(request: Request) -> dict[str, Any]:
    """The request's body as a JSON object, read once per request.

    Raises MalformedRequest for anything but one well-formed object without duplicate names, NaN, numbers outside
    64 bits, NUL characters, lone surrogates or deep nesting; werkzeug's 413 and 415 for size and media type.
    """
    current = exchange()
    if current.body is None:
        raw = request.get_data(cache=True)
        if not raw:
            raise MalformedRequest("The request has no body; send a JSON object.")
        if not is_json_request(request):
            raise UnsupportedMediaType
        current.body = _object(raw)
    return current.body


def _object(raw: bytes) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8")
        value = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise MalformedRequest(f"The body is not UTF-8 at byte {error.start}.") from error
    except json.JSONDecodeError as error:
        # error.msg is the parser's own words; the body itself is never repeated.
        raise MalformedRequest(
            f"The body is not JSON: {error.msg} at line {error.lineno} column {error.colno}."
        ) from error
    except RecursionError as error:
        raise _too_deep() from error
    if not isinstance(value, dict):
        raise MalformedRequest('The body must be a JSON object, as in {"name": "value"}.')
    _refuse_unstorable(value, look_into_strings=_SUSPECT.search(text) is not None)
    return value


def _refuse_unstorable(value: Any, *, look_into_strings: bool) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.values())
                if look_into_strings:
                    below.extend(item.keys())
            elif isinstance(item, list):
                below.extend(item)
            elif look_into_strings and isinstance(item, str):
                _check_text(item)
        if not below:
            return
        level = below
    raise _too_deep()


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise MalformedRequest("The body has a NUL character (\\u0000) in a string; remove it.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise MalformedRequest("The body has half of a surrogate pair in a string; it is not a character.") from error


def _too_deep() -> MalformedRequest:
    return MalformedRequest(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise MalformedRequest("The body names a member twice in one object; which is meant is not clear.")
    return names


def _whole_number(text: str) -> int:
    number = int(text) if len(text) <= _LONGEST_NUMBER else None
    if number is None or number not in INT64:
        raise MalformedRequest("The body has a whole number that does not fit into 64 bits.")
    return number


def _number(text: str) -> int | float:
    """A number written with a point or an exponent. As in JSON Schema, 152500.0 is the whole number 152500."""
    number = float(text)
    if not math.isfinite(number):
        raise MalformedRequest("The body has a number that is too large.")
    if not number.is_integer() or (whole := int(number)) not in INT64:
        return number
    # Where float() has rounded, it is another number than the one that was sent.
    if len(text) <= _LONGEST_NUMBER and _is_exactly(text, whole):
        return whole
    raise MalformedRequest("The body has a number with more digits than can be kept.")


def _is_exactly(text: str, whole: int) -> bool:
    try:
        return Decimal(text) == whole
    except InvalidOperation:  # an exponent beyond all use
        return False


def _no_constant(name: str) -> NoReturn:
    raise MalformedRequest(f"The body is not JSON: {name} is not a JSON value.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique_names, parse_int=_whole_number, parse_float=_number, parse_constant=_no_constant
)


class StrictParser(FlaskParser):
    """webargs' parser, refusing unknown and repeated query and form fields, raising our own errors."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 - webargs declares it as a plain class attribute
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": ma.RAISE,
        "querystring": ma.RAISE,
        "form": ma.RAISE,
    }

    def load_json(self, req: Request, _schema: ma.Schema) -> Any:
        return json_object(req)

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        _refuse_repeats(req.args, schema, "?")
        return super().load_querystring(req, schema)

    def load_form(self, req: Request, schema: ma.Schema) -> Any:
        if req.mimetype != _FORM:
            raise UnsupportedMediaType
        _refuse_repeats(req.form, schema, "/")
        return super().load_form(req, schema)

    def handle_error(
        self,
        error: ma.ValidationError,
        req: Request,  # noqa: ARG002 - part of webargs' signature
        schema: ma.Schema,
        **_: Any,
    ) -> NoReturn:
        problems = field_problems(error.messages, schema)
        count = len(problems)
        raise ValidationFailed(
            "One field of the request is not acceptable." if count == 1 else f"{count} fields are not acceptable.",
            errors=problems,
        ) from error


def _refuse_repeats(values: Any, schema: ma.Schema, prefix: str) -> None:
    for name, given in values.lists():
        if len(given) > 1 and name not in MultiDictProxy(values, schema).multiple_keys:
            raise MalformedRequest(
                f"{name} is given {len(given)} times; give it once.",
                errors=[FieldProblem(f"{prefix}{name}", "repeated", "Give this once.")],
            )
        if any("\x00" in text for text in given):
            raise MalformedRequest("A parameter has a NUL character; remove it.")


class StrictJson(JSONProvider):
    """Flask's JSON: compact, Hindi as itself, and a TypeError for what is not JSON instead of a guess."""

    _encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))

    def dumps(self, obj: Any, **_: Any) -> str:
        return self._encoder.encode(obj)

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return _DECODER.decode(s.decode("utf-8") if isinstance(s, bytes) else s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        text = self._encoder.encode(self._prepare_response_obj(args, kwargs))
        return Response(text, mimetype="application/json")
