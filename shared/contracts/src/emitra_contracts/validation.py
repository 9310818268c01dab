"""Checks an envelope against its contract: openly for consumers, strictly for producers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from emitra_contracts.catalogue import UnknownEvent, entry, envelope_schema, schema

TYPE_PREFIX = "org.emitra."
SCHEMA_PREFIX = "urn:emitra:events:"

# RFC 3339, section 5.6. `fromisoformat` alone also accepts a bare date, a week date or a missing offset.
_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Problem:
    """One difference from the contract: its place (RFC 6901 pointer into the envelope) and the rule that is broken."""

    pointer: str
    rule: str


class ContractViolation(Exception):
    """An envelope differs from its contract: `problems` has every difference, `pointer` is the place of the first.

    The message names places and rules, never a value: the value may be the personal data that must not be there.
    """

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        self.pointer = problems[0].pointer
        super().__init__("; ".join(f"{problem.pointer or '(root)'}: {problem.rule}" for problem in problems))


def validate_envelope(envelope: Mapping[str, Any]) -> None:
    """Checks an envelope as a consumer does: members that this version does not declare are allowed.

    Raises ContractViolation with every problem, in the order of the pointers.
    """
    _refuse(_problems(envelope, produced=False))


def validate_produced(envelope: Mapping[str, Any]) -> None:
    """Checks an envelope as its producer must: undeclared members and values outside open lists are refused.

    So nobody publishes a field that the contract does not describe, in which personal data could travel. Raises
    ContractViolation.
    """
    _refuse(_problems(envelope, produced=True))


def _refuse(problems: Iterator[Problem]) -> None:
    in_order = sorted(set(problems), key=lambda problem: (problem.pointer, problem.rule))
    if in_order:
        raise ContractViolation(in_order)


def _problems(envelope: Mapping[str, Any], *, produced: bool) -> Iterator[Problem]:
    problems = list(_differences(_envelope_validator(produced), envelope, ""))
    yield from problems
    if problems and not isinstance(envelope, dict):
        return
    event_type, data = envelope.get("type"), envelope.get("data")
    if not isinstance(event_type, str) or not isinstance(data, dict):
        return
    try:
        row = entry(event_type.removeprefix(TYPE_PREFIX))
    except UnknownEvent:
        yield Problem("/type", "must be a published event")
        return
    yield from _differences(_data_validator(row.event, produced), data, "/data")
    expected = {
        "source": f"/emitra/{row.producer}",
        "dataschema": f"{SCHEMA_PREFIX}{row.event}",
        "subject": data.get(row.aggregate_id),
        "partitionkey": data.get(row.aggregate_id),
    }
    if not produced and envelope.get("dataschema") == f"/contracts/events/{row.event}.json":
        del expected["dataschema"]  # as release 0.1.0 wrote it
    for attribute, value in expected.items():
        if attribute in envelope and envelope[attribute] != value:
            rule = f"equal data.{row.aggregate_id}" if value == data.get(row.aggregate_id) else f"be {value}"
            yield Problem(f"/{attribute}", f"must {rule}")


def _differences(validator: Validator, instance: object, prefix: str) -> Iterator[Problem]:
    for error in validator.iter_errors(instance):
        pointer = prefix + "".join(f"/{_escaped(part)}" for part in error.absolute_path)
        if error.validator == "required":
            for name in error.validator_value:
                if name not in error.instance:
                    yield Problem(f"{pointer}/{_escaped(name)}", "is required")
        elif error.validator == "additionalProperties":
            for name in set(error.instance) - set(error.schema.get("properties", {})):
                yield Problem(f"{pointer}/{_escaped(name)}", "is not declared by the contract")
        else:
            yield Problem(pointer, _rule(error))


def _rule(error: ValidationError) -> str:
    return f"must satisfy {error.validator} {error.validator_value}"


def _escaped(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


@cache
def _envelope_validator(produced: bool) -> Validator:
    return _validator(envelope_schema(), produced)


@cache
def _data_validator(event: str, produced: bool) -> Validator:
    return _validator(schema(event), produced)


def _validator(open_schema: dict[str, Any], produced: bool) -> Validator:
    kind, described = (_STRICT_JSON, _closed(open_schema)) if produced else (_JSON, open_schema)
    return kind(described, format_checker=_FORMATS)


def _closed(node: Any) -> Any:
    """The schema with every declared object closed and every open list of values closed."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items()}
    if "additionalProperties" in closed:
        closed["additionalProperties"] = False
    if "x-extensible-enum" in closed:
        closed["enum"] = closed["x-extensible-enum"]
    return closed


_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time")
def _is_instant(value: object) -> bool:
    if not isinstance(value, str):
        return True
    if not _RFC3339.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_whole_number(_checker: object, value: object) -> bool:
    # JSON Schema counts 1525.0 as an integer, so consumers take it; a producer that writes one counts money in floats.
    return isinstance(value, int) and not isinstance(value, bool)


def _pattern(_validator: object, pattern: str, instance: object, _schema: object) -> Iterator[ValidationError]:
    # In Python "$" also matches before a final newline; in JSON Schema (ECMA-262) it does not.
    python_pattern = pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern
    if isinstance(instance, str) and not re.search(python_pattern, instance):
        yield ValidationError("does not match")


_JSON = extend(Draft202012Validator, validators={"pattern": _pattern})
_STRICT_JSON = extend(_JSON, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole_number))
