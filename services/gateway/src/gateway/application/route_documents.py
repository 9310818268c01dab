"""Reading a service's OpenAPI document as a route table: what must hold before a single route of it is applied."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from gateway.application.routes import Operation, PublishedService, address, is_parameter

TRANSACTION_LOOKUP = "/v1/internal/transactions/{token}"
SCHEMA_PREFIX = "urn:emitra:events:"
# A body is held whole until it is handed on: what is larger is sent in pieces.
LARGEST_BODY_BYTES = 1024 * 1024
_INTERNAL_PREFIX = "/v1/internal"
_METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")
_SERVICE_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
_FIXED_SEGMENT = re.compile(r"[A-Za-z0-9._~-]+")
# A version alone, or the root, would be everybody's.
_PREFIX = re.compile(r"/v[0-9]+(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
# No beginning of this form begins another, so no id is of two kinds.
_ID = re.compile(r"[a-z][a-z0-9]{1,11}_|[A-Z]{2}")
_SHARED = re.compile(rf"SCOPE [a-z][a-z0-9-]*|ID ({_ID.pattern})")
_PARAMETER = re.compile(r"\{[A-Za-z_][A-Za-z0-9_]*\}")


class UnusableDocument(Exception):
    """A service's files cannot be applied; `problems` lists everything that is wrong with them."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def read_service(name: str, document: Any, base_url: str | None, place: str = "") -> PublishedService:
    """The service that `document` (parsed OpenAPI 3) and `base_url` describe; None is the gateway's own.

    Raises UnusableDocument listing every problem: a version other than OpenAPI 3, no paths, an x-service that is
    not `name`, an operation with neither a scope nor x-public, a path that cannot be matched, a URL that cannot be
    called, a limit of bodies (`x-max-body-bytes`) above 1 MiB, a prefix that is not one, a schema of an event
    (`x-events`) that does not name it, a beginning of ids (`x-emitra-ids`) or a shared name (`x-emitra-shares`) of
    another form. Internal paths (`/v1/internal/…`, `x-internal: true`) are left out of the routes.
    """
    if not isinstance(document, Mapping):
        raise UnusableDocument(["the file is not an OpenAPI document (a mapping is expected)"])
    problems = _document_problems(name, document)
    problems += [] if base_url is None else _url_problems(base_url)
    operations: list[Operation] = []
    paths = document.get("paths")
    for template, item in (paths if isinstance(paths, Mapping) else {}).items():
        if is_internal_path(template):
            continue
        read, wrong = _read_path(name, str(template), item)
        operations += read
        problems += wrong
    problems += _claimed_twice(operations)
    if problems:
        raise UnusableDocument(problems)
    return PublishedService(
        name=name,
        base_url=(base_url or "").rstrip("/"),
        document=document,
        operations=tuple(operations),
        finds_transactions=TRANSACTION_LOOKUP in (paths or {}),
        place=place,
        prefix=document.get("x-emitra-prefix", ""),
        events=document.get("x-events") or {},
        ids=tuple(document.get("x-emitra-ids") or ()),
        shares=tuple((kind, name) for kind, name in map(str.split, document.get("x-emitra-shares") or ())),
    )


def is_internal_path(template: object) -> bool:
    text = str(template)
    return text == _INTERNAL_PREFIX or text.startswith(_INTERNAL_PREFIX + "/")


def is_internal(operation: object) -> bool:
    return isinstance(operation, Mapping) and operation.get("x-internal") is True


def _document_problems(name: str, document: Mapping[str, Any]) -> list[str]:
    problems = []
    if not _SERVICE_NAME.fullmatch(name):
        problems.append(f"the file name {name!r} is not a service name (lower case, digits and hyphens)")
    version = document.get("openapi")
    if not isinstance(version, str) or not version.startswith("3."):
        problems.append(f"openapi is {version!r}, expected 3.x")
    if not isinstance(document.get("paths"), Mapping) or not document["paths"]:
        problems.append("paths is missing or empty")
    if document.get("x-service") != name:
        problems.append(f"x-service is {document.get('x-service')!r}, expected {name!r} as the file is named")
    problems += _event_problems(document.get("x-events") or {})
    problems += _name_problems("x-emitra-ids", document.get("x-emitra-ids") or {}, _ID, "pay_")
    problems += _name_problems("x-emitra-shares", document.get("x-emitra-shares") or {}, _SHARED, "SCOPE payments")
    prefix = document.get("x-emitra-prefix", "")
    if prefix != "" and not (isinstance(prefix, str) and _PREFIX.fullmatch(prefix)):
        problems.append(f"x-emitra-prefix is {prefix!r}, expected a version and fixed text such as /v1/{name}")
    return problems


