"""What the relay and the watch over the topology tell Prometheus."""

from prometheus_client import Counter, Gauge

_OLDEST = Gauge("emitra_outbox_oldest_pending_seconds", "Age of the oldest unpublished event.", ["service"])
_PENDING = Gauge("emitra_outbox_pending", "Unpublished events, counted up to 100,000.", ["service"])
_UNROUTABLE = Gauge("emitra_outbox_unroutable", "Events that no queue took: the topology is broken.", ["service"])
_DIFFERENCES = Gauge("emitra_topology_differences", "What the broker has otherwise than the topology.", ["service"])
_IN_FLIGHT = Gauge("emitra_relay_in_flight", "Published, not yet confirmed.", ["service"])
_PUBLISHED = Counter("emitra_relay_published", "Events the broker confirmed.", ["service"])
_NACKS = Counter("emitra_relay_nacks", "Events the broker refused to keep; they are sent again.", ["service"])


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
