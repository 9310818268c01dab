"""What relay and worker tell Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

_OLDEST = Gauge("outbox_oldest_pending_seconds", "Age of the oldest unpublished event.", ["service"])
_PENDING = Gauge("outbox_pending", "Unpublished events, counted up to 100,000.", ["service"])
_UNROUTABLE = Gauge("outbox_unroutable", "Events that no queue took: the topology is broken.", ["service"])
_DIFFERENCES = Gauge("broker_topology_differences", "What the broker has otherwise than the topology.", ["service"])
_IN_FLIGHT = Gauge("relay_in_flight", "Published, not yet confirmed.", ["service"])
_PUBLISHED = Counter("relay_published_total", "Events the broker confirmed.", ["service"])
_NACKS = Counter("relay_nacks_total", "Events the broker refused to keep; they are sent again.", ["service"])
_HANDLED = Counter("consumer_messages_total", "Messages by queue and outcome.", ["queue", "outcome"])
_SECONDS = Histogram(
    "consumer_handling_seconds",
    "From taking a message up to its commit.",
    ["queue"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30),
)


class RelayMetrics:
    """One service's relay."""

    def __init__(self, service: str) -> None:
        self.oldest_pending_seconds = _OLDEST.labels(service)
        self.pending = _PENDING.labels(service)
        self.unroutable = _UNROUTABLE.labels(service)
        self.in_flight = _IN_FLIGHT.labels(service)
        self.published = _PUBLISHED.labels(service)
        self.nacks = _NACKS.labels(service)


def topology_differences(service: str) -> Gauge:
    """The gauge of what one service's broker has otherwise; it appears with this call, at 0."""
    return _DIFFERENCES.labels(service)


def handled(queue: str, outcome: str, messages: int = 1) -> None:
    """Counts messages. Outcomes: handled, skipped (not wanted), duplicate, stale, retried, parked."""
    _HANDLED.labels(queue, outcome).inc(messages)


def handling_took(queue: str, seconds: float) -> None:
    """Records how long one message took from being taken up to its commit."""
    _SECONDS.labels(queue).observe(seconds)
