"""An operator gives the centre's waiting client its public key, and sees which clients wait."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from identity.application.clients.errors import ClientClaimed, NoSuchCentreClient, OperatorsOnly
from identity.application.clients.ports import CentresClients
from identity.domain.clients.client import Client
from identity.domain.people.rights import Role


@dataclass(frozen=True, kw_only=True)
class ActingOperator:
    """For whom a request is, as its token says: the role that the person acts in, and at which centre."""

    role: str | None
    kiosk_id: str | None


@dataclass(frozen=True, kw_only=True)
class ClaimClient:
    """`public_keys` are JWKs, looked at before; the private halves never leave the centre."""

    client_id: str
    public_keys: Sequence[Mapping[str, Any]]
    by: ActingOperator


@dataclass(frozen=True, kw_only=True)
class CentreClientReader:
    """The clients of the caller's own centre."""

    clients: CentresClients

    def of(self, operator: ActingOperator) -> Sequence[Client]:
        """Raises OperatorsOnly."""
        if operator.role != Role.OPERATOR or operator.kiosk_id is None:
            raise OperatorsOnly("Sign in as the operator of a centre; this token acts as something else.")
        return self.clients.of_kiosk(operator.kiosk_id)


@dataclass(frozen=True, kw_only=True)
class ClaimClientHandler:
    """Compare and set."""

    clients: CentresClients

    def __call__(self, command: ClaimClient) -> Client:
        """The client with its keys; the same keys again change nothing.

        Raises OperatorsOnly, NoSuchCentreClient (for another centre's too), ClientClaimed.
        """
        client = self._client(command)
        if client.is_waiting and self.clients.claim(client.id, command.public_keys):
            return self._client(command)
        client = self._client(command)
        if not client.is_active or list(client.public_keys) != [dict(key) for key in command.public_keys]:
            raise ClientClaimed("This client has its keys already. If nobody at the centre did this, tell the district office.")
        return client

    def _client(self, command: ClaimClient) -> Client:
        own = CentreClientReader(clients=self.clients).of(command.by)
        if found := next((client for client in own if client.id == command.client_id), None):
            return found
        raise NoSuchCentreClient(f"This centre has no client {command.client_id[:64]}.")
