"""The register of centres saying something, over the real broker, as its relay would."""

import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import pika

from emitra_contracts import examples
from emitra_local.stack import Stack
from tests.support.platform import eventually
from tests.support.settled import database

EXCHANGE = "kiosk-registry.events"
HEARD_WITHIN_SECONDS = 60


def _event_id() -> str:
    # A UUIDv7 whose time is nobody's: only its form matters.
    number = uuid.uuid4().hex
    return str(uuid.UUID(f"{number[:12]}7{number[13:]}"))


def says(event: str, kiosk_id: str, **data: Any) -> dict[str, Any]:
    """An event about a centre, of now, after everything that was said of it before."""
    envelope = examples(event)[0]
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    members = {name: now for name in envelope["data"] if name.endswith("ed_at")}
    return {
        **envelope,
        "id": _event_id(),
        "subject": kiosk_id,
        "partitionkey": kiosk_id,
        "time": now,
        "sequence": str(time.time_ns() // 1_000_000),
        "data": {**envelope["data"], **members, "kiosk_id": kiosk_id, **data},
    }


def publish(stack: Stack, *envelopes: dict[str, Any]) -> None:
    """Publishes them, each to whoever consumes its type; raises UnroutableError where nobody does."""
    with pika.BlockingConnection(pika.URLParameters(stack.infrastructure.amqp_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for envelope in envelopes:
            properties = pika.BasicProperties(
                message_id=envelope["id"],
                type=envelope["type"],
                content_type="application/cloudevents+json",
                delivery_mode=2,
            )
            event = envelope["type"].removeprefix("org.emitra.")
            channel.basic_publish(EXCHANGE, event, json.dumps(envelope).encode(), properties, mandatory=True)


def heard(stack: Stack, service: str, envelope: dict[str, Any]) -> None:
    """Returns when a service has handled it."""
    row = f"{service}.{envelope['type'].removeprefix('org.emitra.')}|{envelope['id']}"
    with database(stack, service) as of_service:
        eventually(lambda: of_service.inbox.find_one({"_id": row}), HEARD_WITHIN_SECONDS, f"{row} is handled")


def tell(stack: Stack, event: str, kiosk_id: str, **data: Any) -> dict[str, Any]:
    """Has everybody who listens hear of a centre."""
    envelope = says(event, kiosk_id, **data)
    publish(stack, envelope)
    return envelope
