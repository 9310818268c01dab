"""Around every request: its id, trace and deadline before; its metrics, log line and headers after."""

import re
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from flask import Flask, Response, g, request

from servicekit.deadlines import LEAST_USEFUL_SECONDS, deadline
from servicekit.errors import DependencyTimeout, FieldProblem, MalformedRequest
from servicekit.http.exchange import REQUEST_ID_HEADER, Exchange, exchange
from servicekit.http.keyed import REPLAYED_HEADER
from servicekit.ids import ids_in, public_id
from servicekit.observability import metrics, tracing

TIMEOUT_HEADER = "Emitra-Timeout-Ms"
DEFAULT_TIMEOUT_MS = 30_000
MOST_TIMEOUT_MS = 60_000  # longer than any client should keep a citizen waiting; more is cut to this
# A UUID (RFC 9562), as it is usually written or as we write ours: in anything freer people put numbers of people, and
# an id is logged.
_REQUEST_ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|req_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}",
    re.IGNORECASE,
)
_TIMEOUT = re.compile(r"[0-9]{1,9}")


def register(app: Flask) -> None:
    """Install the hooks; must come before any other before_request of the app."""
    app.before_request(_begin)
    # Bound once: structlog would otherwise put a logger together for every request.
    app.after_request(partial(_finish, structlog.get_logger(__name__).bind()))
    app.teardown_request(_end)


def _begin() -> None:
    started = begun_at(request.environ)
    req = request._get_current_object()  # type: ignore[attr-defined] # the proxy would look it up each time
    headers = req.headers
    request_id = request_id_of(headers.get(REQUEST_ID_HEADER))
    g.exchange = current = Exchange(request_id, started)
    rule = req.url_rule
    current.span = current.scope.enter_context(
        tracing.server_span(
            req.method, rule.rule if rule else None, request_id, headers.get("traceparent"), headers.get("tracestate")
        )
    )
    structlog.contextvars.bind_contextvars(request_id=request_id, trace_id=tracing.trace_id_of(current.span))
    current.scope.callback(structlog.contextvars.clear_contextvars)
    current.scope.enter_context(deadline(_seconds_left(headers.get(TIMEOUT_HEADER), started)))


def begun_at(environ: Mapping[str, Any]) -> float:
    """When the head of the request was here (`time.monotonic`): the time allowed for it counts from then."""
    at: float = getattr(environ["wsgi.input"], "begun_at", 0.0)
    return at or time.monotonic()


def allow_body(environ: Mapping[str, Any], most_bytes: int) -> None:
    """Has the server wait for a body of this size, where it is not here yet."""
    with suppress(AttributeError):  # other servers than ours bring no such limit
        environ["wsgi.input"].most_bytes = most_bytes


def request_id_of(given: str | None) -> str:
    """The caller's X-Request-Id if it is a UUID, or one of ours (`req_` and 32 hex digits); else a new one of ours."""
    return given if given and _REQUEST_ID.fullmatch(given) else public_id("req")


def timeout_ms(given: str | None) -> int:
    """The milliseconds that `Emitra-Timeout-Ms` allows, at most `MOST_TIMEOUT_MS`. Raises MalformedRequest."""
    if given is None:
        return DEFAULT_TIMEOUT_MS
    if not _TIMEOUT.fullmatch(given) or int(given) == 0:
        raise MalformedRequest(
            f"{TIMEOUT_HEADER} must be a whole number of milliseconds above 0.",
            errors=[FieldProblem(TIMEOUT_HEADER, "invalid-format", "Whole milliseconds, such as 30000.")],
        )
    return min(int(given), MOST_TIMEOUT_MS)


def _seconds_left(given: str | None, begun: float) -> float:
    waited = time.monotonic() - begun
    # A body was waited for on the caller's time; the way to here, on a busy machine some hundredths, was not.
    seconds = timeout_ms(given) / 1000 - (waited if waited > LEAST_USEFUL_SECONDS else 0)
    if seconds < LEAST_USEFUL_SECONDS:
        raise DependencyTimeout("Less than 100 ms are left for this request; nothing was begun.")
    return seconds


def _finish(log: Any, response: Response) -> Response:
    current = exchange()
    req = request._get_current_object()  # type: ignore[attr-defined] # the proxy would look it up each time
    headers = response.headers
    headers[REQUEST_ID_HEADER] = current.request_id
    # Answers hold personal data and money; no cache on the way may keep them unless a route says so.
    headers.setdefault("Cache-Control", "no-store")
    if current.replayed:
        headers[REPLAYED_HEADER] = "true"
    seconds = time.monotonic() - current.started
    rule = req.url_rule
    route = rule.rule if rule else metrics.UNMATCHED
    status = response.status_code
    metrics.observe_request(req.method, route, status, seconds)
    tracing.record_status(current.span, status)
    fields: dict[str, Any] = {
        "method": req.method,
        "route": route,
        "status": status,
        "duration_ms": round(seconds * 1000, 2),
    }
    if ids := ids_in(req.path) + ids_in(headers.get("Location", "")):
        fields["ids"] = ids
        tracing.record_ids(current.span, ids)
    write = log.warning if status >= 500 else log.info
    write("http_request", **fields)
    return response


def _end(_: Any) -> None:
    if "exchange" in g:
        exchange().scope.close()
