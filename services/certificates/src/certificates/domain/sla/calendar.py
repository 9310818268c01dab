"""Working days in Rajasthan, by Indian Standard Time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

# India has one zone and no summer time, so a fixed offset is exact.
IST = timezone(timedelta(hours=5, minutes=30), "IST")

ONE_DAY = timedelta(days=1)


def civil_date(instant: datetime) -> date:
    """The date on the wall in Rajasthan at `instant` (timezone-aware)."""
    return instant.astimezone(IST).date()


@dataclass(frozen=True)
class WorkingCalendar:
    """Which days offices work.

    `weekly_off`: weekdays as `date.weekday()` numbers, at most six of them. `holidays`: single closed days;
    beyond `known_until` no holidays are known, and only the weekly days off are counted.
    """

    weekly_off: frozenset[int]
    holidays: frozenset[date]
    known_until: date

    def is_working(self, day: date) -> bool:
        """Whether offices work on `day`."""
        return day.weekday() not in self.weekly_off and day not in self.holidays

    def due_on(self, begun_at: datetime, working_days: int) -> date:
        """The last day to finish work begun at `begun_at` within `working_days` (at least 1).

        The day it began on does not count: section 4 of the Rajasthan Guaranteed Delivery of Public Services
        Act 2011 runs the limit from the application, and its rules leave public holidays out.
        """
        day = civil_date(begun_at)
        left = working_days
        while left > 0:
            day += ONE_DAY
            if self.is_working(day):
                left -= 1
        return day
