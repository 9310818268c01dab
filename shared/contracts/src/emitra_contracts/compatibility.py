"""Which differences between two JSON Schemas (2020-12) break those who rely on the older one.

Whatever is not known to be harmless counts as breaking: a keyword nobody thought of stops a release, not a consumer.
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

    `path` leads to the value (`/fee/amount`; `*` is any item of a list), `origin` to the schema within its
    document (`#/components/schemas/Money/properties/amount`); `was` and `current` are for people.
    """

    path: str
    origin: str
    was: str
    current: str
    why: str


GONE = "nothing"

# They tell people about a value and do not say which values are valid.
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
    """Every breaking difference between two schemas that stand at `origin` of their documents (of their own when none
    is named). References must be local to the document: raises ValueError for others, LookupError for dangling ones.
    """
    before = _View.of(old, origin, old if old_document is None else old_document)
    after = _View.of(new, origin, new if new_document is None else new_document)
    yield from _compared(before, after, use, "", frozenset())


def at(document: Schema, reference: str) -> Any:
    """What a local reference (`#/components/schemas/Money`) leads to."""
    if not reference.startswith("#"):
        raise ValueError(f"{reference} is not a reference into the same document")
    part: Any = document
    for step in reference.removeprefix("#").split("/")[1:]:
        part = part[step.replace("~1", "/").replace("~0", "~")]
    return part


def whole(part: Any, document: Schema, within: frozenset[str] = frozenset()) -> Any:
    """A part of a document with what its references lead to, so that parts that say the same are equal.

    A schema that contains itself ends at the reference to itself. Raises as `breaking_changes` does.
    """
    if isinstance(part, list):
        return [whole(item, document, within) for item in part]
    if not isinstance(part, dict):
        return part
    reference = part.get("$ref")
    if not isinstance(reference, str) or reference in within:
        return {key: whole(value, document, within) for key, value in part.items()}
    target = whole(at(document, reference), document, within | {reference})
    return {"$ref": target, **whole(_without(part, "$ref"), document, within)}


def escaped(step: str) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return step.replace("~", "~0").replace("/", "~1")


@dataclass(frozen=True, slots=True)
class _View:
    """A schema where it stands in its document, references followed."""

    schema: Schema
    origin: str
    document: Schema

    @classmethod
    def of(cls, schema: Schema, origin: str, document: Schema) -> "_View":
        """Follows `$ref`, whose neighbours count too, and reads `anyOf: [X, null]` as X that may be null."""
        if "$ref" in schema:
            target, beside = cls.of(at(document, schema["$ref"]), schema["$ref"], document), _without(schema, "$ref")
            if (beside.keys() & target.schema.keys()) - _ANNOTATIONS:  # both count: neither may hide the other
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
        origin = self.origin + "".join(f"/{escaped(step)}" for step in steps)
        inner: Any = self.schema
        for step in steps:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        return _View.of(inner, origin, self.document)

    def whole(self, keyword: str) -> Any:
        """The keyword's argument with what its references lead to; None when the schema does not have it."""
        return whole(self.schema.get(keyword), self.document)


