"""A centre's hours: reading them, and whether it is open."""

from datetime import UTC, datetime

import pytest

from kiosk_registry.domain.register.hours import HoursError, Interval, open_at, read_hours

MONDAY_9_IN_INDIA = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)


def test_hours_are_read_in_order_of_the_week_and_written_as_they_were_read() -> None:
    hours = read_hours(["TUE 10:00-13:00", "MON 09:00-24:00"])

    assert hours == (Interval(540, 1440), Interval(1440 + 600, 1440 + 780))
    assert [interval.written for interval in hours] == ["MON 09:00-24:00", "TUE 10:00-13:00"]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ([], "one interval at least"),
        (["MON 9:00-18:00"], "Write an interval"),
        (["MONDAY 09:00-18:00"], "Write an interval"),
        (["MON 09:00-24:01"], "Write an interval"),
        (["MON ०९:००-१८:००"], "Write an interval"),
        (["MON 09:00-18:00\n"], "Write an interval"),
        (["MON 18:00-09:00"], "ends after it begins"),
        (["MON 09:00-09:00"], "ends after it begins"),
        (["MON 09:00-13:00", "MON 12:00-18:00"], "overlap"),
        ([f"MON 00:{n:02}-00:{n + 1:02}" for n in range(22)], "at most 21"),
    ],
)
def test_hours_that_cannot_be_are_refused_with_what_is_wrong(written: list[str], why: str) -> None:
    with pytest.raises(HoursError, match=why):
        read_hours(written)


@pytest.mark.parametrize(
    ("at", "open_now"),
    [
        (MONDAY_9_IN_INDIA, True),
        (MONDAY_9_IN_INDIA.replace(minute=29), False),
        (datetime(2026, 11, 23, 12, 30, tzinfo=UTC), False),  # 18:00 in India
        (datetime(2026, 11, 22, 18, 30, tzinfo=UTC), False),  # Monday 00:00 in India
        (datetime(2026, 11, 22, 18, 29, tzinfo=UTC), True),  # Sunday 23:59 in India
    ],
)
def test_a_centre_is_open_by_indias_clock(at: datetime, open_now: bool) -> None:
    assert open_at(read_hours(["MON 09:00-18:00", "SUN 12:00-24:00"]), at) is open_now


def test_a_centre_whose_hours_are_not_known_is_neither_open_nor_closed() -> None:
    assert open_at(None, MONDAY_9_IN_INDIA) is None
