"""The invariants of test_invariants, with refunds among all that goes wrong: nothing goes back twice, or too much."""

import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from tests.support.builders import PACE, a_claim
from tests.support.fakes import FakeAutomaticRefunds, FakeBreaks, FakeRefunds
from tests.unit.test_invariants import ANSWERS, FAULTS, Crash, Money, MortalPayments

from billing.adapters.events import REFUNDED, refunded_event
from billing.application.refunds.drive_refund import DriveRefund, DriveRefundHandler
from billing.application.refunds.errors import NotRefundable, RefundableChanged
from billing.application.refunds.request_refund import RequestRefund, RequestRefundHandler
from billing.application.refunds.return_refused_fee import ReturnRefusedFee, ReturnRefusedFeeHandler
from billing.domain.ledger.entries import Kind
from billing.domain.payments.answers import Outcome
from billing.domain.payments.payment import Payment, State
from billing.domain.payments.saga import Attempt
from billing.domain.refunds.refund import REFUND_ENDED, Refund, RefundState
from billing.domain.refunds.saga import RefundChange
from servicekit.access import EVERYTHING
from servicekit.errors import DependencyUnavailable, ValidationFailed
from servicekit.events.envelope import serialise
from servicekit.idempotency import Claim, Once


@dataclass
class MortalRefunds(FakeRefunds):
    """A store whose caller dies, or hears nothing, as that of payments; `payments` has the fault and the outbox."""

    def begin(self, claim: Claim, refund: Refund, payment: Payment) -> Once[str]:
        self._strike("die before the intent")
        begun = super().begin(claim, refund, payment)
        self._strike("die after the intent")
        return begun

    def record(self, before: Refund, change: RefundChange) -> bool:
        self._strike("die before the outcome")
        self._strike("no database before the outcome")
        moved = super().record(before, change)
        if moved and change.event_id:
            payment = self.payments.payments[change.refund.payment_id]
            assert isinstance(self.payments, MortalPayments)
            self.payments.outbox.append(serialise(refunded_event(payment, change.refund, change.event_id), "billing"))
        self._strike("die after the outcome")
        self._strike("no database after the outcome")
        return moved

    def _strike(self, point: str) -> None:
        assert isinstance(self.payments, MortalPayments)
        self.payments.strike(point)


