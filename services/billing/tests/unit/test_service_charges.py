"""The rate list that anybody may read."""

from datetime import date
from typing import Any

import pytest
from tests.support.reference import BILLERS, FEES

from billing.domain.tariff.fees import FeeSchedule
from billing.entrypoints.http.tariff.schemas import ServiceChargesSchema
from billing.entrypoints.http.tariff.views import NAMES, service_charges_view


def charges(day: str) -> dict[str, Any]:
    """What is answered of a day, by category."""
    on = date.fromisoformat(day)
    answer = ServiceChargesSchema().dump(service_charges_view(on, FEES.rates_on(on)))
    assert answer["on"] == day
    return {item["category"]: item["charge"] for item in answer["items"]}


def inr(paise: int) -> dict[str, Any]:
    return {"amount": paise, "currency": "INR"}


@pytest.mark.parametrize(
    ("day", "category", "slabs", "borne"),
    [
        ("2019-06-01", "ELECTRICITY", [(200_000, 500), (500_000, 800), (None, 1_000)], False),
        ("2020-08-31", "ELECTRICITY", [(200_000, 500), (500_000, 800), (None, 1_000)], False),
        ("2020-09-01", "ELECTRICITY", [(None, 0)], True),
        ("2026-11-26", "WATER", [(None, 0)], True),
        ("2026-11-26", "MOBILE", [(None, 500)], False),
        ("2020-08-31", "EXAM_FEE", [(None, 3_000)], False),
        ("2026-11-26", "EXAM_FEE", [(None, 5_000)], False),
        ("2026-11-26", "APPLICATION_FEE", [(None, 0)], False),
    ],
)
def test_the_list_of_a_day_has_what_the_citizen_pays_by_the_order_of_that_day(
    day: str, category: str, slabs: list[tuple[int | None, int]], borne: bool
) -> None:
    charge = charges(day)[category]

    assert charge["slabs"] == [{"up_to": up_to and inr(up_to), "charge": inr(paise)} for up_to, paise in slabs]
    assert charge["borne_by_department"] is borne
    assert charge["order"]
    assert charge["order_hi"]


@pytest.mark.parametrize("day", ["2018-01-01", "2020-08-31", "2020-09-01", "2026-11-26"])
@pytest.mark.parametrize("paise", [1, 200_000, 200_001, 500_000, 500_001, 4_999_900])
def test_the_list_says_what_a_payment_of_that_day_is_charged(day: str, paise: int) -> None:
    for category, charge in charges(day).items():
        if charge is None:
            continue
        slab = next(s for s in charge["slabs"] if s["up_to"] is None or paise <= s["up_to"]["amount"])
        charged = FEES.charge(category=category, channel="AGT", bill_paise=paise, on=date.fromisoformat(day))
        assert slab["charge"]["amount"] == charged.citizen_paise, category
        assert (charge["order"], charge["order_hi"]) == (charged.order, charged.order_hi)


def test_an_order_is_in_force_from_its_day_or_where_that_is_not_published_from_its_year() -> None:
    assert {
        category: (charge["effective_year"], charge["effective_from"], charge["effective_until"])
        for category, charge in charges("2020-08-31").items()
        if charge
    } == {
        "ELECTRICITY": (2018, None, "2020-08-31"),
        "WATER": (2018, None, "2020-08-31"),
        "MOBILE": (2018, None, None),
        "LANDLINE": (2018, None, None),
        "EXAM_FEE": (2014, None, "2020-08-31"),
        "APPLICATION_FEE": (2014, None, None),
    }
    assert charges("2020-09-01")["EXAM_FEE"]["effective_from"] == "2020-09-01"


def test_what_no_order_sets_for_a_day_is_null_and_not_free() -> None:
    assert charges("2016-05-01") == {
        "ELECTRICITY": None,
        "WATER": None,
        "MOBILE": None,
        "LANDLINE": None,
        "MOBILE_PREPAID": None,
        "FEE_COLLECTION": None,
        "EXAM_FEE": charges("2020-08-31")["EXAM_FEE"],
        "APPLICATION_FEE": charges("2020-08-31")["APPLICATION_FEE"],
    }
    assert set(charges("0001-01-01").values()) == {None}


def test_every_kind_of_bill_has_its_rates_and_its_name_in_both_languages() -> None:
    categories = set(FEES.rates_on(date(2026, 11, 26)))

    assert categories == {biller.category for biller in BILLERS.values()} == set(NAMES)
    assert all(name and any("ऀ" <= letter <= "ॿ" for letter in name_hi) for name, name_hi in NAMES.values())


def test_an_empty_schedule_has_an_empty_list() -> None:
    assert FeeSchedule((), ()).rates_on(date(2026, 11, 26)) == {}