def _event_problems(events: object) -> list[str]:
    if not isinstance(events, Mapping):
        return ["x-events is no mapping of events to their schemas"]
    return [
        f"x-events has {event!r} with a schema that does not call itself {SCHEMA_PREFIX}{event}"
        for event, schema in events.items()
        if not (isinstance(schema, Mapping) and schema.get("$id") == f"{SCHEMA_PREFIX}{event}")
    ]


def _name_problems(member: str, names: object, form: re.Pattern[str], such_as: str) -> list[str]:
    if not isinstance(names, Mapping):
        return [f"{member} is no mapping of names such as {such_as} to what they are"]
    return [f"{member} has {name!r}, expected the form of {such_as}" for name in names if not form.fullmatch(str(name))]


def _url_problems(base_url: str) -> list[str]:
    try:
        url = urlsplit(base_url)
        usable = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
        usable = usable and url.path in {"", "/"} and not url.query and not url.fragment and not url.username
    except ValueError:
        usable = False
    return [] if usable else [f"the URL {base_url!r} is not of the form http://host:port"]


def _read_path(service: str, template: str, item: Any) -> tuple[list[Operation], list[str]]:
    problems = _template_problems(template)
    if not isinstance(item, Mapping):
        return [], [*problems, f"{template} is not a mapping of methods"]
    operations = []
    for method in _METHODS:
        documented = item.get(method)
        if documented is None or is_internal(documented) or is_internal(item):
            continue
        where = f"{method.upper()} {template}"
        if not isinstance(documented, Mapping):
            problems.append(f"{where} is not a mapping")
            continue
        public = documented.get("x-public") is True
        scopes = _scopes(documented)
        if public == bool(scopes):
            problems.append(f"{where} must have either security scopes or x-public: true")
        most_bytes = documented.get("x-max-body-bytes")
        if most_bytes is not None and not (type(most_bytes) is int and 0 < most_bytes <= LARGEST_BODY_BYTES):
            problems.append(
                f"{where} has x-max-body-bytes {most_bytes!r}, expected a number of bytes up to {LARGEST_BODY_BYTES}: "
                "take what is larger in pieces"
            )
            most_bytes = None
        parameters = [*(item.get("parameters") or ()), *(documented.get("parameters") or ())]
        operations.append(
            Operation(
                service=service,
                method=method.upper(),
                template=template,
                scopes=scopes,
                public=public,
                body_types=frozenset((documented.get("requestBody") or {}).get("content") or ()),
                repeatable=frozenset(_repeatable(parameters)),
                cookies=frozenset(p["name"] for p in parameters if isinstance(p, Mapping) and p.get("in") == "cookie"),
                most_body_bytes=most_bytes,
            )
        )
    return operations, problems


def _template_problems(template: str) -> list[str]:
    segments = template.split("/")
    if segments[0] != "" or len(segments) < 2:
        return [f"{template} does not begin with /"]
    return [
        f"{template}: the segment {segment!r} is neither fixed text nor one {{parameter}}"
        for segment in segments[1:]
        if not (_PARAMETER if is_parameter(segment) else _FIXED_SEGMENT).fullmatch(segment) or segment in {".", ".."}
    ]


def _scopes(documented: Mapping[str, Any]) -> tuple[frozenset[str], ...]:
    alternatives = []
    for requirement in documented.get("security") or ():
        scopes = frozenset(scope for needed in requirement.values() for scope in needed)
        if scopes:
            alternatives.append(scopes)
    return tuple(alternatives)


def _repeatable(parameters: Iterable[Any]) -> Iterable[str]:
    for parameter in parameters:
        schema = parameter.get("schema") or {} if isinstance(parameter, Mapping) else {}
        types = schema.get("type")
        if parameter.get("in") == "query" and (types == "array" or (isinstance(types, list) and "array" in types)):
            yield parameter["name"]


def _claimed_twice(operations: Iterable[Operation]) -> list[str]:
    seen: set[tuple[str, str]] = set()
    problems = []
    for operation in operations:
        if address(operation) in seen:
            problems.append(f"{operation.method} {operation.template} is documented twice")
        seen.add(address(operation))
    return problems
