"""What a service needs on the broker, as code: rendered to RabbitMQ definitions, loaded by one command.

Ownership: a producer owns its exchange ``<producer>.events``; a consumer owns its queues ``<consumer>.<event>`` and
their bindings. A consumer's definitions repeat the producer's exchange (with the same properties, so that it does not
matter who comes first). Services themselves may configure nothing: they check passively and refuse to start.

Path of a message that fails: queue → (outbox, relay) → ``<service>.retry.<delay>`` (fanout; the routing key names the
queue) → a queue with that time to live → ``<service>.redeliver`` (direct) → the one queue again, not every consumer's.
One that cannot be read, or has been tried to the end: ``<service>.parking`` → ``parking.<queue>`` → the service's
collection of dead letters (``dead_letters``); re-driven by people, it comes back over ``<service>.redeliver``.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema
from pymongo.client_session import ClientSession

from servicekit.events.envelope import ReceivedEvent, exchange_of

# The ladder of delays, seconds: a blip, a restart, an outage, a bad deployment, a night.
RETRY_DELAYS_SECONDS = {"10s": 10, "1m": 60, "10m": 600, "1h": 3_600, "6h": 21_600}
# Deliveries without an ack (the process died each time) before the broker parks a message itself.
DELIVERY_LIMIT = 20
# Nothing stands behind a parking queue, and RabbitMQ 4 drops a message after 20 deliveries unless told otherwise. 3.x
# knows no word for "never"; this is more often than a recorder can die.
PARKING_DELIVERY_LIMIT = 1_000_000
PARKING_PREFIX = "parking."
# The log stream of all events, for audit and replay; bounded, or it would fill the broker's disk.
EVENTS_LOG = "events.log"
EVENTS_LOG_MAX_AGE = "7D"
EVENTS_LOG_MAX_BYTES = 2_000_000_000
EVENTS_LOG_SEGMENT_BYTES = 50_000_000


class Order(Enum):
    """What a consumer promises itself of the order of one aggregate's events, over all rows that say the same."""

    GAPLESS = "gapless"
    """Each in the order of its sequence, none left out: the table must take every type of the aggregate."""
    LATEST = "latest"
    """Never an older one after a newer one: what comes late is dropped."""


@dataclass(frozen=True)
class Consumer:
    """One row of a service's table of events: which event it takes, what it reads of it, and what it does.

    ``schema`` declares only the fields the consumer reads (``unknown = EXCLUDE``). ``handle(application, event,
    session)`` runs inside the transaction that records the message as handled: it writes through the session and does
    nothing else, may be run again after a transient error, and never sees a message it has handled already.
    A business refusal is a normal outcome, not an exception.

    ``handle_many(application, events, session)`` stands in its place where the effects of many events can be written
    at once: it gets those of one transaction, one or more, in the order of delivery, and writes the effects of all.
    ``wanted(event)`` looks at nothing but the event; one that is not wanted is acknowledged without a trace but a
    count. Raises ValueError unless exactly one of ``handle`` and ``handle_many`` is given.

    With an ``order``, both get an aggregate's events in the order of their sequences (see ``messaging.ordering``).

    ``money``: handling it, or never handling it, moves or promises money; its dead letters are discarded by two people.
    """

    event: str
    producer: str
    schema: Schema
    handle: Callable[[Any, ReceivedEvent, ClientSession], None] | None = None
    handle_many: Callable[[Any, Sequence[ReceivedEvent], ClientSession], None] | None = None
    wanted: Callable[[ReceivedEvent], bool] = lambda _event: True
    order: Order | None = None
    money: bool = False

    def __post_init__(self) -> None:
        if (self.handle is None) == (self.handle_many is None):
            raise ValueError(f"the consumer of {self.event} needs either handle or handle_many")

    @property
    def reads(self) -> dict[str, Any]:
        """What ``schema`` reads of the event's data, as a JSON Schema with nested schemas written out."""
        # A nested schema without a name is described in its place instead of among components.
        converter = OpenAPIConverter("3.1.0", schema_name_resolver=lambda _: "", spec=APISpec("", "", "3.1.0"))
        return dict(converter.schema2jsonschema(self.schema))


@dataclass(frozen=True)
class Topology:
    """The broker objects of one service."""

    service: str
    publishes: Sequence[str]
    consumes: Sequence[tuple[str, str]]
    """(producer, event) pairs."""
    reads_log: bool = False
    """Whether it reads the log of events, to find what it misses."""

    @property
    def queues(self) -> list[str]:
        """The queues this service consumes."""
        return [self.queue(event) for _, event in self.consumes]

    @property
    def parking_queues(self) -> list[str]:
        """The queues of parked messages, one for each queue this service consumes."""
        return [PARKING_PREFIX + queue for queue in self.queues]

    def queue(self, event: str) -> str:
        """The queue of one consumed event."""
        return f"{self.service}.{event}"

    @property
    def exchanges(self) -> list[str]:
        """The exchanges this service publishes to."""
        names = [exchange_of(self.service)] if self.publishes else []
        if self.consumes:
            names += [self.retry_exchange(name) for name in RETRY_DELAYS_SECONDS]
            names += [self.parking_exchange, self.redeliver_exchange]
        return names

    @property
    def parking_exchange(self) -> str:
        """Where unreadable and worn-out messages go; the routing key is the queue they came from."""
        return f"{self.service}.parking"

    @property
    def redeliver_exchange(self) -> str:
        """The way back to one queue, which the routing key names: after a delay, or re-driven from the dead letters."""
        return f"{self.service}.redeliver"

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
            redeliver = self.redeliver_exchange
            exchanges |= {redeliver: "direct", self.parking_exchange: "direct"}
            for delay, seconds in RETRY_DELAYS_SECONDS.items():
                name = self.retry_exchange(delay)
                exchanges[name] = "fanout"
                queues.append(_quorum_queue(name))
                bindings.append(_binding(name, name, ""))
                policies.append(_policy(name, **{"message-ttl": seconds * 1000, "dead-letter-exchange": redeliver}))
            for producer, event in self.consumes:
                queue = self.queue(event)
                parking = PARKING_PREFIX + queue
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
                policies.append(_policy(parking, **{"delivery-limit": PARKING_DELIVERY_LIMIT}))
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
        """The least permissions that work, as regexes: configure nothing, write own exchanges, read own queues.

        And the log of events, where it is read. By whole names: a retry queue has its exchange's, and may be written to
        over it but never read, or its user could take or purge what waits there and bind it elsewhere.
        """
        log = [EVENTS_LOG] if self.reads_log else []
        return {
            "configure": "^$",
            "write": _any_of(self.exchanges),
            "read": _any_of([*self.queues, *self.parking_queues, *log]),
        }


def _any_of(names: Sequence[str]) -> str:
    """A regex of these names and no other; of none it is the empty one, which names nothing."""
    return f"^({'|'.join(re.escape(name) for name in names)})$"


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
    if "dead-letter-exchange" not in definition:
        promise = {}
    return {
        "name": queue,
        "pattern": f"^{re.escape(queue)}$",
        "apply-to": "queues",
        "priority": 10,
        "definition": definition | promise,
    }
