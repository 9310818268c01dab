"""Days in Rajasthan."""

from datetime import date, datetime, timedelta, timezone

# India has one zone and no summer time, so a fixed offset is exact.
IST = timezone(timedelta(hours=5, minutes=30), "IST")


def civil_day(at: datetime) -> date:
    """The day in Rajasthan at the aware instant `at`."""
    return at.astimezone(IST).date()


def years_between(begin: date, end: date) -> int:
    """Completed years; whoever was born on a 29 February completes one on 1 March of another year."""
    return end.year - begin.year - ((end.month, end.day) < (begin.month, begin.day))
