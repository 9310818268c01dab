"""One OpenAPI document out of every service's, and the list of every problem type."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gateway.application.route_documents import is_internal, is_internal_path
from gateway.application.routes import PublishedService

Document = dict[str, Any]
Component = tuple[str, str]
"""Section and name, such as ("schemas", "Money")."""

_METHODS = frozenset({"get", "head", "post", "put", "patch", "delete", "options", "trace"})
_SCHEMES = "securitySchemes"


def merged_openapi(services: Iterable[PublishedService], version: str) -> Document:
    """All public operations of all services in one OpenAPI 3.1 document, served by the gateway itself.

    Components that two services name alike but define differently are called `<service>.<name>` in it; security
    schemes of one name become one with the scopes of all. The same services give the same document in any order.
    """
    documents = {s.name: s.document for s in sorted(services, key=lambda s: s.name)}
    clashing = _clashing(documents)
    merged: Document = {
        "openapi": "3.1.0",
        "info": {
            "title": "e-Mitra API",
            "version": version,
            "description": "Every operation of the e-Mitra platform. Get a token with **Authorize** (client id and "
            "secret of a sandbox client; tick no scope to get all that it has), then try any "
            "operation. Kinds of problems: [/problems](/problems).",
            **_publisher(documents.values()),
        },
        "servers": [{"url": "/"}],
        "tags": [],
        "paths": {},
        "components": {},
        "x-problems": problem_types(documents),
    }
    tags: dict[str, Any] = {}
    operation_ids: set[str] = set()
    for service, document in documents.items():
        renamed = {key: f"{service}.{key[1]}" for key in clashing if key in _components(document)}
        refs = {_ref(key): _ref((key[0], name)) for key, name in renamed.items()}
        for tag in document.get("tags") or ():
            tags.setdefault(tag["name"], tag)
        for path, item in document["paths"].items():
            public = _public_part(path, item)
            if public:
                own = _rewritten(public, refs)
                _name_operations(own, service, operation_ids)
                merged["paths"].setdefault(path, {}).update(own)
        for (section, name), component in _components(document).items():
            target = merged["components"].setdefault(section, {})
            if section == _SCHEMES:
                _merge_scheme(target, name, component)
            else:
                target[renamed.get((section, name), name)] = _rewritten(component, refs)
    operations = [item[method] for item in merged["paths"].values() for method in _METHODS & item.keys()]
    merged["tags"] = [tags[name] for name in sorted(tags) if any(name in operation["tags"] for operation in operations)]
    _keep_usable_scopes(merged)
    return merged


def problem_types(documents: Mapping[str, Mapping[str, Any]]) -> list[Document]:
    """Every service's `x-problems`, by slug, each with the services that answer with it."""
    types: dict[str, Document] = {}
    for service, document in documents.items():
        for row in document.get("x-problems") or ():
            known = types.setdefault(row["slug"], {**row, "services": []})
            known["services"].append(service)
    return [types[slug] for slug in sorted(types)]


def _publisher(documents: Iterable[Mapping[str, Any]]) -> Document:
    """Who maintains the services and under which terms, as they say it alike."""
    infos = [document.get("info") or {} for document in documents]
    return {name: info[name] for info in infos for name in ("contact", "license") if name in info}


def _components(document: Mapping[str, Any]) -> dict[Component, Any]:
    """The components that public operations need, directly or through one another, and the security schemes."""
    sections = document.get("components") or {}
    every = {(section, name): value for section, named in sections.items() for name, value in named.items()}
    needed = {key: value for key, value in every.items() if key[0] == _SCHEMES}
    open_ends = [_public_part(path, item) for path, item in document["paths"].items()]
    while open_ends:
        mentioned = set(_strings(open_ends.pop()))
        mentions = {key: every[key] for key in every.keys() - needed.keys() if _ref(key) in mentioned}
        needed |= mentions
        open_ends += mentions.values()
    return {key: value for key, value in every.items() if key in needed}


def _clashing(documents: Mapping[str, Mapping[str, Any]]) -> set[Component]:
    versions: dict[Component, list[Any]] = {}
    for document in documents.values():
        for key, component in _components(document).items():
            if key[0] != _SCHEMES:
                versions.setdefault(key, []).append(component)
    shared = {key: components for key, components in versions.items() if len(components) > 1}
    clashing = {
        key for key, components in shared.items() if len({json.dumps(c, sort_keys=True) for c in components}) > 1
    }
    # The same text means different things where it refers to something that differs.
    grown = True
    while grown:
        names = {_ref(key) for key in clashing}
        more = {key for key, components in shared.items() if key not in clashing and names & set(_strings(components))}
        clashing |= more
        grown = bool(more)
    return clashing


def _ref(key: Component) -> str:
    return f"#/components/{key[0]}/{key[1]}"


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _rewritten(value: Any, refs: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return refs.get(value, value)
    if isinstance(value, Mapping):
        return {name: _rewritten(inner, refs) for name, inner in value.items()}
    if isinstance(value, list):
        return [_rewritten(inner, refs) for inner in value]
    return value


def _public_part(path: str, item: Mapping[str, Any]) -> Document:
    if is_internal_path(path) or is_internal(item):
        return {}
    public = {key: value for key, value in item.items() if not is_internal(value)}
    return public if _METHODS & public.keys() else {}


def _name_operations(item: Document, service: str, taken: set[str]) -> None:
    for method in sorted(_METHODS & item.keys()):
        operation = item[method]
        name = operation.get("operationId")
        if name in taken:
            operation["operationId"] = name = f"{service}.{name}"
        if name:
            taken.add(name)
        operation.setdefault("tags", [service])


def _keep_usable_scopes(merged: Document) -> None:
    """Leaves out the scopes that no public operation asks for: they are between services."""
    usable = {
        scope
        for item in merged["paths"].values()
        for method in _METHODS & item.keys()
        for requirement in item[method].get("security") or ()
        for scopes in requirement.values()
        for scope in scopes
    }
    for scheme in merged["components"].get(_SCHEMES, {}).values():
        for flow in (scheme.get("flows") or {}).values():
            flow["scopes"] = {scope: text for scope, text in flow["scopes"].items() if scope in usable}


def _merge_scheme(target: Document, name: str, scheme: Mapping[str, Any]) -> None:
    known = target.setdefault(name, json.loads(json.dumps(scheme)))
    for flow, described in (scheme.get("flows") or {}).items():
        known["flows"] = known.get("flows") or {}
        into = known["flows"].setdefault(flow, json.loads(json.dumps(described)))
        into["scopes"] = dict(sorted({**described.get("scopes", {}), **into.get("scopes", {})}.items()))
