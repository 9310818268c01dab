"""Which payments are taken, and how they are driven."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Barrier, current_thread
from typing import Any

import pytest
from tests.support.builders import KIOSK, NOW, PACE, QUEUE, a_bill, a_payment
from tests.support.fakes import FakePayments
from tests.support.reference import BILLERS, FEES
from tests.support.sentences import is_sentence

from billing.application.bills.errors import BillExpired
from billing.application.payments.drive_payment import DrivePayment
from billing.application.payments.errors import AmountNotAccepted, PaymentNotFound
from billing.application.payments.sweep_payments import BATCH, THREADS, SweepPayments, SweepPaymentsHandler
from billing.domain.payer import Payer
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.parts import Part
from billing.domain.payments.payment import Move, Payment, State
from billing.domain.payments.saga import Attempt, Change
from billing.domain.tariff.billers import Exactness
from billing.domain.tariff.bills import Bill
from billing.domain.tariff.pricing import price
from servicekit.errors import DependencyTimeout, DependencyUnavailable, FieldProblem, ServiceError, ValidationFailed
from servicekit.idempotency import Once

from .conftest import CENTRE, FUNDS, PORTAL, Town, mobile_bill


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

    cost = price(FEES, BILLERS[bill.biller_id], bill, "AGT", bill.amount_paise)
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
        queue_until=NOW + QUEUE.usual,
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
        ({"mode": "CARD"}, "amount-not-accepted", "/mode", "mode-not-offered",
            "On this channel JVVNL takes: WALLET, UPI."),
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
