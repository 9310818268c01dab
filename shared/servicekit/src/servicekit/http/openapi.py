"""The service's OpenAPI 3.1 document, generated from the routes themselves."""

from collections.abc import Mapping
from typing import Any

import yaml
from flask import Flask

from servicekit.errors import ServiceError, StaleVersion
from servicekit.http import answers
from servicekit.http.conditional import IF_MATCH, IF_NONE_MATCH
from servicekit.http.exchange import REQUEST_ID_HEADER
from servicekit.http.keyed import HEADER, REPLAYED_HEADER
from servicekit.http.marks import INTERNAL_SCOPE
from servicekit.http.problems import status_of

_SCHEMA_REFERENCE = "#/components/schemas/"
_ANSWER_REFERENCE = "#/components/responses/"
_HEADER_REFERENCE = "#/components/headers/"
# Who maintains what the document describes, and under which terms it is given away.
_PUBLISHED_BY: dict[str, Any] = {
    "contact": {"name": "The platform's maintainers: see CODEOWNERS, and SECURITY.md for holes"},
    "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
}
_METHODS = ("get", "put", "post", "delete", "patch")
_CONDITIONS: dict[str, dict[str, Any]] = {
    IF_MATCH: {
        "description": "The ETag that you read. At any other version nothing is done, and the answer is 412.",
        "schema": {"type": "string", "maxLength": 200},
        "example": '"2"',
    },
    IF_NONE_MATCH: {
        "description": "The ETag that you have. While that is the version, the answer is 304 without a body.",
        "schema": {"type": "string", "maxLength": 200},
        "example": '"2"',
    },
}
_PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem details. Clients act on `code` and `retryable` and must ignore other members.",
    "required": ["type", "title", "status", "detail", "instance", "code", "retryable", "request_id", "title_hi"],
    "properties": {
        "type": {"type": "string", "description": "Address of the page that explains this kind of problem."},
        "title": {"type": "string", "description": "The same text for every problem of this type."},
        "title_hi": {"type": "string", "description": "The title in Hindi, to be shown to a citizen."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong with this request and how to put it right."},
        "instance": {"type": "string"},
        "code": {"type": "string", "description": "Stable name of this kind of problem."},
        "retryable": {"type": "boolean", "description": "Whether the same request may succeed later."},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "The places that are not acceptable; 50 at most.",
            "items": {"$ref": "#/components/schemas/FieldProblem"},
        },
    },
}
_FIELD_PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "What is wrong at one place of the request.",
    "required": ["pointer", "code", "detail"],
    "properties": {
        "pointer": {
            "type": "string",
            "description": "JSON pointer into the body, ?name of a query parameter, or a header's name.",
        },
        "code": {"type": "string", "description": "Stable name of what is wrong there."},
        "detail": {"type": "string", "description": "How to put it right."},
        "detail_hi": {"type": "string", "description": "In Hindi, where people read it."},
    },
}
# apispec writes a length of anything as it writes that of a text.
_LENGTHS_OF_OBJECTS = {"minLength": "minProperties", "maxLength": "maxProperties"}


