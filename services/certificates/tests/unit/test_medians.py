"""How long a desk takes, out of how often each length occurred."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.domain.sla.median import median_of


@pytest.mark.parametrize(
    ("counts", "middle"), [({3: 1}, 3), ({1: 1, 4: 1}, 2.5), ({0: 5, 9: 4}, 0), ({9: 2, 0: 1, 2: 1}, 5.5)]
)
def test_the_median_is_the_middle_of_all_in_order(counts: dict[int, int], middle: float) -> None:
    assert median_of(counts) == middle


@given(st.dictionaries(st.integers(0, 400), st.integers(1, 30), min_size=1, max_size=12))
def test_the_median_is_that_of_the_single_lengths(counts: dict[int, int]) -> None:
    assert median_of(counts) == median(length for length, count in counts.items() for _ in range(count))
