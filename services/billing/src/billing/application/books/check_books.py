"""Check the books: invariants I1 to I5 and I9 over one database, as rows that people and the crash tests read.

What was checked once, and can change no more without an entry, is not read again: a mark says how far that is. Long
histories are checked in windows of time, each on a snapshot of its own that the database can still bear.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.application.books.ports import Mark, Marks, Records, Snapshot
from billing.domain.books import Audit, Books

# An entry is stored within a transaction's longest life after its time (10 s) and the clocks' difference: none comes to
# light behind a mark that is as old as this.
LAG = timedelta(minutes=10)


@dataclass(frozen=True)
class CheckBooks:
    """As of when: what ended long before may have lost its events to time. `anew`: from the very beginning."""

    at: datetime
    anew: bool = False


@dataclass(frozen=True)
class CheckBooksHandler:
    """Reads what came since the last check, in memory that grows only with what is in progress."""

    records: Records
    marks: Marks

    def __call__(self, command: CheckBooks) -> Books:
        """The trial balance and what is broken. Changes nothing but the mark, which a break does not let pass."""
        if command.anew:
            self.marks.forget()
        mark, audit = self.marks.read(), Audit({})
        kept = mark
        while end := self.records.window_end(mark.until, command.at - LAG):
            with self.records.snapshot(mark, end) as snapshot:
                moved, still = self._look_at(snapshot, audit, mark, command.at)
                audit.unbalanced(snapshot.unbalanced_entries())
            after = Mark(end, dict(_sum(mark.balances, moved)), still)
            if kept is mark and not audit.broken:
                self.marks.advance(mark, after)
                kept = after
            mark = after
        with self.records.snapshot(mark) as snapshot:
            moved, still = self._look_at(snapshot, audit, mark, command.at)
            audit.balances = dict(sorted(_sum(mark.balances, moved).items()))
            books = audit.books(
                unbalanced=snapshot.unbalanced_entries(),
                repeated_receipts=snapshot.repeated_receipts(),
                wallets=snapshot.wallets(),
            )
        if kept is mark and mark.until and books.in_order:
            self.marks.keep_open(mark, mark.open & still)
        return books

    @staticmethod
    def _look_at(snapshot: Snapshot, audit: Audit, mark: Mark, at: datetime) -> tuple[dict[str, int], frozenset[str]]:
        """What moved on each account, and which payments go on."""
        moved, still = dict(snapshot.balances()), set(mark.open)
        for payment in snapshot.payments(at):
            audit.look_at(payment)
            if payment.goes_on:
                still.add(payment.payment_id)
            else:
                still.discard(payment.payment_id)
        of_entries, of_events, of_refunds = snapshot.strays()
        audit.entries_without_payment(of_entries)
        audit.events_without_payment(of_events)
        audit.refunds_without_payment(of_refunds)
        for top_up in snapshot.top_ups(at):
            audit.look_at_top_up(top_up)
        audit.top_ups_without_record(*snapshot.strays_of_top_ups())
        for settlement in snapshot.settlements():
            audit.look_at_settlement(settlement)
        return moved, frozenset(still)


def _sum(balances: Mapping[str, int], moved: Mapping[str, int]) -> Counter[str]:
    total = Counter(balances)
    total.update(moved)
    return total
