"""What a worker tells Prometheus of the messages it handles."""

from prometheus_client import Counter, Histogram

_HANDLED = Counter("emitra_messages", "Messages by queue and outcome.", ["queue", "outcome"])
_SECONDS = Histogram(
    "emitra_message_handling_seconds",
    "From taking a message up to its commit.",
    ["queue"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30),
)


def handled(queue: str, outcome: str, messages: int = 1) -> None:
    """Counts messages. Outcomes: handled, skipped (not wanted), duplicate, stale, retried, parked."""
    _HANDLED.labels(queue, outcome).inc(messages)


def handling_took(queue: str, seconds: float) -> None:
    """Records how long one message took from being taken up to its commit."""
    _SECONDS.labels(queue).observe(seconds)
