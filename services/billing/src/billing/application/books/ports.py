"""What checking the books needs from outside."""

from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from billing.domain.books import PaymentFacts, SettlementFacts, TopUpFacts, WalletFacts


@dataclass(frozen=True)
class Mark:
    """How far the books are checked: entries up to `until` (None: nothing) are folded in `balances`, account → paise.

    `open` are payments that had not come to their end when they were looked at.
    """

    until: datetime | None = None
    balances: Mapping[str, int] = field(default_factory=dict)
    open: Set[str] = frozenset()


class Snapshot(Protocol):
    """What came after a mark, as of one instant, even while payments go on; read once each, strays last.

    After an empty mark that is everything.
    """

    def balances(self) -> Mapping[str, int]:
        """Every account that moved, folded from the journal: account → paise."""

    def unbalanced_entries(self) -> Iterable[str]:
        """Ids of entries that do not sum to zero."""

    def repeated_receipts(self) -> Mapping[str, int]:
        """Receipt numbers on more than one payment, with how many; of all payments after an empty mark."""

    def wallets(self) -> Iterable[WalletFacts]:
        """Every wallet."""

    def settlements(self) -> Iterable[SettlementFacts]:
        """The settlements that were closed."""

    def payments(self, at: datetime) -> Iterator[PaymentFacts]:
        """Every payment that something happened to, with its entries, events and refunds, and those the mark has open.

        In the order of ids where it is all there are. `at` is when the books are checked.
        """

    def strays(self) -> tuple[list[str], list[str], list[str]]:
        """Payments that are not there: those that entries, events and refunds speak of. After `payments`."""

    def top_ups(self, at: datetime) -> Iterator[TopUpFacts]:
        """Every top-up in the order of its id, with its entries and events. `at` as of `payments`."""

    def strays_of_top_ups(self) -> tuple[list[str], list[str]]:
        """Top-ups that are not there: those that entries and events speak of. After `top_ups`."""


class Records(Protocol):
    """The records of this database."""

    def window_end(self, since: datetime | None, before: datetime) -> datetime | None:
        """Until when as many entries follow as one snapshot bears; None when fewer do, before that instant."""

    def snapshot(self, mark: Mark, until: datetime | None = None) -> AbstractContextManager[Snapshot]:
        """Opens one of what came after the mark, up to an instant or the present."""


class Marks(Protocol):
    """How far the books are checked, kept between checks."""

    def read(self) -> Mark:
        """The mark; an empty one at first."""

    def advance(self, before: Mark, after: Mark) -> None:
        """Keep a later mark. Safe to repeat, and to stop anywhere: the earlier one counts then."""

    def keep_open(self, mark: Mark, still: Set[str]) -> None:
        """Keep which payments of the mark still go on."""

    def forget(self) -> None:
        """Begin anew."""
