"""What every operation may answer beside its own success: the refusals, and the headers that answers carry."""

from collections.abc import Iterable, Sequence
from typing import Any

from servicekit import errors
from servicekit.errors import ServiceError
from servicekit.http.exchange import REQUEST_ID_HEADER
from servicekit.http.keyed import REPLAYED_HEADER
from servicekit.http.problems import (
    CONTENT_TYPE,
    STATUSES,
    BodyTooLarge,
    InternalError,
    RequestTimeout,
    UnsupportedMediaType,
    media_type_of,
    status_of,
)

ANY_PROBLEM = "Problem"
HEADERS: dict[str, dict[str, Any]] = {
    REQUEST_ID_HEADER: {
        "description": "The request's id: quote it to support. A caller may choose it by sending the same header.",
        "required": True,
        "schema": {"type": "string"},
    },
    REPLAYED_HEADER: {
        "description": "true when an earlier request with the same Idempotency-Key did the work; else absent.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Location": {
        "description": "Where the thing is that was made, relative to this address.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "ETag": {
        "description": "The version of what is shown (RFC 9110, 8.8.3).",
        "required": True,
        "schema": {"type": "string"},
    },
    "Cache-Control": {
        "description": "How long the answer may be kept (RFC 9111).",
        "required": True,
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds to wait before asking again; absent when waiting does not help.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {
        "description": "How to prove who calls, or which scope is missing (RFC 6750, RFC 7617).",
        "schema": {"type": "string"},
    },
    "Proxy-Status": {
        "description": "From the gateway, when it had no answer of the service's to pass on (RFC 9209).",
        "schema": {"type": "string"},
    },
}
_OF_A_REFUSAL = {
    401: ("WWW-Authenticate",),
    403: ("WWW-Authenticate",),
    404: ("Retry-After",),  # what is not there yet may be soon
    429: ("Retry-After",),
    503: ("Retry-After", "Proxy-Status"),
    504: ("Retry-After", "Proxy-Status"),
}
# The request's form and time, a failure inside, a part that is away: the gateway and the chassis answer with these
# before and around any operation. An address refuses query parameters that it does not take with 422.
_OF_EVERY_OPERATION = (
    errors.MalformedRequest,
    RequestTimeout,
    errors.ValidationFailed,
    InternalError,
    errors.DependencyUnavailable,
    errors.DependencyTimeout,
)


def headers(names: Iterable[str]) -> dict[str, Any]:
    """References to the headers of these names, as an answer lists them. Raises KeyError for an unknown one."""
    references = {}
    for name in names:
        if name not in HEADERS:
            raise KeyError(f"{name} is not described among the headers of answers")
        references[name] = {"$ref": f"#/components/headers/{name}"}
    return references


def refusals(operation: dict[str, Any], path_parameters: bool, own: Sequence[type[ServiceError]]) -> dict[str, Any]:
    """The answers by status with which an operation may refuse; `own` are problems of it alone.

    Each is a reference to the answer for its status; beside it stands which of `own` come with that status.
    """
    kinds = list(_OF_EVERY_OPERATION)
    if operation["security"]:
        kinds += [errors.NotAuthenticated, errors.NotPermitted]
    if path_parameters:
        kinds.append(errors.NotFound)
    if "requestBody" in operation:
        kinds += [BodyTooLarge, UnsupportedMediaType]
    by_status: dict[int, list[type[ServiceError]]] = {status_of(kind): [] for kind in kinds}
    for kind in own:
        by_status.setdefault(status_of(kind), []).append(kind)
    answers = {str(status): _refusal(status, kinds) for status, kinds in sorted(by_status.items())}
    return {**answers, "default": _reference(ANY_PROBLEM, ())}


def _refusal(status: int, own: Sequence[type[ServiceError]]) -> dict[str, Any]:
    """A reference; written out where one of `own` is sent as another media type too."""
    reference = _reference(_name(status), [kind.slug for kind in own])
    media_types = {media_type_of(kind) for kind in own} - {CONTENT_TYPE}
    if not media_types:
        return reference
    (answer,) = problems([_name(status)]).values()
    content = answer["content"] | dict.fromkeys(sorted(media_types), answer["content"][CONTENT_TYPE])
    return {**answer, "description": f"{answer['description']} {reference['description']}", "content": content}


def problems(names: Iterable[str]) -> dict[str, Any]:
    """The answers of these names to which `refusals` refers, for the components of a document."""
    by_name = {_name(status): (status, kind) for kind, status in reversed(STATUSES.items())}
    responses = {}
    for name in sorted(names):
        status, kind = by_name.get(name, (0, None))
        text = " ".join((kind.__doc__ or "").split("\n\n")[0].split()) if kind else "The request was not carried out."
        responses[name] = {
            "description": text,
            "headers": headers((REQUEST_ID_HEADER, *_OF_A_REFUSAL.get(status, ()))),
            "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return responses


def _name(status: int) -> str:
    """The first kind of problem with this status names the answer."""
    return next(kind.__name__ for kind, of in STATUSES.items() if of == status)


def _reference(name: str, slugs: Iterable[str]) -> dict[str, Any]:
    reference = {"$ref": f"#/components/responses/{name}"}
    codes = ", ".join(f"`{slug}`" for slug in sorted(slugs))
    return {**reference, "description": f"Also with the code {codes}."} if codes else reference
