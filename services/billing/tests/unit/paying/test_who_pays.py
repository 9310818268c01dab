"""Who may pay, and where."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.builders import KIOSK, NOW, a_bill
from tests.support.sentences import is_sentence

from billing.application.bills.errors import BillNotFound
from billing.application.centres.errors import CentreClosed, CentreSuspended
from billing.domain.centres import Centre, Standing
from billing.domain.payments.payment import State

from .conftest import PORTAL, Town


def test_the_register_says_in_which_district_a_payment_was_made(town: Town) -> None:
    town.centres.keep_district(KIOSK, "86")

    assert town.pay(a_bill()).district_code == "86"
    assert town.pay(a_bill(bill_ref="another"), PORTAL).district_code is None


def test_a_centre_of_which_nothing_was_told_pays_and_its_district_is_unknown(town: Town) -> None:
    assert town.pay(a_bill()).district_code is None


def standing(standing: Standing, **changes: Any) -> Centre:
    return replace(Centre(KIOSK, "102", standing, since=NOW - timedelta(days=1), reason="overcharging"), **changes)


@pytest.mark.parametrize(
    ("centre", "problem"),
    [
        (standing(Standing.SUSPENDED), CentreSuspended),
        (standing(Standing.SUSPENDED, until=NOW + timedelta(seconds=1)), CentreSuspended),
        (standing(Standing.SUSPENDED, since=NOW), CentreSuspended),
        (standing(Standing.CLOSED), CentreClosed),
        (standing(Standing.SUSPENDED, until=NOW), None),
        (standing(Standing.SUSPENDED, since=NOW + timedelta(seconds=1)), None),
        (standing(Standing.CLOSED, since=NOW + timedelta(seconds=1)), None),
        (standing(Standing.OPEN), None),
    ],
)
def test_only_a_centre_that_may_trade_now_pays(town: Town, centre: Centre, problem: type[Exception] | None) -> None:
    town.centres.keep(centre)

    if problem is None:
        assert town.pay(a_bill()).state is State.COMPLETED
    else:
        with pytest.raises(problem):
            town.pay(a_bill())
        assert not town.store.payments
    assert town.pay(a_bill(bill_ref="another"), PORTAL).state is State.COMPLETED


def test_a_repeat_is_answered_though_the_centre_is_suspended_by_now(town: Town) -> None:
    first = town.pay(a_bill(), key="key")
    town.centres.keep(standing(Standing.SUSPENDED))

    assert town.pay(a_bill(), key="key") == first


def test_a_bill_is_paid_by_whoever_fetched_it(town: Town) -> None:
    theirs = town.pay(a_bill(), PORTAL).bill_id

    for bill_id in (theirs, "bil_of_nobody"):
        with pytest.raises(BillNotFound) as unknown:
            town.pay(a_bill(), bill_id=bill_id)
        assert is_sentence(unknown.value.detail)
