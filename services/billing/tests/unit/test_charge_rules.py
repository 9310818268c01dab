"""The kinds of rules by which a charge is computed, its tax, and a draft order tried on payments."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.reference import FEES

from billing.domain.money import half_up
from billing.domain.tariff.fees import (
    FeeSchedule,
    Percent,
    PerStarted,
    Rate,
    Rule,
    Sharing,
    Slab,
    Slabs,
    Tax,
    Unset,
)
from billing.domain.tariff.rehearsal import PaidBill, rehearse

DAY = date(2026, 10, 15)
SHARING = Sharing("MOBILE", "AGT", date(2014, 1, 1), None, {"kiosk": 8_000, "lsp": 1_000, "society": 1_000})
COLLECTION = PerStarted(up_to_paise=200_000, first_paise=1_000, step_paise=100_000, step_charge_paise=200)


def a_rate(rule: Rule, **changes: object) -> Rate:
    rate = Rate("MOBILE", date(2020, 1, 1), None, "an order", "एक आदेश", rule, borne_by_department=False)
    return replace(rate, **changes)  # type: ignore[arg-type]


def schedule(*rates: Rate) -> FeeSchedule:
    return FeeSchedule(rates, [SHARING])


@pytest.mark.parametrize(
    ("bill_paise", "charge"),
    [
        (0, 1_000), (1, 1_000), (200_000, 1_000), (200_001, 1_200), (300_000, 1_200), (300_001, 1_400),
        (4_999_900, 1_000 + 48 * 200),
    ],
)  # fmt: skip
def test_each_started_thousand_costs_more(bill_paise: int, charge: int) -> None:
    assert COLLECTION.charge(bill_paise) == charge
    assert FEES.charge(category="FEE_COLLECTION", channel="AGT", bill_paise=bill_paise, on=DAY).citizen_paise == charge


@pytest.mark.parametrize(
    ("rule", "bill_paise", "charge"),
    [
        (Percent(150), 10_000, 150),
        (Percent(150), 33, 0),
        (Percent(150), 34, 1),  # 0.51
        (Percent(5_000), 1, 1),  # a half goes up
        (Percent(150, least_paise=100), 10, 100),
        (Percent(150, most_paise=500), 10_000_000, 500),
        (Unset(), 10_000, 0),
        (Slabs((Slab(100, 5), Slab(None, 9))), 101, 9),
    ],
)
def test_a_charge_follows_its_rule(rule: Rule, bill_paise: int, charge: int) -> None:
    assert rule.charge(bill_paise) == charge


@pytest.mark.parametrize(
    ("tax", "citizen_paise", "tax_paise"),
    [(Tax(1_800, included=True), 1_180, 180), (Tax(1_800, included=False), 1_392, 212), (None, 1_180, None)],
)
def test_a_tax_is_a_head_of_its_own(tax: Tax | None, citizen_paise: int, tax_paise: int | None) -> None:
    rate = a_rate(Slabs((Slab(None, 1_180),)), tax=tax)

    charge = schedule(rate).charge(category="MOBILE", channel="AGT", bill_paise=100, on=DAY)

    assert (charge.citizen_paise, charge.heads.get("tax")) == (citizen_paise, tax_paise)
    assert sum(charge.heads.values()) == citizen_paise


def test_what_the_department_bears_it_bears_with_the_tax() -> None:
    rate = a_rate(Slabs((Slab(None, 1_000),)), tax=Tax(1_800, included=False), borne_by_department=True)

    charge = schedule(rate).charge(category="MOBILE", channel="AGT", bill_paise=100, on=DAY)

    assert (charge.citizen_paise, charge.department_paise) == (0, 1_180)


@given(
    bill_paise=st.integers(0, 10**9),
    rule=st.one_of(
        st.builds(Percent, st.integers(0, 10_000), st.integers(0, 500), st.none() | st.integers(500, 10_000)),
        st.builds(PerStarted, st.integers(0, 10**6), st.integers(0, 10**5), st.integers(1, 10**6), st.integers(0, 999)),
    ),
    tax=st.none() | st.builds(Tax, st.integers(1, 10_000), included=st.booleans()),
    borne=st.booleans(),
)
def test_whatever_the_rule_the_heads_are_what_is_paid_and_none_is_below_zero(
    bill_paise: int, rule: Rule, tax: Tax | None, borne: bool
) -> None:
    rate = a_rate(rule, tax=tax, borne_by_department=borne)

    charge = schedule(rate).charge(category="MOBILE", channel="AGT", bill_paise=bill_paise, on=DAY)

    assert sum(charge.heads.values()) == charge.citizen_paise + charge.department_paise
    assert min(charge.heads.values()) >= 0
    assert (charge.citizen_paise if borne else charge.department_paise) == 0


def test_what_no_order_sets_is_not_asked_and_is_shown_as_unset() -> None:
    assert FEES.charge(category="MOBILE_PREPAID", channel="AGT", bill_paise=19_900, on=DAY).citizen_paise == 0
    assert FEES.rates_on(DAY)["MOBILE_PREPAID"] is None


def test_half_up_is_exact() -> None:
    assert [half_up(n, 10) for n in (4, 5, 14, 15, 10**30 + 5)] == [0, 1, 1, 2, 10**29 + 1]


def a_paid(paise: int, kiosk_id: str | None = "ksk_1", charged: int = 500) -> PaidBill:
    return PaidBill("MOBILE", "AGT", kiosk_id, paise, charged, DAY)


def test_a_draft_order_is_tried_on_payments_that_were_made() -> None:
    flat, draft = a_rate(Slabs((Slab(None, 500),))), a_rate(Percent(100), borne_by_department=True, order="a draft")
    in_force = schedule(flat)

    told = rehearse(
        [a_paid(10_000), a_paid(90_000), a_paid(20_000, "ksk_2"), a_paid(1_000, None, charged=400)],
        in_force,
        in_force.with_order([draft], date(2026, 10, 1)),
    )

    assert (told.before["MOBILE"].pay, told.after["MOBILE"].pay) == (
        {"citizens": 2_000, "departments": 0},
        {"citizens": 0, "departments": 100 + 900 + 200 + 10},
    )
    assert told.after["MOBILE"].earn == {"kiosk": 968, "lsp": 121, "society": 121}
    assert told.kiosks == {"ksk_1": (80 - 400) + (720 - 400), "ksk_2": 160 - 400}
    assert (told.charged_otherwise, told.is_balanced, told.before["MOBILE"].payments) == (1, True, 4)


def test_a_draft_is_in_force_from_its_day_on_and_changes_nothing_before_it() -> None:
    flat, draft = a_rate(Slabs((Slab(None, 500),))), a_rate(Slabs((Slab(None, 900),)))
    later = a_rate(Slabs((Slab(None, 700),)), from_day=date(2026, 12, 1))
    tried = schedule(replace(flat, until=date(2026, 11, 30)), later).with_order([draft], date(2026, 10, 1))

    def charged(day: str) -> int:
        on = date.fromisoformat(day)
        return tried.charge(category="MOBILE", channel="AGT", bill_paise=1, on=on).citizen_paise

    assert [charged(day) for day in ("2026-09-30", "2026-10-01", "2026-12-25")] == [500, 900, 900]


def test_a_new_order_leaves_the_day_of_a_past_payment_as_it_was() -> None:
    draft = a_rate(Slabs((Slab(None, 900),)))
    with_draft = FEES.with_order([replace(draft, category="MOBILE")], date(2027, 1, 1))

    for day in ("2019-06-01", "2026-12-31"):
        told = [
            fees.charge(category="MOBILE", channel="AGT", bill_paise=39_900, on=date.fromisoformat(day))
            for fees in (FEES, with_draft)
        ]
        assert told[0] == told[1]
