"""Check the books: invariants I1 to I5 over one database, as rows that people and the crash tests read."""

from dataclasses import dataclass
from datetime import datetime

from billing.application.books.ports import Records
from billing.domain.books import Audit, Books


@dataclass(frozen=True)
class CheckBooks:
    """As of when: what ended long before may have lost its events to time."""

    at: datetime


@dataclass(frozen=True)
class CheckBooksHandler:
    """Reads everything once, on one snapshot, in memory that does not grow."""

    records: Records

    def __call__(self, command: CheckBooks) -> Books:
        """The trial balance and what is broken. Changes nothing."""
        with self.records.snapshot() as snapshot:
            audit = Audit(snapshot.balances())
            for payment in snapshot.payments(command.at):
                audit.look_at(payment)
            of_entries, of_events, of_refunds = snapshot.strays()
            audit.entries_without_payment(of_entries)
            audit.events_without_payment(of_events)
            audit.refunds_without_payment(of_refunds)
            for top_up in snapshot.top_ups(command.at):
                audit.look_at_top_up(top_up)
            audit.top_ups_without_record(*snapshot.strays_of_top_ups())
            return audit.books(
                unbalanced=snapshot.unbalanced_entries(),
                repeated_receipts=snapshot.repeated_receipts(),
                wallets=snapshot.wallets(),
            )
