"""Bills that no biller lists, and how several are paid: each flow over fakes that pass the real suites."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from tests.support.builders import KIOSK, LIMITS, NOW, PACE, QUEUE, a_claim
from tests.support.fakes import FakeBillers, FakeBills, FakeCentres, FakeDemands, FakePayments, FakeProvider
from tests.support.reference import BILLERS, FEES

from billing.application.bills.errors import AccountRenumbered, BillerNotFound, BillExpired, FeeNotPayable
from billing.application.bills.fetch_bills import FetchBills, FetchBillsHandler
from billing.application.bills.ports import BillFetch, FetchedBill, FetchedBills, LeftOutReason, Plan
from billing.application.bills.read_plans import PlanReader
from billing.application.centres.require_trading import RequireTradingHandler
from billing.application.payments.drive_payment import DrivePayment, DrivePaymentHandler
from billing.application.payments.errors import AmountNotAccepted, BillAlreadyPaid
from billing.application.payments.pay_bill import PayBill, PayBillHandler
from billing.domain.payer import Payer
from billing.domain.payments.answers import Outcome
from billing.domain.payments.form import LOOK_AT_FORM_FOR, Form
from billing.domain.payments.payment import Payment, State
from billing.domain.payments.saga import Attempt
from billing.domain.tariff.billers import Biller, Exactness, Renumbered
from billing.domain.tariff.bills import Bill, amount_as_of
from servicekit.errors import ValidationFailed

CENTRE, PORTAL = Payer("cli_kiosk", KIOSK), Payer("cli_portal", None)
RECHARGE = {"mobile_number": "9876501234", "circle": "RAJASTHAN", "plan_id": "P-1"}
CANDIDATE = {"enrolment_number": "AB123456", "examination": "ba-first-year", "session": "2026-27"}
REGULAR = CANDIDATE | {"category": "regular"}
K_NUMBER = {"k_number": "100000000001"}
# The last instant of the sandbox university's plain window.
LAST = datetime(2027, 1, 31, 18, 29, 59, 999_000, tzinfo=UTC)


@dataclass
class Town:
    """Whoever quotes and pays, and everybody whom that asks."""

    billers: Mapping[str, Biller] = field(default_factory=lambda: dict(BILLERS))
    network: FakeBillers = field(default_factory=FakeBillers)
    bills: FakeBills = field(default_factory=FakeBills)
    store: FakePayments = field(default_factory=lambda: FakePayments(wallets={KIOSK: 10**9}))
    at: datetime = NOW
    numbers: Any = field(default_factory=lambda: count(1))

    def quote(self, biller_id: str, values: Mapping[str, str], payer: Payer = CENTRE, **changes: Any) -> BillFetch:
        number = next(self.numbers)
        trading = RequireTradingHandler(FakeCentres())
        fetch = FetchBillsHandler(
            *(self.billers, trading, self.network, FakeDemands(), self.bills, self.store),
            new_bill_id=lambda: f"bil_{next(self.numbers)}",
        )
        command = FetchBills(f"bfe_{number}", biller_id, values, payer, a_claim(f"key_{number}"), self.at)
        return fetch(replace(command, **changes)).value

    def pay(self, bill: Bill, payer: Payer = CENTRE, **changes: Any) -> Payment:
        number = next(self.numbers)
        command = PayBill(
            payment_id=f"pay_{number}",
            transaction_token=f"EM{number:013}",
            bill_id=bill.bill_id,
            amount_paise=bill.amount_paise,
            mode="WALLET" if payer.channel == "AGT" else "CARD",
            instrument=None if payer.channel == "AGT" else "tok_sandbox_ok",
            payer=payer,
            request_id="req_1",
            claim=a_claim(f"key_{number}", client_id=payer.client_id),
            at=self.at,
        )
        trading = RequireTradingHandler(FakeCentres())
        handler = PayBillHandler(self.billers, FEES, trading, self.bills, self.store, self.drive(), PACE, LIMITS, QUEUE)
        return handler(replace(command, **changes)).value

    def drive(self) -> DrivePaymentHandler:
        return DrivePaymentHandler(self.store, self.network, FakeProvider(), PACE, lambda: self.at, lambda: "evt")


@pytest.fixture
def town() -> Town:
    return Town()


def test_a_recharge_is_validated_with_its_amount_and_paid_by_the_reference_that_gave(town: Town) -> None:
    (bill,) = town.quote("JIO-PREPAID", RECHARGE, amount_paise=19_900).bills

    assert town.network.validated == [("JIO-PREPAID", RECHARGE, 19_900)]
    assert (bill.bill_ref, bill.amount_paise, bill.exactness) == ("validated-1", 19_900, Exactness.EXACT)
    assert town.pay(bill).state is State.COMPLETED


def test_two_recharges_are_two_and_one_quote_is_paid_once(town: Town) -> None:
    first, second = [town.quote("JIO-PREPAID", RECHARGE, amount_paise=19_900).bills[0] for _ in range(2)]
    town.pay(first)
    town.pay(second)

    with pytest.raises(BillAlreadyPaid):
        town.pay(first)


def test_a_direct_payment_asks_nobody_first_and_is_known_by_our_own_name(town: Town) -> None:
    (bill,) = town.quote("SANDBOX-DIRECT", K_NUMBER, amount_paise=12_345).bills

    assert not town.network.validated
    assert not town.network.looked_up
    assert bill.bill_ref == bill.bill_id
    paid = town.pay(bill)
    assert (paid.state, paid.service_charge_paise) == (State.COMPLETED, 1_000)


def test_where_a_fetch_is_optional_the_amount_decides(town: Town) -> None:
    town.network.listed = FetchedBills((listed("ref", 50_000, date(2026, 12, 1)),))

    assert town.quote("SANDBOX-OPTIONAL", K_NUMBER).bills[0].bill_ref == "ref"
    assert town.quote("SANDBOX-OPTIONAL", K_NUMBER, amount_paise=20_000).bills[0].amount_paise == 20_000
    assert len(town.network.validated) == len(town.network.looked_up) == 1


@pytest.mark.parametrize(
    ("biller_id", "values", "paise", "pointer", "code"),
    [
        ("JIO-PREPAID", RECHARGE, None, "/amount", "required"),
        ("JIO-PREPAID", RECHARGE, 99, "/amount", "amount-too-low"),
        ("JIO-PREPAID", RECHARGE, 5_000_000, "/amount", "amount-too-high"),
        ("JIO-PREPAID", RECHARGE, 19_950, "/amount", "amount-not-a-multiple"),
        ("JVVNL", K_NUMBER, 100, "/amount", "not-used"),
        ("SANDBOX-UNIVERSITY", REGULAR, 1, "/amount", "not-used"),
        ("EMITRA-FEES", {"application_id": f"app_{'a' * 32}"}, 1, "/amount", "not-used"),
        ("JIO-PREPAID", RECHARGE | {"circle": "MARS"}, 19_900, "/customer_params/circle", "not-a-choice"),
        ("SANDBOX-UNIVERSITY", CANDIDATE, None, "/customer_params/category", "required"),
        ("JIO-PREPAID", RECHARGE | {"mobile_number": "12345"}, 19_900, "/customer_params/mobile_number",
            "wrong-length"),
        ("JIO-PREPAID", RECHARGE | {"plan_id": "P 1\ud83d"}, 19_900, "/customer_params/plan_id", "wrong-form"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_biller_is_refused_before_anybody_is_asked(
    town: Town, biller_id: str, values: dict[str, str], paise: int | None, pointer: str, code: str
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        town.quote(biller_id, values, amount_paise=paise)

    assert [(problem.pointer, problem.code) for problem in refused.value.errors] == [(pointer, code)]
    assert not town.network.validated


def test_the_letter_case_of_a_choice_does_not_count(town: Town) -> None:
    (bill,) = town.quote("JIO-PREPAID", RECHARGE | {"circle": "rajasthan"}, amount_paise=19_900).bills

    assert bill.customer_params == RECHARGE


@pytest.mark.parametrize(
    ("payer", "accepted"),
    [
        (Payer("c", KIOSK, stated_channel="AGT"), True),
        (Payer("c", KIOSK, stated_channel="KIOSK"), True),
        (Payer("c", KIOSK, stated_channel="INT"), False),
        (Payer("c", None, stated_channel="INT"), True),
        (Payer("c", None, stated_channel="MOB"), True),
        (Payer("c", None, stated_channel="AGT"), False),
        (Payer("c", None, stated_channel="KIOSK"), False),
    ],
)
def test_a_client_states_a_channel_that_may_be_its_own(town: Town, payer: Payer, accepted: bool) -> None:
    if accepted:
        assert town.quote("SANDBOX-DIRECT", K_NUMBER, payer, amount_paise=100).bills[0].channel == payer.stated_channel
        return
    with pytest.raises(ValidationFailed) as refused:
        town.quote("SANDBOX-DIRECT", K_NUMBER, payer, amount_paise=100)
    assert [problem.code for problem in refused.value.errors] == ["channel-mismatch"]


@pytest.mark.parametrize(
    ("channel", "mode", "taken"),
    [
        ("AGT", "UPI", True), ("AGT", "CARD", False), ("KIOSK", "CARD", True), ("KIOSK", "UPI", False),
        ("KIOSK", "WALLET", False),
    ],
)  # fmt: skip
def test_an_unattended_machine_takes_neither_upi_nor_cash(town: Town, channel: str, mode: str, taken: bool) -> None:
    quoted_at = Payer("cli_kiosk", KIOSK, stated_channel=channel)
    (bill,) = town.quote("SANDBOX-DIRECT", K_NUMBER, quoted_at, amount_paise=100).bills
    how = {"mode": mode, "instrument": None if mode == "WALLET" else "tok_sandbox_ok"}
    if taken:
        # The channel is the quote's, whatever the client says of itself when it pays.
        paid = town.pay(bill, CENTRE, **how)
        assert (paid.channel, paid.state) == (channel, State.COMPLETED)
        return
    with pytest.raises(AmountNotAccepted) as refused:
        town.pay(bill, CENTRE, **how)
    assert [problem.code for problem in refused.value.errors] == ["mode-not-offered"]


def listed(ref: str, paise: int, due_on: date | None, **changes: Any) -> FetchedBill:
    return replace(FetchedBill(ref, paise, due_on, ref, Exactness.EXACT, None, None), **changes)


THREE = FetchedBills(tuple(listed(f"ref-{month}", 100 * month, date(2026, month, 5)) for month in (9, 7, 8)))


def test_bills_in_order_are_paid_the_oldest_first(town: Town) -> None:
    town.network.listed = THREE
    oldest, middle, newest = town.quote("SANDBOX-LIST", K_NUMBER).bills
    assert [bill.bill_ref for bill in (oldest, middle, newest)] == ["ref-7", "ref-8", "ref-9"]

    for too_early in (middle, newest):
        with pytest.raises(AmountNotAccepted) as refused:
            town.pay(too_early)
        assert [problem.code for problem in refused.value.errors] == ["older-first"]
    assert not town.store.payments

    assert [town.pay(bill).state for bill in (oldest, middle, newest)] == [State.COMPLETED] * 3


def test_an_older_bill_that_failed_is_still_first(town: Town) -> None:
    town.network.listed = THREE
    oldest, middle, _ = town.quote("SANDBOX-LIST", K_NUMBER).bills
    town.network.next_answers = [Outcome.REFUSED]
    assert town.pay(oldest).state is State.VOIDED

    with pytest.raises(AmountNotAccepted):
        town.pay(middle)


def test_one_bill_at_a_time_is_the_oldest_and_the_others_are_named(town: Town) -> None:
    town.network.listed = THREE

    fetch = town.quote("SANDBOX-SINGLE", K_NUMBER)

    assert [bill.bill_ref for bill in fetch.bills] == ["ref-7"]
    assert [(one.reason, one.bill_period) for one in fetch.left_out] == [
        (LeftOutReason.ANOTHER_FIRST, "ref-8"),
        (LeftOutReason.ANOTHER_FIRST, "ref-9"),
    ]


def test_any_of_several_bills_may_be_chosen(town: Town) -> None:
    town.network.listed = THREE
    bills = town.quote("JVVNL", K_NUMBER).bills

    assert town.pay(bills[0]).state is State.COMPLETED
    assert [bill.bill_ref for bill in bills] == ["ref-9", "ref-7", "ref-8"]


DUE = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("at", "paise", "expires_at"),
    [
        # The due day is over at 18:30 UTC, which is midnight in India.
        (datetime(2026, 11, 23, 18, 29, 59, 999_000, tzinfo=UTC), 70_000, datetime(2026, 11, 23, 18, 30, tzinfo=UTC)),
        (datetime(2026, 11, 23, 18, 30, tzinfo=UTC), 75_000, datetime(2026, 11, 24, 18, 30, tzinfo=UTC)),
        (datetime(2026, 11, 22, 6, 0, tzinfo=UTC), 70_000, datetime(2026, 11, 23, 6, 0, tzinfo=UTC)),
    ],
)
def test_a_bill_is_in_time_on_the_whole_of_its_due_day_in_india(
    town: Town, at: datetime, paise: int, expires_at: datetime
) -> None:
    town.at = at
    town.network.listed = FetchedBills((listed("ref", 70_000, DUE, after_due_paise=75_000),))

    (bill,) = town.quote("JVVNL", K_NUMBER).bills

    assert (bill.amount_paise, bill.expires_at) == (paise, expires_at)


def test_a_quote_from_before_the_due_day_ended_is_quoted_again_at_the_new_amount(town: Town) -> None:
    town.at = datetime(2026, 11, 23, 18, 29, tzinfo=UTC)
    town.network.listed = FetchedBills((listed("ref", 70_000, DUE, after_due_paise=75_000),))
    (in_time,) = town.quote("JVVNL", K_NUMBER).bills
    town.at += timedelta(minutes=1)

    with pytest.raises(BillExpired):
        town.pay(in_time)
    (again,) = town.quote("JVVNL", K_NUMBER).bills

    assert town.pay(again).bill_paise == 75_000
    with pytest.raises(BillAlreadyPaid):
        town.pay(town.quote("JVVNL", K_NUMBER).bills[0])


def test_without_a_later_amount_or_a_due_day_what_is_due_stays() -> None:
    assert amount_as_of(NOW, 100, None, 200) == amount_as_of(NOW, 100, date(2020, 1, 1), None) == (100, None)


def renumber(town: Town, day: date) -> None:
    jvvnl = replace(BILLERS["JVVNL"], renumbered={"100000000001": Renumbered("200000000001", day)})
    town.billers = {**BILLERS, "JVVNL": jvvnl}


def test_a_retired_number_is_refused_naming_the_new_one_and_nobody_is_asked(town: Town) -> None:
    renumber(town, date(2026, 11, 23))

    with pytest.raises(AccountRenumbered) as refused:
        town.quote("JVVNL", K_NUMBER)

    assert refused.value.members["renumbered_to"] == "200000000001"
    assert refused.value.members["source"] == "customer"
    assert "200000000001" not in refused.value.detail
    assert all(problem.detail_hi for problem in refused.value.errors)
    assert not town.network.looked_up


def test_a_number_retired_after_the_fetch_is_refused_before_any_debit(town: Town) -> None:
    town.network.listed = FetchedBills((listed("ref", 70_000, DUE),))
    (bill,) = town.quote("JVVNL", K_NUMBER).bills
    renumber(town, date(2026, 11, 24))
    assert town.pay(bill).state is State.COMPLETED, "not retired yet"
    town.network.listed = FetchedBills((listed("ref-2", 70_000, DUE),))
    (bill,) = town.quote("JVVNL", K_NUMBER).bills
    town.at += timedelta(hours=23)

    with pytest.raises(AccountRenumbered):
        town.pay(bill)

    assert len(town.store.payments) == 1


def test_a_biller_that_was_withdrawn_since_is_no_longer_paid(town: Town) -> None:
    (bill,) = town.quote("SANDBOX-DIRECT", K_NUMBER, amount_paise=100).bills
    town.billers = {}

    with pytest.raises(BillExpired, match="no longer paid here"):
        town.pay(bill)


def test_a_fee_is_quoted_by_the_window_that_is_open_and_names_it_and_its_order(town: Town) -> None:
    (bill,) = town.quote("SANDBOX-UNIVERSITY", REGULAR).bills

    assert (bill.amount_paise, bill.fee_window, bill.fee_order) == (80_000, "plain", "Sandbox order 1 of 2026")
    paid = town.pay(bill)
    assert (paid.fee_window, paid.bill_paise, paid.service_charge_paise) == ("plain", 80_000, 5_000)
    assert paid.fee_order.startswith("Sandbox order 1 of 2026; e-Mitra rate order")


def test_a_quote_never_outlives_its_window(town: Town) -> None:
    town.at = LAST - timedelta(hours=1)
    (bill,) = town.quote("SANDBOX-UNIVERSITY", REGULAR).bills
    assert bill.expires_at == LAST + timedelta(milliseconds=1)

    town.at = LAST + timedelta(milliseconds=1)
    with pytest.raises(BillExpired):
        town.pay(bill)
    (late,) = town.quote("SANDBOX-UNIVERSITY", REGULAR).bills

    assert (late.amount_paise, late.fee_window) == (90_000, "late")


def test_money_tendered_in_the_last_millisecond_counts_however_late_the_body_hears_of_it(town: Town) -> None:
    town.at = LAST
    (bill,) = town.quote("SANDBOX-UNIVERSITY", REGULAR).bills
    town.network.next_answers = [Outcome.NOT_SENT]
    waiting = town.pay(bill)
    assert (waiting.state, waiting.unsent) == (State.POST_REQUESTED, True)

    town.at += timedelta(minutes=10)
    taken = town.store.take_due(town.at, town.at + PACE.grace)
    assert taken is not None
    paid = town.drive()(DrivePayment(taken, Attempt.LATER))

    assert (paid.state, paid.fee_window, paid.bill_paise, paid.created_at) == (
        State.COMPLETED, "plain", 80_000, LAST,
    )  # fmt: skip


def test_one_person_examination_and_session_is_charged_once_whoever_quotes_it_and_when(town: Town) -> None:
    quotes = [
        town.quote("SANDBOX-UNIVERSITY", REGULAR | {"category": each}).bills[0] for each in ("regular", "private")
    ]
    elsewhere = town.quote("SANDBOX-UNIVERSITY", {**REGULAR, "enrolment_number": "ab123456"}, PORTAL).bills[0]
    town.pay(quotes[0])

    for bill, payer in ((quotes[0], CENTRE), (quotes[1], CENTRE), (elsewhere, PORTAL)):
        with pytest.raises(BillAlreadyPaid):
            town.pay(bill, payer)
    town.at += timedelta(days=200)
    again = town.quote("SANDBOX-UNIVERSITY", REGULAR)
    assert (again.bills, [one.reason for one in again.left_out]) == ((), [LeftOutReason.PAID])
    listed_anew = replace(quotes[1], bill_id="bil_x", fetched_at=town.at, expires_at=town.at + timedelta(days=1))
    town.bills.keep(replace(again, bills=(listed_anew,)))
    with pytest.raises(BillAlreadyPaid):  # Half a year later too: it is not a due that comes again.
        town.pay(listed_anew)


def test_a_charge_that_failed_leaves_the_candidate_free_to_pay(town: Town) -> None:
    bill = town.quote("SANDBOX-UNIVERSITY", REGULAR).bills[0]
    town.network.next_answers = [Outcome.REFUSED]
    assert town.pay(bill).state is State.VOIDED

    assert town.pay(town.quote("SANDBOX-UNIVERSITY", REGULAR).bills[0]).state is State.COMPLETED


def test_corrections_are_charged_each(town: Town) -> None:
    values = {"application_number": "A1234", "examination": "correction", "category": "all"}
    paid = [town.pay(town.quote("RPSC", values).bills[0]).state for _ in range(2)]

    assert paid == [State.COMPLETED] * 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"examination": "ba-second-year"}, "unknown"),
        ({"examination": "ba-second-year", "session": "2025-26"}, "closed"),
        ({"category": "exempt"}, "amount-unset"),
    ],
)
def test_a_fee_that_cannot_be_paid_says_why(town: Town, changes: dict[str, str], reason: str) -> None:
    with pytest.raises(FeeNotPayable) as refused:
        town.quote("SANDBOX-UNIVERSITY", REGULAR | changes)

    assert refused.value.members["reason"] == reason
    assert not town.network.validated


def test_a_fee_that_opens_later_says_when(town: Town) -> None:
    town.at = datetime(2026, 6, 30, 18, 29, 59, tzinfo=UTC)
    with pytest.raises(FeeNotPayable) as refused:
        town.quote("SANDBOX-UNIVERSITY", REGULAR)

    assert refused.value.members["opens_at"] == "2026-07-01T00:00:00+05:30"


def test_paid_with_an_incomplete_form_is_asked_about_until_it_is_complete(town: Town) -> None:
    town.network.form = Form.INCOMPLETE
    paid = town.pay(town.quote("SANDBOX-UNIVERSITY", REGULAR).bills[0])
    assert (paid.state, paid.form) == (State.COMPLETED, Form.INCOMPLETE)
    journal, events = dict(town.store.journal), [*town.store.events]

    looks = []
    for _ in range(4):
        stands = town.store.payments[paid.payment_id]
        assert stands.resume_at is not None
        looks.append(stands.resume_at - town.at)
        town.at = stands.resume_at
        look(town)
    assert looks == [timedelta(minutes=minutes) for minutes in (1, 1, 2, 4)]
    town.network.form = Form.COMPLETE
    town.at += timedelta(days=1)
    look(town)

    done = town.store.payments[paid.payment_id]
    assert (done.state, done.form, done.resume_at) == (State.COMPLETED, Form.COMPLETE, None)
    assert (town.store.journal, town.store.events) == (journal, events), "money and events stay as they were"


def test_a_form_is_asked_about_for_so_long_and_an_odd_answer_changes_nothing(town: Town) -> None:
    town.network.form = Form.INCOMPLETE
    paid = town.pay(town.quote("SANDBOX-UNIVERSITY", REGULAR).bills[0])
    town.at += timedelta(days=2)
    town.network.can_be_asked = False
    look(town)
    stands = town.store.payments[paid.payment_id]
    assert (stands.form, stands.resume_at) == (Form.INCOMPLETE, town.at + timedelta(days=1))

    town.network.can_be_asked, town.network.taken[paid.post_request_id] = True, Outcome.REFUSED
    town.at += LOOK_AT_FORM_FOR
    look(town)

    stands = town.store.payments[paid.payment_id]
    assert (stands.state, stands.form, stands.resume_at) == (State.COMPLETED, Form.INCOMPLETE, None)


def look(town: Town) -> None:
    taken = town.store.take_due(town.at, town.at + PACE.grace)
    assert taken is not None
    town.drive()(DrivePayment(taken, Attempt.LATER))


def test_a_form_is_told_of_a_card_payment_too(town: Town) -> None:
    town.network.form = Form.INCOMPLETE
    paid = town.pay(town.quote("SANDBOX-UNIVERSITY", REGULAR, PORTAL).bills[0], PORTAL)

    assert (paid.state, paid.form, paid.resume_at) == (
        State.COMPLETED, Form.INCOMPLETE, town.at + timedelta(minutes=1),
    )  # fmt: skip


def test_plans_are_the_operators_own_and_those_of_the_sandbox_say_so(town: Town) -> None:
    town.network.offered = (Plan("SANDBOX-28", 19_900, "a plan", 28, sandbox=True),)
    plans = PlanReader(BILLERS, town.network)

    assert plans.of("JIO-PREPAID", "rajasthan") == town.network.offered
    assert plans.of("JVVNL", "RAJASTHAN") == ()
    with pytest.raises(BillerNotFound):
        plans.of("NOBODY", "RAJASTHAN")
    with pytest.raises(ValidationFailed) as refused:
        plans.of("JIO-PREPAID", "MARS")
    assert [problem.pointer for problem in refused.value.errors] == ["?circle"]
