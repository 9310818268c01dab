"""What the server itself answers, before any application or instead of it: RFC 9457 problems, and the end."""

import json

import structlog
from gunicorn.http import errors

from servicekit import ids
from servicekit.errors import DependencyUnavailable, MalformedRequest, ServiceError
from servicekit.http.problems import BodyTooLarge, InternalError, RequestTimeout, status_of

log = structlog.get_logger(__name__)

_REASONS = {
    400: "Bad Request",
    408: "Request Timeout",
    413: "Content Too Large",
    414: "URI Too Long",
    417: "Expectation Failed",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}
_PARSER = {
    errors.LimitRequestLine: (414, "The address is too long; shorten the path or the query."),
    errors.LimitRequestHeaders: (431, "Send fewer or shorter headers."),
    errors.UnsupportedTransferCoding: (501, "Send Content-Length, or Transfer-Encoding: chunked."),
    errors.ExpectationFailed: (417, "Leave the Expect header out."),
    errors.NoMoreData: (400, "The request ended before it was whole; send it again."),
    errors.InvalidChunkSize: (400, "The body's chunks are malformed (RFC 9112 section 7.1)."),
    errors.InvalidChunkExtension: (400, "The body's chunks are malformed (RFC 9112 section 7.1)."),
    errors.ChunkMissingTerminator: (400, "The body's chunks are malformed (RFC 9112 section 7.1)."),
}
_MALFORMED = "This is not a well-formed HTTP/1.1 request; check its first line and its headers."
_UNEXPECTED = "The server failed; nothing is known to be wrong with the request."


def answer(error: BaseException) -> bytes:
    """The whole answer to a request that no application answers; the connection is to be closed after it.

    Nothing of the request is repeated or logged, and of the error only its kind: a parser quotes what it read.
    """
    problem: ServiceError
    status = 0
    if isinstance(error, RequestTimeout | BodyTooLarge | DependencyUnavailable):
        problem = error
    elif isinstance(error, errors.ParseException | errors.NoMoreData):
        status, detail = next((said for kind, said in _PARSER.items() if isinstance(error, kind)), (400, _MALFORMED))
        problem = MalformedRequest(detail)
    else:
        problem = InternalError(_UNEXPECTED)
    kind = type(problem)
    status = status or status_of(kind)
    request_id = ids.public_id("req")
    if status == 500:
        log.error("server_failed", kind=type(error).__name__, request_id=request_id)
    else:
        log.info("request_not_read", kind=type(error).__name__, status=status, request_id=request_id)
    body = json.dumps(
        {
            "type": f"/problems/{kind.slug}",
            "title": kind.title,
            "title_hi": kind.title_hi,
            "status": status,
            "detail": problem.detail,
            "instance": "/",  # the server itself: what the request was about was not read, and is not repeated
            "code": kind.slug,
            "retryable": kind.retryable,
            "request_id": request_id,
        }
    ).encode()
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
        f"X-Request-Id: {request_id}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
