"""An application as the plain data that the gateway's view is made of."""

from typing import Any

from certificates.application.applications.read_applications import TransactionEvent
from certificates.domain.applications.application import Application
from servicekit.instants import rfc3339


def transaction(application: Application, events: list[TransactionEvent]) -> dict[str, Any]:
    """What the gateway's transactions view wants to know."""
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
