"""How long a payment may be in doubt before people have it: published, by biller and mode, effective-dated."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

# The last part of the limit, in which people are warned: while there is still time to ask the partner.
WARNED_IN_LAST = 4  # a quarter of it


@dataclass(frozen=True)
class DoubtLimit:
    """From a day on; `biller_id` and `mode` None: for all of them."""

    from_day: date
    biller_id: str | None
    mode: str | None
    limit: timedelta


@dataclass(frozen=True)
class DoubtLimits:
    """Every limit ever published, and `usual` for what none is published for."""

    usual: timedelta
    published: Sequence[DoubtLimit] = ()

    def of(self, biller_id: str, mode: str, on: date) -> timedelta:
        """The limit on a day: that of the biller and mode before that of the biller, then of the mode, then of all.

        Of several alike the latest until that day.
        """
        fitting = [
            limit
            for limit in self.published
            if limit.from_day <= on and limit.biller_id in (None, biller_id) and limit.mode in (None, mode)
        ]
        closest = max(
            fitting,
            key=lambda limit: (limit.biller_id is not None, limit.mode is not None, limit.from_day),
            default=None,
        )
        return closest.limit if closest else self.usual


@dataclass(frozen=True)
class SizeClass:
    """A class of counts, both ends included; `most` None: no end. What is public tells the class and no figure."""

    name: str
    least: int
    most: int | None


# Closed classes: a public count of one payment would tell of one person.
SIZES = (
    SizeClass("none", 0, 0),
    SizeClass("under-10", 1, 9),
    SizeClass("under-100", 10, 99),
    SizeClass("under-1000", 100, 999),
    SizeClass("1000-and-more", 1000, None),
)


def size_of(count: int) -> SizeClass:
    """The class of a count that is not below 0."""
    return next(size for size in SIZES if size.least <= count and (size.most is None or count <= size.most))