class MoneyBack(Money):
    def __init__(self) -> None:
        super().__init__()
        self.refunds = MortalRefunds(self.store)
        self.drive_refund = DriveRefundHandler(
            self.refunds, self.provider, PACE, lambda: self.at, lambda: f"evt_{next(self.numbers)}"
        )
        self.request_refund = RequestRefundHandler(self.store, self.refunds, self.drive_refund, PACE)
        self.breaks = FakeBreaks()
        self.return_refused_fee = ReturnRefusedFeeHandler(
            FakeAutomaticRefunds(self.refunds), self.breaks, PACE, lambda: f"rfd_{next(self.numbers)}"
        )
        self.refund_histories: dict[str, tuple[RefundState, ...]] = {}
        self.refund_requests: list[RequestRefund] = []

    @rule(
        which=st.integers(0, 9),
        paise=st.sampled_from([1, 50_000, 152_500, 200_000]),
        stale=st.booleans(),
        answers=st.lists(st.sampled_from(ANSWERS), max_size=2),
        fault=FAULTS,
        again=st.booleans(),
    )
    def somebody_refunds(
        self, which: int, paise: int, stale: bool, answers: list[Outcome], fault: str | None, again: bool
    ) -> None:
        if not self.store.payments:
            return
        payment = list(self.store.payments.values())[which % len(self.store.payments)]
        refund_id = f"rfd_{next(self.numbers)}"
        request = RequestRefund(
            refund_id, payment.payment_id, paise, payment.refundable_paise - (7 if stale else 0), "paid-twice", None,
            "cli_1", EVERYTHING, of_administration=True, request_id="req_1", claim=a_claim(refund_id), at=self.at,
        )  # fmt: skip
        self.refund_requests.append(request)
        self.provider.next_refunds, self.store.fault = answers, fault
        self._request(request)
        if again:
            self._request(request)
        self._refund_faults_stop()

    @rule(which=st.integers(0, 9))
    def who_asked_for_a_refund_asks_again(self, which: int) -> None:
        if self.refund_requests:
            self._request(self.refund_requests[which % len(self.refund_requests)])

    def _request(self, request: RequestRefund) -> None:
        before = self.store.payments[request.payment_id]
        try:
            made = self.request_refund(request)
        except RefundableChanged:
            assert request.refundable_paise != before.refundable_paise
        except NotRefundable:
            assert before.state is not State.COMPLETED or before.application_id is not None
        except ValidationFailed:
            assert request.paise > before.refundable_paise
        except (Crash, DependencyUnavailable):
            pass
        else:
            assert made.value.refund_id == request.refund_id
            assert made.replayed or before.refundable_paise == request.refundable_paise

    @rule(which=st.integers(0, 9))
    def a_fee_is_refused(self, which: int) -> None:
        if self.store.payments:
            payment_id = list(self.store.payments)[which % len(self.store.payments)]
            self.return_refused_fee(ReturnRefusedFee(payment_id, "app_1", "paid-twice", self.at))

    @rule(
        after=st.sampled_from([1, 60, 1_000, 100_000]),
        answers=st.lists(st.sampled_from(ANSWERS), max_size=3),
        fault=FAULTS,
    )
    def the_sweeper_of_refunds_runs(self, after: int, answers: list[Outcome], fault: str | None) -> None:
        self.at += timedelta(seconds=after)
        self.provider.next_refunds, self.store.fault = answers, fault
        with suppress(Crash, DependencyUnavailable):
            self._sweep_refunds()
        self._refund_faults_stop()

    @rule(outcome=st.sampled_from([Outcome.SUCCESS, Outcome.REFUSED]))
    def refunds_that_were_pending_settle(self, outcome: Outcome) -> None:
        for request_id, known in self.provider.given_back.items():
            self.provider.given_back[request_id] = outcome if known is Outcome.PENDING else known

    def _sweep_refunds(self) -> None:
        while refund := self.refunds.take_due(self.at, self.at + PACE.grace):
            self.drive_refund(DriveRefund(refund, Attempt.LATER))

    def _refund_faults_stop(self) -> None:
        self.provider.next_refunds, self.store.fault = [], None

    @invariant()
    def no_more_goes_back_than_was_paid_and_each_refund_once(self) -> None:
        entries = {entry.entry_id: entry for entry in self.store.journal.values() if entry.kind is Kind.REFUND}
        back = [refund for refund in self.refunds.refunds.values() if refund.state is RefundState.REFUNDED]
        assert entries.keys() == {refund.provider_request_id for refund in back}
        for payment in self.store.payments.values():
            refunds = self.refunds.of_payment(payment.payment_id)
            standing = sum(refund.paise for refund in refunds if refund.state is not RefundState.REFUSED)
            assert standing == payment.refunding_paise <= payment.total_paise
            assert payment.refunded_paise == sum(r.paise for r in refunds if r.state is RefundState.REFUNDED)
            assert not refunds or payment.state is State.COMPLETED
        # A refund that may have arrived is not sent again; and one cause has one refund.
        assert all(times == 1 for times in self.provider.refunds_received.values())
        causes = Counter(refund.cause for refund in self.refunds.refunds.values() if refund.cause)
        assert all(times == 1 for times in causes.values())

    @invariant()
    def each_refund_is_told_once_and_what_the_provider_gave_is_never_denied(self) -> None:
        told = Counter(
            json.loads(body)["data"]["refund_id"] for body in self.store.outbox if REFUNDED in json.loads(body)["type"]
        )
        for refund in self.refunds.refunds.values():
            assert told[refund.refund_id] == (refund.state is RefundState.REFUNDED)
            given = self.provider.given_back.get(refund.provider_request_id)
            assert not (given is Outcome.SUCCESS and refund.state is RefundState.REFUSED)
            assert refund.state in REFUND_ENDED or refund.resume_at is not None
            in_doubt = refund.state is RefundState.MANUAL
            assert not in_doubt or any(subject == refund.refund_id for subject, _ in self.store.breaks)

    @invariant()
    def no_refund_moves_backwards(self) -> None:
        for refund in self.refunds.refunds.values():
            states = tuple(move.state for move in refund.history)
            known = self.refund_histories.get(refund.refund_id, ())
            assert states[: len(known)] == known
            assert len(set(states)) == len(states) == refund.version
            self.refund_histories[refund.refund_id] = states

    def teardown(self) -> None:
        self.provider.can_be_asked = True
        self.refunds_that_were_pending_settle(Outcome.SUCCESS)
        for _ in range(8):
            self._sweep_refunds()
            self.at += timedelta(hours=1)
        self._sweep_refunds()
        assert all(refund.state in REFUND_ENDED for refund in self.refunds.refunds.values())
        self.no_more_goes_back_than_was_paid_and_each_refund_once()
        self.each_refund_is_told_once_and_what_the_provider_gave_is_never_denied()
        super().teardown()


MoneyBack.TestCase.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
TestMoneyBack = MoneyBack.TestCase
