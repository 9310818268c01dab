"""A biller that is down: the payment waits, is provable, and is paid or given back by its limit."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from tests.support.builders import KIOSK, NOW, PACE, a_claim, a_payment
from tests.support.fakes import FakeBillers, FakePayments, FakeProvider

from billing.application.payments.drive_payment import DrivePayment, DrivePaymentHandler
from billing.domain.breaks.ending import FOUND_NOT_DONE
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.payment import Failure, Payment, State
from billing.domain.payments.saga import Ask, Attempt, Decision
from billing.domain.tenders.proof import in_time, is_tendered, statement_of

FUNDS = 10_000_000
LIMIT = timedelta(hours=6)


class Shield:
    """A payment of a centre, or of the portal, whose biller is down when it is tendered."""

    def __init__(self, outage: str, mode: str = "WALLET", limit: timedelta | None = LIMIT) -> None:
        self.payments, self.billers, self.at = FakePayments(wallets={KIOSK: FUNDS}), FakeBillers(outage=outage), NOW
        self.provider = FakeProvider()
        self.drive = DrivePaymentHandler(
            self.payments, self.billers, self.provider, PACE, lambda: self.at, lambda: "evt"
        )
        payment = a_payment(mode=mode, queue_until=NOW + limit if limit else None)
        self.payments.begin(a_claim("key"), payment, payment.hold_entry(NOW) if payment.by_wallet else None)
        self.tried: list[datetime] = []
        self.payment = self.drive(DrivePayment(payment, Attempt.FIRST))

    def wait_until(self, until: datetime) -> Payment:
        """The sweeper, at each instant at which it looks at the payment."""
        while (due := self.payments.payments["pay_1"].resume_at) and due <= until:
            self.at = due
            self.tried.append(due)
            taken = self.payments.take_due(due, due + PACE.grace)
            assert taken is not None
            self.payment = self.drive(DrivePayment(taken, Attempt.LATER))
        self.at = until
        return self.payment


@pytest.mark.parametrize("mode", ["WALLET", "CARD"])
@pytest.mark.parametrize("outage", ["the biller", "the network"])
def test_what_waits_is_held_and_provable_and_is_paid_once_when_the_biller_is_back(outage: str, mode: str) -> None:
    shield = Shield(outage, mode)
    assert (shield.payment.is_queued, shield.payment.queued_at, is_tendered(shield.payment)) == (True, NOW, True)
    assert shield.wait_until(NOW + timedelta(hours=5)).is_queued
    shield.billers.outage = None

    paid = shield.wait_until(NOW + LIMIT)

    assert paid.state is State.COMPLETED
    assert paid.history[-1].at <= NOW + timedelta(hours=5) + PACE.give_up_unsent
    assert shield.billers.received == {paid.post_request_id: 1}
    assert (paid.queued_at, is_tendered(paid)) == (NOW, True)


@pytest.mark.parametrize("mode", ["WALLET", "CARD"])
@pytest.mark.parametrize("outage", ["the biller", "the network"])
def test_what_waits_to_its_limit_is_given_back_then_and_stays_provable(outage: str, mode: str) -> None:
    shield = Shield(outage, mode)

    before, after = shield.wait_until(NOW + LIMIT - timedelta(seconds=1)), shield.wait_until(NOW + LIMIT)

    assert before.is_queued
    assert after.failure is not None
    assert (after.state, after.failure.code, after.failure.money_returned) == (State.VOIDED, "expired", True)
    assert after.history[-1].at == NOW + LIMIT
    assert shield.payments.wallets[KIOSK] == FUNDS
    assert not shield.billers.received
    assert is_tendered(after)


def test_what_the_biller_has_after_all_is_found_before_its_money_is_given_back() -> None:
    shield = Shield("the biller")
    shield.wait_until(NOW + LIMIT - timedelta(seconds=1))
    shield.billers.taken[shield.payment.post_request_id] = Outcome.SUCCESS  # the network was wrong about it

    assert shield.wait_until(NOW + LIMIT).state is State.COMPLETED
    assert not shield.payments.breaks


def test_a_biller_that_is_down_is_tried_less_and_less_often_but_never_rarer_than_each_quarter_of_an_hour() -> None:
    shield = Shield("the biller")
    shield.wait_until(NOW + LIMIT)

    waits = [b - a for a, b in zip([NOW, *shield.tried], shield.tried, strict=False)]

    assert waits[0] == PACE.first_inquiry
    assert max(waits) == PACE.give_up_unsent
    assert len(waits) < 45


def test_without_an_outage_what_was_never_seen_is_given_back_as_before() -> None:
    shield = Shield("the network", limit=None)
    assert shield.wait_until(NOW + timedelta(hours=1)).state is State.VOIDED

    lost = Shield("")
    assert lost.payment.state is State.COMPLETED
    assert lost.payment.queued_at is None


def test_a_message_lost_after_the_outage_is_asked_about_and_neither_sent_twice_nor_given_back_early() -> None:
    shield = Shield("the biller")
    shield.wait_until(NOW + timedelta(hours=2))
    shield.billers.outage, shield.billers.next_answers = None, [Outcome.UNKNOWN]

    paid = shield.wait_until(NOW + LIMIT)

    assert paid.state is State.COMPLETED
    assert shield.billers.received == {paid.post_request_id: 1}


def test_a_process_that_dies_while_trying_leaves_it_to_an_inquiry_and_the_limit_still_holds() -> None:
    shield = Shield("the biller")
    taken = shield.payments.take_due(NOW + timedelta(minutes=1), NOW + timedelta(minutes=2))
    assert taken is not None  # and nobody goes on with it

    # It may have reached the biller, so nobody is told that it waits.
    assert not shield.payments.payments["pay_1"].is_queued
    assert not shield.wait_until(NOW + timedelta(hours=5)).is_queued
    assert shield.wait_until(NOW + LIMIT).state is State.VOIDED


def test_what_a_party_refused_or_only_asked_for_is_no_tender() -> None:
    asked = a_payment(mode="CARD")
    assert not is_tendered(asked)
    shield = Shield("")
    assert is_tendered(shield.payment)
    refused = Shield("the biller")
    refused.billers.outage, refused.billers.next_answers = None, [Outcome.REFUSED]
    assert refused.wait_until(NOW + timedelta(minutes=1)).state is State.VOIDED
    assert not is_tendered(refused.payment)


def test_a_card_payment_that_was_refused_is_no_tender_while_its_money_is_not_given_back_yet() -> None:
    failure = Failure("biller-refused", "no", money_returned=True)
    authorised = a_payment(mode="CARD").move(NOW, State.AUTHORISED, State.POST_REQUESTED, authorisation_id="aut_1")
    refused = authorised.refused(NOW, failure, resume_at=NOW)
    assert is_tendered(authorised)
    assert refused.state is State.POST_FAILED
    assert not is_tendered(refused)
    assert not is_tendered(refused.move(NOW, State.MANUAL))


def test_what_people_found_the_biller_never_to_have_had_was_tendered_all_the_same() -> None:
    """Nobody refused it: its answer was lost, and that is when a proof is needed."""
    manual = a_payment().move(NOW, State.MANUAL)
    answer = Answer(Outcome.REFUSED, reason=FOUND_NOT_DONE)
    ended = Decision(manual, Attempt.LATER, Ask.INQUIRE, answer, PACE, NOW, "evt").change().payment
    assert ended.state is State.VOIDED
    assert is_tendered(ended)


@pytest.mark.parametrize(
    ("at", "expected"),
    [("2026-11-30T18:29:59.999+00:00", True), ("2026-11-30T18:30:00+00:00", False)],
)
def test_in_time_is_until_the_end_of_the_due_day_in_india(at: str, expected: bool) -> None:
    payment = a_payment(at=datetime.fromisoformat(at))
    assert in_time(payment) is None
    payment = replace(payment, due_on=date(2026, 11, 30))

    assert in_time(payment) is expected
    stated = statement_of(payment, "0001", payment.created_at)
    assert (stated["due_on"], stated["in_time"], stated["bill_paise"]) == ("2026-11-30", expected, 152_500)
