"""What is sent along with a message that failed: headers that MongoDB can hold, counts, and where a bug was."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from servicekit.events.envelope import Message
from servicekit.events.redelivery import STACK_MAX_FRAMES, attempts, redrives, stack_of, storable

AT = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "stored"),
    [
        ("किसान", "किसान"),
        ("half \ud800 a pair", "half ? a pair"),
        (Decimal("1.50"), "1.50"),
        (2**63 - 1, 2**63 - 1),
        (-(2**63), -(2**63)),
        (2**63, "9223372036854775808"),
        (-(2**63) - 1, "-9223372036854775809"),
        (1.5, 1.5),
        (True, True),
        (None, None),
        (b"\xff\x00", b"\xff\x00"),
        (AT, AT),
        ([Decimal(1), [None]], ["1", [None]]),
        ((Decimal(1), 2**63), ["1", "9223372036854775808"]),
        (
            {"count": 2**63, 7: {"a\0b\0": "\ud800"}, "\ud800": 1},
            {"count": "9223372036854775808", "7": {"ab": "?"}, "?": 1},
        ),
    ],
)
def test_a_header_is_stored_as_it_is_where_mongodb_can_hold_it_and_else_as_text(header: Any, stored: Any) -> None:
    assert storable(header) == stored
    assert type(storable(header)) is type(stored)


@pytest.mark.parametrize(("count", "read"), [(0, 0), (1, 1), (7, 7), (-1, 0), ("3", 0), (None, 0), (1.5, 0)])
@pytest.mark.parametrize(("counter", "header"), [(attempts, "x-emitra-attempt"), (redrives, "x-emitra-redrive")])
def test_a_count_is_read_of_its_header_and_what_is_none_counts_nothing(
    counter: Callable[[Message], int], header: str, count: object, read: int
) -> None:
    others = {"x-emitra-attempt": 90, "x-emitra-redrive": 91}
    assert counter(Message("m1", "", "", b"", {**others, header: count})) == read


def test_without_a_header_nothing_is_counted() -> None:
    message = Message("m1", "", "", b"", {})
    assert (attempts(message), redrives(message)) == (0, 0)


def fail(depth: int) -> None:
    if depth:
        fail(depth - 1)
    raise ZeroDivisionError("a person's name")


@pytest.mark.parametrize(("depth", "frames"), [(0, 2), (17, 19), (18, 20), (19, 20), (50, 20)])
def test_a_stack_names_the_innermost_places_and_no_value(depth: int, frames: int) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        fail(depth)
    kind, *places = stack_of(caught.value).split("\n")
    line = fail.__code__.co_firstlineno + 3
    assert kind == "ZeroDivisionError"
    assert places[-1] == f"tests/unit/test_redelivery.py:{line} fail"
    assert len(places) == frames
    assert STACK_MAX_FRAMES == 20


def test_an_error_that_was_never_raised_has_its_type_only() -> None:
    assert stack_of(ValueError("a person's name")) == "ValueError"
