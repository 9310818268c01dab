"""The saga against everything that can happen to it: lost answers, crashes, outages, doorbells, late arrivals.

FakePayments asserts by itself that no entry and no event is ever written twice.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from tests.support.builders import KIOSK, NOW, PACE, Claim, a_payment
from tests.support.fakes import FakeBillers, FakePayments, FakeProvider

from billing.application.drive_payment import PaymentExecutor
from billing.application.ports import Answer, Change, Outcome
from billing.application.sweep_payments import SweepPayments
from billing.domain.ledger import PSP_HELD, wallet_account, wallet_held_account
from billing.domain.payment import ENDED, FAILED, HOLDING, Payment, State

FUNDS = 10_000_000
ANSWERS = [Outcome.SUCCESS, Outcome.REFUSED, Outcome.PENDING, Outcome.UNKNOWN, Outcome.NEVER_SEEN, Outcome.NOT_SENT]


class Crash(BaseException):
    """kill -9: nothing on the way catches it."""


@dataclass
class MortalPayments(FakePayments):
    """A store whose caller dies before (S2) or right after (A2) its next move is stored."""

    die: str | None = None

    def record(self, before: Payment, change: Change) -> bool:
        die, self.die = self.die, None
        if die == "S2":
            raise Crash
        moved = super().record(before, change)
        if die == "A2":
            raise Crash
        return moved


class Saga(RuleBasedStateMachine):
    """Payments by wallet and by card, while the world misbehaves; at the end it behaves, and all must be well."""

    alive = Bundle("alive")

    def __init__(self) -> None:
        super().__init__()
        self.at = NOW
        self.numbers = count(1)
        self.payments = MortalPayments(wallets={KIOSK: FUNDS})
        self.billers, self.provider = FakeBillers(), FakeProvider()
        events = (f"evt_{n}" for n in count(1))
        self.executor = PaymentExecutor(
            self.payments, self.billers, self.provider, PACE, lambda: self.at, lambda: next(events)
        )
        self.sweeper = SweepPayments(self.payments, self.executor, PACE, lambda: self.at)
        self.histories: dict[str, tuple[State, ...]] = {}

    @rule(
        target=alive,
        mode=st.sampled_from(["WALLET", "CARD"]),
        biller=st.sampled_from(ANSWERS),
        provider=st.lists(st.sampled_from(ANSWERS), max_size=2),
        die=st.sampled_from([None, None, "S1", "S2", "A2"]),
    )
    def pay(self, mode: str, biller: Outcome, provider: list[Outcome], die: str | None) -> str:
        payment = a_payment(f"pay_{next(self.numbers)}", mode=mode, at=self.at)
        hold = payment.hold_entry(self.at) if payment.by_wallet else None
        self.payments.begin(Claim(payment.payment_id), payment, hold)
        if die == "S1":
            return payment.payment_id
        self.billers.next_answers = [biller]
        self.provider.next_answers = provider if mode == "CARD" else []
        self.payments.die = die
        self._mortal(lambda: self.executor.drive(payment, fresh=True))
        self.billers.next_answers, self.provider.next_answers = [], []
        return payment.payment_id

    @rule(payment_id=alive, outcome=st.sampled_from([Outcome.SUCCESS, Outcome.REFUSED]))
    def what_was_pending_settles(self, payment_id: str, outcome: Outcome) -> None:
        for taken, key in ((self.billers.taken, f"{payment_id}:post"), (self.provider.taken, payment_id)):
            if taken.get(key) is Outcome.PENDING:
                taken[key] = outcome

    @rule(payment_id=alive)
    def a_request_that_was_lost_arrives_late(self, payment_id: str) -> None:
        payment = self.payments.payments[payment_id]
        if State.POST_UNKNOWN in [step.state for step in payment.history]:
            self.billers.taken.setdefault(payment.post_request_id, Outcome.SUCCESS)

    @rule(payment_id=alive)
    def the_doorbell_rings(self, payment_id: str) -> None:
        self.payments.ring(payment_id, self.at)

    @rule(asked=st.booleans())
    def inquiries_fail_or_work_again(self, asked: bool) -> None:
        self.billers.can_be_asked = asked

    @rule(seconds=st.sampled_from([1, 5, 60, 1_000, 100_000]))
    def time_passes(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)

    @rule(answers=st.lists(st.sampled_from(ANSWERS), max_size=3), die=st.sampled_from([None, "S2", "A2"]))
    def the_sweeper_runs(self, answers: list[Outcome], die: str | None) -> None:
        self.billers.next_answers, self.payments.die = answers, die
        self._mortal(self.sweep)
        self.billers.next_answers, self.payments.die = [], None

    def sweep(self) -> None:
        """As SweepPayments, without threads: a failing example must fail again."""
        while payment := self.payments.take_due(self.at, self.at + PACE.grace):
            self.executor.drive(payment, fresh=False)

    def _mortal(self, act: Callable[[], object]) -> None:
        with suppress(Crash):
            act()

    @invariant()
    def the_ledger_sums_to_zero_and_the_wallet_is_its_fold(self) -> None:
        balances = self.payments.balances()
        assert sum(balances.values()) == 0
        assert self.payments.wallets[KIOSK] == FUNDS + balances[wallet_account(KIOSK)]

    @invariant()
    def exactly_the_payments_in_progress_are_held(self) -> None:
        balances = self.payments.balances()
        for account, by_wallet in ((wallet_held_account(KIOSK), True), (PSP_HELD, False)):
            held = [p for p in self.payments.payments.values() if p.by_wallet == by_wallet and self._holds(p)]
            assert balances[account] == sum(p.total_paise for p in held)

    def _holds(self, payment: Payment) -> bool:
        if payment.state is State.MANUAL:
            return payment.history[-2].state in HOLDING
        return payment.state in HOLDING

    @invariant()
    def an_ended_payment_has_its_one_event_and_only_a_completed_one_a_receipt(self) -> None:
        told = dict(self.payments.events)
        for payment in self.payments.payments.values():
            ended = payment.state if payment.state is State.COMPLETED or payment.state in FAILED else None
            assert told.get(payment.payment_id) == ended
            assert (payment.receipt is not None) == (payment.state is State.COMPLETED)
            assert (payment.state is State.MANUAL) <= any(p == payment.payment_id for p, _ in self.payments.breaks)

    @invariant()
    def no_state_is_taken_back(self) -> None:
        for payment in self.payments.payments.values():
            states = tuple(step.state for step in payment.history)
            known = self.histories.get(payment.payment_id, ())
            assert states[: len(known)] == known
            assert len(states) == payment.version
            assert all(a is not b for a, b in pairwise(states))
            self.histories[payment.payment_id] = states

    def teardown(self) -> None:
        """Faults stop, everything settles, every doorbell rings once more: then all has ended, and rightly."""
        self.billers.can_be_asked = True
        for taken in (self.billers.taken, self.provider.taken):
            for key, outcome in taken.items():
                taken[key] = Outcome.SUCCESS if outcome is Outcome.PENDING else outcome
        for payment_id in self.payments.payments:
            self.payments.ring(payment_id, self.at)
        for _ in range(8):
            self.sweep()
            self.at += PACE.longest_inquiry
        for payment in self.payments.payments.values():
            taken_by_biller = self.billers.taken.get(payment.post_request_id) is Outcome.SUCCESS
            explained = any(payment_id == payment.payment_id for payment_id, _ in self.payments.breaks)
            assert payment.state in ENDED, f"{payment.payment_id} is stuck in {payment.state}"
            assert taken_by_biller == (payment.state is State.COMPLETED) or explained, payment
            if not payment.by_wallet and not explained and payment.state is State.COMPLETED:
                assert self.provider.ended[payment.payment_id] == "captured"
        self.the_ledger_sums_to_zero_and_the_wallet_is_its_fold()
        self.exactly_the_payments_in_progress_are_held()
        self.an_ended_payment_has_its_one_event_and_only_a_completed_one_a_receipt()


# Deadlines off: two noisy cores. Example count and depth: about ten seconds here, thousands of histories.
Saga.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestSaga = Saga.TestCase


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
