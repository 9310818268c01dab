"""Where and how far the log of events is read for what is missing."""

from datetime import UTC, datetime, timedelta

import pytest

from servicekit.broker.events_log import _Reading
from servicekit.events.envelope import NewEvent, ReceivedEvent, serialise
from servicekit.events.ordering import SOUGHT_AT_ONCE, Gap, Position

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def received(sequence: int) -> ReceivedEvent:
    return ReceivedEvent("evt_1", "thing.made.v1", "/emitra/maker", "t1", NOON, sequence, None, "request-1")


def body(thing: str, sequence: int) -> bytes:
    event = NewEvent("evt_1", "thing.made.v1", "thing", thing, sequence, NOON, {}, "request-1")
    return serialise(event, "maker")


@pytest.mark.parametrize(
    ("repairs", "applied_at", "since"),
    [
        (0, None, NOON - timedelta(minutes=5)),
        (1, None, NOON - timedelta(hours=1)),
        (2, None, NOON - timedelta(days=7)),
        (9, None, NOON - timedelta(days=7)),
        (2, NOON - timedelta(hours=1), NOON - timedelta(hours=1, minutes=1)),
        (0, NOON - timedelta(hours=1), NOON - timedelta(minutes=5)),
    ],
)
def test_each_try_looks_further_back_but_not_beyond_what_was_applied(
    repairs: int, applied_at: datetime | None, since: datetime
) -> None:
    assert Gap(received(3), Position(1, applied_at)).look_from(repairs) == since


def test_what_is_missing_is_what_lies_between_and_bounded() -> None:
    assert Gap(received(4), Position(1, NOON)).missing == [("/emitra/maker", "t1", 2), ("/emitra/maker", "t1", 3)]
    sequences = [sequence for _, _, sequence in Gap(received(10**30), Position()).missing]
    assert sequences == list(range(1, SOUGHT_AT_ONCE + 1))


def test_a_reading_is_over_when_a_later_event_of_each_aggregate_went_by() -> None:
    reading = _Reading([("/emitra/maker", "t1", 2), ("/emitra/maker", "t1", 3), ("/emitra/maker", "t2", 1)])
    for each in (body("t1", 1), b"not an event", body("t3", 9), body("t1", 3)):
        reading.take(each)
    assert set(reading.found) == {("/emitra/maker", "t1", 3)}
    assert reading.wanted == {("/emitra/maker", "t2", 1)}, "2 does not come after 3"
    reading.take(body("t2", 4))
    assert not reading.wanted
    assert reading.taken == 5
