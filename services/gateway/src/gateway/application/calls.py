"""What passes through the gateway: who calls, the request as a service gets it, and what the service answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, eq=False)
class AccessToken:
    """What a good access token says. `expires_at` is in Unix seconds; `internal` holds tokens made from it.

    `subjects` are the ids that its access hangs on: the centre's, the client's, the right's that a person acts by, the
    sign-in's and the assistance's, as far as it has them.
    `act` is who does it for the person (RFC 8693 section 4.1) and `assistance_id` what the person agreed to: both or
    neither; `acts` are the acts and their bounds (RFC 9396), as the services are told them.
    """

    client_id: str
    kiosk_id: str | None
    scopes: frozenset[str]
    person: Mapping[str, Any] | None
    expires_at: float
    kid: str
    subjects: tuple[str, ...]
    act: Mapping[str, Any] | None = None
    assistance_id: str | None = None
    acts: Sequence[Mapping[str, Any]] = ()
    internal: dict[str, tuple[str, float]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Forwarded:
    """A request as a service gets it. `target` is path and query, `route` the template that it fits; `ends_at` is a
    time.monotonic() instant.

    `keyed`: a POST with an Idempotency-Key, which the service carries out once however often it arrives.
    """

    service: str
    base_url: str
    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None
    keyed: bool
    ends_at: float
    route: str | None = None


@dataclass(slots=True, eq=False)
class Answer:
    """What a service answered. The body is whole and still as encoded by the service."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
