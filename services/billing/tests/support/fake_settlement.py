"""Fakes of partners' files, the day's books and settlements. The last two pass the suite of the real ones
(tests/service/test_settlement_stores.py)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from billing.application.settlement.ports import Contended, Reconciliation
from billing.domain.ledger.entries import JournalEntry
from billing.domain.payments.breaks import Break, BreakKind
from billing.domain.settlement.acts import Act, acts_of, owed_by
from billing.domain.settlement.day_files import DayFile
from billing.domain.settlement.settlement import Line, Settlement, SettlementState, Totals


@dataclass
class FakeFiles:
    """application.settlement.ports.PartnerFiles: what each source has for a day."""

    files: dict[tuple[str, date], bytes] = field(default_factory=dict)
    asked: list[tuple[str, date]] = field(default_factory=list)

    def fetch(self, source: str, day: date) -> bytes | None:
        self.asked.append((source, day))
        return self.files.get((source, day))


@dataclass
class FakeDayBooks:
    """application.settlement.ports.DayBooks in memory, beside a journal."""

    journal: dict[str, JournalEntry] = field(default_factory=dict)
    files: dict[tuple[str, date], tuple[str, DayFile]] = field(default_factory=dict)
    rows: dict[tuple[str, str], tuple[date, int]] = field(default_factory=dict)
    days: dict[date, Reconciliation] = field(default_factory=dict)
    breaks: dict[tuple[str, BreakKind], Break] = field(default_factory=dict)
    resolved: dict[tuple[str, BreakKind], tuple[datetime, str]] = field(default_factory=dict)

    def known_file(self, source: str, day: date) -> str | None:
        return self.files[source, day][0] if (source, day) in self.files else None

    def listed_elsewhere(self, source: str, day: date, entry_ids: Sequence[str]) -> set[str]:
        return {entry_id for entry_id in entry_ids if self.rows.get((source, entry_id), (day, 0))[0] != day}

    def parked(self, source: str, day: date) -> int:
        return len(self.files[source, day][1].parked) if (source, day) in self.files else 0

    def keep_file(self, source: str, day: date, sha256: str, file: DayFile, at: datetime) -> None:
        del at
        self.rows = {key: row for key, row in self.rows.items() if (key[0], row[0]) != (source, day)}
        self.rows |= {(source, row.request_id): (day, row.paise) for row in file.rows}
        self.files[source, day] = (sha256, file)

    def acts(self, source: str, begun: datetime, before: datetime) -> Iterator[Act]:
        entries = sorted((e for e in self.journal.values() if begun <= e.at < before), key=lambda entry: entry.at)
        yield from (act for entry in entries for act in acts_of(entry) if act.source == source)

    def rows_of_day(self, source: str, day: date) -> Iterator[tuple[str, int]]:
        yield from (
            (entry_id, paise) for (of, entry_id), (of_day, paise) in self.rows.items() if (of, of_day) == (source, day)
        )

    def listed(self, source: str, entry_ids: Sequence[str]) -> Mapping[str, int]:
        return {entry_id: self.rows[source, entry_id][1] for entry_id in entry_ids if (source, entry_id) in self.rows}

    def in_books(self, source: str, entry_ids: Sequence[str]) -> Mapping[str, Act]:
        entries = [self.journal[entry_id] for entry_id in entry_ids if entry_id in self.journal]
        return {act.entry_id: act for entry in entries for act in acts_of(entry) if act.source == source}

    def open_breaks(self, kinds: Iterable[BreakKind]) -> Iterator[Break]:
        wanted = set(kinds)
        yield from [opened for key, opened in self.breaks.items() if opened.kind in wanted and key not in self.resolved]

    def open(self, breaks: Sequence[Break]) -> None:
        for opened in breaks:
            key = _key(opened)
            if self.resolved.pop(key, None):
                self.breaks[key] = replace(self.breaks[key], detail=opened.detail, due_at=opened.due_at)
            self.breaks.setdefault(key, opened)

    def resolve(self, breaks: Sequence[Break], at: datetime, by: str) -> None:
        for opened in breaks:
            if _key(opened) in self.breaks:
                self.resolved.setdefault(_key(opened), (at, by))

    def record(self, reconciliation: Reconciliation) -> None:
        self.days[reconciliation.day] = reconciliation

    def reconciled(self, day: date) -> Reconciliation | None:
        return self.days.get(day)

    def still_open(self) -> list[Break]:
        """What people have."""
        return list(self.open_breaks(BreakKind))


@dataclass
class FakeSettlements:
    """application.settlement.ports.Settlements in memory, beside the day's books, whose journal it writes to."""

    books: FakeDayBooks
    settlements: dict[str, Settlement] = field(default_factory=dict)
    taken: dict[tuple[str, str], tuple[str, Act]] = field(default_factory=dict)
    """Act by biller and entry, with the settlement that has it."""
    waiting: dict[tuple[str, str], Act] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    """Settlements that an event was told of."""

    def of_day(self, biller_id: str, day: date) -> Settlement | None:
        return next((s for s in self.settlements.values() if (s.biller_id, s.day) == (biller_id, day)), None)

    def get(self, settlement_id: str) -> Settlement | None:
        return self.settlements.get(settlement_id)

    def page(self, department: str | None, *, before: tuple[date, str] | None, limit: int) -> list[Settlement]:
        closed = [
            s
            for s in self.settlements.values()
            if s.state is SettlementState.CLOSED
            and department in (None, s.department)
            and (before is None or (s.day, s.settlement_id) < before)
        ]
        return sorted(closed, key=lambda s: (s.day, s.settlement_id), reverse=True)[:limit]

    def in_range(self, first: date, last: date) -> Iterator[Settlement]:
        within = (s for s in self.settlements.values() if first <= s.day <= last)
        yield from sorted(within, key=lambda s: (s.day, s.biller_id))

    def open(self, settlement: Settlement) -> Settlement:
        known = self.of_day(settlement.biller_id, settlement.day)
        return known or self.settlements.setdefault(settlement.settlement_id, settlement)

    def owed(self, biller_id: str, begun: datetime, before: datetime) -> Iterator[Act]:
        waited = [act for (of, _), act in sorted(self.waiting.items()) if of == biller_id and act.at < before]
        entries = sorted((e for e in self.books.journal.values() if begun <= e.at < before), key=lambda e: e.at)
        yield from waited
        yield from [
            act
            for entry in entries
            for act in owed_by(entry)
            if act.source == biller_id and act not in waited and (biller_id, act.entry_id) not in self.taken
        ]

    def held_back(self, payment_ids: Sequence[str]) -> set[str]:
        return {opened.payment_id for opened in self.books.still_open() if opened.payment_id} & set(payment_ids)

    def take(self, settlement: Settlement, acts: Sequence[Act], waiting: Sequence[Act]) -> Settlement:
        advanced = self._advance(settlement)
        for act in acts:
            self.taken.setdefault((act.source, act.entry_id), (settlement.settlement_id, act))
            self.waiting.pop((act.source, act.entry_id), None)
        for act in waiting:
            self.waiting.setdefault((act.source, act.entry_id), act)
        return advanced

    def lines(self, settlement_id: str) -> Iterator[Line]:
        for _, (of, act) in sorted(self.taken.items()):
            if of == settlement_id:
                yield Line(act.entry_id, act.payment_id, act.paise, act.at)

    def close(self, settlement: Settlement, totals: Totals, event_id: str, at: datetime) -> Settlement:
        del event_id
        closed = replace(
            self._advance(settlement),
            state=SettlementState.CLOSED,
            lines=totals.lines,
            gross_paise=totals.gross_paise,
            refunded_paise=totals.refunded_paise,
            held_back=len([of for of, _ in self.waiting if of == settlement.biller_id]),
            file_sha256=totals.sha256,
            closed_at=at,
        )
        self.settlements[settlement.settlement_id] = closed
        if closed.net_paise:
            entry = closed.entry(at)
            self.books.journal[entry.entry_id] = entry
        if closed.lines:
            self.told.append(closed.settlement_id)
        return closed

    def give_up(self, settlement: Settlement) -> Settlement:
        advanced = self._advance(settlement)
        for key, (of, act) in list(self.taken.items()):
            if of == settlement.settlement_id:
                del self.taken[key]
                self.waiting[key] = act
        return advanced

    def _advance(self, settlement: Settlement) -> Settlement:
        stored = self.settlements[settlement.settlement_id]
        if (stored.state, stored.version) != (SettlementState.OPEN, settlement.version):
            raise Contended(settlement.settlement_id)
        advanced = replace(stored, version=stored.version + 1)
        self.settlements[settlement.settlement_id] = advanced
        return advanced


def _key(opened: Break) -> tuple[str, BreakKind]:
    return opened.refund_id or opened.top_up_id or opened.payment_id or "", opened.kind
