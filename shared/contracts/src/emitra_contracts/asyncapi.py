"""The platform's AsyncAPI 3.0 document, made of the services' own documents and the contracts."""

from collections.abc import Iterable, Mapping
from typing import Any

import emitra_contracts
from emitra_contracts.catalogue import entry, envelope_schema, events, examples, schema

_ENVELOPE = "envelope"


def platform_document(documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One self-contained document made of those that `<service> asyncapi` prints, read from YAML.

    It holds the channels, operations and messages of all services. The contracts to which they refer by address become
    `components.schemas`, in the JSON Schema draft of AsyncAPI. Every message gets its description and examples. Raises
    KeyError with the address of a contract that does not exist, UnknownEvent for a message whose event does not.
    """
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for document in documents:
        for name, channel in document["channels"].items():
            # The log of all events is a channel of every producer, and each names only its own messages in it.
            earlier = channels.get(name, {"messages": {}})
            channels[name] = {**channel, "messages": earlier["messages"] | channel["messages"]}
        operations |= document["operations"]
        messages |= document["components"]["messages"]
    addresses = {envelope_schema()["$id"]: _ENVELOPE} | {schema(event)["$id"]: _key(event) for event in events()}
    schemas = _as_components(_ENVELOPE, envelope_schema())
    for key, message in sorted(messages.items()):
        event = message["name"]
        schemas |= _as_components(_key(event), schema(event))
        messages[key] = {
            **_referring_to_components(message, addresses),
            "description": entry(event).description,
            "examples": [{"payload": example} for example in examples(event)],
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "e-Mitra events",
            "version": emitra_contracts.__version__,
            "description": "Generated from the services' tables of events and the contracts; see README.md.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": dict(sorted(channels.items())),
        "operations": dict(sorted(operations.items())),
        "components": {"messages": dict(sorted(messages.items())), "schemas": schemas},
    }


def _key(event: str) -> str:
    # The form in which the services key their messages; some tools refuse a dot.
    return event.replace(".", "-")


def _as_components(name: str, contract: Mapping[str, Any]) -> dict[str, Any]:
    """A contract as components of a larger document: without address and draft, and with its definitions beside it."""
    parts = {name: {key: value for key, value in contract.items() if key not in {"$id", "$schema", "$defs"}}}
    parts |= {f"{name}-{part}": definition for part, definition in contract.get("$defs", {}).items()}
    own = {f"#/$defs/{part}": f"{name}-{part}" for part in contract.get("$defs", {})}
    return {key: _referring_to_components(part, own) for key, part in parts.items()}


def _referring_to_components(node: Any, names: Mapping[str, str]) -> Any:
    if isinstance(node, list):
        return [_referring_to_components(item, names) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: f"#/components/schemas/{names[value]}" if key == "$ref" else _referring_to_components(value, names)
        for key, value in node.items()
    }
