"""What a service needs on the broker, as code: rendered to RabbitMQ definitions, loaded by one command.

Ownership: a producer owns its exchange ``<producer>.events``; a consumer owns its queues ``<consumer>.<event>`` and
their bindings. A consumer's definitions repeat the producer's exchange (with the same properties, so that it does not
matter who comes first). Services themselves may configure nothing: they check passively and refuse to start.

Path of a message that fails: queue → (outbox, relay) → ``<service>.retry.<delay>`` (fanout; the routing key names the
queue) → a queue with that time to live → ``<service>.redeliver`` (direct) → the one queue again, not every consumer's.
One that cannot be read, or has been tried to the end: ``<service>.parking`` → ``parking.<queue>``.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema
from pymongo.client_session import ClientSession

from servicekit.messaging.envelope import ReceivedEvent, exchange_of

# The ladder of delays, seconds: a blip, a restart, an outage, a bad deployment, a night.
RETRY_DELAYS_SECONDS = {"10s": 10, "1m": 60, "10m": 600, "1h": 3_600, "6h": 21_600}
# Deliveries without an ack (the process died each time) before the broker parks a message itself.
DELIVERY_LIMIT = 20
# The log stream of all events, for audit and replay; bounded, or it would fill the broker's disk.
EVENTS_LOG = "events.log"
EVENTS_LOG_MAX_AGE = "7D"
EVENTS_LOG_MAX_BYTES = 2_000_000_000
EVENTS_LOG_SEGMENT_BYTES = 50_000_000


@dataclass(frozen=True)
class Consumer:
    """One row of a service's table of events: which event it takes, what it reads of it, and what it does.

    ``schema`` declares only the fields the consumer reads (``unknown = EXCLUDE``). ``handle(application, event,
    session)`` runs inside the transaction that records the message as handled: it writes through the session and does
    nothing else, may be run again after a transient error, and never sees a message it has handled already.
    A business refusal is a normal outcome, not an exception.
    """

    event: str
    producer: str
    schema: Schema
    handle: Callable[[Any, ReceivedEvent, ClientSession], None]


@dataclass(frozen=True)
class Topology:
    """The broker objects of one service."""

    service: str
    publishes: Sequence[str]
    consumes: Sequence[tuple[str, str]]
    """(producer, event) pairs."""

    @property
    def queues(self) -> list[str]:
        """The queues this service consumes."""
        return [self.queue(event) for _, event in self.consumes]

    def queue(self, event: str) -> str:
        """The queue of one consumed event."""
        return f"{self.service}.{event}"

    @property
    def exchanges(self) -> list[str]:
        """The exchanges this service publishes to."""
        names = [exchange_of(self.service)] if self.publishes else []
        if self.consumes:
            names += [self.retry_exchange(name) for name in RETRY_DELAYS_SECONDS] + [self.parking_exchange]
        return names

    @property
    def parking_exchange(self) -> str:
        """Where unreadable and worn-out messages go; the routing key is the queue they came from."""
        return f"{self.service}.parking"

    def retry_exchange(self, delay: str) -> str:
        """Where a message waits ``delay`` (a key of ``RETRY_DELAYS_SECONDS``); the routing key is its queue."""
        return f"{self.service}.retry.{delay}"

    def definitions(self) -> dict[str, Any]:
        """RabbitMQ definitions (exchanges, queues, bindings, policies) of this service for one virtual host.

        Importing them is additive and a repeat changes nothing.
        """
        exchanges = {exchange_of(producer): "topic" for producer, _ in self.consumes}
        queues: list[dict[str, Any]] = []
        bindings: list[dict[str, Any]] = []
        policies: list[dict[str, Any]] = []
        if self.publishes:
            exchanges[exchange_of(self.service)] = "topic"
            queues.append(_events_log())
            # Every event has at least this route, so a mandatory message that returns means broken topology.
            bindings.append(_binding(exchange_of(self.service), EVENTS_LOG, "#"))
        if self.consumes:
            redeliver = f"{self.service}.redeliver"
            exchanges |= {redeliver: "direct", self.parking_exchange: "direct"}
            for delay, seconds in RETRY_DELAYS_SECONDS.items():
                name = self.retry_exchange(delay)
                exchanges[name] = "fanout"
                queues.append(_quorum_queue(name))
                bindings.append(_binding(name, name, ""))
                policies.append(_policy(name, **{"message-ttl": seconds * 1000, "dead-letter-exchange": redeliver}))
            for producer, event in self.consumes:
                queue = self.queue(event)
                parking = f"parking.{queue}"
                queues += [_quorum_queue(queue), _quorum_queue(parking)]
                bindings += [
                    _binding(exchange_of(producer), queue, event),
                    _binding(redeliver, queue, queue),
                    _binding(self.parking_exchange, parking, queue),
                ]
                policies.append(
                    _policy(
                        queue,
                        **{
                            "delivery-limit": DELIVERY_LIMIT,
                            "dead-letter-exchange": self.parking_exchange,
                            "dead-letter-routing-key": queue,
                        },
                    )
                )
        return {
            "exchanges": [
                {
                    "name": name,
                    "type": kind,
                    "durable": True,
                    "auto_delete": False,
                    "internal": False,
                    "arguments": {},
                }
                for name, kind in exchanges.items()
            ],
            "queues": queues,
            "bindings": bindings,
            "policies": policies,
        }

    def permissions(self) -> dict[str, str]:
        """The least permissions that work: configure nothing, write own exchanges, read own queues (as regexes)."""
        own = re.escape(self.service)
        return {
            "configure": "^$",
            "write": rf"^{own}\.(events|parking|retry\..+)$",
            "read": rf"^(parking\.)?{own}\..+$",
        }


def _quorum_queue(name: str) -> dict[str, Any]:
    return {"name": name, "durable": True, "auto_delete": False, "arguments": {"x-queue-type": "quorum"}}


def _events_log() -> dict[str, Any]:
    return {
        "name": EVENTS_LOG,
        "durable": True,
        "auto_delete": False,
        "arguments": {
            "x-queue-type": "stream",
            "x-max-age": EVENTS_LOG_MAX_AGE,
            "x-max-length-bytes": EVENTS_LOG_MAX_BYTES,
            "x-stream-max-segment-size-bytes": EVENTS_LOG_SEGMENT_BYTES,
        },
    }


def _binding(exchange: str, queue: str, routing_key: str) -> dict[str, Any]:
    return {
        "source": exchange,
        "destination": queue,
        "destination_type": "queue",
        "routing_key": routing_key,
        "arguments": {},
    }


def _policy(queue: str, **definition: object) -> dict[str, Any]:
    # At-least-once dead-lettering needs reject-publish: a queue that dropped its head could not keep the promise.
    promise = {"dead-letter-strategy": "at-least-once", "overflow": "reject-publish"}
    return {
        "name": queue,
        "pattern": f"^{re.escape(queue)}$",
        "apply-to": "queues",
        "priority": 10,
        "definition": definition | promise,
    }
