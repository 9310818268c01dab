"""When work is due: a table counted apart from the code, by listing the days on which offices are open one by one."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from tests.support.builders import RULEBOOK

from certificates.domain.sla.calendar import IST

CALENDAR = RULEBOOK.calendar
HALF_DAYS = frozenset({date(2026, 3, 3), date(2026, 10, 19), date(2026, 11, 7), date(2026, 11, 9)})
ROWS = [
    line.split()
    for line in Path(__file__).with_name("golden_limits.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def test_the_table_has_a_hundred_days_at_least() -> None:
    assert len(ROWS) >= 100


@pytest.mark.parametrize(("day", "time", "working_days", "due", "due_with_halves"), ROWS)
def test_a_limit_ends_on_the_day_of_the_table(
    day: str, time: str, working_days: str, due: str, due_with_halves: str
) -> None:
    begun_at = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=IST)
    assert CALENDAR.due_on(begun_at, int(working_days)).isoformat() == due
    halved = replace(CALENDAR, half_days=HALF_DAYS)
    assert halved.due_on(begun_at, int(working_days)).isoformat() == due_with_halves


def test_two_half_days_are_one_and_a_single_one_counts_whole_for_whoever_is_counted() -> None:
    halved = replace(CALENDAR, half_days=frozenset({date(2026, 11, 23), date(2026, 11, 25)}))
    assert halved.working_days(date(2026, 11, 23), date(2026, 11, 23)) == 1
    assert halved.working_days(date(2026, 11, 23), date(2026, 11, 25)) == 1
    assert halved.working_days(date(2026, 11, 23), date(2026, 11, 26)) == 2


def test_a_half_day_that_is_a_holiday_stays_one() -> None:
    closed = replace(CALENDAR, half_days=frozenset({date(2026, 12, 25)}))
    assert closed.due_on(datetime(2026, 12, 24, 12, tzinfo=IST), 1) == date(2026, 12, 28)
