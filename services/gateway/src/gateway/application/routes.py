"""The route table: which operation of which service a method and a path mean.

A path template is a row of segments, each either fixed or one parameter. All templates become one tree, so a
look-up costs one dictionary access per segment however many routes there are.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One documented method on one path template.

    `scopes` holds alternatives: a caller needs every scope of any one of them. `body_types` are the media types
    the operation documents (empty: it documents no body). `repeatable` are query parameters documented as lists,
    `cookies` the cookies that it documents: no others reach the service. A body has at most `most_body_bytes`; None: as
    those of most operations.
    """

    service: str
    method: str
    template: str
    scopes: tuple[frozenset[str], ...]
    public: bool
    body_types: frozenset[str] = frozenset()
    repeatable: frozenset[str] = frozenset()
    cookies: frozenset[str] = frozenset()
    most_body_bytes: int | None = None

    def missing_scopes(self, held: frozenset[str]) -> frozenset[str]:
        """The scopes the caller would have to add, of the nearest alternative; empty when permitted."""
        if self.public:
            return frozenset()
        shortest: frozenset[str] | None = None
        for alternative in self.scopes:
            missing = alternative - held
            if not missing:
                return missing
            if shortest is None or len(missing) < len(shortest):
                shortest = missing
        return shortest or frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class PublishedService:
    """What one service ships: its OpenAPI document, where it listens, and the operations read from the document.

    `base_url` is "" for the gateway itself. `finds_transactions` says that it declares the internal look-up of a
    transaction token. `place` is where its files come from ("" for the folder itself), `prefix` the path that it wants
    for itself with everything below it ("" for none), `events` the JSON Schemas of the events that it publishes, by
    their names. `ids` are the beginnings of the ids that it makes, `shares` the names of its own that others may use
    too, as the register has them: ("SCOPE", "operations").
    """

    name: str
    base_url: str
    document: Mapping[str, Any]
    operations: tuple[Operation, ...]
    finds_transactions: bool = False
    place: str = ""
    prefix: str = ""
    events: Mapping[str, Any] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    shares: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Node:
    fixed: dict[str, "_Node"] = field(default_factory=dict)
    parameter: "_Node | None" = None
    methods: dict[str, Operation] = field(default_factory=dict)


def is_parameter(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}")


def address(operation: Operation) -> tuple[str, str]:
    """What an operation takes for itself: its method, and its template with parameter names left out."""
    segments = ("{}" if is_parameter(s) else s for s in operation.template.split("/"))
    return operation.method, "/".join(segments)


def resources(operation: Operation) -> list[str]:
    """The resources of an operation's scopes: `payments` of payments:write."""
    return sorted({scope.partition(":")[0] for alternative in operation.scopes for scope in alternative})


class RouteTable:
    """An immutable set of services; swapped as a whole when a file changes, so no request sees half of one."""

    def __init__(self, services: Iterable[PublishedService] = ()) -> None:
        """Takes services whose operations do not meet (see `route_register`)."""
        self.services: Mapping[str, PublishedService] = {s.name: s for s in services}
        self._root = _Node()
        for service in self.services.values():
            for operation in service.operations:
                node = self._node(operation.template)
                node.methods[operation.method] = operation
        for node in _every(self._root):
            if "GET" in node.methods:
                node.methods.setdefault("HEAD", node.methods["GET"])

    def methods_at(self, path: str) -> Mapping[str, Operation] | None:
        """The operations at a decoded path, by method; None when no route has this path.

        A fixed segment beats a parameter: `/v1/kiosks/nearest` is never read as `/v1/kiosks/{kiosk_id}`.
        """
        node = _find(self._root, path.split("/"), 0)
        return None if node is None else node.methods

    def _node(self, template: str) -> _Node:
        node = self._root
        for segment in template.split("/"):
            if is_parameter(segment):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.fixed.setdefault(segment, _Node())
        return node


def _find(node: _Node, segments: list[str], at: int) -> _Node | None:
    if at == len(segments):
        return node if node.methods else None
    segment = segments[at]
    child = node.fixed.get(segment)
    if child is not None:
        below = _find(child, segments, at + 1)
        if below is not None:
            return below
    # An empty segment is no value: /v1/kiosks/ is not a kiosk.
    if node.parameter is not None and segment:
        return _find(node.parameter, segments, at + 1)
    return None


def _every(node: _Node) -> Iterator[_Node]:
    yield node
    for child in node.fixed.values():
        yield from _every(child)
    if node.parameter is not None:
        yield from _every(node.parameter)
