"""Which differences between two JSON Schemas (2020-12) break those who rely on the older one.

A difference that is not known to be harmless counts as breaking: then an unknown keyword stops a release and not a
consumer.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

Schema = Mapping[str, Any]


class Use(Enum):
    """Who writes the values of a schema and who reads them."""

    ANSWER = "we write, others read: the response of an API"
    REQUEST = "others write, we read: what an API is sent"
    EVENT = "we write, others read now, and again when events of years ago are replayed"

    def forbids(self, *, widened: bool, narrowed: bool) -> str:
        """Why valid values may not be added (widened) or taken away (narrowed); empty when they may."""
        if widened and self is not Use.REQUEST:
            return "whoever relies on the old form may receive something else"
        if narrowed and self is Use.REQUEST:
            return "a client that sends what was valid until now is refused"
        if narrowed and self is Use.EVENT:
            return "events published until now are replayed for ever, and need not fit"
        return ""


@dataclass(frozen=True, slots=True)
class Change:
    """One breaking difference.

    `path` leads to the value (`/fee/amount`; `*` is any item of a list), `origin` to its schema in the document
    (`#/components/schemas/Money/properties/amount`). `was`, `current` and `why` are texts for people.
    """

    path: str
    origin: str
    was: str
    current: str
    why: str


GONE = "nothing"

# Keywords for people: they do not say which values are valid.
_ANNOTATIONS = {
    "$comment", "$defs", "$id", "$schema", "deprecated", "description", "example", "examples", "nullable",
    "title",
}  # fmt: skip
_LEAST = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}
_MOST = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}
_WITH_RULES_OF_THEIR_OWN = {
    "$ref", "additionalProperties", "allOf", "anyOf", "const", "enum", "items", "properties", "readOnly", "required",
    "type", "writeOnly", "x-extensible-enum",
}  # fmt: skip
_CONDITIONS = {"allOf", "anyOf", "else", "if", "not", "oneOf", "then"}
_EVERY_TYPE = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})


def breaking_changes(
    old: Schema, new: Schema, use: Use, *, old_document: Schema | None = None, new_document: Schema | None = None,
    origin: str = "#",
) -> Iterator[Change]:  # fmt: skip
    """Every breaking difference between two schemas.

    Both stand at `origin` in their documents; without a document, a schema is a document of its own. Raises ValueError
    for a reference to another document, LookupError for a reference that leads nowhere.
    """
    before = _View.of(old, origin, old if old_document is None else old_document)
    after = _View.of(new, origin, new if new_document is None else new_document)
    yield from _changes(before, after, use, "", frozenset())


def resolved(document: Schema, reference: str) -> Any:
    """The part of the document to which a local reference (`#/components/schemas/Money`) leads."""
    if not reference.startswith("#"):
        raise ValueError(f"{reference} is not a reference into the same document")
    part: Any = document
    for step in reference.removeprefix("#").split("/")[1:]:
        part = part[step.replace("~1", "/").replace("~0", "~")]
    return part


def expanded(part: Any, document: Schema, within: frozenset[str] = frozenset()) -> Any:
    """A part of a document with every reference replaced by its target, so that parts with the same meaning are equal.

    In a schema that contains itself, the reference to itself stays. Raises as `breaking_changes` does.
    """
    if isinstance(part, list):
        return [expanded(item, document, within) for item in part]
    if not isinstance(part, dict):
        return part
    reference = part.get("$ref")
    if not isinstance(reference, str) or reference in within:
        return {key: expanded(value, document, within) for key, value in part.items()}
    target = expanded(resolved(document, reference), document, within | {reference})
    return {"$ref": target, **expanded(_without(part, "$ref"), document, within)}


def escaped(step: str) -> str:
    """A name as one step of a JSON pointer (RFC 6901)."""
    return step.replace("~", "~0").replace("/", "~1")


@dataclass(frozen=True, slots=True)
class _View:
    """A schema and its place in its document, with references followed."""

    schema: Schema
    origin: str
    document: Schema

    @classmethod
    def of(cls, schema: Schema, origin: str, document: Schema) -> "_View":
        """Follows `$ref`, keeps the keywords beside it, and reads `anyOf: [X, null]` as X that may be null."""
        if "$ref" in schema:
            reference, beside = schema["$ref"], _without(schema, "$ref")
            target = cls.of(resolved(document, reference), reference, document)
            if (beside.keys() & target.schema.keys()) - _ANNOTATIONS:  # both limit the same keyword, and both count
                parts = [*target.schema.get("allOf", ()), beside]
                return replace(target, schema={**target.schema, "allOf": parts})
            return replace(target, schema={**target.schema, **beside})
        options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
        if len(options) == 1 and len(schema["anyOf"]) == 2 and _without(schema, "anyOf").keys() <= _ANNOTATIONS:
            target = cls.of(options[0], f"{origin}/anyOf/{schema['anyOf'].index(options[0])}", document)
            if "type" in target.schema and not target.schema.keys() & _CONDITIONS:
                return replace(target, schema={**_or_null(target.schema), **_without(schema, "anyOf")})
        return cls(schema, origin, document)

    def inside(self, *steps: str) -> "_View":
        """The schema at these steps below this one."""
        origin = self.origin + "".join(f"/{escaped(step)}" for step in steps)
        inner: Any = self.schema
        for step in steps:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        return _View.of(inner, origin, self.document)

    def expanded(self, keyword: str) -> Any:
        """The keyword's argument with its references replaced by their targets; None without the keyword."""
        return expanded(self.schema.get(keyword), self.document)


