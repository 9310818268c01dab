"""Whatever text comes from outside has an end, and a pattern speaks of the whole of it."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.conftest import openapi
from tests.architecture.test_services import operations
from tests.conftest import ROOT

# What says by itself how long a text is.
CLOSED = {"enum", "const", "maxLength"}
CLOSED_FORMATS = {"date", "date-time", "uuid"}
SOURCES = [*(ROOT / "services").glob("*/src/*"), ROOT / "shared" / "servicekit" / "src" / "servicekit"]
# re.match takes a beginning for the whole, re.search a part; marshmallow's Regexp is re.match, and its `$` lets a line
# end through. servicekit.fields.Form is the one way.
HALF_MATCHES = {"re.match", "re.search", "validate.Regexp"}
KNOWN = {
    ("http/body.py", "_SUSPECT.search"): "looks for an escape anywhere",
    ("observability/logging.py", "_SECRET.search"): "looks for a number anywhere",
    ("entrypoints/hygiene.py", "_NOT_IN_A_PATH.search"): "looks for what may stand nowhere",
    ("entrypoints/hygiene.py", "_NOT_IN_A_QUERY.search"): "looks for what may stand nowhere",
    ("entrypoints/hygiene.py", "_AMBIGUOUS.search"): "looks for what may stand nowhere",
    ("entrypoints/hygiene.py", "_BAD_ESCAPE.search"): "looks for what may stand nowhere",
    ("domain/assistance/acts.py", "_LONG_NUMBER.search"): "looks for a number anywhere",
    ("servicekit/fit_for_live.py", "_KNOWN.search"): "looks for what may stand nowhere",
    ("fit_for_live.py", "_KNOWN.search"): "looks for what may stand nowhere",
    ("broker/comparison.py", "re.search"): "RabbitMQ's own patterns, read as RabbitMQ does",
}


def requests(document: Mapping[str, Any], method: str, path: str, operation: Any) -> Iterator[tuple[str, Any]]:
    """Every schema of what the operation is sent, with its place."""
    for parameter in [*document["paths"][path].get("parameters", []), *operation.get("parameters", [])]:
        yield f"{method} {path} {parameter['in']} {parameter['name']}", parameter["schema"]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield f"{method} {path} body", content["schema"]


def texts(document: Mapping[str, Any], schema: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of a text inside, with its place; one that says no type may hold a text without end."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    inner = [part for name in ("anyOf", "oneOf", "allOf") for part in schema.get(name, [])]
    for part in inner:
        yield from texts(document, part, place)
    for name, part in schema.get("properties", {}).items():
        yield from texts(document, part, f"{place}/{name}")
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from texts(document, schema[name], f"{place}/*")
    if "string" in kinds or not (kinds or inner or CLOSED & schema.keys()):
        yield place, schema


def sent_texts(document: Mapping[str, Any], service_operations: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for method, path, operation in service_operations:
        for place, schema in requests(document, method, path, operation):
            yield from texts(document, schema, place)


def faults_of(place: str, schema: dict[str, Any]) -> Iterator[str]:
    if not (CLOSED & schema.keys() or schema.get("format") in CLOSED_FORMATS):
        yield f"{place} has no end"
    pattern = schema.get("pattern")
    if pattern is not None and not (pattern.startswith("^") and pattern.endswith("$")):
        yield f"{place}: {pattern} speaks of a part of the text"


def test_every_text_that_is_sent_has_an_end_and_every_pattern_is_of_the_whole(service: str) -> None:
    document = openapi(service)
    sent = list(sent_texts(document, operations(service)))
    assert [fault for place, schema in sent for fault in faults_of(place, schema)] == []


def test_the_walk_sees_texts_without_end_at_every_depth() -> None:
    document = {
        "components": {"schemas": {"Pay": {"type": "object", "properties": {"token": {"type": "string"}}}}},
        "paths": {"/v1/x": {}},
    }
    body = {
        "type": "object",
        "properties": {
            "list": {"type": "array", "items": {"$ref": "#/components/schemas/Pay"}},
            "open": {"type": "object", "additionalProperties": {}},
            "part": {"type": "string", "maxLength": 9, "pattern": "[0-9]+"},
            "right": {"type": ["string", "null"], "maxLength": 9, "pattern": "^[0-9]+$"},
        },
    }
    operation = {"requestBody": {"content": {"application/json": {"schema": body}}}}
    sent = list(sent_texts(document, [("POST", "/v1/x", operation)]))
    assert [fault for place, schema in sent for fault in faults_of(place, schema)] == [
        "POST /v1/x body/list/*/token has no end",
        "POST /v1/x body/open/* has no end",
        "POST /v1/x body/part: [0-9]+ speaks of a part of the text",
    ]


def half_matches(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of calls that try a pattern on a part of a text; `X.match` is that of a compiled pattern."""
    for node in ast.walk(ast.parse(source)):
        calls = [node.func] if isinstance(node, ast.Call) else node.bases if isinstance(node, ast.ClassDef) else []
        for called in calls:
            name = ast.unparse(called)
            if name in HALF_MATCHES or (name.rpartition(".")[0].isupper() and name.endswith((".match", ".search"))):
                yield called.lineno, name


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_a_pattern_is_tried_on_the_whole_of_a_text(source: Path) -> None:
    partly = [
        (module, line, called)
        for module in sorted(source.rglob("*.py"))
        for line, called in half_matches(module.read_text())
        if module.name != "text.py"  # rules of writing look for what must stand nowhere
    ]
    assert [
        f"{module.relative_to(ROOT)}:{line}: {called}"
        for module, line, called in partly
        if (module.relative_to(source).as_posix(), called) not in KNOWN
    ] == []


@pytest.mark.parametrize("source", ["re.match(a, b)", "_FORM.match(b)", "x = validate.Regexp(r'a')", "_X.search(y)"])
def test_half_matches_are_seen(source: str) -> None:
    assert [line for line, _ in half_matches(source)] == [1]
