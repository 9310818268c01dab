"""The saga's rules, one at a time. Everything at once, with faults: test_invariants."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from tests.support.builders import KIOSK, NOW, PACE, Claim, a_payment
from tests.support.fakes import FakeBillers, FakePayments, FakeProvider

from billing.application.drive_payment import PaymentExecutor
from billing.application.ports import Answer, Outcome
from billing.domain.payment import Payment, State

FUNDS = 10_000_000


@dataclass
class BusyProvider(FakeProvider):
    """A provider that is slow enough for something else to happen while it captures or voids."""

    meanwhile: Callable[[], object] = lambda: None

    def capture(self, payment: Payment) -> Answer:
        self.meanwhile()
        return super().capture(payment)

    def void(self, payment: Payment) -> Answer:
        self.meanwhile()
        return super().void(payment)


def _world(*answers: Outcome) -> tuple[FakePayments, FakeBillers, PaymentExecutor, list[datetime]]:
    payments, billers, clock = FakePayments(wallets={KIOSK: FUNDS}), FakeBillers(list(answers)), [NOW]
    executor = PaymentExecutor(payments, billers, FakeProvider(), PACE, lambda: clock[0], lambda: "evt")
    return payments, billers, executor, clock


def _begun(payments: FakePayments) -> Payment:
    payment = a_payment()
    payments.begin(Claim("key"), payment, payment.hold_entry(NOW))
    return payment


def test_a_payment_whose_answer_was_lost_is_found_by_inquiry_and_not_sent_again() -> None:
    payments, billers, executor, _ = _world(Outcome.UNKNOWN)
    doubtful = executor.drive(_begun(payments), fresh=True)
    assert doubtful.state is State.POST_UNKNOWN
    assert payments.wallets[KIOSK] == FUNDS - 152_500

    after = executor.drive(doubtful, fresh=False)

    assert after.state is State.COMPLETED
    assert billers.received[after.post_request_id] == 1


def test_a_request_the_biller_never_saw_is_sent_again_under_the_same_id() -> None:
    payments, billers, executor, _ = _world(Outcome.NEVER_SEEN)
    doubtful = executor.drive(_begun(payments), fresh=True)
    assert doubtful.state is State.POST_UNKNOWN

    after = executor.drive(doubtful, fresh=False)

    assert after.state is State.COMPLETED
    assert billers.received == {after.post_request_id: 1}


def test_a_second_attempt_that_did_not_leave_says_nothing_about_the_first() -> None:
    payments, billers, executor, clock = _world(Outcome.NEVER_SEEN, Outcome.NOT_SENT)
    doubtful = executor.drive(_begun(payments), fresh=True)
    waiting = executor.drive(doubtful, fresh=False)
    assert (waiting.state, waiting.unsent) == (State.POST_UNKNOWN, False)
    billers.taken[waiting.post_request_id] = Outcome.SUCCESS
    clock[0] += PACE.longest_inquiry

    after = executor.drive(waiting, fresh=False)

    assert after.state is State.COMPLETED
    assert not billers.received


def test_a_payment_that_never_left_is_given_back_after_the_published_time() -> None:
    payments, _, executor, clock = _world(*[Outcome.NOT_SENT] * 2)
    waiting = executor.drive(_begun(payments), fresh=True)
    assert (waiting.state, waiting.unsent) == (State.POST_REQUESTED, True)
    clock[0] += PACE.give_up_unsent

    after = executor.drive(waiting, fresh=False)

    assert after.state is State.VOIDED
    assert after.failure is not None
    assert after.failure.code == "expired"
    assert payments.wallets[KIOSK] == FUNDS


def test_a_payment_in_doubt_is_handed_to_people_after_the_published_time_and_its_money_stays_held() -> None:
    payments, billers, executor, clock = _world(Outcome.UNKNOWN)
    doubtful = executor.drive(_begun(payments), fresh=True)
    billers.can_be_asked = False
    clock[0] += PACE.take_over

    after = executor.drive(doubtful, fresh=False)

    assert after.state is State.MANUAL
    assert [kind for _, kind in payments.breaks] == ["unresolved"]
    assert payments.wallets[KIOSK] == FUNDS - 152_500


def test_a_success_after_the_money_was_given_back_opens_a_break() -> None:
    payments, billers, executor, _ = _world(Outcome.REFUSED)
    given_back = executor.drive(_begun(payments), fresh=True)
    assert given_back.state is State.VOIDED
    billers.taken[given_back.post_request_id] = Outcome.SUCCESS
    payments.ring(given_back.payment_id, NOW)

    rung = payments.take_due(NOW, NOW + PACE.grace)
    assert rung is not None
    executor.drive(rung, fresh=False)

    assert [kind for _, kind in payments.breaks] == ["late-success"]
    assert payments.take_due(NOW + timedelta(days=2), NOW) is None


@pytest.mark.parametrize("biller", [Outcome.SUCCESS, Outcome.REFUSED])
def test_a_card_is_captured_or_voided_by_one_process_at_a_time(biller: Outcome) -> None:
    """A provider answers the twin of a request it works on with a conflict, so there must be none."""
    payments, billers, provider = FakePayments(), FakeBillers([biller]), BusyProvider()
    executor = PaymentExecutor(payments, billers, provider, PACE, lambda: NOW, lambda: "evt")
    payment = a_payment(mode="CARD")
    payments.begin(Claim("key"), payment, None)
    found: list[Payment | None] = []
    provider.meanwhile = lambda: found.append(payments.take_due(NOW + timedelta(seconds=1), NOW + PACE.grace))

    after = executor.drive(payment, fresh=True)

    assert found == [None]
    assert after.state is (State.COMPLETED if biller is Outcome.SUCCESS else State.VOIDED)


def test_the_loser_of_a_race_leaves_the_winners_move_alone() -> None:
    payments, _, executor, _ = _world()
    payment = _begun(payments)
    winner = executor.drive(payment, fresh=True)

    loser = executor.drive(payment, fresh=False)

    assert loser == winner
    assert len(payments.events) == 1


def test_a_wait_does_not_silence_a_doorbell_that_rang_meanwhile() -> None:
    payments, billers, executor, clock = _world(Outcome.PENDING)
    pending = executor.drive(_begun(payments), fresh=True)
    clock[0] += timedelta(seconds=1)
    payments.ring(pending.payment_id, clock[0])

    executor.drive(pending, fresh=False)

    stored = payments.payments[pending.payment_id]
    assert stored.next_action_at == clock[0]
    assert billers.taken[pending.post_request_id] is Outcome.PENDING


def test_inquiries_come_less_and_less_often() -> None:
    waits = [PACE.next_inquiry(NOW, attempts) - NOW for attempts in (0, 1, 2, 10, 10_000)]

    assert waits == [timedelta(seconds=seconds) for seconds in (2, 4, 8, 60, 60)]


def test_an_inquiry_that_cannot_be_made_says_nothing_about_the_payment() -> None:
    payments, billers, executor, _ = _world()
    payment = _begun(payments)
    billers.can_be_asked = False

    after = executor.drive(payment, fresh=False)

    assert after.state is State.POST_UNKNOWN
    assert not after.unsent
    assert billers.inquire(payment) == Answer(Outcome.NOT_SENT)
