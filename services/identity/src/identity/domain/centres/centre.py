"""How a centre stands, as the register says, and the client that it gets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from identity.domain.clients.client import Client, ClientKind
from identity.domain.clients.client_secrets import NO_SECRET_SHA256


class Standing(StrEnum):
    """What the register last said of a centre."""

    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class Centre:
    """`since` is when the standing began; a suspension with `until` ends by itself. `reason`: the register's slug."""

    kiosk_id: str
    standing: Standing
    since: datetime
    until: datetime | None = None
    reason: str

    def standing_at(self, at: datetime) -> Standing:
        """How it stands at an instant: a standing may begin later, and a suspension may be over."""
        over = self.standing is Standing.SUSPENDED and self.until is not None and self.until <= at
        return self.standing if self.since <= at and not over else Standing.OPEN


def client_id_of(kiosk_id: str) -> str:
    """The id of the client that an approved centre gets, so that it gets one however often it is approved."""
    return f"cli_{kiosk_id}"


def centre_client(kiosk_id: str, scopes: Iterable[str], at: datetime) -> Client:
    """A centre's client, which waits for a public key and can prove nothing until it has one."""
    return Client(
        id=client_id_of(kiosk_id),
        name=f"Centre {kiosk_id}",
        kind=ClientKind.KIOSK,
        secret_sha256=NO_SECRET_SHA256,
        scopes=frozenset(scopes),
        kiosk_id=kiosk_id,
        created_at=at,
    )
