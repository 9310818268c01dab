"""Revoke a client, for a leaked secret or a closed centre."""

from dataclasses import dataclass

from identity.application.clients.errors import UnknownClient
from identity.application.clients.ports import Clients


@dataclass(frozen=True)
class RevokeClient:
    """Which client."""

    client_id: str


@dataclass(frozen=True, kw_only=True)
class RevokeClientHandler:
    """Ends a client. Tokens it already holds run out by themselves, within 15 minutes at most."""

    clients: Clients

    def __call__(self, command: RevokeClient) -> None:
        """Revoke for good; safe to repeat. Raises UnknownClient."""
        if not self.clients.revoke(command.client_id):
            raise UnknownClient(f"No client has the id {command.client_id}.")
