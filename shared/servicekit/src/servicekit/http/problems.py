"""Every failure as application/problem+json (RFC 9457), the framework's own failures included."""

from typing import Any

import structlog
from flask import Flask, Response, current_app, request
from pymongo.errors import ConnectionFailure, PyMongoError, ServerSelectionTimeoutError
from werkzeug.exceptions import HTTPException

from servicekit import errors
from servicekit.errors import FieldProblem, ServiceError
from servicekit.http.exchange import exchange

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
# Long enough for an election of the store to end, short enough for a citizen to wait at the counter.
RETRY_AFTER_SECONDS = 2
_STATUSES_WITH_RETRY_AFTER = {429, 503, 504}


class MethodNotAllowed(ServiceError):
    """This address exists, but not for this method; Allow lists the methods that it takes."""

    slug = "method-not-allowed"
    title = "The method is not allowed here"
    title_hi = "इस पते पर यह विधि मान्य नहीं है"


class RequestTimeout(ServiceError):
    """The request did not arrive whole in the time that there was for it; nothing was done, and it may be repeated."""

    slug = "request-timeout"
    title = "The request came too slowly"
    title_hi = "अनुरोध समय के भीतर पूरा नहीं पहुँचा"
    retryable = True


class BodyTooLarge(ServiceError):
    """The body is larger than this service reads; send less at a time."""

    slug = "body-too-large"
    title = "The request body is too large"
    title_hi = "अनुरोध का आकार बहुत बड़ा है"


class UnsupportedMediaType(ServiceError):
    """The body has a Content-Type that this address does not read; JSON unless it is documented otherwise."""

    slug = "unsupported-media-type"
    title = "The media type is not supported"
    title_hi = "यह मीडिया प्रकार समर्थित नहीं है"


class VersionRequired(ServiceError):
    """A change needs If-Match with the ETag that was read, so that nobody else's change is overwritten."""

    slug = "version-required"
    title = "The version you read must be sent"
    title_hi = "पढ़े गए संस्करण की जानकारी भेजना आवश्यक है"


class InternalError(ServiceError):
    """Something failed inside the service; quote the request_id to support.

    A request that carried an Idempotency-Key may be repeated with the same key.
    """

    slug = "internal-error"
    title = "Something went wrong on our side"
    title_hi = "हमारी ओर से कोई त्रुटि हुई है"


STATUSES: dict[type[ServiceError], int] = {
    errors.MalformedRequest: 400,
    errors.NotAuthenticated: 401,
    errors.NotPermitted: 403,
    errors.NotFound: 404,
    MethodNotAllowed: 405,
    RequestTimeout: 408,
    errors.Conflict: 409,
    errors.StaleVersion: 412,
    BodyTooLarge: 413,
    UnsupportedMediaType: 415,
    errors.ValidationFailed: 422,
    errors.IdempotencyKeyReused: 422,
    VersionRequired: 428,
    errors.RateLimited: 429,
    InternalError: 500,
    errors.DependencyUnavailable: 503,
    errors.DependencyTimeout: 504,
}
_FRAMEWORK: dict[int, tuple[type[ServiceError], str]] = {
    400: (errors.MalformedRequest, "The request could not be read."),
    404: (errors.NotFound, "There is nothing at this address; look at the path and the id in it."),
    405: (MethodNotAllowed, "This address does not take this method; see Allow."),
    413: (BodyTooLarge, "The body is larger than {limit} bytes."),
    415: (UnsupportedMediaType, "Send the body with the Content-Type that this address documents."),
    500: (InternalError, "The request could not be completed. Quote the request_id to support."),
}


def media_type_of(kind: type[ServiceError]) -> str:
    """As what an error class is sent: problem+json, unless a protocol's clients look for their error in another one."""
    return getattr(kind, "media_type", CONTENT_TYPE)


def status_of(kind: type[ServiceError]) -> int:
    """The HTTP status of an error class: that of its nearest ancestor in STATUSES, 500 if it has none."""
    return next((STATUSES[c] for c in kind.__mro__ if c in STATUSES), 500)


def render(error: ServiceError) -> Response:
    """The problem document for `error`, with Retry-After and WWW-Authenticate where they belong."""
    kind = type(error)
    status = status_of(kind)
    document: dict[str, Any] = {
        **error.members,
        "type": f"/problems/{kind.slug}",
        "title": kind.title,
        "status": status,
        "detail": error.detail,
        "instance": request.path,
        "code": kind.slug,
        "retryable": kind.retryable,
        "request_id": exchange().request_id,
        "title_hi": kind.title_hi,
    }
    if error.errors:
        document["errors"] = [
            {name: told for name, told in vars(problem).items() if told is not None} for problem in error.errors
        ]
    response = Response(current_app.json.dumps(document), status, content_type=media_type_of(kind))
    retry_after = error.retry_after_seconds
    if retry_after is None and kind.retryable and status in _STATUSES_WITH_RETRY_AFTER:
        retry_after = RETRY_AFTER_SECONDS
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    if isinstance(error, errors.NotAuthenticated):
        response.headers["WWW-Authenticate"] = f'{error.challenge} realm="e-mitra"'
    elif isinstance(error, errors.NotPermitted) and "missing_scope" in error.members:
        scope = error.members["missing_scope"]
        response.headers["WWW-Authenticate"] = f'Bearer error="insufficient_scope", scope="{scope}"'
    return response


def _member(problem: FieldProblem) -> dict[str, str]:
    member = {"pointer": problem.pointer, "code": problem.code, "detail": problem.detail}
    return member if problem.detail_hi is None else {**member, "detail_hi": problem.detail_hi}


def register(app: Flask) -> None:
    """Have `app` answer every exception with a problem document."""
    app.register_error_handler(ServiceError, _service_error)
    app.register_error_handler(HTTPException, _framework_error)
    app.register_error_handler(PyMongoError, _store_error)
    app.register_error_handler(Exception, _unexpected_error)


def _service_error(error: ServiceError) -> Response:
    status = status_of(type(error))
    if status >= 500:
        cause = error.__cause__
        log.warning("request_not_served", slug=error.slug, status=status, cause=type(cause).__name__ if cause else None)
    return render(error)


def _framework_error(error: HTTPException) -> Response:
    code = error.code or 500
    if code not in _FRAMEWORK:
        code = 400 if 400 <= code < 500 else 500
    kind, detail = _FRAMEWORK[code]
    response = render(kind(detail.format(limit=request.max_content_length)))
    if code == 405:
        allowed = getattr(error, "valid_methods", None) or ()
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _store_error(error: PyMongoError) -> Response:
    again = "Repeat the request, with the same Idempotency-Key if it had one."
    translated: ServiceError
    if isinstance(error, ServerSelectionTimeoutError):
        translated = errors.DependencyUnavailable(f"The data store cannot be reached. {again}")
    elif error.timeout:
        translated = errors.DependencyTimeout(f"The data store did not answer in time. {again}")
    elif isinstance(error, ConnectionFailure) or error.has_error_label("TransientTransactionError"):
        translated = errors.DependencyUnavailable(f"The data store could not finish the work. {again}")
    else:
        return _unexpected_error(error)
    translated.__cause__ = error
    return _service_error(translated)


def _unexpected_error(error: Exception) -> Response:
    log.error("request_failed", exc_info=error)
    kind, detail = _FRAMEWORK[500]
    return render(kind(detail))