def openapi_document(app: Flask, service_name: str, claims: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The document as plain data; the same routes always give the same document.

    `claims` are the members in which a service says what it wants for itself (see `Service.claims`).
    """
    while undocumented := app.extensions.get("servicekit.undocumented"):
        undocumented.pop(0)()
    spec = app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec
    made: dict[str, Any] = _plain(spec.to_dict())
    document = {
        "openapi": made["openapi"],
        "info": {
            **made["info"],
            "description": f"What {service_name} serves. Clients call it at the gateway; its /docs has every service.",
            **_PUBLISHED_BY,
        },
        "servers": [{"url": "/"}],
        "x-service": service_name,
        **(claims or {}),
        "tags": made.get("tags", []),
        "paths": made["paths"],
        "components": made.get("components", {}),
    }
    scopes: dict[str, list[str]] = {}
    for path in list(document["paths"]):
        operations = document["paths"][path]
        for method in _METHODS:
            operation = operations.get(method)
            if operation is None:
                continue
            if operation.pop("x-undocumented", False):
                del operations[method]
                continue
            if operation.pop("x-versioned", False):
                _document_versions(operation, method)
            _finish_operation(operation, path)
            for need in operation["security"]:
                scopes.setdefault(need["oauth2"][0], []).append(f"{method.upper()} {path}")
        if not any(method in operations for method in _METHODS):
            del document["paths"][path]
    components = document["components"]
    components["responses"] = answers.problems(_names(document["paths"], _ANSWER_REFERENCE))
    carried = _names([document["paths"], components["responses"]], _HEADER_REFERENCE)
    components["headers"] = {name: answers.HEADERS[name] for name in sorted(carried)}
    components["schemas"] = _schemas(document["paths"], components.get("schemas", {}))
    components["securitySchemes"] = {
        "oauth2": {
            "type": "oauth2",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": "/v1/oauth2/token",
                    "scopes": {s: "Used by " + ", ".join(used) for s, used in sorted(scopes.items())},
                }
            },
        }
    }
    document["x-problems"] = problem_types(service_name)
    return document


def openapi_yaml(app: Flask, service_name: str, claims: Mapping[str, Any] | None = None) -> str:
    """The document as YAML, as it is committed beside the service."""
    return yaml.dump(
        openapi_document(app, service_name, claims),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=110,
    )


def problem_types(service_name: str) -> list[dict[str, Any]]:
    """Every problem the service may answer with: those of servicekit and of its own package, by slug."""
    packages = {"servicekit", service_name.replace("-", "_")}
    kinds = [k for k in _subclasses(ServiceError) if k.__module__.split(".")[0] in packages]
    rows: dict[str, dict[str, Any]] = {}
    for kind in kinds:
        if kind.slug in rows and "slug" in vars(kind):
            raise RuntimeError(f"two problems have the slug {kind.slug}; {kind.__name__} needs another")
        if "slug" in vars(kind):
            rows[kind.slug] = {
                "slug": kind.slug,
                "title": kind.title,
                "title_hi": kind.title_hi,
                "status": status_of(kind),
                "retryable": kind.retryable,
                "detail": _first_paragraph(kind),
            }
    return [rows[slug] for slug in sorted(rows)]


def _schemas(paths: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Those of `schemas` that an operation uses, and those of problems; by name.

    Requests refuse unknown members; a schema that is only answered with stays open, because clients must ignore
    members they do not know.
    """
    asked = _referenced(
        [o.get("requestBody") for path in paths.values() for o in path.values() if isinstance(o, dict)], schemas
    )
    used = _referenced(paths, schemas) | asked
    kept = {name: dict(schemas[name]) for name in sorted(used) if name in schemas}
    for name, schema in kept.items():
        if name not in asked:
            schema.pop("additionalProperties", None)
    kept |= {"Problem": _PROBLEM_SCHEMA, "FieldProblem": _FIELD_PROBLEM_SCHEMA}
    return {name: _with_lengths_of_objects(kept[name]) for name in sorted(kept)}


def _with_lengths_of_objects(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_lengths_of_objects(item) for item in value]
    if not isinstance(value, dict):
        return value
    names = _LENGTHS_OF_OBJECTS if value.get("type") == "object" else {}
    return {names.get(key, key): _with_lengths_of_objects(inner) for key, inner in value.items()}


def _referenced(value: Any, schemas: dict[str, Any], seen: frozenset[str] = frozenset()) -> set[str]:
    """Names of the schemas that `value` refers to, directly or through others."""
    names: set[str] = set()
    if isinstance(value, dict):
        target = value.get("$ref", "")
        name = target.removeprefix(_SCHEMA_REFERENCE)
        if target.startswith(_SCHEMA_REFERENCE) and name not in seen:
            names = {name} | _referenced(schemas.get(name), schemas, seen | {name})
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            names |= _referenced(item, schemas, seen)
    return names


def _names(value: Any, kind: str) -> set[str]:
    """Names of the components of this kind that `value` refers to itself."""
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    names = {name for item in inner for name in _names(item, kind)}
    reference = value.get("$ref", "") if isinstance(value, dict) else ""
    return names | {reference.removeprefix(kind)} if reference.startswith(kind) else names


def _document_versions(operation: dict[str, Any], method: str) -> None:
    """The ETag that is answered, and the header that asks for a version or forbids another."""
    read = method == "get"
    name = IF_NONE_MATCH if read else IF_MATCH
    operation.setdefault("parameters", []).append({"in": "header", "name": name, **_CONDITIONS[name]})
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            response["headers"] = {**response.get("headers", {}), **answers.headers(["ETag"])}
    if read:
        unchanged = "It is at the version of If-None-Match still."
        operation["responses"]["304"] = {"description": unchanged, "headers": answers.headers(["ETag"])}
    operation["x-raises"] = [*operation["x-raises"], StaleVersion]  # of a read too, where it names a version


def _finish_operation(operation: dict[str, Any], path: str) -> None:
    responses = operation.setdefault("responses", {})
    # flask-smorest refers to a response of its own for bad arguments; ours are all one shape.
    for status in [s for s in responses if "$ref" in responses[s]]:
        del responses[status]
    always = [REQUEST_ID_HEADER]
    if any(parameter["name"] == HEADER for parameter in operation.get("parameters", ())):
        always.append(REPLAYED_HEADER)
    for answer in responses.values():
        answer["headers"] = {**answers.headers(always), **answer.get("headers", {})}
    responses |= answers.refusals(operation, "{" in path, operation.pop("x-raises"))
    operation["responses"] = {k: responses[k] for k in sorted(responses)}
    needs = operation["security"]
    if needs and needs[0]["oauth2"] == [INTERNAL_SCOPE]:
        operation["x-internal"] = True


def _subclasses(kind: type[ServiceError]) -> list[type[ServiceError]]:
    classes: dict[type[ServiceError], None] = {}
    for child in kind.__subclasses__():
        classes[child] = None
        classes.update(dict.fromkeys(_subclasses(child)))
    return list(classes)


def _first_paragraph(kind: type[ServiceError]) -> str:
    return " ".join((kind.__doc__ or "").strip().split("\n\n")[0].split())


def _plain(value: Any) -> Any:
    """Only dict, list and scalars, with text keys: apispec uses mappings and integer keys of its own."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


class _Dumper(yaml.SafeDumper):
    """Writes repeated parts out in full: anchors make a diff hard to read."""

    def ignore_aliases(self, _: Any) -> bool:
        return True
