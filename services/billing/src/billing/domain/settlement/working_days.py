"""On which day a department is paid: the next on which banks work."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

_SATURDAY, _SUNDAY = 5, 6
_DAYS_IN_WEEK = 7


@dataclass(frozen=True)
class BankDays:
    """When banks are closed: on Sundays, on some Saturdays of a month (`saturdays_off`, counted from 1, since
    `saturdays_off_from`), and on the days named in `holidays`."""

    holidays: Mapping[date, str]
    saturdays_off: frozenset[int]
    saturdays_off_from: date

    def is_open(self, day: date) -> bool:
        """Whether banks work on that day."""
        if day in self.holidays or day.weekday() == _SUNDAY:
            return False
        nth = (day.day - 1) // _DAYS_IN_WEEK + 1
        off = day.weekday() == _SATURDAY and nth in self.saturdays_off and day >= self.saturdays_off_from
        return not off

    def settled_on(self, day: date) -> date:
        """T+1: the first working day after `day`."""
        following = day + timedelta(days=1)
        while not self.is_open(following):
            following += timedelta(days=1)
        return following
