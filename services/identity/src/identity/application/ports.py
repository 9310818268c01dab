"""What the use cases need from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from identity.domain.client import Client
from identity.domain.person import Person


class Clients(Protocol):
    """The registered clients."""

    def get(self, client_id: str) -> Client | None:
        """The client with this id, whatever its status; one indexed read."""

    def add(self, client: Client) -> None:
        """Register a new client. Raises ClientExists when the id is taken."""

    def put(self, clients: Sequence[Client]) -> None:
        """Register or replace clients, each keeping its first `created_at`. Safe to repeat."""

    def revoke(self, client_id: str) -> bool:
        """Revoke; False when no client has this id. Safe to repeat."""


class People(Protocol):
    """Everybody with a role."""

    def put(self, people: Sequence[Person]) -> None:
        """Record or replace people, each keeping the first `created_at`. Safe to repeat."""

    def known(self, person_id: str) -> bool:
        """Whether somebody has this id."""


@dataclass(frozen=True)
class FailureWindow:
    """Failed authentications of one client id since its window opened, the newest included."""

    failures: int
    ends_at: datetime


class FailedAuthentications(Protocol):
    """Counts failures per client id in fixed windows."""

    def record(self, client_id: str, at: datetime, window_seconds: int) -> FailureWindow:
        """Count one more; opens a window of `window_seconds` when none is open. Exact under concurrency."""


class TokenSigner(Protocol):
    """Signs access tokens with the first of the signing keys."""

    def sign(self, claims: Mapping[str, Any]) -> str:
        """The compact JWT (typ at+jwt, alg EdDSA, kid of the key)."""


class SandboxFile(Protocol):
    """The file that shows the sandbox secrets to the person who runs the stack."""

    def secrets(self) -> dict[str, str]:
        """Secrets by client id as last written; empty when the file is missing or unreadable as such."""

    def write(self, content: Mapping[str, Any]) -> None:
        """Replace the file as a whole, readable by its owner only. Safe to repeat."""
