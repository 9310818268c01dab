"""The days on which a court sits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from revenue_courts.domain.label import Label

# India has one zone and no summer time, so a fixed offset is exact.
IST = timezone(timedelta(hours=5, minutes=30), "IST")


def civil_date(at: datetime) -> date:
    """The day in Rajasthan at the aware instant `at`."""
    return at.astimezone(IST).date()


@dataclass(frozen=True)
class Calendar:
    """Days without a sitting. `weekly_off` are weekdays (Monday is 0); past `known_until` no yearly order is loaded."""

    weekly_off: frozenset[int]
    holidays: Mapping[date, Label]
    known_until: date

    def closed(self, day: date) -> Label | None:
        """Why no court sits on that day; None where courts sit."""
        if day in self.holidays:
            return self.holidays[day]
        return Label("weekly holiday", "साप्ताहिक अवकाश") if day.weekday() in self.weekly_off else None
