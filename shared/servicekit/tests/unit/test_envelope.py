"""The envelope: what we write can be read, and what cannot be read says why."""

import json
from datetime import UTC, datetime

import pytest

from servicekit.events.envelope import NewEvent, UnreadableMessage, parse, received, serialise

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


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": ""}, "id"),
        ({"id": 7}, "id"),
        ({"type": "com.other.thing"}, "type"),
        ({"sequence": "-1"}, "sequence"),
        ({"sequence": "1" * 5_000}, "sequence"),
        ({"subject": "\ud800"}, "not JSON"),
        ({"time": "yesterday"}, "time"),
        ({"time": "2026-01-01T00:00:00"}, "offset"),
        ({"data": []}, "data"),
    ],
)
def test_a_broken_envelope_says_which_attribute(change: dict[str, object], says: str) -> None:
    envelope = json.loads(serialise(EVENT, "maker")) | change
    with pytest.raises(UnreadableMessage, match=says):
        parse(json.dumps(envelope).encode())


@pytest.mark.parametrize("body", [b"", b"\xff", b"[1]", b"[" * 100_000])
def test_a_body_that_is_no_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableMessage):
        parse(body)
