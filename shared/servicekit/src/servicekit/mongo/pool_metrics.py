"""What Prometheus learns of the connections to MongoDB, by OpenTelemetry's conventions for database clients."""

from typing import Any

from prometheus_client import Counter, Gauge, Histogram
from pymongo.monitoring import ConnectionPoolListener

_POOL = "db_client_connection_pool_name"
_COUNT = Gauge("db_client_connection_count", "Connections that there are.", [_POOL, "db_client_connection_state"])
_PENDING = Gauge("db_client_connection_pending_requests", "Threads that wait for a connection.", [_POOL])
_TIMEOUTS = Counter("db_client_connection_timeouts", "Waits for a connection that ended without one.", [_POOL])
_WAITED = Histogram(
    "db_client_connection_wait_time_seconds",
    "Waits for a connection.",
    [_POOL],
    buckets=(0.0005, 0.002, 0.01, 0.05, 0.25, 1, 2.5),
)


class PoolMetrics(ConnectionPoolListener):
    """One client's listener. A pool is called by its server, of which a replica set has a few."""

    def connection_created(self, event: Any) -> None:
        """One more that nobody uses."""
        _COUNT.labels(_name(event), "idle").inc()

    def connection_closed(self, event: Any) -> None:
        """The driver gives a connection back before it closes it."""
        _COUNT.labels(_name(event), "idle").dec()

    def connection_check_out_started(self, event: Any) -> None:
        """A thread waits."""
        _PENDING.labels(_name(event)).inc()

    def connection_check_out_failed(self, event: Any) -> None:
        """It goes without one."""
        _PENDING.labels(_name(event)).dec()
        if event.reason == "timeout":
            _TIMEOUTS.labels(_name(event)).inc()

    def connection_checked_out(self, event: Any) -> None:
        """It has one."""
        name = _name(event)
        _PENDING.labels(name).dec()
        _WAITED.labels(name).observe(event.duration or 0.0)
        _COUNT.labels(name, "idle").dec()
        _COUNT.labels(name, "used").inc()

    def connection_checked_in(self, event: Any) -> None:
        """It gives it back."""
        name = _name(event)
        _COUNT.labels(name, "used").dec()
        _COUNT.labels(name, "idle").inc()

    def pool_created(self, event: Any) -> None:
        """Figures from the first moment on."""
        _PENDING.labels(_name(event)).set(0)

    def pool_ready(self, event: Any) -> None:
        """Nothing to count."""

    def pool_cleared(self, event: Any) -> None:
        """Its connections are closed one by one, and counted then."""

    def pool_closed(self, event: Any) -> None:
        """Likewise."""

    def connection_ready(self, event: Any) -> None:
        """It was counted as it was made."""


def _name(event: Any) -> str:
    host, port = event.address
    return f"{host}:{port}"
