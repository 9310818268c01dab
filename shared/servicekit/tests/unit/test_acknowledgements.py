"""Never an acknowledgement for a message that is not finished, and few for those that are."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.broker.acknowledgements import Acknowledgements

# Here a message is its number.


def test_what_is_finished_without_a_gap_is_acknowledged_at_once() -> None:
    acks = Acknowledgements[int]()
    for tag in (2, 1, 3):
        acks.finished(tag, tag)
    assert acks.due() == [(3, True)]
    assert not acks.waiting


def test_what_is_finished_beyond_a_gap_waits_and_then_goes_by_itself() -> None:
    acks = Acknowledgements[int]()
    for tag in (1, 3, 4):
        acks.finished(tag, tag)
    assert acks.due() == [(1, True)]
    assert acks.waiting
    assert acks.due(gap_seconds=0) == [(3, False), (4, False)]
    acks.finished(2, 2)
    acks.finished(5, 5)
    assert acks.due() == [(5, True)]


def test_a_multiple_acknowledgement_never_ends_at_a_delivery_that_was_given_back() -> None:
    acks = Acknowledgements[int]()
    acks.finished(1, 1)
    acks.given_back(2)
    assert acks.due() == [(1, True)]
    acks.given_back(3)
    assert acks.due() == []


def test_nothing_is_kept_of_what_is_settled() -> None:
    acks = Acknowledgements[int]()
    for number in range(1, 10):
        if number % 2:
            acks.given_back(number)
        else:
            acks.finished(number, number)
    acks.due()
    assert (acks._settled, acks._finished) == (set(), {}), "it would grow for as long as the connection lasts"


@pytest.mark.parametrize(("gap", "short_of_it"), [({}, 0.0625), ({"gap_seconds": 0.25}, 0.1875)])
def test_a_gap_is_waited_for_so_long(
    monkeypatch: pytest.MonkeyPatch, gap: dict[str, float], short_of_it: float
) -> None:
    now = 8.0
    monkeypatch.setattr("servicekit.broker.acknowledgements.time", SimpleNamespace(monotonic=lambda: now))
    acks = Acknowledgements[int]()
    acks.finished(2, 2)
    now += short_of_it
    acks.finished(3, 3)
    assert acks.due(**gap) == []
    now = 8.0 + gap.get("gap_seconds", 0.125)
    assert acks.due(**gap) == [(2, False)]
    assert acks.waiting


@given(st.permutations(range(1, 31)), st.sets(st.integers(1, 30)), st.sets(st.integers(1, 30)))
def test_each_delivery_is_settled_once_and_none_before_it_is_finished(
    order: list[int], given_back: set[int], impatient_at: set[int]
) -> None:
    acks, finished, acknowledged = Acknowledgements[int](), set[int](), set[int]()
    for tag in order:
        if tag in given_back:
            acks.given_back(tag)
        else:
            acks.finished(tag, tag)
            finished.add(tag)
        for up_to, multiple in acks.due(gap_seconds=0 if tag in impatient_at else 60):
            outstanding = set(range(1, up_to + 1)) if multiple else {up_to}
            outstanding -= acknowledged | (given_back & set(order[: order.index(tag) + 1]))
            assert up_to in outstanding, "the broker closes the channel over a tag it does not know"
            assert outstanding <= finished
            acknowledged |= outstanding
    assert acknowledged == finished
    assert not acks.waiting
