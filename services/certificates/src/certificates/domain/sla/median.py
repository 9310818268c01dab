"""The median of how long things took, out of how often each length occurred."""

from collections.abc import Mapping


def median_of(counts: Mapping[int, int]) -> float:
    """The middle one of all lengths in order, or halfway between the two middle ones; `counts` has one at least."""
    total = sum(counts.values())
    return (_at(counts, (total - 1) // 2) + _at(counts, total // 2)) / 2


def _at(counts: Mapping[int, int], place: int) -> int:
    for length in sorted(counts):
        place -= counts[length]
        if place < 0:
            return length
    raise ValueError("there is no such place")
