"""What a process tells about itself: logs, traces, metrics."""

from servicekit.observability.logging import configure_logging
from servicekit.observability.tracing import configure_tracing

__all__ = ["configure_logging", "configure_tracing"]
