"""Days are settled while payments, refunds, breaks and partners' files come as they like, and runs die anywhere:
each act is paid once, never one that the biller does not list, and what is closed never changes."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.support.builders import NOW, a_payment
from tests.support.fake_settlement import FakeDayBooks, FakeSettlements

from billing.adapters.data.bank_holidays import load_bank_days
from billing.application.settlement.ports import Reconciliation, SourceResult
from billing.application.settlement.settle_day import NotYet, SettleDay, SettleDayHandler
from billing.domain.calendar import civil_day
from billing.domain.ledger.accounts import PSP_CLEARING, SETTLEMENT_BANK, biller_account
from billing.domain.ledger.entries import Kind, Leg
from billing.domain.settlement.acts import Act, owed_by
from billing.domain.settlement.day_files import PROVIDER
from billing.domain.settlement.settlement import Line, Settlement, SettlementState, Totals, totals_of
from billing.domain.tariff.billers import Biller

BILLER = "JVVNL"
FIRST = civil_day(NOW)
FAULTS = st.none() | st.sampled_from(["take", "taken", "close", "closed", "give up"])


class Died(Exception):
    """The run was killed."""


@dataclass
class MortalSettlements(FakeSettlements):
    """The fake that passes the real store's suite; its caller may die around each of its transactions, and `broken`
    are the payments that a break is open about."""

    broken: set[str] = field(default_factory=set)
    fault: str | None = None

    def held_back(self, payment_ids: Sequence[str]) -> set[str]:
        return self.broken & set(payment_ids)

    def take(self, settlement: Settlement, acts: Sequence[Act], waiting: Sequence[Act]) -> Settlement:
        self._strike("take")
        advanced = super().take(settlement, acts, waiting)
        self._strike("taken")
        return advanced

    def close(self, settlement: Settlement, totals: Totals, event_id: str, at: datetime) -> Settlement:
        self._strike("close")
        assert f"{settlement.settlement_id}:settlement" not in self.books.journal
        closed = super().close(settlement, totals, event_id, at)
        self._strike("closed")
        return closed

    def give_up(self, settlement: Settlement) -> Settlement:
        advanced = super().give_up(settlement)
        self._strike("give up")
        return advanced

    def _strike(self, point: str) -> None:
        if self.fault == point:
            self.fault = None
            raise Died(point)


def compared(day: date, at: datetime, missing: Sequence[str] = ()) -> Reconciliation:
    """A day on which every file that came agreed."""
    came = [source for source in (PROVIDER, BILLER) if source not in missing]
    return Reconciliation(day, [SourceResult(source, "0" * 64, 0, 0, 0, 0) for source in came], missing, at)


class Days(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.numbers, self.at = count(1), NOW
        self.payments: dict[str, int] = {}
        self.books = FakeDayBooks()
        self.journal, self.settlements = self.books.journal, MortalSettlements(self.books)
        biller = cast("Biller", SimpleNamespace(biller_id=BILLER, department="energy", internal=False))
        self.settle_day = SettleDayHandler(
            self.books, self.settlements, {BILLER: biller}, load_bank_days(),
            lambda: f"stl_{next(self.numbers)}", lambda: f"evt_{next(self.numbers)}",
        )  # fmt: skip
        self.ended: dict[str, tuple[Settlement, tuple[Line, ...]]] = {}

    @rule(is_listed=st.booleans())
    def somebody_pays(self, is_listed: bool) -> None:
        payment = a_payment(f"pay_{next(self.numbers)}", at=self.at)
        entry = payment.post_entry(self.at)
        self.journal[entry.entry_id] = entry
        self.payments[payment.payment_id] = sum(a.paise for a in owed_by(entry))
        if is_listed:
            self.books.rows[BILLER, entry.entry_id] = (FIRST, 1)

    @rule(which=st.integers(0, 9), part=st.sampled_from([1, 2, 7]))
    def money_goes_back(self, which: int, part: int) -> None:
        payable = [payment_id for payment_id, left in self.payments.items() if left >= part]
        if not payable:
            return
        payment_id = payable[which % len(payable)]
        paise = self.payments[payment_id] // part
        self.payments[payment_id] -= paise
        posted = a_payment(payment_id).post_entry(self.at)
        legs = (Leg(biller_account(BILLER), -paise), Leg(PSP_CLEARING, paise))
        refund_id = f"rfd_{next(self.numbers)}"
        self.journal[refund_id] = replace(
            posted, entry_id=refund_id, kind=Kind.REFUND, at=self.at, legs=legs, resolves=None
        )

    @rule(which=st.integers(0, 9))
    def a_late_file_lists_more(self, which: int) -> None:
        posts = [entry.entry_id for entry in self.journal.values() if entry.kind is Kind.POST]
        if posts:
            self.books.rows[BILLER, posts[which % len(posts)]] = (FIRST, 1)

    @rule(which=st.integers(0, 9))
    def people_get_or_end_a_break(self, which: int) -> None:
        if self.payments:
            payment_id = list(self.payments)[which % len(self.payments)]
            self.settlements.broken ^= {payment_id}

    @rule(hours=st.sampled_from([1, 7, 24, 72]))
    def time_goes_by(self, hours: int) -> None:
        self.at += timedelta(hours=hours)

    @rule(days_ago=st.integers(0, 5), is_compared=st.booleans(), fault=FAULTS, times=st.integers(1, 2))
    def a_day_is_settled(self, days_ago: int, is_compared: bool, fault: str | None, times: int) -> None:
        day = civil_day(self.at) - timedelta(days=days_ago)
        if is_compared:
            self.books.days[day] = compared(day, self.at)
        elif days_ago == 3:
            self.books.days.setdefault(day, compared(day, self.at, missing=(PROVIDER,)))
        self.settlements.fault = fault
        for _ in range(times):
            with suppress(Died, NotYet):
                self.settle_day(SettleDay(day, self.at))
        self.settlements.fault = None

    @invariant()
    def what_is_owed_is_what_no_closed_settlement_paid(self) -> None:
        balance = sum(
            leg.paise for entry in self.journal.values() for leg in entry.legs if leg.account == biller_account(BILLER)
        )
        closed = {s.settlement_id for s in self.settlements.settlements.values() if s.state is SettlementState.CLOSED}
        paid = {name for (_, name), (owner, _) in self.settlements.taken.items() if owner in closed}
        acts = [act for entry in self.journal.values() for act in owed_by(entry)]
        assert balance == sum(act.paise for act in acts if act.entry_id not in paid)
        assert not self.settlements.waiting.keys() & self.settlements.taken.keys()

    @invariant()
    def a_settlement_pays_its_lines_once_and_stays_as_it_was_closed(self) -> None:
        for settlement in self.settlements.settlements.values():
            lines = tuple(self.settlements.lines(settlement.settlement_id))
            entry = self.journal.get(f"{settlement.settlement_id}:settlement")
            if settlement.state is SettlementState.OPEN:
                assert entry is None
                assert settlement.settlement_id not in self.settlements.told
                continue
            assert self.ended.setdefault(settlement.settlement_id, (settlement, lines)) == (settlement, lines)
            assert settlement.net_paise == sum(line.paise for line in lines) >= 0
            assert settlement.file_sha256 == totals_of(settlement, lines).sha256
            assert self.settlements.told.count(settlement.settlement_id) == bool(lines)
            out = sum(leg.paise for leg in entry.legs if leg.account == SETTLEMENT_BANK) if entry else 0
            assert out == settlement.net_paise
            assert all(line.paise < 0 or (BILLER, line.entry_id) in self.books.rows for line in lines)

    def teardown(self) -> None:
        """When every file is there and no break is open, what is left is what refunds exceed."""
        self.settlements.broken.clear()
        posts = [name for name, entry in self.journal.items() if entry.kind is Kind.POST]
        self.books.rows |= {(BILLER, name): (FIRST, 1) for name in posts}
        last = civil_day(self.at)
        self.at += timedelta(days=15)
        for number in range((last - FIRST).days + 1):
            day = FIRST + timedelta(days=number)
            self.books.days[day] = compared(day, self.at)
            self.settle_day(SettleDay(day, self.at))
        self.what_is_owed_is_what_no_closed_settlement_paid()
        self.a_settlement_pays_its_lines_once_and_stays_as_it_was_closed()
        assert all(s.state is SettlementState.CLOSED for s in self.settlements.settlements.values())


Days.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestDays = Days.TestCase
