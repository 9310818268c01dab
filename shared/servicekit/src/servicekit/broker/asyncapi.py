"""The AsyncAPI 3.0 document of a service's events, generated from the table that its topology is made of.

A payload refers to the contract of its event by the name that the events carry as `dataschema`; the platform's
document, in which contracts and examples are put in, is made where the contracts are (`emitra_contracts.asyncapi`).
"""

from typing import Any

import yaml

from servicekit.broker.topology import EVENTS_LOG, Topology
from servicekit.events.addresses import RETRY_DELAYS_SECONDS, exchange_of
from servicekit.events.envelope import CONTENT_TYPE, ENVELOPE_SCHEMA, TYPE_PREFIX, schema_of
from servicekit.events.redelivery import ATTEMPT_HEADER, REASON_HEADER

_BINDING_VERSION = "0.3.0"


def asyncapi_document(topology: Topology, version: str) -> dict[str, Any]:
    """The document as JSON values: a channel per event published and per queue consumed, with what is done there."""
    service = topology.service
    definitions = topology.definitions()
    exchanges = {exchange["name"]: exchange for exchange in definitions["exchanges"]}
    queues = {queue["name"]: queue for queue in definitions["queues"]}
    policies = {policy["name"]: policy["definition"] for policy in definitions["policies"]}
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    events = [*topology.publishes, *(event for _, event in topology.consumes)]
    for event in topology.publishes:
        channels[_key(event)] = {
            "address": event,
            "description": f"The routing key by which {service} publishes the event.",
            "messages": {_key(event): _ref("components", "messages", event)},
            "bindings": {"amqp": _by_routing_key(exchanges[exchange_of(service)])},
        }
        operations[_key(f"{service}.publish.{event}")] = {
            "action": "send",
            "channel": _ref("channels", event),
            "summary": f"{service} publishes {event}.",
            "description": "At least once, in the order of `sequence` within one `subject`.",
            "bindings": {"amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": _BINDING_VERSION}},
        }
    if topology.publishes:
        channels[_key(EVENTS_LOG)] = {
            "address": EVENTS_LOG,
            "description": "A stream of every event of every producer, for audit and replay.",
            "messages": {_key(event): _ref("components", "messages", event) for event in topology.publishes},
            "bindings": {"amqp": _queue(queues[EVENTS_LOG])},
            "x-arguments": queues[EVENTS_LOG]["arguments"],
        }
    for producer, event in topology.consumes:
        queue = topology.queue(event)
        channels[_key(queue)] = {
            "address": queue,
            "description": f"The queue of {service} for {event}; bound to {exchange_of(producer)} by the routing key.",
            "messages": {_key(event): _ref("components", "messages", event)},
            "bindings": {"amqp": _queue(queues[queue])},
            "x-arguments": queues[queue]["arguments"],
            "x-policy": policies[queue],
            "x-bound-to": {"exchange": exchange_of(producer), "routing-key": event},
        }
        operations[_key(f"{service}.consume.{event}")] = {
            "action": "receive",
            "channel": _ref("channels", queue),
            "summary": f"{service} takes {event}.",
            "description": (
                "At least once; an event that was handled before is recognised by its `id` and has no second effect. "
                f"One that cannot be handled now comes back to this queue after {', '.join(RETRY_DELAYS_SECONDS)}; one "
                "that cannot be read, was tried to the end, or was delivered "
                f"{policies[queue]['delivery-limit']} times without an answer is parked for people to look at. Header "
                f"`{ATTEMPT_HEADER}` counts the tries, `{REASON_HEADER}` says why."
            ),
            "bindings": {"amqp": {"ack": True, "bindingVersion": _BINDING_VERSION}},
            "x-retry": [
                {"exchange": topology.retry_exchange(delay), "delay-seconds": seconds}
                for delay, seconds in RETRY_DELAYS_SECONDS.items()
            ],
            "x-parking": {"exchange": topology.parking_exchange, "queue": f"parking.{queue}"},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": f"e-Mitra {service} events", "version": version},
        "defaultContentType": CONTENT_TYPE,
        "channels": channels,
        "operations": operations,
        "components": {"messages": {_key(event): _message(event) for event in events}},
    }


def asyncapi_yaml(document: dict[str, Any]) -> str:
    """The document as YAML."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def _message(event: str) -> dict[str, Any]:
    return {
        "name": event,
        "title": event,
        "contentType": CONTENT_TYPE,
        "correlationId": {"location": "$message.payload#/correlationid", "description": "The client's request."},
        "payload": {
            "allOf": [
                {"$ref": ENVELOPE_SCHEMA},
                {"properties": {"type": {"const": TYPE_PREFIX + event}, "data": {"$ref": schema_of(event)}}},
            ]
        },
        "bindings": {"amqp": {"messageType": event, "bindingVersion": _BINDING_VERSION}},
    }


def _by_routing_key(exchange: dict[str, Any]) -> dict[str, Any]:
    described = {"name": exchange["name"], "type": exchange["type"], "durable": exchange["durable"]}
    return {
        "is": "routingKey",
        "exchange": described | {"autoDelete": exchange["auto_delete"]},
        "bindingVersion": _BINDING_VERSION,
    }


def _queue(queue: dict[str, Any]) -> dict[str, Any]:
    described = {"name": queue["name"], "durable": queue["durable"], "exclusive": False}
    return {
        "is": "queue",
        "queue": described | {"autoDelete": queue["auto_delete"]},
        "bindingVersion": _BINDING_VERSION,
    }


def _key(name: str) -> str:
    # Tools make identifiers of keys, and some refuse a dot; addresses and names keep theirs.
    return name.replace(".", "-")


def _ref(*path: str) -> dict[str, str]:
    return {"$ref": "#/" + "/".join(map(_key, path))}
