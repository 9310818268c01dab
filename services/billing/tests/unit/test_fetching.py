"""Fetching bills, one rule at a time, over fakes that pass the suites of what they stand for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from tests.support.builders import KIOSK, NOW, a_claim, a_payment
from tests.support.fakes import FakeBillers, FakeBills, FakeCentres, FakeDemands, FakePayments
from tests.support.reference import BILLERS
from tests.support.sentences import is_sentence

from billing.application.bills.errors import FeeDemandNotFound
from billing.application.bills.fetch_bills import FetchBills, FetchBillsHandler
from billing.application.bills.ports import BillFetch, FeeDemand, FetchedBill, FetchedBills, LeftOut, LeftOutReason
from billing.application.bills.raise_fee_demand import RaiseFeeDemand, RaiseFeeDemandHandler
from billing.application.centres.errors import CentreSuspended
from billing.application.centres.require_trading import RequireTradingHandler
from billing.domain.centres import Centre, Standing
from billing.domain.payer import Payer
from billing.domain.payments.payment import State
from billing.domain.tariff.billers import Biller, Exactness
from billing.domain.tariff.bills import Bill
from servicekit.errors import IdempotencyKeyReused, ValidationFailed
from servicekit.idempotency import Once

CENTRE, PORTAL = Payer("cli_kiosk", KIOSK), Payer("cli_portal", None)
CLAIM = a_claim("key")
APPLICATION = f"app_{'a' * 32}"
OF_APPLICATION: dict[str, Any] = {"biller_id": "EMITRA-FEES", "customer_params": {"application_id": APPLICATION}}
DEMAND = FeeDemand("dem_1", APPLICATION, 3_000, "an order", "एक आदेश", NOW - timedelta(days=1))
RANGE = FetchedBill("ref-1", 152_500, date(2026, 12, 5), "2026-10", Exactness.RANGE, 10_000, 5_000)
BARE = FetchedBill("ref-2", 700, None, None, Exactness.EXACT, None, None)
LEFT_OUT = (LeftOut(LeftOutReason.NOTHING_TO_PAY, "2026-09", date(2026, 11, 5)), LeftOut(LeftOutReason.NOT_READABLE))


@dataclass
class SlowBillers(FakeBillers):
    """Billers slow enough for something else to happen while they look a customer up."""

    meanwhile: Callable[[], object] = lambda: None

    def fetch(self, biller: Biller, customer_params: Mapping[str, str]) -> FetchedBills:
        self.meanwhile()
        return super().fetch(biller, customer_params)


@dataclass
class Town:
    """Whoever fetches bills, and everybody whom that asks."""

    bills: FakeBills = field(default_factory=FakeBills)
    centres: FakeCentres = field(default_factory=FakeCentres)
    demands: FakeDemands = field(default_factory=FakeDemands)
    payments: FakePayments = field(default_factory=FakePayments)
    network: SlowBillers = field(default_factory=lambda: SlowBillers(listed=FetchedBills((RANGE, BARE), LEFT_OUT)))
    numbers: Any = field(default_factory=lambda: count(1))

    def fetch(self, bill_fetch_id: str = "bfe_1", **changes: Any) -> Once[BillFetch]:
        """Has a portal fetch the bills of one exam candidate, unless `changes` say otherwise."""
        params = {"registration_number": "AB12CD"}
        command = FetchBills(bill_fetch_id, "RBSE", params, payer=PORTAL, claim=CLAIM, at=NOW)
        trading = RequireTradingHandler(self.centres)
        fetch_bills = FetchBillsHandler(
            *(BILLERS, trading, self.network, self.demands, self.bills, self.payments),
            new_bill_id=lambda: f"bil_{next(self.numbers)}",
        )
        return fetch_bills(replace(command, **changes))


@pytest.fixture
def town() -> Town:
    return Town()


def test_what_a_biller_lists_is_kept_as_it_was_told_and_binds_for_a_day(town: Town) -> None:
    told: dict[str, Any] = {
        "biller_id": "RBSE",
        "customer_params": {"registration_number": "AB12CD"},
        "fetched_at": NOW,
        "expires_at": NOW + timedelta(days=1),
        "channel": "INT",
    }
    bills = (
        Bill("bil_1", bill_ref="ref-1", amount_paise=152_500, exactness=Exactness.RANGE, minimum_paise=10_000,
             multiple_paise=5_000, due_on=date(2026, 12, 5), bill_period="2026-10", **told),
        Bill("bil_2", bill_ref="ref-2", amount_paise=700, exactness=Exactness.EXACT, minimum_paise=None,
             multiple_paise=None, due_on=None, bill_period=None, **told),
    )  # fmt: skip
    fetch = BillFetch("bfe_1", "RBSE", PORTAL, bills, fetched_at=NOW, left_out=LEFT_OUT)

    assert town.fetch() == Once(fetch, replayed=False)

    assert town.bills.fetches == {"bfe_1": fetch}


def test_a_biller_is_asked_with_what_it_writes_itself_and_the_bill_goes_by_that(town: Town) -> None:
    fetch = town.fetch(customer_params={"registration_number": "ab12cd"}).value

    assert town.network.looked_up == [("RBSE", {"registration_number": "AB12CD"})]
    assert [bill.customer_params for bill in fetch.bills] == [{"registration_number": "AB12CD"}] * 2


def test_a_repeat_gives_the_first_answer_and_asks_nobody_even_where_a_first_request_would_be_refused(
    town: Town,
) -> None:
    first = town.fetch()
    town.centres.keep(Centre(KIOSK, "86", Standing.SUSPENDED))

    assert town.fetch("bfe_2", payer=CENTRE, biller_id="NOBODY") == Once(first.value, replayed=True)
    assert len(town.network.looked_up) == 1
    with pytest.raises(IdempotencyKeyReused):
        town.fetch("bfe_2", claim=replace(CLAIM, fingerprint="another-body"))


def test_of_two_equal_requests_at_once_both_get_what_the_first_kept(town: Town) -> None:
    firsts: list[Once[BillFetch]] = []

    def another() -> None:
        town.network.meanwhile = lambda: None
        firsts.append(town.fetch("bfe_first"))

    town.network.meanwhile = another

    second = town.fetch("bfe_second")

    (first,) = firsts
    assert (first.value.bill_fetch_id, first.replayed) == ("bfe_first", False)
    assert second == Once(first.value, replayed=True)


def test_a_repeat_whose_first_answer_is_no_longer_kept_asks_again(town: Town) -> None:
    town.fetch()
    town.bills.fetches.clear()

    again = town.fetch("bfe_2")

    assert (again.value.bill_fetch_id, again.replayed) == ("bfe_2", True)
    assert len(town.network.looked_up) == 2


@pytest.mark.parametrize(("begins_in", "refused"), [(timedelta(0), True), (timedelta(microseconds=1), False)])
def test_a_suspended_centre_fetches_nothing_and_a_portal_does(town: Town, begins_in: timedelta, refused: bool) -> None:
    town.centres.keep(Centre(KIOSK, "86", Standing.SUSPENDED, since=NOW + begins_in))

    if refused:
        with pytest.raises(CentreSuspended):
            town.fetch(payer=CENTRE)
        assert not town.network.looked_up
    else:
        town.fetch(payer=CENTRE)
    assert town.fetch(claim=a_claim("another key")).value.bills


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"biller_id": "NOBODY"}, [("/biller_id", "unknown")]),
        ({"customer_params": {}}, [("/customer_params/registration_number", "required")]),
        ({"customer_params": {"registration_number": "!", "name": "x"}},
            [("/customer_params/name", "unknown-field"), ("/customer_params/registration_number", "wrong-length")]),
        ({**OF_APPLICATION, "customer_params": {}}, [("/customer_params/application_id", "required")]),
    ],
)  # fmt: skip
def test_a_request_that_no_biller_can_answer_is_refused_with_every_place_that_is_wrong(
    town: Town, changes: dict[str, Any], problems: list[tuple[str, str]]
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        town.fetch(**changes)

    assert [(problem.pointer, problem.code) for problem in refused.value.errors] == problems
    assert all(is_sentence(told) for told in (refused.value.detail, *(it.detail for it in refused.value.errors)))
    assert not town.network.looked_up
    assert not town.bills.claims


def test_the_fee_of_an_application_is_a_bill_of_our_own_by_the_order_it_was_asked_by(town: Town) -> None:
    town.demands.add(DEMAND)
    bill = Bill(
        "bil_1", "EMITRA-FEES", "dem_1", {"application_id": APPLICATION}, 3_000, Exactness.EXACT,
        minimum_paise=None, multiple_paise=None, due_on=None, bill_period=None, fetched_at=NOW,
        expires_at=NOW + timedelta(days=1), application_id=APPLICATION, fee_order="an order", fee_order_hi="एक आदेश",
        channel="INT",
    )  # fmt: skip
    written_otherwise = {"application_id": APPLICATION.upper()}

    fetched = town.fetch(**{**OF_APPLICATION, "customer_params": written_otherwise})

    assert fetched == Once(BillFetch("bfe_1", "EMITRA-FEES", PORTAL, (bill,), NOW), replayed=False)
    assert town.bills.fetches == {"bfe_1": fetched.value}
    assert not town.network.looked_up


@pytest.mark.parametrize(
    ("state", "bill_key", "due"),
    [
        (State.COMPLETED, "dem_1", []),
        (State.POST_UNKNOWN, "dem_1", ["dem_1"]),
        (State.VOIDED, "dem_1", ["dem_1"]),
        (State.COMPLETED, "dem_2", ["dem_1"]),
    ],
)
def test_of_a_fee_that_is_paid_nothing_is_due_any_more(town: Town, state: State, bill_key: str, due: list[str]) -> None:
    town.demands.add(DEMAND)
    town.payments.payments["pay_1"] = a_payment(state=state, bill_key=bill_key)

    assert [bill.bill_ref for bill in town.fetch(**OF_APPLICATION).value.bills] == due


def test_a_fee_that_is_not_known_yet_is_to_be_asked_for_again_in_a_second(town: Town) -> None:
    town.demands.add(replace(DEMAND, application_id=f"app_{'b' * 32}"))

    with pytest.raises(FeeDemandNotFound) as unknown:
        town.fetch(**OF_APPLICATION)

    assert unknown.value.retry_after_seconds == 1
    assert is_sentence(unknown.value.detail)
    assert not town.bills.claims


@pytest.mark.parametrize(
    ("application_id", "demand_id"), [("app_1", "dem_1"), ("app_app_1", "dem_app_1"), ("app_0", "dem_0")]
)
def test_a_submitted_application_that_costs_something_raises_a_demand_named_after_it(
    application_id: str, demand_id: str
) -> None:
    demands, submitted_at = FakeDemands(), datetime.fromisoformat("2026-11-22T05:30:00Z")
    raise_fee_demand = RaiseFeeDemandHandler(demands)

    raise_fee_demand(RaiseFeeDemand(application_id, 1, "an order", "एक आदेश", submitted_at))
    raise_fee_demand(RaiseFeeDemand("app_for_nothing", 0, "an order", "एक आदेश", submitted_at))

    demand = FeeDemand(demand_id, application_id, 1, "an order", "एक आदेश", submitted_at)
    assert demands.demands == {application_id: demand}
