"""The platform's AsyncAPI 3.0 document: what the services print of their events, with the contracts put in."""

from collections.abc import Iterable, Mapping
from typing import Any

import emitra_contracts
from emitra_contracts.catalogue import entry, envelope_schema, events, examples, schema

_ENVELOPE = "envelope"


def platform_document(documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One self-contained document out of the services' own (`<service> asyncapi`, read from YAML).

    Their channels, operations and messages side by side; the contracts they refer to by address become
    `components.schemas` in the JSON Schema draft of AsyncAPI, and every message gets its description and examples.
    Raises `KeyError` with the address of a contract that does not exist, `UnknownEvent` for a message without one.
    """
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for document in documents:
        for name, channel in document["channels"].items():
            # The log of all events is everybody's: each producer names its own messages in it.
            known = channels.get(name, {"messages": {}})
            channels[name] = {**channel, "messages": known["messages"] | channel["messages"]}
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
    # As the services key their messages: some tools refuse a dot.
    return event.replace(".", "-")


def _as_components(name: str, contract: Mapping[str, Any]) -> dict[str, Any]:
    """A contract as components of a larger document: its definitions beside it, no address and no draft of its own."""
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
