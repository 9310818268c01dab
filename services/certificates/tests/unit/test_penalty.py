"""What a delay costs by the Act: so much a day, within bounds."""

from datetime import date, timedelta

import pytest
from tests.support.builders import RULEBOOK

from certificates.domain.sla.penalty import penalty_of

DUE = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("days", "paise"),
    [(1, 50_000), (2, 50_000), (3, 75_000), (10, 250_000), (19, 475_000), (20, 500_000), (21, 500_000), (400, 500_000)],
)
def test_a_day_costs_250_rupees_from_500_to_5000(days: int, paise: int) -> None:
    penalty = penalty_of(DUE, DUE + timedelta(days=days), RULEBOOK.penalties)
    assert penalty is not None
    assert (penalty.days, penalty.paise) == (days, paise)
    assert "2011" in penalty.rule.order.en


@pytest.mark.parametrize("until", [DUE, DUE - timedelta(days=1)])
def test_what_is_done_in_time_costs_nothing(until: date) -> None:
    assert penalty_of(DUE, until, RULEBOOK.penalties) is None


def test_before_the_act_nothing_costs_anything() -> None:
    due = date(2011, 11, 12)
    assert penalty_of(due, due + timedelta(days=9), RULEBOOK.penalties) is None
    assert penalty_of(due + timedelta(days=1), due + timedelta(days=9), RULEBOOK.penalties) is not None
