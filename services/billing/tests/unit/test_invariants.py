"""Invariants I1 to I6 and I8 of money and messages (docs/messaging.md), while everything goes wrong that can.

The real use cases run over in-memory ports; FakePayments passes the suite of the real store. Requests, the biller, the
provider, the sweeper, the relay and the broker are interleaved, killed, repeated, delayed and lied to; after each step
the invariants hold, and when the faults stop everything comes to its end. I7 is the certificates service's own.
"""

import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count, pairwise
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from tests.support.builders import KIOSK, LIMITS, NOW, PACE, QUEUE, a_bill, a_claim
from tests.support.fakes import FakeBillers, FakeBills, FakeCentres, FakePayments, FakeProvider
from tests.support.reference import BILLERS, FEES

from billing.adapters.events import COMPLETED, FAILED_EVENT, REFUNDED, ending_event
from billing.application.bills.errors import BillExpired
from billing.application.bills.ports import BillFetch
from billing.application.centres.require_trading import RequireTradingHandler
from billing.application.payments.drive_payment import DrivePayment, DrivePaymentHandler
from billing.application.payments.errors import BillAlreadyPaid
from billing.application.payments.pay_bill import PayBill, PayBillHandler
from billing.application.wallets.errors import WalletTooLow
from billing.domain.ledger.accounts import PSP_HELD, wallet_account, wallet_held_account
from billing.domain.ledger.entries import ONCE_PER_PAYMENT, JournalEntry, Kind
from billing.domain.payer import Payer
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.breaks import BreakKind
from billing.domain.payments.form import Form
from billing.domain.payments.payment import ENDED, FAILED, HOLDING, Payment, State
from billing.domain.payments.saga import Attempt, Change
from billing.domain.tariff.bills import Bill
from billing.domain.tenders.proof import is_tendered
from servicekit.errors import DependencyUnavailable
from servicekit.events.envelope import parse, serialise
from servicekit.idempotency import Claim, Once

CENTRE, PORTAL = Payer("cli_kiosk", KIOSK), Payer("cli_portal", None)
# Enough for three bills: the fourth payment in progress finds the wallet too low.
FUNDS = 3 * 152_500
ANSWERS = [Outcome.SUCCESS, Outcome.REFUSED, Outcome.PENDING, Outcome.UNKNOWN, Outcome.NEVER_SEEN, Outcome.NOT_SENT]
# Every path of the saga goes through these in this order, leaving some out.
ORDER = [
    State.CREATED, State.AUTH_REQUESTED, State.AUTH_UNKNOWN, State.AUTH_FAILED, State.AUTHORISED,
    State.POST_REQUESTED, State.POST_UNKNOWN, State.POST_FAILED, State.VOIDED, State.POSTED, State.COMPLETED,
]  # fmt: skip


class Crash(BaseException):
    """kill -9: nothing on the way catches it."""


@dataclass
class MortalPayments(FakePayments):
    """A store whose caller dies, or hears nothing from the database, before or after its next write commits.

    `outbox` holds the bytes of every event in the order of their transactions.
    """

    fault: str | None = None
    outbox: list[bytes] = field(default_factory=list)

    def begin(self, claim: Claim, payment: Payment, hold: JournalEntry | None) -> Once[str]:
        self.strike("die before the intent")
        stored = super().begin(claim, payment, hold)
        self.strike("die after the intent")
        return stored

    def record(self, before: Payment, change: Change) -> bool:
        self.strike("die before the outcome")
        self.strike("no database before the outcome")
        moved = super().record(before, change)
        if moved and change.event_id:
            self.outbox.append(serialise(ending_event(change.payment, change.event_id), "billing"))
        self.strike("die after the outcome")
        self.strike("no database after the outcome")
        return moved

    def strike(self, point: str) -> None:
        """Dies, or loses the database, if this is the point for it."""
        if self.fault == point:
            self.fault = None
            raise DependencyUnavailable("gone") if point.startswith("no database") else Crash


