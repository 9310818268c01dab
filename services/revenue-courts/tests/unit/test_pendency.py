"""Counts of cases by month, and the rate at which they are disposed of."""

from datetime import date

from revenue_courts.domain.pendency import Pendency, disposal_rate, shown_months


def test_the_months_go_over_the_year_and_end_with_the_days_own() -> None:
    months = shown_months(date(2027, 2, 3))
    assert (len(months), months[0], months[-3:]) == (13, "2026-02", ["2026-12", "2027-01", "2027-02"])


def test_the_rate_is_of_the_months_that_are_asked_for_and_of_nothing_it_is_none() -> None:
    counts = Pendency(
        court_code="a", pending={}, registered={"2026-11": 3, "2026-12": 9, "2025-11": 9}, disposed={"2026-10": 2}
    )
    assert disposal_rate(counts, ["2026-10", "2026-11"]) == 0.6667
    assert disposal_rate(counts, ["2026-09", "2026-10"]) is None
