"""The event on the wire: CloudEvents 1.0 in structured JSON mode, one document for body and metadata.

Source: CloudEvents 1.0.2 and its extensions `sequence`, `partitioning` and `distributed tracing`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from servicekit.instants import rfc3339

CONTENT_TYPE = "application/cloudevents+json"
TYPE_PREFIX = "org.emitra."
SCHEMA_PREFIX = "urn:emitra:events:"
ENVELOPE_SCHEMA = f"{SCHEMA_PREFIX}envelope"
# As many digits as a 64-bit integer always holds.
SEQUENCE_MAX_DIGITS = 18

_trace_context = TraceContextTextMapPropagator()


class UnreadableMessage(Exception):
    """The message can never be handled as it is: not JSON, not our envelope, an unknown type, or invalid data."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A fact about one aggregate, to be put into the outbox.

    `type` is `<subject>.<past verb>.v<major>`; `sequence` counts the aggregate's events from 1; `data` holds
    JSON values and ids only, never a name, a number of a person or a document. Mint `id` (`ids.event_id`) and
    `occurred_at` (aware UTC) outside the transaction's callback.
    """

    id: str
    type: str
    aggregate_type: str
    aggregate_id: str
    sequence: int
    occurred_at: datetime
    data: Mapping[str, Any]
    request_id: str
    causation_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """An event as a consumer's handler sees it. `data` is what the consumer's own schema loaded."""

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    sequence: int
    data: Any
    request_id: str
    trace_context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """What travels over AMQP: properties and body. Headers carry our attempt count, and reasons when parked."""

    id: str
    type: str
    content_type: str
    body: bytes
    headers: dict[str, Any]


def schema_of(event: str) -> str:
    """The name of the JSON Schema of an event's data: its contract's `$id`. A URI, as CloudEvents wants it, and no
    address: the bytes stay true wherever the platform runs (ADR 0028)."""
    return SCHEMA_PREFIX + event


def serialise(event: NewEvent, service_name: str) -> bytes:
    """The event's bytes, made once: every delivery and replay sends exactly these. Raises TypeError if not JSON."""
    envelope: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.id,
        "source": f"/emitra/{service_name}",
        "type": TYPE_PREFIX + event.type,
        "subject": event.aggregate_id,
        "time": rfc3339(event.occurred_at),
        "datacontenttype": "application/json",
        "dataschema": schema_of(event.type),
        "sequence": str(event.sequence),
        "partitionkey": event.aggregate_id,
        "correlationid": event.request_id,
    }
    if event.causation_id is not None:
        envelope["causationid"] = event.causation_id
    # Adds traceparent (and tracestate) of the span in progress, if any.
    _trace_context.inject(envelope)
    envelope["data"] = event.data
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def parse(body: bytes) -> dict[str, Any]:
    """The envelope in `body`, its required attributes present and of the right form; `data` not yet looked into.

    Raises `UnreadableMessage` saying what is wrong.
    """
    try:
        envelope = json.loads(body)
        # Half a surrogate pair is JSON, but no Unicode, and nothing could store it. Only these bytes can bring one.
        if b"\\u" in body or b"\xed" in body:
            json.dumps(envelope, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise UnreadableMessage(f"not JSON: {type(error).__name__}") from error
    if not isinstance(envelope, dict):
        raise UnreadableMessage("the body is not a JSON object")
    if envelope.get("specversion") != "1.0":
        raise UnreadableMessage("specversion is not 1.0")
    for attribute in ("id", "source", "type", "subject", "time", "sequence"):
        if not isinstance(envelope.get(attribute), str) or not envelope[attribute]:
            raise UnreadableMessage(f"attribute {attribute} is missing or not a string")
    if not envelope["type"].startswith(TYPE_PREFIX):
        raise UnreadableMessage(f"type does not begin with {TYPE_PREFIX}")
    if not (envelope["sequence"].isdecimal() and len(envelope["sequence"]) <= SEQUENCE_MAX_DIGITS):
        raise UnreadableMessage(f"sequence is not a decimal number of at most {SEQUENCE_MAX_DIGITS} digits")
    try:
        envelope["time"] = datetime.fromisoformat(envelope["time"])
    except ValueError as error:
        raise UnreadableMessage("time is not RFC 3339") from error
    if envelope["time"].tzinfo is None:
        raise UnreadableMessage("time has no offset")
    if not isinstance(envelope.get("data"), dict):
        raise UnreadableMessage("data is missing or not an object")
    return envelope


def received(envelope: Mapping[str, Any], data: Any) -> ReceivedEvent:
    """The event for a handler: a parsed envelope with its data as the consumer's schema loaded it."""
    return ReceivedEvent(
        id=envelope["id"],
        type=envelope["type"].removeprefix(TYPE_PREFIX),
        source=envelope["source"],
        subject=envelope["subject"],
        time=envelope["time"],
        sequence=int(envelope["sequence"]),
        data=data,
        request_id=str(envelope.get("correlationid") or envelope["id"]),
        trace_context={name: envelope[name] for name in ("traceparent", "tracestate") if name in envelope},
    )
