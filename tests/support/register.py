"""The register of centres saying something, over the real broker, as its relay would."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pika

from emitra_contracts import examples
from emitra_local.stack import Stack
from servicekit.ids import event_id

EXCHANGE = "kiosk-registry.events"


def says(event: str, kiosk_id: str, **data: Any) -> dict[str, Any]:
    """An event about a centre, of now, after everything that was said of it before."""
    envelope = examples(event)[0]
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    members = {name: now for name in envelope["data"] if name.endswith("ed_at")}
    return {
        **envelope,
        "id": event_id(),
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


def tell(stack: Stack, event: str, kiosk_id: str, **data: Any) -> dict[str, Any]:
    """Has everybody who listens hear of a centre."""
    envelope = says(event, kiosk_id, **data)
    publish(stack, envelope)
    return envelope
