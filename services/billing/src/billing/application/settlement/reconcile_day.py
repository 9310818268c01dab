"""Compare a day with the files of the provider and of every biller: three books, and each difference is a break.

The ledger is one of the three; what the provider captured and what a biller took are each held against it. Days of
partners' files are those of their clocks, so an act just before midnight may be listed on the next day: it is missing
only once that day's file is there.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TypeVar

from billing.application.settlement.ports import DayBooks, PartnerFiles, Reconciliation, SourceResult
from billing.domain.calendar import start_of_day
from billing.domain.money import rupees
from billing.domain.payments.breaks import Break, BreakKind
from billing.domain.settlement.day_files import PROVIDER, DayFile, Difference, NotADayFile, difference, read_day_file
from billing.domain.tariff.billers import Biller

T = TypeVar("T")

# So long before midnight an act may be listed on the next day.
SLACK = timedelta(hours=1)
# Within this people have to look at a difference.
LOOK_WITHIN = timedelta(days=1)
_BATCH = 500
_KINDS = {
    True: {
        Difference.NOT_IN_FILE: BreakKind.NOT_IN_PROVIDER_FILE,
        Difference.NOT_IN_BOOKS: BreakKind.NOT_IN_BOOKS_OF_PROVIDER,
        Difference.AMOUNT: BreakKind.PROVIDER_AMOUNT,
    },
    False: {
        Difference.NOT_IN_FILE: BreakKind.NOT_IN_BILLER_FILE,
        Difference.NOT_IN_BOOKS: BreakKind.NOT_IN_BOOKS_OF_BILLER,
        Difference.AMOUNT: BreakKind.BILLER_AMOUNT,
    },
}
_OF_ACTS = {kind: provider for provider, kinds in _KINDS.items() for kind in kinds.values()}
_OF_FILES = (BreakKind.FILE_NOT_USABLE, BreakKind.FILE_TOTALS, BreakKind.ROWS_PARKED)


class DayNotOver(ValueError):
    """The day is not over in India: its files are not whole."""


@dataclass(frozen=True)
class ReconcileDay:
    """The day (IST) to compare, as of `at`."""

    day: date
    at: datetime


@dataclass(frozen=True)
class ReconcileDayHandler:
    """Safe to repeat and to stop anywhere: the same files change nothing, and a corrected file ends its breaks."""

    files: PartnerFiles
    books: DayBooks
    billers: Mapping[str, Biller]

    def __call__(self, command: ReconcileDay) -> Reconciliation:
        """What became of each source. Raises DayNotOver."""
        day, at = command.day, command.at
        if at < start_of_day(day + timedelta(days=1)):
            raise DayNotOver(f"{day} is not over in India")
        told, missing = [], []
        for source in self.sources():
            if self._read(source, day, at):
                told.append(self._compare(source, day, at))
            else:
                missing.append(source)
        self._end_what_agrees(at)
        done = Reconciliation(day, told, missing, at)
        self.books.record(done)
        return done

    def sources(self) -> list[str]:
        """Whose files there are: the provider's, and each biller's outside."""
        return [PROVIDER, *(biller.biller_id for biller in self.billers.values() if not biller.internal)]

    def _read(self, source: str, day: date, at: datetime) -> bool:
        """Whether a file of the day is kept: the one that the source has now, or one that was read before."""
        known = self.books.known_file(source, day)
        raw = self.files.fetch(source, day)
        name = f"{source}|{day.isoformat()}"

        def of_file(kind: BreakKind, detail: str) -> Break:
            return Break(name, kind, detail, opened_at=at, due_at=at + LOOK_WITHIN)

        if raw is None:
            if known is None and self._is_missed(source, day, at):
                self.books.open([of_file(BreakKind.FILE_NOT_USABLE, "no file of this day has come; ask for it")])
            return known is not None
        sha256 = hashlib.sha256(raw).hexdigest()
        if sha256 == known:
            return True
        try:
            file = read_day_file(raw.decode("utf-8-sig", "replace").splitlines())
        except NotADayFile as error:
            self.books.open([of_file(BreakKind.FILE_NOT_USABLE, str(error))])
            return known is not None
        elsewhere = self.books.listed_elsewhere(source, day, [row.request_id for row in file.rows])
        file = file.without(elsewhere)
        wrong = _wrong_with(file)
        self.books.open([of_file(kind, detail) for kind, detail in wrong.items()])
        ended = [of_file(kind, "") for kind in _OF_FILES if kind not in wrong]
        self.books.resolve(ended, at, "a file that is right")
        # Last, because a file that is known is not looked at again.
        self.books.keep_file(source, day, sha256, file, at)
        return True

    def _is_missed(self, source: str, day: date, at: datetime) -> bool:
        """Whether a file is late, and the ledger has something that it has to list: else nobody misses it."""
        begun, over = start_of_day(day), start_of_day(day + timedelta(days=1))
        return at >= over + LOOK_WITHIN and next(self.books.acts(source, begun, over), None) is not None

    def _compare(self, source: str, day: date, at: datetime) -> SourceResult:
        matched, opened = 0, 0
        begun, before = start_of_day(day), start_of_day(day + timedelta(days=1))
        for acts in _batches(self.books.acts(source, begun - SLACK, before - SLACK)):
            listed = self.books.listed(source, [act.entry_id for act in acts])
            missing = [act for act in acts if act.entry_id not in listed]
            opened += self._open((source, act.entry_id, act.payment_id, act.paise, None, at) for act in missing)
        rows = 0
        for batch in _batches(self.books.rows_of_day(source, day)):
            rows += len(batch)
            acts_by_id = self.books.in_books(source, [entry_id for entry_id, _ in batch])
            differing = []
            for entry_id, paise in batch:
                act = acts_by_id.get(entry_id)
                in_books = act.paise if act else None
                if difference(in_books, paise):
                    payment_id = act.payment_id if act else _payment_of(entry_id)
                    differing.append((source, entry_id, payment_id, in_books, paise, at))
            matched += len(batch) - len(differing)
            opened += self._open(differing)
        sha256, parked = self.books.known_file(source, day), self.books.parked(source, day)
        return SourceResult(source, sha256, rows, parked, matched, opened)

    def _open(self, differing: Iterable[tuple[str, str, str, int | None, int | None, datetime]]) -> int:
        breaks = [_break(*one) for one in differing]
        self.books.open(breaks)
        return len(breaks)

    def _end_what_agrees(self, at: datetime) -> None:
        """What a later or corrected file lists rightly is nobody's any more."""
        for breaks in _batches(self.books.open_breaks(_OF_ACTS)):
            agreed = [one for one in breaks if one.source and one.entry_id and self._agrees(one.source, one.entry_id)]
            self.books.resolve(agreed, at, "the files agree")

    def _agrees(self, source: str, entry_id: str) -> bool:
        act = self.books.in_books(source, [entry_id]).get(entry_id)
        listed = self.books.listed(source, [entry_id]).get(entry_id)
        return difference(act.paise if act else None, listed) is None


