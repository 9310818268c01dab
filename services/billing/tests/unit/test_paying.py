"""Paying a bill, one rule at a time, over fakes that pass the suites of what they stand for."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from tests.support.builders import KIOSK, NOW, PACE, a_bill, a_claim
from tests.support.fakes import FakeBillers, FakeBills, FakeCentres, FakePayments, FakeProvider

from billing.adapters.data.reference_data import load_billers, load_fees
from billing.application.bills.errors import BillNotFound
from billing.application.bills.ports import BillFetch
from billing.application.centres.errors import CentreClosed, CentreSuspended
from billing.application.centres.require_trading import RequireTradingHandler
from billing.application.payments.drive_payment import DrivePaymentHandler
from billing.application.payments.errors import AmountNotAccepted, BillAlreadyPaid
from billing.application.payments.pay_bill import PayBill, PayBillHandler
from billing.application.payments.sweep_payments import SweepPayments, SweepPaymentsHandler
from billing.domain.centres import Centre, Standing
from billing.domain.payer import Payer
from billing.domain.payments.answers import Outcome
from billing.domain.payments.payment import Payment, State
from billing.domain.tariff.billers import Exactness
from billing.domain.tariff.bills import LISTED_ON_FOR, Bill
from servicekit.errors import ValidationFailed

CENTRE, PORTAL = Payer("cli_kiosk", KIOSK), Payer("cli_portal", None)
FUNDS = 100_000_000


@dataclass
class Town:
    """One centre, one portal and everybody whom paying asks."""

    store: FakePayments = field(default_factory=lambda: FakePayments(wallets={KIOSK: FUNDS}))
    bills: FakeBills = field(default_factory=FakeBills)
    centres: FakeCentres = field(default_factory=FakeCentres)
    billers: FakeBillers = field(default_factory=FakeBillers)
    provider: FakeProvider = field(default_factory=FakeProvider)
    at: datetime = NOW
    numbers: Any = field(default_factory=lambda: count(1))

    def pay(self, bill: Bill, payer: Payer = CENTRE, key: str | None = None, **changes: Any) -> Payment:
        """Pays a bill that this payer fetched, in full unless `changes` say otherwise."""
        number = next(self.numbers)
        bill = replace(bill, bill_id=f"{bill.bill_id}-{payer.client_id}")
        self.bills.keep(BillFetch(bill.bill_id, bill.biller_id, payer, (bill,), bill.fetched_at))
        command = PayBill(
            payment_id=f"pay_{number}",
            transaction_token=f"EM{number:013}",
            bill_id=bill.bill_id,
            amount_paise=bill.amount_paise,
            mode="WALLET" if payer.kiosk_id else "CARD",
            instrument=None if payer.kiosk_id else "tok_sandbox_ok",
            payer=payer,
            request_id="req_1",
            claim=a_claim(key or f"key_{number}", client_id=payer.client_id),
            at=self.at,
        )
        return self.handler()(replace(command, **changes)).value

    def handler(self) -> PayBillHandler:
        drive, trading = self.drive(), RequireTradingHandler(self.centres)
        return PayBillHandler(load_billers(), load_fees(), trading, self.bills, self.store, drive, PACE)

    def drive(self) -> DrivePaymentHandler:
        return DrivePaymentHandler(self.store, self.billers, self.provider, PACE, lambda: self.at, lambda: "evt")


@pytest.fixture
def town() -> Town:
    return Town()


def mobile_bill(paise: int) -> Bill:
    """A bill with ₹5 of service charge, which the payer bears."""
    return a_bill(biller_id="BSNL", customer_params={"mobile_number": "9876501234"}, amount_paise=paise)


@pytest.mark.parametrize("payer", [CENTRE, PORTAL], ids=["wallet", "card"])
def test_a_limit_is_of_all_that_the_payer_pays_and_what_reaches_it_exactly_is_taken(town: Town, payer: Payer) -> None:
    assert town.pay(mobile_bill(4_999_900 - 500), payer).total_paise == 4_999_900

    with pytest.raises(AmountNotAccepted) as refused:
        town.pay(mobile_bill(4_999_900 - 499), payer)

    assert [problem.code for problem in refused.value.errors] == ["over-limit"]
    assert "₹49,999.00 at most, service charge included" in refused.value.detail


def test_a_charge_that_the_department_bears_counts_for_no_limit(town: Town) -> None:
    assert town.pay(a_bill(amount_paise=4_999_900)).total_paise == 4_999_900

    with pytest.raises(AmountNotAccepted):
        town.pay(a_bill(bill_ref="another", amount_paise=4_999_901))


@pytest.mark.parametrize(("payer", "state"), [(CENTRE, State.POST_UNKNOWN), (PORTAL, State.AUTH_UNKNOWN)])
def test_a_new_payment_is_looked_at_after_the_grace_and_given_to_people_at_the_published_time(
    town: Town, payer: Payer, state: State
) -> None:
    begun: list[Payment] = []
    store_begin = town.store.begin

    def begin(claim: Any, payment: Payment, hold: Any) -> Any:
        begun.append(payment)
        return store_begin(claim, payment, hold)

    town.store.begin = begin  # type: ignore[method-assign]
    town.billers.next_answers = town.provider.next_answers = [Outcome.UNKNOWN]

    doubtful = town.pay(a_bill(), payer)

    (payment,) = begun
    assert payment.created_at == NOW
    assert payment.resume_at == NOW + PACE.grace
    assert payment.deadline_at == doubtful.deadline_at == NOW + PACE.deadline
    assert (doubtful.state, doubtful.resume_at) == (state, NOW + PACE.first_inquiry)


def test_a_request_that_died_is_taken_over_after_the_grace_and_by_one_sweeper(town: Town) -> None:
    payment = replace(town.pay(a_bill()), state=State.POST_REQUESTED, receipt=None, resume_at=NOW + PACE.grace)
    town.store.payments[payment.payment_id] = payment
    looked_at: list[Payment] = []
    take_due = town.store.take_due

    def taking(at: datetime, resume_at: datetime) -> Payment | None:
        taken = take_due(at, resume_at)
        if taken:
            looked_at.append(taken)
            assert take_due(at, resume_at) is None
        return taken

    town.store.take_due = taking  # type: ignore[method-assign]
    town.billers.can_be_asked = False
    sweep = SweepPaymentsHandler(town.store, town.drive(), PACE, lambda: town.at)

    town.at = NOW + PACE.grace - timedelta(seconds=1)
    assert sweep(SweepPayments()) == 0
    town.at = NOW + PACE.grace
    assert sweep(SweepPayments()) == 1

    assert [taken.resume_at for taken in looked_at] == [NOW + 2 * PACE.grace]


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
    with pytest.raises(BillAlreadyPaid):
        town.pay(replace(bill, bill_id="bil_3"), amount_paise=100)


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


def test_a_bill_is_paid_by_whoever_fetched_it_and_by_an_instrument_only_where_one_is_used(town: Town) -> None:
    with pytest.raises(BillNotFound):
        town.pay(a_bill(), bill_id="bil_of_nobody")
    with pytest.raises(ValidationFailed):
        town.pay(a_bill(), instrument="tok_sandbox_ok")
    with pytest.raises(ValidationFailed):
        town.pay(a_bill(), PORTAL, instrument=None)
    assert not town.store.payments


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
