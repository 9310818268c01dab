"""What the use cases need from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from identity.domain.clients.client import Client


class Clients(Protocol):
    """The registered clients."""

    def get(self, client_id: str) -> Client | None:
        """The client with this id, whatever its status; one indexed read."""

    def add(self, client: Client) -> None:
        """Register a new client. Raises ClientExists when the id is taken."""

    def put(self, clients: Sequence[Client]) -> None:
        """Register or replace clients, each keeping its first `created_at`. Safe to repeat."""

    def replace_secret(self, client_id: str, secret_sha256: str, earlier_until: datetime) -> bool:
        """Give an active client another secret, the present one counting until `earlier_until`; False when there is
        none of this id. One write."""


class CentresClients(Protocol):
    """The clients of centres."""

    def of_kiosk(self, kiosk_id: str) -> Sequence[Client]:
        """Those that are bound to this centre, in the order of their ids."""

    def claim(self, client_id: str, public_keys: Sequence[Mapping[str, Any]]) -> None:
        """Give a waiting client its public keys; nothing is done when it does not wait. Of many one succeeds."""


class ClientsRevoked(Protocol):
    """Clients that are ended, with others told."""

    def revoke_client(self, client_id: str, at: datetime) -> bool:
        """Revoke for good; False when no client has this id. One transaction; safe to repeat."""


@dataclass(frozen=True)
class FailureWindow:
    """Failed authentications of one client id since its window opened, the newest included."""

    failures: int
    ends_at: datetime


@dataclass(frozen=True)
class VerifiedAssertion:
    """What tells one assertion of a client from another: its `jti`, and until when it counts."""

    jti: str
    expires_at: datetime


class FailedAuthentications(Protocol):
    """Counts failures per client id in fixed windows."""

    def record(self, client_id: str, at: datetime, window_seconds: int) -> FailureWindow:
        """Count one more; opens a window of `window_seconds` when none is open. Exact under concurrency."""


class Assertions(Protocol):
    """Reads client assertions (RFC 7523)."""

    def subject(self, assertion: str) -> str | None:
        """Which client an assertion claims to be from, nothing of it verified; None when it cannot be read."""

    def verify(self, assertion: str, client: Client, at: datetime) -> VerifiedAssertion | None:
        """The assertion, when one of the client's keys signed it for this server and its time is right; else None."""


class UsedAssertions(Protocol):
    """Each assertion counts once."""

    def record(self, client_id: str, assertion: VerifiedAssertion) -> bool:
        """Whether it is used for the first time; remembered until it has expired. Exact under concurrency."""


class SandboxFile(Protocol):
    """The file that shows the sandbox secrets to the person who runs the stack."""

    def secrets(self) -> dict[str, str]:
        """Secrets by client id as last written; empty when the file is missing or unreadable as such."""

    def write(self, content: Mapping[str, Any]) -> None:
        """Replace the file as a whole, readable by its owner only. Safe to repeat."""
