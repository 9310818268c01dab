"""Where gunicorn's worker does not do what callers were told: errors before any application, and stopping."""

import json
import socket
from typing import Any

import structlog
from gunicorn import util
from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker

from servicekit import ids
from servicekit.errors import MalformedRequest
from servicekit.http.problems import InternalError

log = structlog.get_logger(__name__)

_STATUSES = {
    errors.LimitRequestLine: (414, "URI Too Long", "The address is too long; shorten the path or the query."),
    errors.LimitRequestHeaders: (431, "Request Header Fields Too Large", "Send fewer or shorter headers."),
    errors.UnsupportedTransferCoding: (501, "Not Implemented", "Send Content-Length, or Transfer-Encoding: chunked."),
    errors.ExpectationFailed: (417, "Expectation Failed", "Leave the Expect header out."),
}
_MALFORMED = (400, "Bad Request", "This is not a well-formed HTTP/1.1 request; check its first line and its headers.")
_UNEXPECTED = (500, "Internal Server Error", "The server failed; nothing is known to be wrong with the request.")


class ProblemWorker(ThreadWorker):
    """gunicorn's threaded worker with RFC 9457 answers to what it cannot parse, and a stop that loses no request."""

    sockets: list[Any]  # gunicorn's own, undeclared there

    def set_accept_enabled(self, enabled: bool) -> None:
        """At a stop the listener is closed when the draining begins, and not when it has ended.

        Whoever connects meanwhile is refused at once and knows that nothing was done. gunicorn would leave them in the
        kernel's queue, with their requests sent, until they are reset: then nobody knows.
        """
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        for listener in self.sockets:
            waiting = -1
            while waiting < self.nr_conns:  # those in the queue have sent their requests already
                waiting = self.nr_conns
                self.accept(listener)
            listener.close()
        self.sockets = []

    def handle_error(self, _req: Any, client: socket.socket, _addr: Any, exc: BaseException) -> None:
        """Answers and lets gunicorn close the connection. Nothing of the request is repeated or logged."""
        kind: type[MalformedRequest | InternalError] = MalformedRequest
        answer = next((answered for known, answered in _STATUSES.items() if isinstance(exc, known)), _MALFORMED)
        request_id = ids.public_id("req")
        if isinstance(exc, errors.ParseException):
            log.info("request_not_parsed", kind=type(exc).__name__, request_id=request_id)
        else:
            kind, answer = InternalError, _UNEXPECTED
            log.error("server_failed", exc_info=exc, request_id=request_id)
        status, reason, detail = answer
        body = json.dumps(
            {
                "type": f"/problems/{kind.slug}",
                "title": kind.title,
                "title_hi": kind.title_hi,
                "status": status,
                "detail": detail,
                "instance": "/",  # the server itself: what the request was about was not read, and is not repeated
                "code": kind.slug,
                "retryable": False,
                "request_id": request_id,
            }
        ).encode()
        head = (
            f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
            f"X-Request-Id: {request_id}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            util.write_nonblock(client, head.encode() + body)
        except OSError as error:
            log.info("caller_gone", reason=type(error).__name__)
