"""Around every request: its id, trace and deadline before; its metrics, log line and headers after."""

import re
import time
from functools import partial
from typing import Any

import structlog
from flask import Flask, Response, g, request
from uuid6 import uuid7

from servicekit.deadlines import LEAST_USEFUL_SECONDS, deadline
from servicekit.errors import DependencyTimeout, FieldProblem, MalformedRequest
from servicekit.http.exchange import REQUEST_ID_HEADER, Exchange, exchange
from servicekit.http.keyed import REPLAYED_HEADER
from servicekit.observability import metrics, tracing

TIMEOUT_HEADER = "Emitra-Timeout-Ms"
DEFAULT_TIMEOUT_MS = 30_000
MOST_TIMEOUT_MS = 60_000  # longer than any client should keep a citizen waiting; more is cut to this
# Sixteen characters at least, so that a mobile or Aadhaar number cannot pass as an id and reach the logs.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{16,64}")
_TIMEOUT = re.compile(r"[0-9]{1,9}")
PROBES = frozenset({"livez", "readyz", "metrics"})


def register(app: Flask) -> None:
    """Install the hooks; must come before any other before_request of the app."""
    app.before_request(_begin)
    # Bound once: structlog would otherwise put a logger together for every request.
    app.after_request(partial(_finish, structlog.get_logger(__name__).bind()))
    app.teardown_request(_end)


def _begin() -> None:
    started = time.perf_counter()
    req = request._get_current_object()  # type: ignore[attr-defined] # the proxy would look it up each time
    headers = req.headers
    given = headers.get(REQUEST_ID_HEADER)
    request_id = given if given and _REQUEST_ID.fullmatch(given) else f"req_{uuid7().hex}"
    g.exchange = current = Exchange(request_id, started)
    if req.endpoint in PROBES:
        return
    rule = req.url_rule
    current.span = current.scope.enter_context(
        tracing.server_span(
            req.method, rule.rule if rule else None, request_id, headers.get("traceparent"), headers.get("tracestate")
        )
    )
    structlog.contextvars.bind_contextvars(request_id=request_id, trace_id=tracing.trace_id_of(current.span))
    current.scope.callback(structlog.contextvars.clear_contextvars)
    current.scope.enter_context(deadline(_timeout_seconds(headers.get(TIMEOUT_HEADER))))


def _timeout_seconds(given: str | None) -> float:
    if given is None:
        return DEFAULT_TIMEOUT_MS / 1000
    if not _TIMEOUT.fullmatch(given) or int(given) == 0:
        raise MalformedRequest(
            f"{TIMEOUT_HEADER} must be a whole number of milliseconds above 0.",
            errors=[FieldProblem(TIMEOUT_HEADER, "invalid-format", "Whole milliseconds, such as 30000.")],
        )
    seconds = min(int(given), MOST_TIMEOUT_MS) / 1000
    if seconds < LEAST_USEFUL_SECONDS:
        raise DependencyTimeout("Less than 100 ms are left for this request; nothing was begun.")
    return seconds


def _finish(log: Any, response: Response) -> Response:
    current = exchange()
    req = request._get_current_object()  # type: ignore[attr-defined] # the proxy would look it up each time
    headers = response.headers
    headers[REQUEST_ID_HEADER] = current.request_id
    if req.endpoint in PROBES:
        return response
    # Answers hold personal data and money; no cache on the way may keep them unless a route says so.
    headers.setdefault("Cache-Control", "no-store")
    if current.replayed:
        headers[REPLAYED_HEADER] = "true"
    seconds = time.perf_counter() - current.started
    rule = req.url_rule
    route = rule.rule if rule else metrics.UNMATCHED
    status = response.status_code
    metrics.observe_request(req.method, route, status, seconds)
    tracing.record_status(current.span, status)
    write = log.warning if status >= 500 else log.info
    write("http_request", method=req.method, route=route, status=status, duration_ms=round(seconds * 1000, 2))
    return response


def _end(_: Any) -> None:
    if "exchange" in g:
        exchange().scope.close()
