"""Events of other services, handled as a worker handles them, without a broker."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from servicekit.events.envelope import CONTENT_TYPE, Message
from servicekit.events.handling import Delivery
from servicekit.mongo import Mongo
from servicekit.service.declaration import Service


def deliver(service: Service, mongo: Mongo, application: object, envelopes: Sequence[Mapping[str, Any]]) -> None:
    """Have the service's table of events handle complete envelopes, in one batch."""
    deliveries = []
    for envelope in envelopes:
        event = envelope["type"].removeprefix("org.emitra.")
        message = Message(envelope["id"], event, CONTENT_TYPE, json.dumps(envelope).encode(), {})
        deliveries.append(Delivery(service.topology.queue(event), message))
    service.handling(mongo, application).handle(deliveries)