def _wrong_with(file: DayFile) -> dict[BreakKind, str]:
    wrong: dict[BreakKind, str] = {}
    if file.parked:
        first = file.parked[0]
        wrong[BreakKind.ROWS_PARKED] = f"{len(file.parked)} line(s) parked; line {first.line}: {first.reason}"
    elif not file.adds_up:
        told = f"{file.stated_rows} line(s) and {rupees(file.stated_paise)}"
        there = f"{len(file.rows)} and {rupees(sum(row.paise for row in file.rows))}"
        wrong[BreakKind.FILE_TOTALS] = f"the totals say {told}, the lines are {there}"
    return wrong


def _break(
    source: str, entry_id: str, payment_id: str, in_books: int | None, in_file: int | None, at: datetime
) -> Break:
    how = difference(in_books, in_file)
    assert how is not None
    ours, theirs = (rupees(paise) if paise is not None else "nothing" for paise in (in_books, in_file))
    refund_id, _, kind = entry_id.partition(":")
    return Break(
        payment_id,
        _KINDS[source == PROVIDER][how],
        f"{entry_id}: the ledger has {ours}, {source} lists {theirs}",
        opened_at=at,
        due_at=at + LOOK_WITHIN,
        refund_id=refund_id if kind == "refund" and refund_id.startswith("rfd_") else None,
        source=source,
        entry_id=entry_id,
    )


def _payment_of(request_id: str) -> str:
    """The payment that a request speaks of, or the request itself where it is none of ours."""
    return request_id.partition(":")[0]


def _batches(rows: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch
