"""Working days, as the wall in Rajasthan shows them."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.support.builders import CALENDAR, MONDAY, RULEBOOK

from certificates.domain.sla.calendar import WorkingCalendar, civil_date


def test_the_day_of_the_beginning_does_not_count() -> None:
    assert CALENDAR.due_on(MONDAY, 1) == date(2026, 11, 24)


def test_weekends_do_not_count() -> None:
    assert CALENDAR.due_on(MONDAY, 5) == date(2026, 11, 30)


def test_holidays_do_not_count() -> None:
    closed = WorkingCalendar(CALENDAR.weekly_off, frozenset({date(2026, 11, 24)}), date(2027, 12, 31))
    assert closed.due_on(MONDAY, 1) == date(2026, 11, 25)


def test_half_past_six_in_the_evening_in_london_is_tomorrow_in_jaipur() -> None:
    assert civil_date(datetime(2026, 11, 23, 18, 29, tzinfo=UTC)) == date(2026, 11, 23)
    assert civil_date(datetime(2026, 11, 23, 18, 30, tzinfo=UTC)) == date(2026, 11, 24)


@given(st.integers(1, 60), st.integers(0, 700 * 24))
def test_a_due_day_is_a_working_day_with_exactly_that_many_up_to_it(days: int, hours: int) -> None:
    calendar, begun = RULEBOOK.calendar, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    due = calendar.due_on(begun, days)
    first = civil_date(begun).toordinal() + 1
    worked = [d for d in map(date.fromordinal, range(first, due.toordinal() + 1)) if calendar.is_working(d)]
    assert len(worked) == days
    assert worked[-1] == due


def test_the_shipped_calendar_knows_the_national_holidays_and_the_weekends() -> None:
    for closed in (date(2026, 1, 26), date(2026, 10, 2), date(2027, 8, 15), date(2026, 11, 28), date(2026, 11, 29)):
        assert not RULEBOOK.calendar.is_working(closed)
    assert RULEBOOK.calendar.is_working(date(2026, 11, 23))
