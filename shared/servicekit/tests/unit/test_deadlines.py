import pytest

from servicekit.deadlines import deadline, seconds_left
from servicekit.errors import DependencyTimeout


def test_without_a_deadline_a_call_gets_what_it_asks_for() -> None:
    assert seconds_left(7) == 7


def test_a_call_gets_no_more_than_the_deadline_leaves() -> None:
    with deadline(3):
        assert 2.5 < seconds_left(7) <= 3
        assert seconds_left(1) == 1
    assert seconds_left(7) == 7


def test_an_inner_deadline_cannot_outlast_the_outer_one() -> None:
    with deadline(2):
        with deadline(60):
            assert seconds_left(60) <= 2
        with deadline(1):
            assert seconds_left(60) <= 1
        assert 1 < seconds_left(60) <= 2


def test_a_call_is_not_begun_with_less_than_a_tenth_of_a_second_left() -> None:
    with deadline(0.09), pytest.raises(DependencyTimeout):
        seconds_left(5)


def test_a_deadline_ends_with_its_block_even_when_the_block_fails() -> None:
    with pytest.raises(ValueError, match="x"), deadline(0.01):
        raise ValueError("x")
    assert seconds_left(5) == 5
