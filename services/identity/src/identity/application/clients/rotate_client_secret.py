"""Give a client another secret, the one before counting beside it for a while: no request of its fails meanwhile."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from identity.application.clients.errors import ClientHasNoSecret, UnknownClient
from identity.application.clients.ports import Clients
from identity.domain.clients.client_secrets import sha256_of


@dataclass(frozen=True, kw_only=True)
class RotateClientSecret:
    """The new secret, already minted, and for how long the present one goes on counting; zero ends it at once."""

    client_id: str
    client_secret: str = field(repr=False)
    overlap: timedelta
    at: datetime


@dataclass(frozen=True)
class RotateClientSecretHandler:
    """Two secrets count at most: a third ends the first."""

    clients: Clients

    def __call__(self, command: RotateClientSecret) -> datetime:
        """Until when the earlier secret counts.

        Not repeatable: each call makes the present secret the earlier one. Raises UnknownClient, also for a revoked
        client, and ClientHasNoSecret.
        """
        client = self.clients.get(command.client_id)
        if client is not None and client.is_active and not client.has_secret:
            raise ClientHasNoSecret(f"{client.id} has no secret: it keeps none, or proves itself by a key of its own.")
        until = command.at + command.overlap
        if client is None or not self.clients.replace_secret(client.id, sha256_of(command.client_secret), until):
            raise UnknownClient(f"No client that is in force has the id {command.client_id}.")
        return until