def _changes(old: _View, new: _View, use: Use, path: str, ancestors: frozenset[tuple[str, str]]) -> Iterator[Change]:
    def changed(was: str, current: str, *, widened: bool = False, narrowed: bool = False) -> Iterator[Change]:
        why = use.forbids(widened=widened, narrowed=narrowed)
        if why:
            yield Change(path, old.origin, was, current, why)

    types, current_types = _types(old.schema), _types(new.schema)
    yield from changed(
        _list(types), _list(current_types), widened=bool(current_types - types), narrowed=bool(types - current_types)
    )
    values, current_values = _values(old.schema), _values(new.schema)
    yield from changed(
        _list(values),
        _list(current_values),
        widened=values is not None and (current_values is None or bool(current_values - values)),
        narrowed=current_values is not None and (values is None or bool(values - current_values)),
    )
    expected, current_expected = (set(view.schema.get("x-extensible-enum", ())) for view in (old, new))
    # An open list refuses no value. Readers act on the listed values and expect new ones, so only a loss breaks them.
    yield from changed(_list(expected), _list(current_expected), widened=bool(expected - current_expected))
    for keyword in sorted((old.schema.keys() | new.schema.keys()) - _ANNOTATIONS - _WITH_RULES_OF_THEIR_OWN):
        was, current = old.expanded(keyword), new.expanded(keyword)
        if was != current:
            widened, narrowed = _moved(keyword, was, current)
            yield from changed(_text(keyword, was), _text(keyword, current), widened=widened, narrowed=narrowed)
    for keyword, unseen in (("readOnly", Use.REQUEST), ("writeOnly", Use.ANSWER)):
        if use is unseen and new.schema.get(keyword) and not old.schema.get(keyword):
            yield Change(path, old.origin, f"not {keyword}", keyword, f"it is no part of {use.name.lower()}s any more")
    pair = (old.origin, new.origin)
    if pair in ancestors:  # a schema that contains itself: this comparison has begun already
        return
    ancestors |= {pair}
    for keyword in ("allOf", "anyOf"):
        was, current = (len(view.schema.get(keyword, ())) for view in (old, new))
        more, fewer = current > was, was > current
        # Another part in `allOf` is one more condition. In `anyOf` it is one more choice, unless it is the only one.
        narrowed, widened = (fewer, more) if keyword == "anyOf" and was and current else (more, fewer)
        yield from changed(f"{was} {keyword}", f"{current} {keyword}", widened=widened, narrowed=narrowed)
        for part in map(str, range(min(was, current))):
            yield from _changes(old.inside(keyword, part), new.inside(keyword, part), use, path, ancestors)
    yield from _member_changes(old, new, use, path, ancestors)
    yield from _part_changes("additionalProperties", old, new, use, path, ancestors)
    yield from _part_changes("items", old, new, use, path, ancestors)


