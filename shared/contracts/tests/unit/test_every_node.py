"""The gate notices when any part of a released document is taken away or says something else."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from emitra_contracts.api_compatibility import breaking_api_changes
from emitra_contracts.compatibility import Use, breaking_changes
from emitra_contracts.folders import repository
from emitra_contracts.released import released_contracts

RELEASED = released_contracts(repository())
EVENTS = {**RELEASED.schemas, "the envelope": RELEASED.envelope}

Path = tuple[str | int, ...]

FOR_PEOPLE = {
    "$id", "$schema", "description", "detail", "example", "info", "nullable", "openapi", "operationId", "summary",
    "tags", "title", "title_hi", "x-service",
}  # fmt: skip
# The API may ask less of its clients. A scope is asked for at the operations that need it.
ASKED_FOR = {"readOnly", "scopes", "security", "x-internal"}
# Without one of them more values are valid: that breaks those who read the values, not those who send them.
LIMITS = {
    "enum", "format", "maxItems", "maxLength", "maximum", "minItems", "minLength", "minimum",
    "pattern", "required", "schema", "type",
}  # fmt: skip
# One value fewer breaks those who send it, not those who read it.
CHOICES = {"anyOf", "enum", "type"}


def keywords(path: Path) -> list[str]:
    """The steps of the path that are keywords, without the names of members, paths or components."""
    named = {"properties", "paths", "schemas", "responses"}
    return [str(step) for before, step in zip(("", *path), path, strict=False) if before not in named]


def is_for_people(path: Path) -> bool:
    return not FOR_PEOPLE.isdisjoint(keywords(path))


def nodes(node: Any, path: Path = ()) -> Iterator[tuple[Any, Path]]:
    """The parent and the path of every part, without the parts that are for people."""
    for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        here = (*path, key)
        if not is_for_people(here):
            yield node, here
            yield from nodes(node[key], here)


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (target for key, target in node.items() if key == "$ref")
        node = list(node.values())
    for part in node if isinstance(node, list) else ():
        yield from references(part)


def reached(document: Any, begin: Any) -> set[str]:
    """The names of the schemas that a part of the document leads to."""
    reached_so_far: set[str] = set()
    open_ends = set(references(begin))
    while open_ends:
        reached_so_far |= open_ends
        targets = [document["components"][kind][name] for _, _, kind, name in (end.split("/") for end in open_ends)]
        open_ends = set(references(targets)) - reached_so_far
    return {reference.rpartition("/")[2] for reference in reached_so_far}


class Sides:
    """Who writes the values at a place of an OpenAPI document: clients, we, or both."""

    def __init__(self, document: Any) -> None:
        items = [item for path in document["paths"].values() for item in path.values() if isinstance(item, dict)]
        self._sent = reached(document, [item.get("requestBody") for item in items])
        self._answered = reached(document, [item["responses"] for item in items])

    def only(self, use: Use, path: Path) -> bool:
        asked = "parameters" in path or "requestBody" in path
        if path[:2] == ("components", "schemas"):
            sent, answered = path[2] in self._sent, path[2] in self._answered
            return sent and not answered if use is Use.REQUEST else answered and not sent
        return asked if use is Use.REQUEST else not asked


def is_noticed(document: Any, edited: Any) -> bool:
    """Whether the gate reports a change, or stops because a reference leads nowhere."""
    try:
        changes: Iterator[Any] = (
            breaking_api_changes(document, edited)
            if "paths" in document
            else breaking_changes(document, edited, Use.EVENT)
        )
        return any(True for _ in changes)
    except LookupError:
        return True


class Narrowed:
    """An OpenAPI document without the paths that a change at one place has nothing to do with: a comparison takes as
    long as the document is, and each place is changed. What is noticed in less is noticed in all of it."""

    def __init__(self, document: Any) -> None:
        self._leads_to = {key: reached(document, item) for key, item in document.get("paths", {}).items()}

    def keys(self, path: Path) -> set[str]:
        if path[0] == "paths" and len(path) > 1:
            return {str(path[1])}
        if path[0] == "components" and len(path) > 2:
            return {key for key, names in self._leads_to.items() if path[2] in names} or set(self._leads_to)
        return set(self._leads_to)

    def to(self, path: Path, document: Any) -> Any:
        if "paths" not in document:
            return document
        keys = self.keys(path)
        return {**document, "paths": {key: item for key, item in document["paths"].items() if key in keys}}


def unnoticed(document: Any, edits: Callable[[Any], list[Any]], harmless: Callable[[Path], bool]) -> list[str]:
    """The places where the gate notices none of the edits: each part is replaced by each of `edits(part)` in turn."""
    edited = thawed(document)
    missed, narrowed = [], Narrowed(document)
    for parent, path in list(nodes(edited)):
        options = edits(parent[path[-1]])
        if not options or harmless(path):
            continue
        saved, before = parent.copy(), narrowed.to(path, document)
        for option in options:
            if option is GONE:
                del parent[path[-1]]
            else:
                parent[path[-1]] = option
            if is_noticed(before, narrowed.to(path, edited)):
                break
        else:
            missed.append("/".join(map(str, path)))
        parent.clear()
        parent.update(saved) if isinstance(parent, dict) else parent.extend(saved)
    return missed


def thawed(node: Any) -> Any:
    """A copy in which no part is shared, as parts are by YAML's anchors."""
    if isinstance(node, dict):
        return {key: thawed(value) for key, value in node.items()}
    return [thawed(part) for part in node] if isinstance(node, list) else node


def is_openness(path: Path) -> bool:
    """Without `additionalProperties` an object is open, and opening it breaks nobody."""
    return path[-1] == "additionalProperties"


GONE = object()


def otherwise(value: Any) -> list[Any]:
    """Other values. The gate must notice at least one of them: a limit may move in one direction."""
    if isinstance(value, bool):
        return [not value]
    return [value + 1, value - 1] if isinstance(value, int) else [value + "x"] if isinstance(value, str) else []


@pytest.mark.parametrize("event", EVENTS)
def test_nothing_can_be_taken_from_an_event(event: str) -> None:
    assert unnoticed(EVENTS[event], lambda _: [GONE], is_openness) == []


@pytest.mark.parametrize("event", EVENTS)
def test_nothing_in_an_event_can_say_something_else(event: str) -> None:
    assert unnoticed(EVENTS[event], otherwise, lambda _: False) == []


@pytest.mark.parametrize("service", RELEASED.apis)
def test_nothing_can_be_taken_from_an_api_except_what_asks_or_limits(service: str) -> None:
    sides = Sides(RELEASED.apis[service])

    def is_harmless(path: Path) -> bool:
        asks_less = not ASKED_FOR.isdisjoint(keywords(path))
        lifted = path[-1] in LIMITS or (len(path) > 1 and path[-2] == "required")
        says_less = len(path) > 1 and path[-2] in CHOICES
        return (
            asks_less
            or (lifted and path[-2] != "properties" and sides.only(Use.REQUEST, path))
            or (says_less and isinstance(path[-1], int) and sides.only(Use.ANSWER, path))
            or is_openness(path)
        )

    assert unnoticed(RELEASED.apis[service], lambda _: [GONE], is_harmless) == []


@pytest.mark.parametrize("service", RELEASED.apis)
def test_nothing_in_an_api_can_say_something_else(service: str) -> None:
    flags = {"additionalProperties", "readOnly", "required", "x-internal"}

    def is_harmless(path: Path) -> bool:
        return path[-1] in flags or "scopes" in path

    assert unnoticed(RELEASED.apis[service], otherwise, is_harmless) == []
