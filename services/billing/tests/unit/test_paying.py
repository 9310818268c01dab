"""Paying a bill, one rule at a time, over fakes that pass the suites of what they stand for."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from threading import Barrier, current_thread
from typing import Any

import pytest
from tests.support.builders import KIOSK, NOW, PACE, a_bill, a_claim, a_payment
from tests.support.fakes import FakeBillers, FakeBills, FakeCentres, FakePayments, FakeProvider
from tests.support.sentences import is_sentence

from billing.adapters.data.reference_data import load_billers, load_fees
from billing.application.bills.errors import BillExpired, BillNotFound
from billing.application.bills.ports import BillFetch
from billing.application.centres.errors import CentreClosed, CentreSuspended
from billing.application.centres.require_trading import RequireTradingHandler
from billing.application.payments.drive_payment import DrivePayment, DrivePaymentHandler
from billing.application.payments.errors import AmountNotAccepted, BillAlreadyPaid, PaymentNotFound
from billing.application.payments.pay_bill import PayBill, PayBillHandler
from billing.application.payments.sweep_payments import BATCH, THREADS, SweepPayments, SweepPaymentsHandler
from billing.domain.centres import Centre, Standing
from billing.domain.payer import Payer
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.parts import Part
from billing.domain.payments.payment import Move, Payment, State
from billing.domain.payments.saga import Attempt, Change
from billing.domain.tariff.billers import Exactness
from billing.domain.tariff.bills import LISTED_ON_FOR, Bill, following_key
from billing.domain.tariff.pricing import price
from servicekit.errors import DependencyTimeout, DependencyUnavailable, FieldProblem, ServiceError, ValidationFailed
from servicekit.idempotency import Once

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
        return self.ask(bill, payer, key, **changes).value

    def ask(self, bill: Bill, payer: Payer = CENTRE, key: str | None = None, **changes: Any) -> Once[Payment]:
        """As `pay`, with whether it is the answer to a repeat."""
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
        return self.handler()(replace(command, **changes))

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


@dataclass
class LostPayments(FakePayments):
    """A store that is gone once a payment has begun."""

    error: type[ServiceError] = DependencyUnavailable

    def record(self, before: Payment, change: Change) -> bool:  # noqa: ARG002 - the port's
        raise self.error("gone")


FEE = a_bill(
    biller_id="EMITRA-FEES",
    customer_params={"application_id": "app_1"},
    bill_ref="dem_1",
    application_id="app_1",
    fee_order="its order",
    fee_order_hi="इसका आदेश",
)
IN_PARTS = a_bill(exactness=Exactness.RANGE)


@pytest.mark.parametrize(
    ("bill", "category", "part"),
    [
        (mobile_bill(39_900), "MOBILE", None),
        (FEE, "APPLICATION_FEE", None),
        (IN_PARTS, "ELECTRICITY", Part(IN_PARTS.due_key, 152_500, NOW - timedelta(days=7), may_exceed=False)),
        (replace(IN_PARTS, exactness=Exactness.ANY), "ELECTRICITY",
            Part(IN_PARTS.due_key, 152_500, NOW - timedelta(days=7), may_exceed=True)),
    ],
    ids=lambda it: it.exactness if isinstance(it, Bill) else "",
)  # fmt: skip
@pytest.mark.parametrize("error", [DependencyUnavailable, DependencyTimeout])
def test_a_payment_is_accepted_as_it_began_even_when_the_store_is_gone_before_its_end(
    bill: Bill, category: str, part: Part | None, error: type[ServiceError]
) -> None:
    town = Town(store=LostPayments(wallets={KIOSK: FUNDS}, error=error))
    town.centres.keep_district(KIOSK, "86")

    by_wallet, by_card = town.ask(bill, CENTRE), town.ask(replace(bill, bill_ref="other", application_id=None), PORTAL)

    cost = price(load_fees(), load_billers()[bill.biller_id], bill, "AGT", bill.amount_paise)
    began = [State.CREATED, State.AUTH_REQUESTED, State.AUTHORISED, State.POST_REQUESTED]
    payment = Payment(
        payment_id="pay_1",
        transaction_token="EM0000000000001",
        client_id="cli_kiosk",
        kiosk_id=KIOSK,
        channel="AGT",
        mode="WALLET",
        instrument=None,
        biller_id=bill.biller_id,
        category=category,
        bill_id="bil_1-cli_kiosk",
        bill_ref=bill.bill_ref,
        bill_key="bil_1-cli_kiosk" if part else bill.due_key,
        customer_params=bill.customer_params,
        application_id=bill.application_id,
        bill_paise=bill.amount_paise,
        service_charge_paise=cost.service_charge_paise,
        fee_order=cost.order,
        fee_order_hi=cost.order_hi,
        credits=cost.credits,
        request_id="req_1",
        state=State.POST_REQUESTED,
        version=4,
        history=tuple(Move(state, NOW) for state in began),
        created_at=NOW,
        deadline_at=NOW + PACE.deadline,
        resume_at=NOW + PACE.grace,
        part=part,
        district_code="86",
    )
    assert by_wallet == Once(payment, replayed=False)
    assert town.store.payments["pay_1"] == payment
    assert town.store.journal == {"pay_1:hold": payment.hold_entry(NOW)}
    card = by_card.value
    assert (card.client_id, card.kiosk_id, card.channel, card.mode) == ("cli_portal", None, "INT", "CARD")
    assert (card.instrument, card.district_code) == ("tok_sandbox_ok", None)
    assert (card.state, card.version, card.history) == (State.AUTH_REQUESTED, 2, payment.history[:2])


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


class Killed(BaseException):
    """SIGKILL: nothing on the way catches it."""


@pytest.mark.parametrize(
    ("point", "payer", "sent", "state"),
    [
        ("S1", CENTRE, 0, State.POST_REQUESTED),
        ("S2", CENTRE, 1, State.POST_REQUESTED),
        ("A2", CENTRE, 1, State.COMPLETED),
        ("S1", PORTAL, 0, State.AUTH_REQUESTED),
        ("S2", PORTAL, 0, State.AUTH_REQUESTED),
        ("S3-before-call", PORTAL, 1, State.POST_FAILED),
        ("S3-after-call", PORTAL, 1, State.POST_FAILED),
    ],
)
def test_whoever_is_killed_at_a_crash_point_leaves_what_the_walk_says(
    town: Town, monkeypatch: pytest.MonkeyPatch, point: str, payer: Payer, sent: int, state: State
) -> None:
    def kill(pid: int, signal: int) -> None:
        raise Killed(pid, signal)

    monkeypatch.setattr("os.kill", kill)
    monkeypatch.setenv("CRASH_POINT", point)
    if payer is PORTAL:  # Refused by the biller, so that the card's authorisation is voided.
        town.billers.next_answers = [Outcome.REFUSED]

    with pytest.raises(Killed):
        town.pay(a_bill(), payer)

    assert town.store.payments["pay_1"].state is state
    assert town.billers.received == ({"pay_1:post": 1} if sent else {})
    assert bool(town.provider.taken) is (payer is PORTAL and point != "S1")
    assert town.provider.ended == ({"pay_1": "voided"} if point == "S3-after-call" else {})


@pytest.mark.parametrize(
    ("changes", "slug", "pointer", "code", "detail"),
    [
        ({"mode": "UPI"}, "amount-not-accepted", "/mode", "mode-not-offered", "On this channel JVVNL takes: WALLET."),
        ({"instrument": "tok_sandbox_ok"}, "validation-failed", "/payment_instrument", "mode-mismatch",
            "A payment_instrument is not used with mode WALLET."),
        ({"payer": PORTAL, "instrument": None}, "validation-failed", "/payment_instrument", "mode-mismatch",
            "A payment_instrument is required for mode CARD."),
        ({"amount_paise": 152_501}, "amount-not-accepted", "/amount/amount", "amount-not-exact",
            "This bill is paid in full: ₹1,525.00."),
    ],
    ids=["mode", "instrument with a wallet", "no instrument with a card", "amount"],
)  # fmt: skip
def test_a_way_of_paying_that_is_not_taken_is_refused_at_the_place_that_is_wrong(
    town: Town, changes: dict[str, Any], slug: str, pointer: str, code: str, detail: str
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        town.pay(a_bill(), **changes)

    assert (refused.value.slug, refused.value.detail) == (slug, detail)
    assert refused.value.errors == (FieldProblem(pointer, code, detail),)
    assert not town.store.payments


def test_a_bill_is_paid_until_it_expires(town: Town) -> None:
    with pytest.raises(BillExpired) as expired:
        town.pay(a_bill(), at=NOW + timedelta(days=1))
    assert expired.value.members == {"bill_id": "bil_1-cli_kiosk"}
    assert is_sentence(expired.value.detail)

    assert town.pay(a_bill(), at=NOW + timedelta(days=1, microseconds=-1)).state is State.COMPLETED


def test_a_repeat_is_answered_with_the_payment_as_it_is_by_then(town: Town) -> None:
    town.billers.next_answers = [Outcome.UNKNOWN]
    first = town.ask(a_bill(), key="key")
    assert (first.value.state, first.replayed) == (State.POST_UNKNOWN, False)
    town.drive()(DrivePayment(first.value, Attempt.LATER))

    again = town.ask(a_bill(), key="key")

    assert (again.value.state, again.value.payment_id, again.replayed) == (State.COMPLETED, "pay_1", True)


def test_a_repeat_of_what_is_no_longer_kept_is_told_so(town: Town) -> None:
    town.pay(a_bill(), key="key")
    town.store.payments.clear()

    with pytest.raises(PaymentNotFound) as gone:
        town.pay(a_bill(), key="key")
    assert is_sentence(gone.value.detail)


@pytest.mark.parametrize("payer", [CENTRE, PORTAL], ids=["wallet", "card"])
def test_a_payment_whose_first_request_did_not_leave_may_be_sent_again_without_an_inquiry(
    town: Town, payer: Payer
) -> None:
    town.billers.next_answers = [Outcome.NOT_SENT]

    payment = town.pay(a_bill(), payer)

    assert (payment.state, payment.unsent) == (State.POST_REQUESTED, True)


def test_one_sweep_goes_on_with_a_bounded_number_and_eight_are_asked_about_at_once(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    side_by_side, names = Barrier(THREADS), set()

    def inquire(payment: Payment) -> Answer:
        side_by_side.wait(timeout=10)
        names.add(current_thread().name)
        return Answer(Outcome.PENDING)

    monkeypatch.setattr("os.cpu_count", lambda: 1)
    town.billers.inquire = inquire  # type: ignore[method-assign]
    for number in range(2 * BATCH):
        payment = a_payment(f"pay_{number}", state=State.POST_UNKNOWN, resume_at=NOW)
        town.store.payments[payment.payment_id] = payment
    sweep = SweepPaymentsHandler(town.store, town.drive(), PACE, lambda: NOW)

    swept = sweep(SweepPayments())

    looked_at = [payment for payment in town.store.payments.values() if payment.attempts]
    assert (str(swept), len(looked_at)) == ("96", 96)
    assert names == {f"sweep_{number}" for number in range(THREADS)}


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
