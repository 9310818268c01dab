"""The envelope: what we write can be read, and what cannot be read says why."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

from servicekit.events.envelope import NewEvent, UnreadableMessage, parse, received, schema_of, serialise

EVENT = NewEvent(
    "01", "thing.made.v1", "thing", "t1", 3, datetime(2026, 11, 23, 4, 5, 6, tzinfo=UTC), {"a": "किसान"}, "req", "cause"
)


def test_what_is_serialised_is_read_back() -> None:
    envelope = parse(serialise(EVENT, "maker"))
    event = received(envelope, envelope["data"])
    assert (event.id, event.type, event.subject, event.sequence) == ("01", "thing.made.v1", "t1", 3)
    assert (event.time, event.request_id, event.data) == (EVENT.occurred_at, "req", {"a": "किसान"})


def test_the_type_and_schema_name_the_event() -> None:
    envelope = json.loads(serialise(EVENT, "maker"))
    assert envelope["type"] == "org.emitra.thing.made.v1"
    assert envelope["source"] == "/emitra/maker"
    assert envelope["dataschema"] == "urn:emitra:events:thing.made.v1"
    assert (envelope["causationid"], envelope["correlationid"]) == ("cause", "req")


ENVELOPE = {
    "specversion": "1.0",
    "id": "01",
    "source": "/emitra/maker",
    "type": "org.emitra.thing.made.v1",
    "subject": "t1",
    "time": "2026-11-23T04:05:06.000000Z",
    "datacontenttype": "application/json",
    "dataschema": "urn:emitra:events:thing.made.v1",
    "sequence": "3",
    "partitionkey": "t1",
    "correlationid": "req",
    "causationid": "cause",
    "data": {"a": "किसान"},
}


def test_an_events_bytes_are_these() -> None:
    text = serialise(EVENT, "maker").decode()
    envelope = json.loads(text)
    assert list(envelope.items()) == list((ENVELOPE | {"time": envelope["time"]}).items())
    assert datetime.fromisoformat(envelope["time"]) == EVENT.occurred_at
    assert text.endswith('"causationid":"cause","data":{"a":"किसान"}}'), "no space, and as people write it"
    assert schema_of("thing.made.v1") == ENVELOPE["dataschema"]


def test_an_event_that_nothing_caused_names_no_cause() -> None:
    envelope = json.loads(serialise(replace(EVENT, causation_id=None), "maker"))
    assert "causationid" not in envelope


def test_the_trace_in_progress_travels_along() -> None:
    with TracerProvider().get_tracer("test").start_as_current_span("act") as span:
        envelope = parse(serialise(EVENT, "maker"))
    trace = f"{span.get_span_context().trace_id:032x}"
    assert received(envelope, {}).trace_context.keys() == {"traceparent"}
    assert received(envelope, {}).trace_context["traceparent"].split("-")[1] == trace
    assert received(envelope | {"tracestate": "a=b"}, {}).trace_context["tracestate"] == "a=b"


def test_an_event_is_received_with_what_the_schema_loaded() -> None:
    event = received(parse(json.dumps(ENVELOPE).encode()), "as loaded")
    assert (event.id, event.type, event.source, event.subject) == ("01", "thing.made.v1", "/emitra/maker", "t1")
    assert (event.time, event.sequence, event.data) == (EVENT.occurred_at, 3, "as loaded")
    assert (event.request_id, event.trace_context) == ("req", {})


@pytest.mark.parametrize(("correlation", "request_id"), [("req", "req"), (None, "01"), ("", "01"), (7, "7")])
def test_an_event_without_a_request_is_its_own(correlation: object, request_id: str) -> None:
    assert received(parse(json.dumps(ENVELOPE | {"correlationid": correlation}).encode()), {}).request_id == request_id


def without(attribute: str) -> dict[str, Any]:
    return {name: value for name, value in ENVELOPE.items() if name != attribute}


TEXTS = ("id", "source", "type", "subject", "time", "sequence")


@pytest.mark.parametrize(
    ("envelope", "says"),
    [
        (ENVELOPE | {"specversion": "0.3"}, "specversion is not 1.0"),
        (without("specversion"), "specversion is not 1.0"),
        *[
            (broken, f"attribute {name} is missing or not a string")
            for name in TEXTS
            for broken in (without(name), ENVELOPE | {name: ""}, ENVELOPE | {name: 7})
        ],
        (ENVELOPE | {"type": "com.other.thing"}, "type does not begin with org.emitra."),
        *[
            (ENVELOPE | {"sequence": sequence}, "sequence is not a decimal number of at most 18 digits")
            for sequence in ("-1", "1.0", "x", "1" * 19, "1" * 5_000)
        ],
        (ENVELOPE | {"time": "yesterday"}, "time is not RFC 3339"),
        (ENVELOPE | {"time": "2026-01-01T00:00:00"}, "time has no offset"),
        (ENVELOPE | {"data": []}, "data is missing or not an object"),
        (ENVELOPE | {"data": None}, "data is missing or not an object"),
        (ENVELOPE | {"data": "{}"}, "data is missing or not an object"),
        (without("data"), "data is missing or not an object"),
        ([ENVELOPE], "the body is not a JSON object"),
        (7, "the body is not a JSON object"),
        (ENVELOPE | {"subject": "\ud800"}, "not JSON: UnicodeEncodeError"),
    ],
)
def test_what_is_no_envelope_is_told_in_words(envelope: object, says: str) -> None:
    with pytest.raises(UnreadableMessage) as unreadable:
        parse(json.dumps(envelope).encode())
    assert str(unreadable.value) == says


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON: JSONDecodeError"),
        (b"\xff", "not JSON: UnicodeDecodeError"),
        (b"[" * 100_000, "not JSON: RecursionError"),
        (
            json.dumps(ENVELOPE, ensure_ascii=False).encode().replace(b'"t1"', b'"\xed\xa0\x80"'),
            "not JSON: UnicodeEncodeError",
        ),
    ],
)
def test_what_is_no_json_is_told_by_its_kind(body: bytes, says: str) -> None:
    with pytest.raises(UnreadableMessage) as unreadable:
        parse(body)
    assert str(unreadable.value) == says
    assert type(unreadable.value.__cause__).__name__ == says.removeprefix("not JSON: ")


@pytest.mark.parametrize(
    ("change", "read"),
    [
        ({"sequence": "9" * 18}, {}),
        ({"subject": "\u0915"}, {}),
        ({"extension": None}, {}),
        ({"time": "2026-11-23T09:35:06+05:30"}, {"time": EVENT.occurred_at.astimezone(timezone(timedelta(hours=5.5)))}),
    ],
)
def test_what_is_of_the_form_is_read(change: dict[str, Any], read: dict[str, Any]) -> None:
    envelope = parse(json.dumps(ENVELOPE | change).encode())
    assert envelope == ENVELOPE | {"time": EVENT.occurred_at} | change | read
