"""An operator gives the centre's waiting client its public key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from identity.application.clients.errors import ClientClaimed, NoSuchCentreClient
from identity.application.clients.ports import CentresClients
from identity.domain.clients.client import Client


@dataclass(frozen=True, kw_only=True)
class ClaimClient:
    """`kiosk_id` is the operator's centre; `public_keys` are JWKs, looked at before. The private halves stay there."""

    client_id: str
    kiosk_id: str | None
    public_keys: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class ClaimClientHandler:
    """Compare and set."""

    clients: CentresClients

    def __call__(self, command: ClaimClient) -> Client:
        """The client with its keys; the same keys again change nothing.

        Raises NoSuchCentreClient (for another centre's too), ClientClaimed.
        """
        client = self._client(command)
        if client.is_waiting and client.is_active:
            self.clients.claim(client.id, command.public_keys)
            client = self._client(command)
        if not client.is_active or list(client.public_keys) != [dict(key) for key in command.public_keys]:
            raise ClientClaimed(
                "This client has its keys already, or was revoked. If nobody at the centre did this, tell the "
                "district's e-Mitra office."
            )
        return client

    def _client(self, command: ClaimClient) -> Client:
        own = self.clients.of_kiosk(command.kiosk_id) if command.kiosk_id else ()
        if client := next((client for client in own if client.id == command.client_id), None):
            return client
        raise NoSuchCentreClient(f"This centre has no client {command.client_id[:64]}.")
