"""The invariants of test_refund_invariants, with disputes among all that goes wrong: a decision gives back once."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from tests.support.builders import a_claim
from tests.support.fakes import FakeDisputes
from tests.unit.test_invariants import FAULTS, Crash, MortalPayments
from tests.unit.test_refund_invariants import MoneyBack

from billing.adapters.data.dispute_codes import load_dispute_codes
from billing.application.disputes.decide_dispute import DecideDispute, DecideDisputeHandler
from billing.application.disputes.decide_dispute import MoneyBack as GivenBack
from billing.application.disputes.errors import AlreadyDisputed, DisputeEnded
from billing.application.disputes.open_dispute import OpenDispute, OpenDisputeHandler
from billing.application.disputes.read_disputes import DisputeReader
from billing.application.refunds.errors import NotRefundable, RefundableChanged
from billing.domain.disputes.dispute import Dispute, DisputeState
from billing.domain.payments.payment import Payment
from billing.domain.refunds.refund import Refund
from servicekit.access import EVERYTHING
from servicekit.errors import DependencyUnavailable, ValidationFailed
from servicekit.idempotency import Claim, Once


@dataclass
class MortalDisputes(FakeDisputes):
    """A store whose caller dies, or hears nothing, as that of payments; `refunds.payments` has the fault."""

    def open(self, claim: Claim, dispute: Dispute) -> Once[str]:
        self._strike("die before the intent")
        opened = super().open(claim, dispute)
        self._strike("die after the intent")
        return opened

    def decide(self, claim: Claim, dispute: Dispute, refund: Refund | None, payment: Payment) -> Once[str]:
        self._strike("die before the intent")
        self._strike("no database before the outcome")
        decided = super().decide(claim, dispute, refund, payment)
        self._strike("die after the intent")
        self._strike("no database after the outcome")
        return decided

    def _strike(self, point: str) -> None:
        assert isinstance(self.refunds.payments, MortalPayments)
        self.refunds.payments.strike(point)


class Disputed(MoneyBack):
    def __init__(self) -> None:
        super().__init__()
        codes = load_dispute_codes()
        self.disputes = MortalDisputes(self.refunds)
        self.open_dispute = OpenDisputeHandler(self.store, self.disputes, codes)
        self.reader = DisputeReader(self.store, self.disputes, codes, {})
        self.decide_dispute = DecideDisputeHandler(self.store, self.disputes, self.reader, self.request_refund)
        self.decisions: list[DecideDispute] = []
        self.dispute_histories: dict[str, tuple[DisputeState, ...]] = {}

    @rule(which=st.integers(0, 9), fault=FAULTS, again=st.booleans())
    def somebody_disputes(self, which: int, fault: str | None, again: bool) -> None:
        if not self.store.payments:
            return
        payment_id = list(self.store.payments)[which % len(self.store.payments)]
        dispute_id = f"dsp_{next(self.numbers)}"
        command = OpenDispute(
            dispute_id, payment_id, "paid-yet-disconnected", (), "per_1", EVERYTHING, a_claim(dispute_id), self.at
        )
        self.store.fault = fault
        for _ in range(1 + again):
            with suppress(Crash, DependencyUnavailable, AlreadyDisputed):
                assert self.open_dispute(command).value.dispute_id == dispute_id
        self.store.fault = None

    @rule(
        which=st.integers(0, 9),
        upheld=st.booleans(),
        paise=st.sampled_from([None, 1, 50_000, 152_500, 200_000]),
        stale=st.booleans(),
        fault=FAULTS,
        again=st.booleans(),
    )
    def the_administration_decides(
        self, which: int, upheld: bool, paise: int | None, stale: bool, fault: str | None, again: bool
    ) -> None:
        if not self.disputes.disputes:
            return
        dispute = list(self.disputes.disputes.values())[which % len(self.disputes.disputes)]
        payment = self.store.payments[dispute.payment_id]
        back = (
            GivenBack(f"rfd_{next(self.numbers)}", paise, payment.refundable_paise - 7 * stale, None) if paise else None
        )
        command = DecideDispute(
            dispute.dispute_id, DisputeState.UPHELD if upheld else DisputeState.REJECTED, "paid-twice", back, "per_2",
            "cli_1", EVERYTHING, "req_1", a_claim(f"dec_{next(self.numbers)}"), self.at,
        )  # fmt: skip
        self.decisions.append(command)
        self.store.fault = fault
        self._decide(command)
        if again:
            self._decide(command)
        self.store.fault = None

    @rule(which=st.integers(0, 9))
    def who_decided_asks_again(self, which: int) -> None:
        if self.decisions:
            self._decide(self.decisions[which % len(self.decisions)])

    def _decide(self, command: DecideDispute) -> None:
        try:
            decided = self.decide_dispute(command).value
        except (DisputeEnded, RefundableChanged, NotRefundable, ValidationFailed, Crash, DependencyUnavailable):
            return
        assert not decided.is_open
        assert decided.history[-1].state is command.state

    @invariant()
    def each_decision_gives_back_once_and_with_it(self) -> None:
        of_disputes = {
            refund.cause: refund
            for refund in self.refunds.refunds.values()
            if refund.cause and refund.cause.startswith("dispute:")
        }
        causes = Counter(refund.cause for refund in self.refunds.refunds.values() if refund.cause)
        assert all(times == 1 for times in causes.values())
        by_decision = {each.refund_cause: each.refund_id for each in self.disputes.disputes.values() if each.refund_id}
        assert {cause: refund.refund_id for cause, refund in of_disputes.items()} == by_decision
        assert all(
            each.state is DisputeState.UPHELD for each in self.disputes.disputes.values() if each.refund_id is not None
        )

    @invariant()
    def no_decision_is_undone_and_a_payment_has_one_open_dispute(self) -> None:
        open_ones = Counter(each.payment_id for each in self.disputes.disputes.values() if each.is_open)
        assert all(number == 1 for number in open_ones.values())
        for dispute in self.disputes.disputes.values():
            states = tuple(move.state for move in dispute.history)
            known = self.dispute_histories.get(dispute.dispute_id, ())
            assert states[: len(known)] == known
            assert len(states) == dispute.version <= 2
            self.dispute_histories[dispute.dispute_id] = states


Disputed.TestCase.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
TestDisputed = Disputed.TestCase
