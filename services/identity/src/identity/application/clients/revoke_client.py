"""Revoke a client, for a leaked secret or a closed centre."""

from dataclasses import dataclass
from datetime import datetime

from identity.application.clients.errors import UnknownClient
from identity.application.clients.ports import ClientsRevoked


@dataclass(frozen=True)
class RevokeClient:
    """Which client."""

    client_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class RevokeClientHandler:
    """Ends a client. The gateway refuses tokens that it has as soon as it is told, a second or two later."""

    revoked: ClientsRevoked

    def __call__(self, command: RevokeClient) -> None:
        """Revoke for good; safe to repeat. Raises UnknownClient."""
        if not self.revoked.revoke_client(command.client_id, command.at):
            raise UnknownClient(f"No client has the id {command.client_id}.")
