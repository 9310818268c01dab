"""The invariants of test_invariants, with top-ups among all that goes wrong: a wallet gets what was charged, once."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from tests.support.builders import KIOSK, PACE, a_claim, a_top_up
from tests.support.fakes import FakeTopUps
from tests.unit.test_invariants import ANSWERS, FAULTS, FUNDS, Crash, Money, MortalPayments

from billing.application.top_ups.drive_top_up import DriveTopUp, DriveTopUpHandler
from billing.domain.ledger.accounts import wallet_account
from billing.domain.ledger.entries import Kind
from billing.domain.payments.answers import Outcome
from billing.domain.payments.saga import Attempt
from billing.domain.top_ups.saga import TopUpChange
from billing.domain.top_ups.top_up import TOP_UP_ENDED, TopUp, TopUpState
from servicekit.errors import DependencyUnavailable


@dataclass
class MortalTopUps(FakeTopUps):
    """A store whose caller dies, or hears nothing, as that of payments; `payments` has the fault."""

    def record(self, before: TopUp, change: TopUpChange) -> bool:
        self._strike("die before the outcome")
        self._strike("no database before the outcome")
        moved = super().record(before, change)
        self._strike("die after the outcome")
        self._strike("no database after the outcome")
        return moved

    def _strike(self, point: str) -> None:
        assert isinstance(self.payments, MortalPayments)
        self.payments.strike(point)


class MoneyIn(Money):
    def __init__(self) -> None:
        super().__init__()
        self.top_ups = MortalTopUps(self.store)
        self.drive_top_up = DriveTopUpHandler(
            self.top_ups, self.provider, PACE, lambda: self.at, lambda: f"evt_{next(self.numbers)}"
        )
        self.top_up_histories: dict[str, tuple[TopUpState, ...]] = {}

    @rule(
        paise=st.sampled_from([10_000, 152_500]),
        answers=st.lists(st.sampled_from(ANSWERS), max_size=2),
        fault=FAULTS,
        again=st.booleans(),
    )
    def a_centre_tops_up(self, paise: int, answers: list[Outcome], fault: str | None, again: bool) -> None:
        top_up = a_top_up(f"top_{next(self.numbers)}", at=self.at, paise=paise)
        self.provider.next_charges, self.store.fault = answers, fault
        for _ in range(1 + again):
            with suppress(Crash, DependencyUnavailable):
                begun = self.top_ups.begin(a_claim(top_up.top_up_id, operation="create-top-up"), top_up)
                if not begun.replayed:
                    self.drive_top_up(DriveTopUp(top_up, Attempt.FIRST))
        self._top_up_faults_stop()

    @rule(
        after=st.sampled_from([1, 60, 1_000, 100_000]),
        answers=st.lists(st.sampled_from(ANSWERS), max_size=3),
        fault=FAULTS,
        away=st.booleans(),
    )
    def the_sweeper_of_top_ups_runs(self, after: int, answers: list[Outcome], fault: str | None, away: bool) -> None:
        self.at += timedelta(seconds=after)
        self.provider.next_charges, self.store.fault, self.provider.can_be_asked = answers, fault, not away
        with suppress(Crash, DependencyUnavailable):
            self._sweep_top_ups()
        self.provider.can_be_asked = True
        self._top_up_faults_stop()

    @rule(outcome=st.sampled_from([Outcome.SUCCESS, Outcome.REFUSED]))
    def charges_that_were_pending_settle(self, outcome: Outcome) -> None:
        for request_id, known in self.provider.charged.items():
            self.provider.charged[request_id] = outcome if known is Outcome.PENDING else known

    def _sweep_top_ups(self) -> None:
        while top_up := self.top_ups.take_due(self.at, self.at + PACE.grace):
            self.drive_top_up(DriveTopUp(top_up, Attempt.LATER))

    def _top_up_faults_stop(self) -> None:
        self.provider.next_charges, self.store.fault = [], None

    @invariant()
    def a_wallet_gets_what_was_charged_once(self) -> None:
        entries = {entry.entry_id: entry for entry in self.store.journal.values() if entry.kind is Kind.TOP_UP}
        credited = {top_up.provider_request_id for top_up in self.top_ups.top_ups.values() if _credited(top_up)}
        assert entries.keys() == credited
        for top_up in self.top_ups.top_ups.values():
            request_id = top_up.provider_request_id
            if _credited(top_up):
                assert self.provider.charged[request_id] is Outcome.SUCCESS
                assert sum(leg.paise for leg in entries[request_id].legs if leg.paise > 0) == top_up.paise
            # What was taken is never denied: the wallet has it, or will.
            assert not (self.provider.charged.get(request_id) is Outcome.SUCCESS and top_up.state is TopUpState.REFUSED)
        assert all(times == 1 for times in self.provider.charges_received.values())
        assert self.store.wallets[KIOSK] == FUNDS + self.store.balances()[wallet_account(KIOSK)]

    @invariant()
    def each_is_told_once_and_nobody_forgets_one(self) -> None:
        credited = [top_up.top_up_id for top_up in self.top_ups.top_ups.values() if _credited(top_up)]
        assert sorted(self.top_ups.told) == sorted(credited)
        for top_up in self.top_ups.top_ups.values():
            assert top_up.state in TOP_UP_ENDED or top_up.resume_at is not None
            in_doubt = top_up.state is TopUpState.MANUAL
            assert in_doubt == any(subject == top_up.top_up_id for subject, _ in self.store.breaks)

    @invariant()
    def no_top_up_moves_backwards(self) -> None:
        for top_up in self.top_ups.top_ups.values():
            states = tuple(move.state for move in top_up.history)
            known = self.top_up_histories.get(top_up.top_up_id, ())
            assert states[: len(known)] == known
            assert len(set(states)) == len(states) == top_up.version
            self.top_up_histories[top_up.top_up_id] = states

    def teardown(self) -> None:
        self.charges_that_were_pending_settle(Outcome.SUCCESS)
        self.provider.can_be_asked = True
        # What was never seen is asked about until its deadline, then once more.
        for _ in range(8):
            self._sweep_top_ups()
            self.at += max(PACE.deadline / 4, timedelta(hours=1))
        self._sweep_top_ups()
        assert all(top_up.state in TOP_UP_ENDED for top_up in self.top_ups.top_ups.values())
        self.a_wallet_gets_what_was_charged_once()
        self.each_is_told_once_and_nobody_forgets_one()
        super().teardown()


def _credited(top_up: TopUp) -> bool:
    return top_up.state is TopUpState.CREDITED


MoneyIn.TestCase.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
TestMoneyIn = MoneyIn.TestCase
