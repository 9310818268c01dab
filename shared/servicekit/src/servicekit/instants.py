"""Instants: aware UTC everywhere, RFC 3339 with milliseconds on the wire."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present instant, aware UTC. Minted at the edge (routes, consumers, jobs); what they call takes it as `at`."""
    return datetime.now(UTC)


def rfc3339(at: datetime) -> str:
    """An aware instant in UTC as RFC 3339 with milliseconds and `Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
