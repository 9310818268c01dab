"""The saga's rules, one at a time. Everything at once, with faults: test_invariants."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from tests.support.builders import KIOSK, NOW, PACE, a_claim, a_payment
from tests.support.fakes import FakeBillers, FakePayments, FakeProvider

from billing.application.payments.drive_payment import DrivePayment, DrivePaymentHandler
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.payment import Failure, Payment, State
from billing.domain.payments.saga import Attempt, Change, ended

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


def _world(*answers: Outcome) -> tuple[FakePayments, FakeBillers, DrivePaymentHandler, list[datetime]]:
    payments, billers, clock = FakePayments(wallets={KIOSK: FUNDS}), FakeBillers(list(answers)), [NOW]
    drive = DrivePaymentHandler(payments, billers, FakeProvider(), PACE, lambda: clock[0], lambda: "evt")
    return payments, billers, drive, clock


def _begun(payments: FakePayments) -> Payment:
    payment = a_payment()
    payments.begin(a_claim("key"), payment, payment.hold_entry(NOW))
    return payment


def test_a_payment_whose_answer_was_lost_is_found_by_inquiry_and_not_sent_again() -> None:
    payments, billers, drive, _ = _world(Outcome.UNKNOWN)
    doubtful = drive(DrivePayment(_begun(payments), Attempt.FIRST))
    assert doubtful.state is State.POST_UNKNOWN
    assert payments.wallets[KIOSK] == FUNDS - 152_500

    after = drive(DrivePayment(doubtful, Attempt.LATER))

    assert after.state is State.COMPLETED
    assert billers.received[after.post_request_id] == 1


def test_a_request_the_biller_never_saw_is_sent_again_under_the_same_id() -> None:
    payments, billers, drive, _ = _world(Outcome.NEVER_SEEN)
    doubtful = drive(DrivePayment(_begun(payments), Attempt.FIRST))
    assert doubtful.state is State.POST_UNKNOWN

    after = drive(DrivePayment(doubtful, Attempt.LATER))

    assert after.state is State.COMPLETED
    assert billers.received == {after.post_request_id: 1}


def test_a_second_attempt_that_did_not_leave_says_nothing_about_the_first() -> None:
    payments, billers, drive, clock = _world(Outcome.NEVER_SEEN, Outcome.NOT_SENT)
    doubtful = drive(DrivePayment(_begun(payments), Attempt.FIRST))
    waiting = drive(DrivePayment(doubtful, Attempt.LATER))
    assert (waiting.state, waiting.unsent) == (State.POST_UNKNOWN, False)
    billers.taken[waiting.post_request_id] = Outcome.SUCCESS
    clock[0] += PACE.longest_inquiry

    after = drive(DrivePayment(waiting, Attempt.LATER))

    assert after.state is State.COMPLETED
    assert not billers.received


def test_a_payment_that_never_left_is_given_back_after_the_published_time() -> None:
    payments, _, drive, clock = _world(*[Outcome.NOT_SENT] * 2)
    waiting = drive(DrivePayment(_begun(payments), Attempt.FIRST))
    assert (waiting.state, waiting.unsent) == (State.POST_REQUESTED, True)
    clock[0] += PACE.give_up_unsent

    after = drive(DrivePayment(waiting, Attempt.LATER))

    assert after.state is State.VOIDED
    assert after.failure is not None
    assert after.failure.code == "expired"
    assert payments.wallets[KIOSK] == FUNDS


def test_a_payment_in_doubt_is_handed_to_people_after_the_published_time_and_its_money_stays_held() -> None:
    payments, billers, drive, clock = _world(Outcome.UNKNOWN)
    doubtful = drive(DrivePayment(_begun(payments), Attempt.FIRST))
    billers.can_be_asked = False
    clock[0] += PACE.deadline

    after = drive(DrivePayment(doubtful, Attempt.LATER))

    assert after.state is State.MANUAL
    assert [kind for _, kind in payments.breaks] == ["unresolved"]
    assert payments.wallets[KIOSK] == FUNDS - 152_500


def test_a_success_after_the_money_was_given_back_opens_a_break() -> None:
    payments, billers, drive, _ = _world(Outcome.REFUSED)
    given_back = drive(DrivePayment(_begun(payments), Attempt.FIRST))
    assert given_back.state is State.VOIDED
    billers.taken[given_back.post_request_id] = Outcome.SUCCESS
    payments.resume_now(given_back.payment_id, NOW)

    rung = payments.take_due(NOW, NOW + PACE.grace)
    assert rung is not None
    drive(DrivePayment(rung, Attempt.LATER))

    assert [kind for _, kind in payments.breaks] == ["late-success"]
    assert payments.take_due(NOW + timedelta(days=2), NOW) is None


@pytest.mark.parametrize("biller", [Outcome.SUCCESS, Outcome.REFUSED])
def test_a_card_is_captured_or_voided_by_one_process_at_a_time(biller: Outcome) -> None:
    """A provider answers the twin of a request it works on with a conflict, so there must be none."""
    payments, billers, provider = FakePayments(), FakeBillers([biller]), BusyProvider()
    drive = DrivePaymentHandler(payments, billers, provider, PACE, lambda: NOW, lambda: "evt")
    payment = a_payment(mode="CARD")
    payments.begin(a_claim("key"), payment, None)
    found: list[Payment | None] = []
    provider.meanwhile = lambda: found.append(payments.take_due(NOW + timedelta(seconds=1), NOW + PACE.grace))

    after = drive(DrivePayment(payment, Attempt.FIRST))

    assert found == [None]
    assert after.state is (State.COMPLETED if biller is Outcome.SUCCESS else State.VOIDED)


def test_the_loser_of_a_race_leaves_the_winners_move_alone() -> None:
    payments, _, drive, _ = _world()
    payment = _begun(payments)
    winner = drive(DrivePayment(payment, Attempt.FIRST))

    loser = drive(DrivePayment(payment, Attempt.LATER))

    assert loser == winner
    assert len(payments.events) == 1


def test_a_wait_does_not_silence_a_doorbell_that_rang_meanwhile() -> None:
    payments, billers, drive, clock = _world(Outcome.PENDING)
    pending = drive(DrivePayment(_begun(payments), Attempt.FIRST))
    clock[0] += timedelta(seconds=1)
    payments.resume_now(pending.payment_id, clock[0])

    drive(DrivePayment(pending, Attempt.LATER))

    stored = payments.payments[pending.payment_id]
    assert stored.resume_at == clock[0]
    assert billers.taken[pending.post_request_id] is Outcome.PENDING


def test_inquiries_come_less_and_less_often() -> None:
    waits = [PACE.next_inquiry(NOW, attempts) - NOW for attempts in (0, 1, 2, 10, 10_000)]

    assert waits == [timedelta(seconds=seconds) for seconds in (2, 4, 8, 60, 60)]


def test_an_inquiry_that_cannot_be_made_says_nothing_about_the_payment() -> None:
    payments, billers, drive, _ = _world()
    payment = _begun(payments)
    billers.can_be_asked = False

    after = drive(DrivePayment(payment, Attempt.LATER))

    assert after.state is State.POST_UNKNOWN
    assert not after.unsent
    assert billers.inquire(payment).outcome is Outcome.NOT_SENT


def _expired(payments: FakePayments, drive: DrivePaymentHandler, clock: list[datetime]) -> Payment:
    """A payment given back because the biller had not seen what was sent."""
    doubtful = drive(DrivePayment(_begun(payments), Attempt.FIRST))
    clock[0] += PACE.give_up_unsent
    return drive(DrivePayment(doubtful, Attempt.LATER))


def _sweep(payments: FakePayments, drive: DrivePaymentHandler, at: datetime) -> None:
    while payment := payments.take_due(at, at + PACE.grace):
        drive(DrivePayment(payment, Attempt.LATER))


def test_what_was_given_back_unseen_is_looked_at_again_until_the_deadline_without_a_doorbell() -> None:
    payments, _, drive, clock = _world(Outcome.NEVER_SEEN)
    given_back = _expired(payments, drive, clock)
    assert given_back.state is State.VOIDED
    looks = []
    while due := payments.payments[given_back.payment_id].resume_at:
        looks.append(due - given_back.history[-1].at)
        clock[0] = due
        _sweep(payments, drive, due)

    assert looks == [PACE.give_up_unsent * times for times in (1, 2, 4, 8, 16, 32, 64, 128)]
    assert not payments.breaks


def test_what_was_given_back_and_cannot_be_asked_about_by_the_deadline_is_a_break_that_a_later_answer_resolves() -> (
    None
):
    payments, billers, drive, clock = _world(Outcome.NEVER_SEEN)
    payment_id = _expired(payments, drive, clock).payment_id
    billers.can_be_asked = False
    clock[0] += PACE.deadline
    _sweep(payments, drive, clock[0])
    assert [kind for _, kind in payments.breaks] == ["unresolved"]

    billers.can_be_asked = True
    clock[0] += timedelta(hours=1)
    _sweep(payments, drive, clock[0])

    assert not payments.breaks
    assert payments.resolved[payment_id, "unresolved"].resolved_at == clock[0]


@pytest.mark.parametrize("lost", [Outcome.UNKNOWN, Outcome.PENDING, Outcome.NOT_SENT])
def test_one_answer_that_is_lost_while_looking_back_does_not_end_the_looking(lost: Outcome) -> None:
    payments, billers, drive, clock = _world(Outcome.NEVER_SEEN)
    given_back = _expired(payments, drive, clock)
    billers.taken[given_back.post_request_id] = Outcome.SUCCESS
    billers.next_inquiries = [lost]
    clock[0] += PACE.give_up_unsent
    _sweep(payments, drive, clock[0])
    waiting = payments.payments[given_back.payment_id]
    assert (waiting.resume_at, waiting.attempts) == (clock[0] + PACE.first_inquiry, 1)
    assert not payments.breaks

    clock[0] += PACE.first_inquiry
    _sweep(payments, drive, clock[0])

    assert [kind for _, kind in payments.breaks] == ["late-success"]


@pytest.mark.parametrize("lost", [Outcome.UNKNOWN, Outcome.PENDING, Outcome.NOT_SENT])
def test_a_late_authorisation_is_voided_even_when_an_inquiry_or_the_void_itself_is_lost(lost: Outcome) -> None:
    payments, provider, clock = FakePayments(), FakeProvider([Outcome.NEVER_SEEN]), [NOW]
    drive = DrivePaymentHandler(payments, FakeBillers(), provider, PACE, lambda: clock[0], lambda: "evt")
    payment = a_payment(mode="CARD")
    payments.begin(a_claim("key"), payment, None)
    doubtful = drive(DrivePayment(payment, Attempt.FIRST))
    clock[0] += PACE.give_up_unsent
    drive(DrivePayment(doubtful, Attempt.LATER))
    provider.taken[payment.payment_id] = Outcome.SUCCESS
    provider.next_inquiries = [lost]
    provider.next_answers = [Outcome.UNKNOWN]
    clock[0] += PACE.give_up_unsent
    for _ in range(4):
        _sweep(payments, drive, clock[0])
        clock[0] += PACE.longest_inquiry

    assert (provider.ended, provider.refused) == ({payment.payment_id: "voided"}, [])
    stored = payments.payments[payment.payment_id]
    assert (stored.resume_at, stored.authorisation_id) == (None, "aut_pay_1")
    assert not payments.breaks


def test_a_success_that_comes_after_another_gave_the_money_back_is_looked_at_at_once() -> None:
    payments, billers, drive, _ = _world()
    begun = _begun(payments)

    def given_back_meanwhile(payment: Payment) -> Answer:
        refused = payment.refused(NOW, Failure("expired", "unseen", money_returned=True), resume_at=NOW)
        assert payments.record(payment, ended(refused, "evt", [payment.void_entry(NOW)]))
        billers.taken[payment.post_request_id] = Outcome.SUCCESS
        return Answer(Outcome.SUCCESS, "ref")

    billers.pay = given_back_meanwhile  # type: ignore[method-assign]

    drive(DrivePayment(begun, Attempt.FIRST))
    _sweep(payments, drive, NOW)

    assert [kind for _, kind in payments.breaks] == ["late-success"]


def handed_over(payment: Payment) -> Change:
    """People have it, and it is asked about in an hour."""
    return Change(payment.move(NOW, State.MANUAL, resume_at=NOW + timedelta(hours=1)))


def given_back(payment: Payment) -> Change:
    """It was refused, and nobody looks at it again."""
    failure = Failure("biller-refused", "no", money_returned=True)
    return ended(payment.refused(NOW, failure, resume_at=NOW), "evt", [payment.void_entry(NOW)])


def still_asked_about(payment: Payment) -> Change:
    """Whoever moved it goes on with it in a minute."""
    return Change(payment.move(NOW, State.POST_UNKNOWN, resume_at=NOW + timedelta(minutes=1)))


@pytest.mark.parametrize(
    ("winner", "answer", "rings"),
    [
        (handed_over, Outcome.SUCCESS, True),
        (given_back, Outcome.SUCCESS, True),
        (given_back, Outcome.UNKNOWN, True),
        (still_asked_about, Outcome.SUCCESS, False),
        (handed_over, Outcome.REFUSED, False),
        (given_back, Outcome.REFUSED, False),
    ],
)
def test_what_the_loser_of_a_race_learnt_is_looked_at_at_once_where_nobody_else_is_at_work(
    winner: Callable[[Payment], Change], answer: Outcome, rings: bool
) -> None:
    payments, billers, drive, _ = _world()
    begun = _begun(payments)
    change = winner(begun)

    def moved_meanwhile(payment: Payment) -> Answer:
        assert payments.record(payment, change)
        return Answer(answer, "ref", "no")

    billers.pay = moved_meanwhile  # type: ignore[method-assign]

    assert drive(DrivePayment(begun, Attempt.FIRST)) == change.payment
    assert payments.payments[begun.payment_id].resume_at == (NOW if rings else change.payment.resume_at)


def test_an_authorisation_that_comes_after_it_was_given_up_is_voided() -> None:
    payments, provider, clock = FakePayments(), FakeProvider([Outcome.NEVER_SEEN]), [NOW]
    drive = DrivePaymentHandler(payments, FakeBillers(), provider, PACE, lambda: clock[0], lambda: "evt")
    payment = a_payment(mode="CARD")
    payments.begin(a_claim("key"), payment, None)
    doubtful = drive(DrivePayment(payment, Attempt.FIRST))
    clock[0] += PACE.give_up_unsent
    assert drive(DrivePayment(doubtful, Attempt.LATER)).state is State.AUTH_FAILED
    provider.taken[payment.payment_id] = Outcome.SUCCESS
    clock[0] += PACE.give_up_unsent

    _sweep(payments, drive, clock[0])

    assert provider.ended == {payment.payment_id: "voided"}
    assert payments.payments[payment.payment_id].resume_at is None


@pytest.mark.parametrize(
    ("answer", "state"), [(Outcome.SUCCESS, State.COMPLETED), (Outcome.REFUSED, State.VOIDED), (None, State.VOIDED)]
)
def test_a_definite_answer_after_the_deadline_ends_what_people_were_given(answer: Outcome | None, state: State) -> None:
    payments, billers, drive, clock = _world(Outcome.NEVER_SEEN)
    doubtful = drive(DrivePayment(_begun(payments), Attempt.FIRST))
    billers.can_be_asked = False
    clock[0] += PACE.deadline
    manual = drive(DrivePayment(doubtful, Attempt.LATER))
    assert (manual.state, manual.resume_at) == (State.MANUAL, clock[0] + timedelta(hours=1))

    clock[0] += timedelta(hours=1)
    _sweep(payments, drive, clock[0])
    assert payments.payments[manual.payment_id].state is State.MANUAL

    billers.can_be_asked = True
    if answer:
        billers.taken[manual.post_request_id] = answer
    assert payments.resume_now(manual.payment_id, clock[0])
    _sweep(payments, drive, clock[0])

    after = payments.payments[manual.payment_id]
    assert (after.state, len(payments.events)) == (state, 1)
    assert payments.wallets[KIOSK] == FUNDS - (152_500 if state is State.COMPLETED else 0)
    assert not payments.breaks
    resolution = payments.resolved[manual.payment_id, "unresolved"]
    assert (resolution.resolved_at, resolution.resolved_by.partition(":")[0]) == (clock[0], "inquiry")


def test_what_the_provider_refused_stays_with_people() -> None:
    payments, provider = FakePayments(), FakeProvider()

    def refused(payment: Payment) -> Answer:
        return Answer(Outcome.REFUSED, reason="already-voided")

    provider.capture = refused  # type: ignore[method-assign]
    drive = DrivePaymentHandler(payments, FakeBillers(), provider, PACE, lambda: NOW, lambda: "evt")
    payment = a_payment(mode="CARD")
    payments.begin(a_claim("key"), payment, None)

    manual = drive(DrivePayment(payment, Attempt.FIRST))

    assert (manual.state, manual.resume_at) == (State.MANUAL, None)
    assert not payments.resume_now(manual.payment_id, NOW)