def _member_changes(
    old: _View, new: _View, use: Use, path: str, ancestors: frozenset[tuple[str, str]]
) -> Iterator[Change]:
    members, current_members = (view.schema.get("properties", {}) for view in (old, new))
    required, current_required = (set(view.schema.get("required", ())) for view in (old, new))
    for name in sorted(members.keys() | current_members.keys() | required | current_required):
        here, origin = f"{path}/{escaped(name)}", f"{old.origin}/properties/{escaped(name)}"
        if name in members and name not in current_members:
            gone = "a client that sends it is refused or not heard" if use is Use.REQUEST else "a reader finds nothing"
            yield Change(here, origin, _described(old.inside("properties", name)), GONE, gone)
            continue
        if (name in required) != (name in current_required):
            why = use.forbids(widened=name in required, narrowed=name in current_required)
            if why:
                was = "required" if name in required else "optional" if name in members else GONE
                yield Change(here, origin, was, "required" if name in current_required else "optional", why)
        if name in members:
            yield from _changes(old.inside("properties", name), new.inside("properties", name), use, here, ancestors)
        elif name in current_members and isinstance(old.schema.get("additionalProperties"), dict):
            unnamed = old.inside("additionalProperties")  # until now the member was one of these
            yield from _changes(unnamed, new.inside("properties", name), use, here, ancestors)


def _part_changes(
    keyword: str, old: _View, new: _View, use: Use, path: str, ancestors: frozenset[tuple[str, str]]
) -> Iterator[Change]:
    """`items` or `additionalProperties`: a schema for the parts without a name, true or absent (anything), or false."""
    was, current = (view.schema.get(keyword, True) for view in (old, new))
    if isinstance(was, dict) and isinstance(current, dict):
        yield from _changes(old.inside(keyword), new.inside(keyword), use, f"{path}/*", ancestors)
    elif was != current:
        # Readers ignore members that they do not know, so opening an object breaks nobody.
        why = use.forbids(widened=isinstance(was, dict) or isinstance(current, dict), narrowed=current is not True)
        if why:
            yield Change(path, old.origin, _text(keyword, was), _text(keyword, current), why)


def _moved(keyword: str, was: Any, current: Any) -> tuple[bool, bool]:
    """Whether a keyword's new argument allows more values, and whether it forbids some."""
    if keyword == "default":  # it changes what happens when no value is sent
        return True, True
    if was is None or current is None:
        return current is None, was is None
    if keyword in _LEAST:
        return current < was, current > was
    if keyword in _MOST:
        return current > was, current < was
    return True, True


def _types(schema: Schema) -> frozenset[str]:
    kind = schema.get("type")
    kinds = frozenset([kind] if isinstance(kind, str) else kind if kind is not None else _EVERY_TYPE)
    return kinds | {"integer"} if "number" in kinds else kinds


def _values(schema: Schema) -> set[str] | None:
    """The only valid values, as JSON; None when the schema does not list them."""
    if "const" in schema:
        return {json.dumps(schema["const"])}
    return {json.dumps(value) for value in schema["enum"]} if "enum" in schema else None


def _or_null(schema: Schema) -> dict[str, Any]:
    nullable = {**schema, "type": sorted(_types(schema) | {"null"})}
    if "const" in schema:
        return {**_without(nullable, "const"), "enum": [schema["const"], None]}
    return {**nullable, "enum": [*schema["enum"], None]} if "enum" in schema else nullable


def _without(schema: Schema, keyword: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != keyword}


def _list(values: frozenset[str] | set[str] | None) -> str:
    return "anything" if values is None or values == _EVERY_TYPE else " | ".join(sorted(values)) or "no list of values"


def _text(keyword: str, argument: Any) -> str:
    return f"{keyword} {json.dumps(argument, ensure_ascii=False)}" if argument is not None else f"no {keyword}"


def _described(view: _View) -> str:
    values = _values(view.schema)
    return _list(_types(view.schema)) if values is None else _list(values)
