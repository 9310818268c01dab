"""What a service needs on the broker, as code: rendered to RabbitMQ definitions, loaded by one command.

Ownership: a producer owns its exchange `<producer>.events`; a consumer owns its queues `<consumer>.<event>` and
their bindings. A consumer's definitions repeat the producer's exchange (with the same properties, so that it does not
matter who comes first). Services themselves may configure nothing: they check passively and refuse to start.

Each name begins with its owner's, or with `parking.` and its owner's; a service's name has no dot, an event's has two.
So no name is two services', whatever they are called: `billing`, `billing-x`, `parking`, `events`. The log is of all.

`servicekit.events.addresses` says how a message that fails goes through them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from servicekit.events.addresses import PARKING_PREFIX, RETRY_DELAYS_SECONDS, Addresses, exchange_of

# Deliveries without an ack (the process died each time) before the broker parks a message itself.
DELIVERY_LIMIT = 20
# Nothing stands behind a parking queue, and RabbitMQ 4 drops a message after 20 deliveries unless told otherwise. 3.x
# knows no word for "never"; this is more often than a recorder can die.
PARKING_DELIVERY_LIMIT = 1_000_000
# The log stream of all events, for audit and for replay by people; bounded, or it would fill the broker's disk.
EVENTS_LOG = "events.log"
EVENTS_LOG_MAX_AGE = "7D"
EVENTS_LOG_MAX_BYTES = 2_000_000_000
EVENTS_LOG_SEGMENT_BYTES = 50_000_000

_SERVICE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_EVENT = re.compile(r"[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*\.v[1-9][0-9]*")
# RabbitMQ keeps what begins with `amq.` for itself.
_BROKERS_OWN = "amq"


@dataclass(frozen=True)
class Topology(Addresses):
    """The broker objects of one service. Raises ValueError for a name by which it could have another service's."""

    publishes: Sequence[str]
    consumes: Sequence[tuple[str, str]]
    """(producer, event) pairs."""

    def __post_init__(self) -> None:
        for service in (self.service, *(producer for producer, _ in self.consumes)):
            if not _SERVICE.fullmatch(service) or service == _BROKERS_OWN:
                raise ValueError(
                    f"{service!r} is no name of a service: its queues would be among those of "
                    f"{service.partition('.')[0]!r}. Call it by lower-case words joined by hyphens, and not amq"
                )
        for event in (*self.publishes, *(event for _, event in self.consumes)):
            if not _EVENT.fullmatch(event):
                raise ValueError(
                    f"{event!r} is no name of an event: the queue {self.queue(event)!r} could be another service's "
                    f"than that of {self.service!r}. Call it subject.verb.v1, in lower case"
                )

    @property
    def queues(self) -> list[str]:
        """The queues this service consumes."""
        return [self.queue(event) for _, event in self.consumes]

    @property
    def parking_queues(self) -> list[str]:
        """The queues of parked messages, one for each queue this service consumes."""
        return [PARKING_PREFIX + queue for queue in self.queues]

    @property
    def exchanges(self) -> list[str]:
        """The exchanges this service publishes to."""
        names = [exchange_of(self.service)] if self.publishes else []
        if self.consumes:
            names += [self.retry_exchange(name) for name in RETRY_DELAYS_SECONDS]
            names += [self.parking_exchange, self.redeliver_exchange]
        return names

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

        By whole names: a retry queue has its exchange's, and may be written to over it but never read, or its user
        could take or purge what waits there and bind it elsewhere.
        """
        return {
            "configure": "^$",
            "write": _any_of(self.exchanges),
            "read": _any_of([*self.queues, *self.parking_queues]),
        }


def owner_of(name: str) -> str:
    """The service whose an exchange or a queue other than the log is, by its name."""
    words = name.split(".")
    # The queue of an event has its service and the three words of the event; `parking.` may stand before them.
    return words[-4] if len(words) > 3 else words[0]


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
