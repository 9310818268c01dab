"""What is one due, and that it is paid once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.builders import NOW, a_bill
from tests.support.sentences import is_sentence

from billing.application.payments.errors import AmountNotAccepted, BillAlreadyPaid
from billing.domain.payments.answers import Outcome
from billing.domain.payments.payment import Payment, State
from billing.domain.tariff.billers import Exactness
from billing.domain.tariff.bills import LISTED_ON_FOR, following_key

from .conftest import PORTAL, Town

SAME_DUE = a_bill(bill_ref="NA", bill_period="2026-10", due_on=None)


@pytest.mark.parametrize(
    "another",
    [
        {"bill_ref": "another"},
        {"bill_period": "2026-11"},
        {"biller_id": "AVVNL"},
        {"customer_params": {"k_number": "100000000009"}},
    ],
    ids=str,
)
def test_bills_that_differ_in_what_identifies_a_due_are_each_paid(town: Town, another: dict[str, Any]) -> None:
    town.pay(SAME_DUE)

    assert town.pay(replace(SAME_DUE, bill_id="bil_2", **another)).state is State.COMPLETED


@pytest.mark.parametrize("again", [{"amount_paise": 160_000}, {"due_on": NOW.date()}, {}], ids=str)
def test_a_surcharge_or_another_due_day_makes_no_other_due_of_a_bill_with_a_period(
    town: Town, again: dict[str, Any]
) -> None:
    town.pay(SAME_DUE)

    with pytest.raises(BillAlreadyPaid):
        town.pay(replace(SAME_DUE, bill_id="bil_2", **again), PORTAL)


def test_without_a_period_the_due_day_tells_dues_apart_and_a_surcharge_does_not(town: Town) -> None:
    undated = replace(SAME_DUE, bill_period=None, due_on=NOW.date())
    town.pay(undated)

    with pytest.raises(BillAlreadyPaid):
        town.pay(replace(undated, bill_id="bil_2", amount_paise=160_000), PORTAL)
    next_month = replace(undated, bill_id="bil_3", due_on=NOW.date() + timedelta(days=30))
    assert town.pay(next_month).state is State.COMPLETED


def test_a_paid_bill_listed_long_after_is_a_due_that_follows_and_is_itself_paid_once(town: Town) -> None:
    town.pay(SAME_DUE)
    for place, since in enumerate((LISTED_ON_FOR - timedelta(seconds=1), LISTED_ON_FOR)):
        town.at = NOW + since
        listed = replace(SAME_DUE, bill_id=f"bil_{place}", fetched_at=town.at, expires_at=town.at + timedelta(days=1))
        if since < LISTED_ON_FOR:
            with pytest.raises(BillAlreadyPaid):
                town.pay(listed)
        else:
            assert town.pay(listed).state is State.COMPLETED
            with pytest.raises(BillAlreadyPaid):
                town.pay(replace(listed, bill_id="bil_9"), PORTAL)


def test_each_due_that_follows_has_a_key_made_of_the_last_and_its_payment(town: Town) -> None:
    payments = []
    for number in range(3):
        town.at = NOW + number * LISTED_ON_FOR
        expires_at = town.at + timedelta(days=1)
        bill = replace(SAME_DUE, bill_id=f"bil_{number}", fetched_at=town.at, expires_at=expires_at)
        payments.append(town.pay(bill))

    first, second, third = payments
    assert first.bill_key == SAME_DUE.bill_key
    assert second.bill_key == following_key(first.bill_key, first.payment_id)
    assert third.bill_key == following_key(second.bill_key, second.payment_id)


def test_a_bill_under_way_is_not_paid_again_however_long_it_takes(town: Town) -> None:
    town.billers.next_answers = [Outcome.UNKNOWN]
    town.pay(SAME_DUE)
    town.at = NOW + LISTED_ON_FOR

    with pytest.raises(BillAlreadyPaid):
        town.pay(replace(SAME_DUE, bill_id="bil_2", fetched_at=town.at, expires_at=town.at + timedelta(days=1)))


def test_a_bill_that_has_no_former_key_is_looked_for_under_its_own_alone(town: Town) -> None:
    asked: list[str] = []
    paying = town.store.paying

    def noting(bill_key: str) -> Payment | None:
        asked.append(bill_key)
        return paying(bill_key)

    town.store.paying = noting  # type: ignore[method-assign]
    town.pay(SAME_DUE)

    assert set(asked) == {SAME_DUE.bill_key}


def test_a_fee_is_paid_once_for_ever(town: Town) -> None:
    fee = a_bill(biller_id="EMITRA-FEES", bill_ref="dem_1", application_id="app_1", fee_order="an order")
    town.pay(fee)
    town.at = NOW + 10 * LISTED_ON_FOR

    with pytest.raises(BillAlreadyPaid):
        town.pay(replace(fee, bill_id="bil_2", fetched_at=town.at, expires_at=town.at + timedelta(days=1)))


def test_a_bill_that_is_paid_with_at_least_its_amount_is_paid_once(town: Town) -> None:
    bill = replace(SAME_DUE, exactness=Exactness.EXACT_AND_ABOVE)
    town.pay(bill)

    with pytest.raises(BillAlreadyPaid):
        town.pay(replace(bill, bill_id="bil_2"), PORTAL)


@pytest.mark.parametrize("exactness", [Exactness.RANGE, Exactness.EXACT_AND_BELOW])
def test_parts_pay_together_what_is_due_and_no_more(town: Town, exactness: Exactness) -> None:
    bill = replace(SAME_DUE, exactness=exactness, amount_paise=500_000)
    town.pay(bill, amount_paise=300_000)

    with pytest.raises(AmountNotAccepted) as refused:
        town.pay(replace(bill, bill_id="bil_2"), PORTAL, amount_paise=200_001)
    assert "₹2,000.00 can still be paid" in refused.value.detail
    town.pay(replace(bill, bill_id="bil_2"), PORTAL, amount_paise=200_000)
    with pytest.raises(BillAlreadyPaid) as paid:
        town.pay(replace(bill, bill_id="bil_3"), amount_paise=100)
    assert is_sentence(paid.value.detail)


@pytest.mark.parametrize("exactness", [Exactness.RANGE, Exactness.EXACT_AND_BELOW])
def test_parts_of_a_bill_that_only_its_reference_names_are_capped_whatever_the_biller_lists(
    town: Town, exactness: Exactness
) -> None:
    """Two centres with a quote each: the amount falls with each part, and must not make another due of it."""
    undated = replace(SAME_DUE, bill_period=None, exactness=exactness, amount_paise=100_000)
    town.pay(undated, amount_paise=40_000)
    town.pay(replace(undated, bill_id="bil_2", amount_paise=60_000), PORTAL)

    with pytest.raises(BillAlreadyPaid):
        town.pay(replace(undated, bill_id="bil_3"), amount_paise=60_000)

    town.at = NOW + LISTED_ON_FOR + timedelta(seconds=1)
    next_month = replace(undated, bill_id="bil_4", fetched_at=town.at, expires_at=town.at + timedelta(days=1))
    assert town.pay(next_month, amount_paise=90_000).state is State.COMPLETED


def test_only_a_due_without_a_period_was_known_otherwise_to_the_last_release() -> None:
    undated = replace(SAME_DUE, bill_period=None)
    others = [
        SAME_DUE,
        replace(undated, application_id="app_1"),
        replace(SAME_DUE, application_id="app_1"),
        *(replace(undated, exactness=exactness) for exactness in (Exactness.RANGE, Exactness.ANY)),
    ]

    assert undated.former_key not in (None, undated.due_key)
    assert [bill.former_key for bill in others] == [None] * len(others)


@pytest.mark.parametrize(
    ("bill_paise", "days", "refused"), [(152_500, 0, True), (152_501, 0, False), (152_500, 7, False)]
)
def test_a_due_that_the_last_release_took_under_its_reference_alone_is_not_paid_again(
    town: Town, bill_paise: int, days: int, refused: bool
) -> None:
    undated = replace(SAME_DUE, bill_period=None, due_on=NOW.date())
    paid = town.pay(undated)
    town.store.payments[paid.payment_id] = replace(paid, bill_key=undated.former_key or "", bill_paise=bill_paise)
    at = NOW + timedelta(days=days)
    listed = replace(undated, bill_id="bil_2", fetched_at=at, expires_at=at + timedelta(days=1))
    town.at = at

    if refused:
        with pytest.raises(BillAlreadyPaid):
            town.pay(listed)
    else:
        assert town.pay(listed).state is State.COMPLETED