FAULTS = st.sampled_from(
    [
        None, None, None, "die before the intent", "die after the intent", "die before the outcome",
        "die after the outcome", "no database before the outcome", "no database after the outcome",
    ]
)  # fmt: skip


@dataclass
class BusyBillers(FakeBillers):
    """Billers that are slow enough for something else to happen between their doing and their answer."""

    meanwhile: Callable[[], object] | None = None

    def pay(self, payment: Payment) -> Answer:
        answer = super().pay(payment)
        happens, self.meanwhile = self.meanwhile, None
        if happens:
            happens()
        return answer


@dataclass
class Consumer:
    """Some other service: what is committed with its inbox row happens once per event id, however often it arrives."""

    inbox: set[str] = field(default_factory=set)
    effects: list[dict[str, Any]] = field(default_factory=list)

    def handle(self, body: bytes) -> None:
        envelope = parse(body)
        if envelope["id"] not in self.inbox:
            self.inbox.add(envelope["id"])
            self.effects.append({"type": envelope["type"].removeprefix("org.emitra."), **envelope["data"]})


class Money(RuleBasedStateMachine):
    asked = Bundle("asked")

    def __init__(self) -> None:
        super().__init__()
        self.at = NOW
        self.numbers = count(1)
        self.store = MortalPayments(wallets={KIOSK: FUNDS})
        self.fetched = FakeBills()
        self.billers, self.provider = BusyBillers(), FakeProvider()
        self.drive_payment = DrivePaymentHandler(
            self.store, self.billers, self.provider, PACE, lambda: self.at, lambda: f"evt_{next(self.numbers)}"
        )
        self.centres = FakeCentres()
        trading = RequireTradingHandler(self.centres)
        self.pay_bill = PayBillHandler(
            BILLERS, FEES, trading, self.fetched, self.store, self.drive_payment, PACE, LIMITS, QUEUE
        )
        self.answered: dict[str, str] = {}
        self.arrived_late: set[str] = set()
        self.histories: dict[str, tuple[State, ...]] = {}
        self.forms: dict[str, Form | None] = {}
        self.relayed = 0
        self.broker: list[bytes] = []
        self.consumer = Consumer()

    # ------------------------------------------------------------------ what clients do

    @rule(
        target=asked,
        due=st.integers(0, 7),
        mode=st.sampled_from(["WALLET", "CARD"]),
        biller=st.sampled_from([*ANSWERS, Outcome.NEVER_SEEN]),  # what is lost leads furthest
        provider=st.lists(st.sampled_from(ANSWERS), max_size=2),
        fault=FAULTS,
        meanwhile=st.sampled_from([None, None, "the sweeper", "a doorbell", "the client again"]),
    )
    def a_client_pays(
        self, due: int, mode: str, biller: Outcome, provider: list[Outcome], fault: str | None, meanwhile: str | None
    ) -> tuple[str, str, str]:
        request = (f"key_{next(self.numbers)}", self._fetch(due).bill_id, mode)
        self.billers.next_answers = [biller]
        self.provider.next_answers = provider if mode == "CARD" else []
        self.store.fault = fault
        self.billers.meanwhile = self._meanwhile(meanwhile, request)
        self._ask(*request)
        self._faults_stop()
        return request

    def _fetch(self, due: int) -> Bill:
        """A bill for what is due, fetched now. The same due may be fetched often.

        Odd ones are applications' fees, 2 is an examination's; 4 no biller listed: it is each time a due of its own.
        """
        bill_id = f"bil_{next(self.numbers)}"
        fee = {"biller_id": "EMITRA-FEES", "application_id": f"app_{due}", "fee_order": "an order"} if due % 2 else {}
        if due == 2:
            fee = {"once_key": "exam:2", "fee_window": "plain", "fee_order": "an order"}
        until = self.at + timedelta(hours=24)
        bill_ref = bill_id if due == 4 else f"due_{due}"
        bill = a_bill(bill_id=bill_id, bill_ref=bill_ref, fetched_at=self.at, expires_at=until, **fee)
        for payer in (CENTRE, PORTAL):  # whoever asks finds every bill
            self.fetched.keep(BillFetch(f"{bill_id}-{payer.client_id}", bill.biller_id, payer, (bill,), self.at))
        return bill

    @rule(request=asked)
    def the_client_tries_again(self, request: tuple[str, str, str]) -> None:
        self._ask(*request)

    def _ask(self, key: str, bill_id: str, mode: str) -> None:
        number, payer = next(self.numbers), CENTRE if mode == "WALLET" else PORTAL
        bill = self.fetched.get(bill_id, payer)
        assert bill is not None
        command = PayBill(
            payment_id=f"pay_{number}",
            transaction_token=f"EM{number:013}",
            bill_id=bill_id,
            amount_paise=bill.amount_paise,
            mode=mode,
            instrument=None if mode == "WALLET" else "tok_sandbox_ok",
            payer=payer,
            request_id="req_1",
            claim=a_claim(key, client_id=payer.client_id),
            at=self.at,
        )
        before = self.store.paying(bill.bill_key)
        known = self.answered.get(key)
        try:
            paid = self.pay_bill(command)
        except BillAlreadyPaid:
            assert before is not None
        except WalletTooLow:
            assert self.store.wallets[KIOSK] < bill.amount_paise
        except BillExpired:
            assert self.at >= bill.expires_at
            assert known is None, "a repeat is answered even when its bill has expired"
        except (Crash, DependencyUnavailable):
            pass
        else:
            payment = paid.value
            assert self.answered.setdefault(key, payment.payment_id) == payment.payment_id
            assert paid.replayed == (payment.payment_id != command.payment_id)
            # Nothing is told that is not durable.
            assert payment.state in [step.state for step in self.store.payments[payment.payment_id].history]

    def _meanwhile(self, what: str | None, request: tuple[str, str, str]) -> Callable[[], object] | None:
        def sweep() -> None:
            self.at += PACE.grace
            self.sweep()

        def ring() -> None:
            for payment_id in self.store.payments:
                self.store.resume_now(payment_id, self.at)
            self.sweep()

        happenings = {"the sweeper": sweep, "a doorbell": ring, "the client again": lambda: self._ask(*request)}
        return happenings[what] if what else None

    # ------------------------------------------------------------------ what the world does

    @rule(outcome=st.sampled_from([Outcome.SUCCESS, Outcome.REFUSED]))
    def what_was_pending_settles(self, outcome: Outcome) -> None:
        for taken in (self.billers.taken, self.provider.taken):
            for request_id, known in taken.items():
                taken[request_id] = outcome if known is Outcome.PENDING else known

    @rule(which=st.integers(0, 9))
    def a_request_that_was_lost_arrives_late(self, which: int) -> None:
        lost = [
            payment
            for payment in self.store.payments.values()
            if State.POST_UNKNOWN in [step.state for step in payment.history]
            and payment.post_request_id not in self.billers.taken
            and self.at < payment.deadline_at  # later than that nothing comes without a doorbell
        ]
        if lost:
            # First those whose money was given back: their late success is what must never be ignored.
            lost.sort(key=lambda payment: payment.state is not State.VOIDED)
            payment = lost[which % len(lost)]
            self.billers.taken[payment.post_request_id] = Outcome.SUCCESS
            self.billers.received[payment.post_request_id] += 1
            self.arrived_late.add(payment.payment_id)

    @rule(which=st.integers(0, 9))
    def an_authorisation_that_was_lost_arrives_late(self, which: int) -> None:
        lost = [
            payment.payment_id
            for payment in self.store.payments.values()
            if State.AUTH_UNKNOWN in [step.state for step in payment.history]
            and payment.payment_id not in self.provider.taken
            and self.at < payment.deadline_at
        ]
        if lost:
            self.provider.taken[lost[which % len(lost)]] = Outcome.SUCCESS

    @rule(form=st.sampled_from([None, Form.INCOMPLETE, Form.INCOMPLETE, Form.COMPLETE]))
    def bodies_say_otherwise_of_their_forms(self, form: Form | None) -> None:
        self.billers.form = form

    @rule(outage=st.sampled_from([None, "the biller", "the network"]))
    def billers_go_down_or_come_back(self, outage: str | None) -> None:
        self.billers.outage = outage

    @rule(which=st.integers(0, 9))
    def the_doorbell_rings(self, which: int) -> None:
        if self.store.payments:
            self.store.resume_now(list(self.store.payments)[which % len(self.store.payments)], self.at)

    @rule(
        billers=st.sampled_from([True, True, False]),
        provider=st.sampled_from([True, True, False]),
        lost=st.lists(st.sampled_from([Outcome.UNKNOWN, Outcome.NOT_SENT]), max_size=2),
    )
    def inquiries_fail_or_work_again(self, billers: bool, provider: bool, lost: list[Outcome]) -> None:
        self.billers.can_be_asked, self.provider.can_be_asked = billers, provider
        self.billers.next_inquiries, self.provider.next_inquiries = [*lost], [*lost]

    @rule(
        after=st.sampled_from([1, 60, 1_000, 1_000, 7_000, 100_000]),
        answers=st.lists(st.sampled_from(ANSWERS), max_size=3),
        fault=FAULTS,
    )
    def the_sweeper_runs(self, after: int, answers: list[Outcome], fault: str | None) -> None:
        self.at += timedelta(seconds=after)
        self.billers.next_answers, self.store.fault = answers, fault
        with suppress(Crash, DependencyUnavailable):
            self.sweep()
        self._faults_stop()

    def sweep(self) -> None:
        """As SweepPayments, without threads: a failing example must fail again."""
        while payment := self.store.take_due(self.at, self.at + PACE.grace):
            self.drive_payment(DrivePayment(payment, Attempt.LATER))

    def _faults_stop(self) -> None:
        self.billers.next_answers, self.provider.next_answers, self.billers.meanwhile = [], [], None
        self.store.fault = None

    # ------------------------------------------------------------------ what becomes of the events

    @rule(dies=st.booleans())
    def the_relay_publishes(self, dies: bool) -> None:
        """A4, A5: what was published and not yet marked is published again by the next relay."""
        self.broker += self.store.outbox[self.relayed :]
        self.relayed = self.relayed if dies else len(self.store.outbox)

    @rule(which=st.integers(0, 9), fate=st.sampled_from(["acknowledged", "not acknowledged", "not handled", "again"]))
    def the_broker_delivers(self, which: int, fate: str) -> None:
        """In any order; C1 to C3: the consumer dies before its transaction, or after it and before the ack; or a
        message of long ago comes again."""
        messages = self.store.outbox[: self.relayed] if fate == "again" else self.broker
        if messages and fate != "not handled":
            body = messages[which % len(messages)]
            self.consumer.handle(body)
            if fate == "acknowledged":
                self.broker.remove(body)

    # ------------------------------------------------------------------ what must hold after every step

    @invariant()
    def i1_every_entry_and_the_whole_ledger_sum_to_zero(self) -> None:
        assert all(sum(leg.paise for leg in entry.legs) == 0 for entry in self.store.journal.values())
        assert sum(self.store.balances().values()) == 0

    @invariant()
    def i2_what_was_taken_of_each_payment_is_posted_returned_or_held(self) -> None:
        moved: Counter[tuple[str | None, str, Kind]] = Counter()
        for entry in self.store.journal.values():
            for leg in entry.legs:
                moved[entry.payment_id, leg.account, entry.kind] += leg.paise
        for payment in self.store.payments.values():
            account = wallet_held_account(KIOSK) if payment.by_wallet else PSP_HELD
            taken, posted, returned = (
                sign * moved[payment.payment_id, account, kind]
                for sign, kind in ((1, Kind.HOLD), (-1, Kind.POST), (-1, Kind.VOID))
            )
            held = taken - posted - returned
            assert taken in (0, payment.total_paise)
            assert held == (payment.total_paise if _holds(payment) else 0), payment
            assert (posted > 0) == (_last_automatic(payment) in (State.POSTED, State.COMPLETED))

    @invariant()
    def i3_nothing_happens_twice_to_one_payment_and_no_bill_is_paid_twice(self) -> None:
        entries = self.store.journal.values()
        kinds = Counter((entry.payment_id, entry.kind) for entry in entries if entry.kind in ONCE_PER_PAYMENT)
        assert all(times == 1 for times in kinds.values())
        receipts = [payment.receipt.number for payment in self.store.payments.values() if payment.receipt]
        assert len(receipts) == len(set(receipts))
        paid = Counter(
            payment.bill_key
            for payment in self.store.payments.values()
            if self.billers.taken.get(payment.post_request_id) is Outcome.SUCCESS
            and payment.payment_id not in self.arrived_late
            and payment.payment_id not in self.store.freed  # Given back in full, it may be paid again.
        )
        assert all(times == 1 for times in paid.values())
        # A request that may have arrived is not sent again: the biller is asked what became of it.
        assert all(times == 1 for times in self.billers.received.values())

    @invariant()
    def i4_each_ending_is_told_once_and_truly(self) -> None:
        told = Counter(event["subject"] for body in self.store.outbox if _ends(event := json.loads(body)))
        for payment in self.store.payments.values():
            ended = payment.state is State.COMPLETED or payment.state in FAILED
            assert told[payment.payment_id] == ended, payment
            assert (payment.receipt is not None) == (payment.state is State.COMPLETED)
        endings = [effect for effect in self.consumer.effects if effect["type"] != REFUNDED]
        heard = Counter(effect["payment_id"] for effect in endings)
        assert all(times == 1 for times in heard.values())
        for effect in endings:
            payment = self.store.payments[effect["payment_id"]]
            assert effect["type"] == (COMPLETED if payment.state is State.COMPLETED else FAILED_EVENT)
            assert effect["total"]["amount"] == payment.total_paise

    @invariant()
    def i5_the_wallet_is_the_fold_of_the_journal_and_not_below_its_limit(self) -> None:
        assert self.store.wallets[KIOSK] == FUNDS + self.store.balances()[wallet_account(KIOSK)]
        assert self.store.wallets[KIOSK] >= 0

    @invariant()
    def i6_nothing_is_left_to_itself(self) -> None:
        """What has not ended is looked at again, and what was handed to people has a break with a due time."""
        opened = {payment_id for payment_id, _ in self.store.breaks}
        for payment in self.store.payments.values():
            assert payment.state in ENDED or payment.resume_at is not None, payment
            assert payment.state is not State.MANUAL or payment.payment_id in opened
        # The provider is asked to end only what it knows, by its own id, and never in two ways.
        assert not self.provider.refused
        # Nobody gives money back for what the biller has: a late success comes from the world, never from haste.
        late = {payment_id for payment_id, kind in self.store.breaks if kind == BreakKind.LATE_SUCCESS}
        assert late <= self.arrived_late

    @invariant()
    def what_waits_for_a_biller_that_is_down_is_held_provable_and_looked_at_by_its_limit(self) -> None:
        for payment in self.store.payments.values():
            if payment.is_queued:
                assert is_tendered(payment)
                assert payment.post_request_id not in self.billers.taken
                assert payment.queue_until is not None
                assert payment.queue_until <= payment.deadline_at
                assert payment.resume_at is not None
                assert payment.resume_at <= max(payment.queue_until, self.at + PACE.grace)

    @invariant()
    def a_form_is_told_of_what_is_paid_is_asked_about_while_incomplete_and_never_again_once_complete(self) -> None:
        for payment in self.store.payments.values():
            told = payment.form is not None
            assert not told or _last_automatic(payment) in (State.POSTED, State.COMPLETED)
            incomplete = payment.form is Form.INCOMPLETE and payment.state is State.COMPLETED
            assert (payment.resume_at is not None) or not incomplete
            if self.forms.get(payment.payment_id) is Form.COMPLETE:
                assert payment.form is Form.COMPLETE
            self.forms[payment.payment_id] = payment.form

    @invariant()
    def i8_no_state_moves_backwards(self) -> None:
        """MANUAL is a pause: what follows it is what could have followed the state before it."""
        for payment in self.store.payments.values():
            states = tuple(step.state for step in payment.history)
            known = self.histories.get(payment.payment_id, ())
            assert states[: len(known)] == known
            assert len(states) == payment.version
            going_on = [state for state in states if state is not State.MANUAL]
            places = [ORDER.index(state) for state in going_on]
            assert all(a < b for a, b in pairwise(places)), states
            self.histories[payment.payment_id] = states

    def teardown(self) -> None:
        """Faults stop, everything settles, and what was lost arrives at last: then all has ended, and rightly (I6)."""
        self.billers.can_be_asked = self.provider.can_be_asked = True
        self.billers.next_inquiries, self.provider.next_inquiries = [], []
        self.billers.outage = None
        self.what_was_pending_settles(Outcome.SUCCESS)
        if len(self.store.payments) % 2:  # In every other history what was never seen is sent again, in this given up.
            self.at += PACE.give_up_unsent
        self._time_goes_by()
        for _ in self.store.payments:
            self.a_request_that_was_lost_arrives_late(0)
            self.an_authorisation_that_was_lost_arrives_late(0)
        # No doorbell rings: what was given back and taken after all has to be found without.
        self.at += PACE.deadline
        self._time_goes_by()
        self.the_relay_publishes(dies=False)
        for body in self.broker:
            self.consumer.handle(body)
        explained = {subject for subject, _ in self.store.breaks}
        for payment in self.store.payments.values():
            taken_by_biller = self.billers.taken.get(payment.post_request_id) is Outcome.SUCCESS
            ended = payment.state is State.COMPLETED or payment.state in FAILED
            assert ended, f"{payment.payment_id} is stuck in {payment.state}"
            if payment.payment_id not in explained:
                assert taken_by_biller == (payment.state is State.COMPLETED), payment
                if not payment.by_wallet and payment.state is State.COMPLETED:
                    assert self.provider.ended[payment.payment_id] == "captured"
            if self.provider.taken.get(payment.payment_id) is Outcome.SUCCESS and payment.state in FAILED:
                assert self.provider.ended[payment.payment_id] == "voided"
        heard = {effect["payment_id"] for effect in self.consumer.effects}
        assert heard == self.store.payments.keys()
        for check in (
            self.i1_every_entry_and_the_whole_ledger_sum_to_zero,
            self.i2_what_was_taken_of_each_payment_is_posted_returned_or_held,
            self.i3_nothing_happens_twice_to_one_payment_and_no_bill_is_paid_twice,
            self.i4_each_ending_is_told_once_and_truly,
            self.i5_the_wallet_is_the_fold_of_the_journal_and_not_below_its_limit,
        ):
            check()

    def _time_goes_by(self) -> None:
        for _ in range(8):
            self.sweep()
            self.at += PACE.longest_inquiry


def _ends(event: dict[str, Any]) -> bool:
    return not str(event["type"]).endswith(REFUNDED)


def _last_automatic(payment: Payment) -> State:
    """The state in which the saga left it: of one handed to people, the one before."""
    return payment.history[-2].state if payment.state is State.MANUAL else payment.state


def _holds(payment: Payment) -> bool:
    return _last_automatic(payment) in HOLDING


# Deadlines off: two noisy cores. Example count and depth: about ten seconds here, thousands of histories.
Money.TestCase.settings = settings(max_examples=300, stateful_step_count=50, deadline=None)
TestMoney = Money.TestCase
