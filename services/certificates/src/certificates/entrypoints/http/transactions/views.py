"""An application as the gateway shows it among transactions: a plain dictionary for the schema to dump."""

from typing import Any

from certificates.application.applications.read_applications import TransactionEvent
from certificates.domain.applications.application import Application
from servicekit.instants import rfc3339


def transaction(application: Application, events: list[TransactionEvent]) -> dict[str, Any]:
    """What the gateway's view of transactions needs of an application."""
    return {
        "token": application.transaction_token,
        "kind": "application",
        "reference_id": application.id,
        "status": application.state.value,
        "owner_client_id": application.client_id,
        "kiosk_id": application.kiosk_id,
        "updated_at": rfc3339(application.updated_at),
        "events": [{"type": event.type, "at": rfc3339(event.at)} for event in events],
    }