def _compared(old: _View, new: _View, use: Use, path: str, begun: frozenset[tuple[str, str]]) -> Iterator[Change]:
    def changed(was: str, current: str, *, widened: bool = False, narrowed: bool = False) -> Iterator[Change]:
        why = use.forbids(widened=widened, narrowed=narrowed)
        if why:
            yield Change(path, old.origin, was, current, why)

    types, types_now = _types(old.schema), _types(new.schema)
    yield from changed(
        _list(types), _list(types_now), widened=bool(types_now - types), narrowed=bool(types - types_now)
    )
    values, values_now = _values(old.schema), _values(new.schema)
    yield from changed(
        _list(values),
        _list(values_now),
        widened=values is not None and (values_now is None or bool(values_now - values)),
        narrowed=values_now is not None and (values is None or bool(values - values_now)),
    )
    told, told_now = (set(view.schema.get("x-extensible-enum", ())) for view in (old, new))
    # A reader acts on the values it was told; new ones it was told to expect. The list refuses no value.
    yield from changed(_list(told), _list(told_now), widened=bool(told - told_now))
    for keyword in sorted((old.schema.keys() | new.schema.keys()) - _ANNOTATIONS - _WITH_RULES_OF_THEIR_OWN):
        was, current = old.whole(keyword), new.whole(keyword)
        if was != current:
            widened, narrowed = _moved(keyword, was, current)
            yield from changed(_told(keyword, was), _told(keyword, current), widened=widened, narrowed=narrowed)
    for keyword, unseen in (("readOnly", Use.REQUEST), ("writeOnly", Use.ANSWER)):
        if use is unseen and new.schema.get(keyword) and not old.schema.get(keyword):
            yield Change(path, old.origin, f"not {keyword}", keyword, f"it is no part of {use.name.lower()}s any more")
    pair = (old.origin, new.origin)
    if pair in begun:  # a schema that contains itself: its parts are being compared
        return
    begun |= {pair}
    for keyword in ("allOf", "anyOf"):
        was, current = (len(view.schema.get(keyword, ())) for view in (old, new))
        # A part more of `allOf` is one more condition; of `anyOf`, once it has any, one more way to be valid.
        longer, shorter = (
            (was > current, current > was) if keyword == "anyOf" and was and current else (current > was, was > current)
        )
        yield from changed(f"{was} {keyword}", f"{current} {keyword}", widened=shorter, narrowed=longer)
        for part in map(str, range(min(was, current))):
            yield from _compared(old.inside(keyword, part), new.inside(keyword, part), use, path, begun)
    yield from _compared_members(old, new, use, path, begun)
    yield from _compared_parts("additionalProperties", old, new, use, path, begun)
    yield from _compared_parts("items", old, new, use, path, begun)


def _compared_members(
    old: _View, new: _View, use: Use, path: str, begun: frozenset[tuple[str, str]]
) -> Iterator[Change]:
    members, members_now = (view.schema.get("properties", {}) for view in (old, new))
    required, required_now = (set(view.schema.get("required", ())) for view in (old, new))
    for name in sorted(members.keys() | members_now.keys() | required | required_now):
        here, origin = f"{path}/{escaped(name)}", f"{old.origin}/properties/{escaped(name)}"
        if name in members and name not in members_now:
            gone = "a client that sends it is refused or not heard" if use is Use.REQUEST else "a reader finds nothing"
            yield Change(here, origin, _described(old.inside("properties", name)), GONE, gone)
            continue
        if (name in required) != (name in required_now):
            why = use.forbids(widened=name in required, narrowed=name in required_now)
            if why:
                was = "required" if name in required else "optional" if name in members else GONE
                yield Change(here, origin, was, "required" if name in required_now else "optional", why)
        if name in members:
            yield from _compared(old.inside("properties", name), new.inside("properties", name), use, here, begun)
        elif name in members_now and isinstance(old.schema.get("additionalProperties"), dict):
            further = old.inside("additionalProperties")  # until now it was one of these
            yield from _compared(further, new.inside("properties", name), use, here, begun)


def _compared_parts(
    keyword: str, old: _View, new: _View, use: Use, path: str, begun: frozenset[tuple[str, str]]
) -> Iterator[Change]:
    """`items` or `additionalProperties`: a schema for each further part, true (anything, as when absent) or false."""
    was, current = (view.schema.get(keyword, True) for view in (old, new))
    if isinstance(was, dict) and isinstance(current, dict):
        yield from _compared(old.inside(keyword), new.inside(keyword), use, f"{path}/*", begun)
    elif was != current:
        # Readers ignore members they do not know, so opening an object breaks nobody.
        why = use.forbids(widened=isinstance(was, dict) or isinstance(current, dict), narrowed=current is not True)
        if why:
            yield Change(path, old.origin, _told(keyword, was), _told(keyword, current), why)


def _moved(keyword: str, was: Any, current: Any) -> tuple[bool, bool]:
    """Whether a keyword's new argument lets more values in, and whether it keeps some out."""
    if keyword == "default":  # it keeps no value out, and says what is done when none is sent
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
    """The only valid values as JSON; None when there is no such list."""
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


def _told(keyword: str, argument: Any) -> str:
    return f"{keyword} {json.dumps(argument, ensure_ascii=False)}" if argument is not None else f"no {keyword}"


def _described(view: _View) -> str:
    values = _values(view.schema)
    return _list(_types(view.schema)) if values is None else _list(values)
