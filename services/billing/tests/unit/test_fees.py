"""What the orders in the data file charge, day by day, and who receives it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.builders import a_bill
from tests.support.reference import BILLERS, FEES

from billing.domain.tariff.fees import NoRateInForce
from billing.domain.tariff.pricing import price


@pytest.mark.parametrize(
    ("category", "day", "bill_paise", "citizen_paise", "department_paise"),
    [
        ("ELECTRICITY", "2019-06-01", 200_000, 500, 0),
        ("ELECTRICITY", "2019-06-01", 200_001, 800, 0),
        ("ELECTRICITY", "2019-06-01", 500_001, 1_000, 0),
        ("ELECTRICITY", "2020-08-31", 100, 500, 0),
        ("ELECTRICITY", "2020-09-01", 100, 0, 500),
        ("ELECTRICITY", "2026-11-23", 600_000, 0, 1_000),
        ("WATER", "2020-08-31", 100, 500, 0),
        ("WATER", "2020-09-01", 100, 0, 500),
        ("MOBILE", "2026-11-23", 39_900, 500, 0),
        ("EXAM_FEE", "2020-08-31", 60_000, 3_000, 0),
        ("EXAM_FEE", "2026-11-23", 60_000, 5_000, 0),
        ("APPLICATION_FEE", "2026-11-23", 3_000, 0, 0),
    ],
)
def test_the_charge_is_that_of_the_order_in_force_on_the_day(
    category: str, day: str, bill_paise: int, citizen_paise: int, department_paise: int
) -> None:
    charge = FEES.charge(category=category, channel="AGT", bill_paise=bill_paise, on=date.fromisoformat(day))

    assert (charge.citizen_paise, charge.department_paise) == (citizen_paise, department_paise)
    assert sum(charge.heads.values()) == citizen_paise + department_paise
    assert charge.order
    assert charge.order_hi


def test_a_day_before_every_order_has_no_rate() -> None:
    with pytest.raises(NoRateInForce, match=r"^no rate for WATER on 2010-01-01$"):
        FEES.charge(category="WATER", channel="AGT", bill_paise=100, on=date(2010, 1, 1))


def test_a_channel_without_a_sharing_is_told_by_its_name() -> None:
    with pytest.raises(NoRateInForce, match=r"^no sharing for WATER on channel ATM on 2026-11-23$"):
        FEES.share_fee(category="WATER", channel="ATM", fee_paise=100, on=date(2026, 11, 23))


def test_every_biller_can_be_paid_today_on_each_of_its_channels() -> None:
    for biller in BILLERS.values():
        for channel in biller.limits:
            charge = FEES.charge(category=biller.category, channel=channel, bill_paise=100, on=date(2026, 11, 23))
            assert charge.order


def test_the_orders_of_one_category_follow_each_other_without_gap_or_overlap() -> None:
    for category in {rate.category for rate in FEES.rates}:
        rates = sorted((r for r in FEES.rates if r.category == category), key=lambda r: r.from_day)
        for earlier, later in pairwise(rates):
            assert earlier.until is not None
            assert (later.from_day - earlier.until).days == 1
        assert rates[-1].until is None


@given(
    biller_id=st.sampled_from(sorted(BILLERS)),
    channel=st.sampled_from(["AGT", "INT"]),
    paise=st.integers(1, 4_999_900),
)
def test_the_credits_of_any_payment_sum_to_what_the_payer_pays(biller_id: str, channel: str, paise: int) -> None:
    cost = price(FEES, BILLERS[biller_id], a_bill(biller_id=biller_id), channel, paise)

    assert sum(leg.paise for leg in cost.credits) == paise + cost.service_charge_paise
    assert all(leg.paise for leg in cost.credits)


def test_a_charge_the_department_bears_is_debited_to_the_department() -> None:
    cost = price(FEES, BILLERS["JVVNL"], a_bill(), "AGT", 152_500)

    legs = {leg.account: leg.paise for leg in cost.credits}
    assert cost.service_charge_paise == 0
    assert legs == {
        "biller:JVVNL": 152_500,
        "revenue:suspense": 500,
        "department:JVVNL:charges": -500,
    }


def test_half_of_an_application_fee_waits_for_the_delivery() -> None:
    bill = a_bill(biller_id="EMITRA-FEES", fee_order="the order of the application")
    cost = price(FEES, BILLERS["EMITRA-FEES"], bill, "AGT", 3_000)

    legs = {leg.account: leg.paise for leg in cost.credits}
    assert legs == {"revenue:suspense": 1_500, "revenue:delivery": 1_500}
    assert cost.order == "the order of the application"


ORDER_OF_CHARGE = FEES.charge(category="ELECTRICITY", channel="AGT", bill_paise=100, on=date(2026, 11, 23))


@pytest.mark.parametrize(
    ("fee_order", "fee_order_hi", "printed"),
    [
        (None, None, (ORDER_OF_CHARGE.order, ORDER_OF_CHARGE.order_hi)),
        ("an order", "एक आदेश", ("an order", "एक आदेश")),
        ("an order", None, ("an order", "an order")),
    ],
)
def test_the_order_that_is_printed_is_the_bills_own_where_it_has_one(
    fee_order: str | None, fee_order_hi: str | None, printed: tuple[str, str]
) -> None:
    cost = price(FEES, BILLERS["JVVNL"], a_bill(fee_order=fee_order, fee_order_hi=fee_order_hi), "AGT", 100)

    assert (cost.order, cost.order_hi) == printed


def test_the_day_of_an_order_is_the_indian_day() -> None:
    last_evening = datetime(2020, 8, 31, 18, 29, tzinfo=UTC)  # 23:59 in India
    next_morning = datetime(2020, 8, 31, 18, 30, tzinfo=UTC)  # midnight in India
    at = {
        when: price(FEES, BILLERS["JVVNL"], replace(a_bill(), fetched_at=when), "AGT", 100).service_charge_paise
        for when in (last_evening, next_morning)
    }

    assert at == {last_evening: 500, next_morning: 0}
