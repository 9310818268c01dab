"""Civil days in India: fee orders, due dates and financial years go by them."""

from datetime import date, datetime, time, timedelta, timezone

# India has one zone and no summer time, so a fixed offset is exact.
IST = timezone(timedelta(hours=5, minutes=30), "IST")
# Whoever writes a day beyond these means none: before the first day that there is, or after the last, is no instant.
EARLIEST_DAY, LATEST_DAY = date(1900, 1, 1), date(2999, 12, 31)
_FINANCIAL_YEAR_BEGINS_IN = 4  # April (General Clauses Act 1897, s. 3(21))


def civil_day(at: datetime) -> date:
    """The day it is in India at an instant."""
    return at.astimezone(IST).date()


def start_of_day(day: date) -> datetime:
    """The first instant of a day in India."""
    return datetime.combine(day, time(), IST)


def financial_year(day: date) -> str:
    """`2627` for any day from 2026-04-01 to 2027-03-31."""
    first = day.year if day.month >= _FINANCIAL_YEAR_BEGINS_IN else day.year - 1
    return f"{first % 100:02d}{(first + 1) % 100:02d}"
