"""Days are settled while payments, refunds, breaks and partners' files come as they like, and runs die anywhere:
each act is paid once, never one that the biller does not list, and what is closed never changes."""

from collections.abc import Iterator, Mapping, Sequence
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

from billing.adapters.data.bank_holidays import load_bank_days
from billing.application.settlement.ports import Contended, DayBooks, Reconciliation, Settlements, SourceResult
from billing.application.settlement.settle_day import NotYet, SettleDay, SettleDayHandler
from billing.domain.calendar import civil_day
from billing.domain.ledger.accounts import PSP_CLEARING, SETTLEMENT_BANK, biller_account
from billing.domain.ledger.entries import JournalEntry, Kind, Leg
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
class MortalSettlements:
    """application.settlement.ports.Settlements in memory, whose caller may die around each of its transactions."""

    journal: dict[str, JournalEntry]
    settlements: dict[str, Settlement] = field(default_factory=dict)
    taken: dict[str, tuple[str, Act]] = field(default_factory=dict)
    waiting: dict[str, Act] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    fault: str | None = None

    def of_day(self, biller_id: str, day: date) -> Settlement | None:
        return next((s for s in self.settlements.values() if (s.biller_id, s.day) == (biller_id, day)), None)

    def open(self, settlement: Settlement) -> Settlement:
        known = self.of_day(settlement.biller_id, settlement.day)
        return known or self.settlements.setdefault(settlement.settlement_id, settlement)

    def owed(self, biller_id: str, begun: datetime, before: datetime) -> Iterator[Act]:
        waited = [act for act in self.waiting.values() if act.at < before]
        named = {act.entry_id for act in waited}
        entries = [entry for entry in self.journal.values() if begun <= entry.at < before]
        found = [act for entry in entries for act in owed_by(entry) if act.source == biller_id]
        yield from waited
        yield from [act for act in found if act.entry_id not in named | self.taken.keys()]

    def held_back(self, payment_ids: Sequence[str]) -> set[str]:
        return self.broken & set(payment_ids)

    def take(self, settlement: Settlement, acts: Sequence[Act], waiting: Sequence[Act]) -> Settlement:
        self._strike("take")
        advanced = self._advance(settlement)
        for act in acts:
            self.taken.setdefault(act.entry_id, (settlement.settlement_id, act))
            self.waiting.pop(act.entry_id, None)
        for act in waiting:
            self.waiting.setdefault(act.entry_id, act)
        self._strike("taken")
        return advanced

    def lines(self, settlement_id: str) -> Iterator[Line]:
        rows = sorted((name, act) for name, (owner, act) in self.taken.items() if owner == settlement_id)
        return iter([Line(act.entry_id, act.payment_id, act.paise, act.at) for _, act in rows])

    def close(self, settlement: Settlement, totals: Totals, event_id: str, at: datetime) -> Settlement:
        del event_id
        self._strike("close")
        self._advance(settlement)
        closed = replace(
            settlement, state=SettlementState.CLOSED, version=settlement.version + 1, lines=totals.lines,
            gross_paise=totals.gross_paise, refunded_paise=totals.refunded_paise, held_back=len(self.waiting),
            file_sha256=totals.sha256, closed_at=at,
        )  # fmt: skip
        self.settlements[settlement.settlement_id] = closed
        if closed.net_paise:
            entry = closed.entry(at)
            assert entry.entry_id not in self.journal
            self.journal[entry.entry_id] = entry
        if closed.lines:
            self.told.append(settlement.settlement_id)
        self._strike("closed")
        return closed

    def give_up(self, settlement: Settlement) -> Settlement:
        advanced = self._advance(settlement)
        for name, (owner, act) in list(self.taken.items()):
            if owner == settlement.settlement_id:
                del self.taken[name]
                self.waiting[name] = act
        self._strike("give up")
        return advanced

    def _advance(self, settlement: Settlement) -> Settlement:
        stands = self.settlements[settlement.settlement_id]
        if stands.state is not SettlementState.OPEN or stands.version != settlement.version:
            raise Contended(settlement.settlement_id)
        advanced = replace(settlement, version=settlement.version + 1)
        self.settlements[settlement.settlement_id] = advanced
        return advanced

    def _strike(self, point: str) -> None:
        if self.fault == point:
            self.fault = None
            raise Died(point)


@dataclass
class FakeFiles:
    """What of application.settlement.ports.DayBooks a settlement asks: which days were compared, what was listed."""

    listed_acts: dict[str, int] = field(default_factory=dict)
    days: dict[date, Reconciliation] = field(default_factory=dict)

    def reconciled(self, day: date) -> Reconciliation | None:
        return self.days.get(day)

    def listed(self, source: str, entry_ids: Sequence[str]) -> Mapping[str, int]:
        del source
        return {name: self.listed_acts[name] for name in entry_ids if name in self.listed_acts}


def compared(day: date, at: datetime, missing: Sequence[str] = ()) -> Reconciliation:
    """A day on which every file that came agreed."""
    came = [source for source in (PROVIDER, BILLER) if source not in missing]
    return Reconciliation(day, [SourceResult(source, "0" * 64, 0, 0, 0, 0) for source in came], missing, at)


class Days(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.numbers, self.at = count(1), NOW
        self.journal: dict[str, JournalEntry] = {}
        self.payments: dict[str, int] = {}
        self.settlements, self.files = MortalSettlements(self.journal), FakeFiles()
        biller = cast("Biller", SimpleNamespace(biller_id=BILLER, department="energy", internal=False))
        self.settle_day = SettleDayHandler(
            cast("DayBooks", self.files), cast("Settlements", self.settlements), {BILLER: biller}, load_bank_days(),
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
            self.files.listed_acts[entry.entry_id] = 1

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
            self.files.listed_acts[posts[which % len(posts)]] = 1

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
            self.files.days[day] = compared(day, self.at)
        elif days_ago == 3:
            self.files.days.setdefault(day, compared(day, self.at, missing=(PROVIDER,)))
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
        paid = {name for name, (owner, _) in self.settlements.taken.items() if owner in closed}
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
            assert all(line.paise < 0 or line.entry_id in self.files.listed_acts for line in lines)

    def teardown(self) -> None:
        """When every file is there and no break is open, what is left is what refunds exceed."""
        self.settlements.broken.clear()
        self.files.listed_acts |= {name: 1 for name, entry in self.journal.items() if entry.kind is Kind.POST}
        last = civil_day(self.at)
        self.at += timedelta(days=15)
        for number in range((last - FIRST).days + 1):
            day = FIRST + timedelta(days=number)
            self.files.days[day] = compared(day, self.at)
            self.settle_day(SettleDay(day, self.at))
        self.what_is_owed_is_what_no_closed_settlement_paid()
        self.a_settlement_pays_its_lines_once_and_stays_as_it_was_closed()
        assert all(s.state is SettlementState.CLOSED for s in self.settlements.settlements.values())


Days.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestDays = Days.TestCase
