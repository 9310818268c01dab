"""Working days in Rajasthan, in Indian Standard Time."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

# India has one zone and no summer time, so a fixed offset is exact.
IST = timezone(timedelta(hours=5, minutes=30), "IST")

ONE_DAY = timedelta(days=1)


def civil_date(at: datetime) -> date:
    """The date in Rajasthan at the aware instant `at`."""
    return at.astimezone(IST).date()


def months_later(day: date, months: int) -> date:
    """The same day of the month `months` later, or that month's last day where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def years_between(begin: date, end: date) -> int:
    """Completed years; whoever was born on a 29 February completes one on 1 March of another year."""
    return end.year - begin.year - ((end.month, end.day) < (begin.month, begin.day))


def is_later_than(event: date, today: date, *, days: int, years: int) -> bool:
    """Whether on `today` more time than that has passed since `event`; `years`, unless 0, count and `days` do not.

    A year ends with the day of its date in the next one (General Clauses Act 1897, section 3(66)), and one that began
    on a 29 February with the last of that month.
    """
    return today > months_later(event, 12 * years) if years else (today - event).days > days


@dataclass(frozen=True)
class WorkingCalendar:
    """Which days offices work.

    `weekly_off` has weekdays as numbers of `date.weekday()`, at most six of them; `holidays` has single closed days.
    No holiday after `known_until` is known: from there on only the weekly days off are left out. On `half_days` offices
    close at noon: two of them are one working day.
    """

    weekly_off: frozenset[int]
    holidays: frozenset[date]
    known_until: date
    half_days: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        """Whether offices work on `day`."""
        return day.weekday() not in self.weekly_off and day not in self.holidays

    def due_on(self, begun_at: datetime, working_days: int) -> date:
        """The last day to finish work begun at `begun_at` within `working_days` (at least 1).

        The day of the beginning does not count: by section 4 of the Rajasthan Guaranteed Delivery of Public Services
        Act 2011 the limit runs from the application, and its rules leave public holidays out.
        """
        day = civil_date(begun_at)
        halves_left = 2 * working_days
        while halves_left > 0:
            day += ONE_DAY
            halves_left -= self._halves(day)
        return day

    def working_days(self, first: date, last: date) -> int:
        """How many working days there are from `first` to `last`, both among them; a single half day counts whole."""
        halves = sum(self._halves(first + ONE_DAY * after) for after in range((last - first).days + 1))
        return -(-halves // 2)

    def _halves(self, day: date) -> int:
        """How many halves of `day` offices work."""
        if not self.is_working(day):
            return 0
        return 1 if day in self.half_days else 2
