"""What reconciliation and settlement need from outside."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from billing.domain.payments.breaks import Break, BreakKind
from billing.domain.settlement.acts import Act
from billing.domain.settlement.day_files import DayFile
from billing.domain.settlement.settlement import Line, Settlement, Totals


class Contended(Exception):
    """Another run is at work on the same settlement; whoever comes next goes on."""


class PartnerFiles(Protocol):
    """The files that the provider and the billers send for a day."""

    def fetch(self, source: str, day: date) -> bytes | None:
        """The file of the provider or a biller (its id); None when it is not there, or nobody could be asked."""


@dataclass(frozen=True)
class SourceResult:
    """What became of one source's file of a day."""

    source: str
    sha256: str | None
    rows: int
    parked: int
    matched: int
    differences: int


@dataclass(frozen=True)
class Reconciliation:
    """A day that was compared. `missing` are the sources without a file: they are asked again."""

    day: date
    sources: Sequence[SourceResult]
    missing: Sequence[str]
    done_at: datetime

    @property
    def is_whole(self) -> bool:
        """Whether every source's file was there."""
        return not self.missing

    def has(self, source: str) -> bool:
        """Whether a source was compared: a biller that was not known on that day has neither a file nor none."""
        return source not in self.missing and any(one.source == source for one in self.sources)

    @property
    def agrees(self) -> bool:
        """Whether nothing was found that a corrected file could end."""
        return not any(one.differences or one.parked for one in self.sources)


class DayBooks(Protocol):
    """Partners' rows that were kept, and the acts in the ledger beside them."""

    def known_file(self, source: str, day: date) -> str | None:
        """The SHA-256 of the file of that day that was read last."""

    def listed_elsewhere(self, source: str, day: date, entry_ids: Sequence[str]) -> set[str]:
        """Of these acts, those that the source listed for another day."""

    def parked(self, source: str, day: date) -> int:
        """How many lines of that file could not be read."""

    def keep_file(self, source: str, day: date, sha256: str, file: DayFile, at: datetime) -> None:
        """Keep the rows of a file in place of those of an earlier one of the day. A repeat changes nothing."""

    def acts(self, source: str, begun: datetime, before: datetime) -> Iterator[Act]:
        """The acts in the ledger that this source has to list, by the time of their entries."""

    def rows_of_day(self, source: str, day: date) -> Iterator[tuple[str, int]]:
        """What the source listed for the day: request id and paise."""

    def listed(self, source: str, entry_ids: Sequence[str]) -> Mapping[str, int]:
        """What the source listed of these acts on any day, paise."""

    def in_books(self, source: str, entry_ids: Sequence[str]) -> Mapping[str, Act]:
        """The acts in the ledger that this source has to list, of these."""

    def open_breaks(self, kinds: Iterable[BreakKind]) -> Iterator[Break]:
        """The breaks of these kinds that people have."""

    def open(self, breaks: Sequence[Break]) -> None:
        """Hand differences to people, all of them or none; a repeat leaves the first as people have it."""

    def resolve(self, breaks: Sequence[Break], at: datetime, by: str) -> None:
        """Differences that are none any more."""

    def record(self, reconciliation: Reconciliation) -> None:
        """Keep what became of a day."""

    def reconciled(self, day: date) -> Reconciliation | None:
        """What became of a day, if it was compared."""


class Settlements(Protocol):
    """Settlements with their lines."""

    def of_day(self, biller_id: str, day: date) -> Settlement | None:
        """The settlement of a biller and day."""

    def open(self, settlement: Settlement) -> Settlement:
        """Keep a new settlement; where there is one of the biller and day, that one."""

    def owed(self, biller_id: str, begun: datetime, before: datetime) -> Iterator[Act]:
        """What the biller is owed that no settlement has: entries between two instants, and those that waited.

        What waited comes first, and of it only what is from before the second instant.
        """

    def held_back(self, payment_ids: Sequence[str]) -> set[str]:
        """Of these payments, those about which a break is open."""

    def take(self, settlement: Settlement, acts: Sequence[Act], waiting: Sequence[Act]) -> Settlement:
        """Put acts into the settlement, and others among those that wait. A repeat changes nothing.

        Raises Contended when another run ended the settlement meanwhile.
        """

    def lines(self, settlement_id: str) -> Iterator[Line]:
        """The lines of a settlement, in the order of its file."""

    def close(self, settlement: Settlement, totals: Totals, event_id: str, at: datetime) -> Settlement:
        """End the settlement: totals, entry and event, in one transaction. One that is closed already stays so.

        Raises Contended when another run took more acts since `settlement` was read.
        """

    def give_up(self, settlement: Settlement) -> Settlement:
        """Let the acts of an open settlement wait for a later one: nothing can be paid out."""

    def in_range(self, first: date, last: date) -> Iterator[Settlement]:
        """The settlements of these days."""

    def get(self, settlement_id: str) -> Settlement | None:
        """One settlement."""

    def page(self, department: str | None, *, before: tuple[date, str] | None, limit: int) -> Sequence[Settlement]:
        """The closed ones of a department (None: of all), the latest days in front; `before`: a day and an id."""
