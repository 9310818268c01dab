"""When a centre is open: intervals of a week, by India's clock.

Hours are what a centre told. Of most centres none are known, and then nobody can say whether it is open: unset hours
are never taken for open or for closed.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import pairwise

INDIA = timezone(timedelta(hours=5, minutes=30), "IST")  # one zone and no summer time since 1945
DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
DAY_MINUTES = 24 * 60
MOST_INTERVALS = 21  # three a day: morning, afternoon, evening
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00"
_WRITTEN = re.compile(rf"({'|'.join(DAYS)}) ({_CLOCK})-({_CLOCK})", re.ASCII)


class HoursError(ValueError):
    """The hours cannot be a centre's; the message says what is wrong with them."""


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Open from `opens` up to `closes`, minutes of the week: 0 is Monday 00:00 in India, `closes` is not included."""

    opens: int
    closes: int

    @property
    def written(self) -> str:
        """As `MON 09:00-18:00`."""
        day = self.opens // DAY_MINUTES
        return f"{DAYS[day]} {_clock(self.opens - day * DAY_MINUTES)}-{_clock(self.closes - day * DAY_MINUTES)}"


def read_hours(written: Iterable[str]) -> tuple[Interval, ...]:
    """Hours written as `MON 09:00-18:00`, in order of the week.

    An interval lies in one day and ends at 24:00 at the latest; who is open past midnight writes two.
    Raises HoursError.
    """
    intervals = sorted(_interval(text) for text in written)
    if not intervals:
        raise HoursError("Name one interval at least; leave the hours unset where they are not known.")
    if len(intervals) > MOST_INTERVALS:
        raise HoursError(f"Name at most {MOST_INTERVALS} intervals a week.")
    for earlier, later in pairwise(intervals):
        if later.opens < earlier.closes:
            raise HoursError(f"{earlier.written} and {later.written} overlap.")
    return tuple(intervals)


def minute_of_week(at: datetime) -> int:
    """Of an aware instant, by India's clock."""
    local = at.astimezone(INDIA)
    return local.weekday() * DAY_MINUTES + local.hour * 60 + local.minute


def open_at(hours: Sequence[Interval] | None, at: datetime) -> bool | None:
    """Whether a centre with these hours is open; None where its hours are not known."""
    if hours is None:
        return None
    minute = minute_of_week(at)
    return any(interval.opens <= minute < interval.closes for interval in hours)


def _interval(text: str) -> Interval:
    parts = _WRITTEN.fullmatch(text)
    if parts is None:
        raise HoursError(f"Write an interval as MON 09:00-18:00; days are {', '.join(DAYS)}.")
    day = DAYS.index(parts[1]) * DAY_MINUTES
    interval = Interval(day + _minutes(parts[2]), day + _minutes(parts[3]))
    if interval.closes <= interval.opens:
        raise HoursError("An interval ends after it begins; write two where it passes midnight.")
    return interval


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
