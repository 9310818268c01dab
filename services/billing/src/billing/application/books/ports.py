"""What checking the books needs from outside."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from billing.domain.books import PaymentFacts, TopUpFacts, WalletFacts


class Snapshot(Protocol):
    """Everything as of one instant, even while payments go on; read once each, strays after what they are strays of."""

    def balances(self) -> Mapping[str, int]:
        """Every account, folded from the journal: account → paise."""

    def unbalanced_entries(self) -> Iterable[str]:
        """Ids of entries that do not sum to zero."""

    def repeated_receipts(self) -> Mapping[str, int]:
        """Receipt numbers on more than one payment, with how many."""

    def wallets(self) -> Iterable[WalletFacts]:
        """Every wallet."""

    def payments(self, at: datetime) -> Iterator[PaymentFacts]:
        """Every payment in the order of its id, with its entries, events and refunds.

        `at` is when the books are checked.
        """

    def strays(self) -> tuple[list[str], list[str], list[str]]:
        """Payments that are not there: those that entries, events and refunds speak of. After `payments`."""

    def top_ups(self, at: datetime) -> Iterator[TopUpFacts]:
        """Every top-up in the order of its id, with its entries and events. `at` as of `payments`."""

    def strays_of_top_ups(self) -> tuple[list[str], list[str]]:
        """Top-ups that are not there: those that entries and events speak of. After `top_ups`."""


class Records(Protocol):
    """The records of this database."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Opens one; takes about a minute per million payments to read."""
