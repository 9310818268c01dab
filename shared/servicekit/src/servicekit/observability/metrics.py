"""Rate, errors and duration of every route, for Prometheus."""

from prometheus_client import Counter, Histogram

UNMATCHED = "unmatched"  # requests for addresses that do not exist share one series: paths are unbounded
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
# From a cached read (2 ms) to the longest deadline a caller may ask for (60 s).
_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

_REQUESTS = Histogram(
    "emitra_http_request_duration_seconds",
    "Time from the first hook to the finished answer, by route template.",
    ["method", "route", "status"],
    buckets=_BUCKETS,
)


def observe_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request; `route` is a template such as /v1/payments/<payment_id>, never a path."""
    _REQUESTS.labels(method if method in _METHODS else "other", route, str(status)).observe(seconds)


EVICTED = Counter(
    "emitra_http_connections_evicted",
    "Connections closed at the limit, the longest waiting first, so that others find room.",
)
