"""What every process tells Prometheus.

One scheme of names. What OpenTelemetry's semantic conventions name has their name and their attributes, as Prometheus
writes them (`http.server.request.duration` is `http_server_request_duration_seconds`). All else begins with `emitra_`
and ends with its unit. No label's values are what a caller chooses: a route is a template, a method that is none is
`_OTHER`. Which service and process it is, the scraper says (`job`, `process`).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

# A second series for each counter, of when it began: nothing asks for it.
disable_created_metrics()  # type: ignore[no-untyped-call] # it is not annotated there

UNMATCHED = "unmatched"  # requests for addresses that do not exist share one series: paths are unbounded
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_OTHER_METHOD = "_OTHER"  # the conventions' word
# From a cached read (2 ms) to the longest deadline a caller may ask for (60 s).
_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

_REQUESTS = Histogram(
    "http_server_request_duration_seconds",
    "Time from the first hook to the finished answer, by route template.",
    ["http_request_method", "http_route", "http_response_status_code"],
    buckets=_BUCKETS,
)
_CALLS = Histogram(
    "http_client_request_duration_seconds",
    "Time until another program's answer was here, or it was clear that none comes.",
    ["server_address", "http_request_method", "http_response_status_code", "error_type"],
    buckets=_BUCKETS,
)
EVICTED = Counter(
    "emitra_http_connections_evicted",
    "Connections closed at the limit, the longest waiting first, so that others find room.",
)
THREADS = Gauge("emitra_http_threads", "Threads that answer requests.")
BUSY = Gauge("emitra_http_threads_busy", "Threads that answer a request now.")
WAITING = Gauge("emitra_http_requests_waiting", "Whole requests that wait for a thread.")


def observe_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request; `route` is a template such as /v1/payments/<payment_id>, never a path."""
    _REQUESTS.labels(method if method in _METHODS else _OTHER_METHOD, route, str(status)).observe(seconds)


@dataclass(slots=True)
class Call:
    """One request to another program; `status` is that of its answer, once there is one."""

    status: int | None = None


@contextmanager
def observed_call(server: str, method: str) -> Iterator[Call]:
    """Measures one request to `server`, a name of ours such as billing or biller-network, never what a caller chose.

    Whoever calls puts the answer's status into what it gets. An exception is the call's error, by its type.
    """
    began, call, error_type = time.monotonic(), Call(), ""
    try:
        yield call
    except Exception as error:
        error_type = type(error).__name__
        raise
    finally:
        status = "" if call.status is None else str(call.status)
        error_type = error_type or (status if (call.status or 0) >= 500 else "")
        _CALLS.labels(server, method, status, error_type).observe(time.monotonic() - began)
