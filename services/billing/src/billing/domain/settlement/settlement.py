"""A settlement: what one biller is paid for one day, each act of it settled once."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from billing.domain.ledger.accounts import SETTLEMENT_BANK, biller_account
from billing.domain.ledger.entries import JournalEntry, Kind, Leg

HEADER = "entry_id,payment_id,paise,at"


class SettlementState(StrEnum):
    """OPEN: its lines are being taken. CLOSED: it is paid, and nothing of it ever changes."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Line:
    """One act that is settled: an entry's part of what the biller is owed, paise; below zero for what went back."""

    entry_id: str
    payment_id: str
    paise: int
    at: datetime


@dataclass(frozen=True)
class Settlement:
    """Of one biller and day (IST). `net_paise` is what is paid out: nothing where refunds exceed payments, and then its
    acts wait for a later settlement. `held_back` acts wait: a break about them is open, or the biller lists them not.
    `version` counts the changes while it is open."""

    settlement_id: str
    biller_id: str
    department: str
    day: date
    state: SettlementState
    opened_at: datetime
    version: int = 0
    lines: int = 0
    gross_paise: int = 0
    refunded_paise: int = 0
    held_back: int = 0
    file_sha256: str | None = None
    closed_at: datetime | None = None

    @property
    def net_paise(self) -> int:
        """What is paid out."""
        return self.gross_paise - self.refunded_paise

    def entry(self, at: datetime) -> JournalEntry:
        """What was owed is paid out. Only where there is something to pay."""
        net = self.net_paise
        return JournalEntry(
            entry_id=settlement_entry_id(self.settlement_id),
            kind=Kind.SETTLEMENT,
            at=at,
            legs=(Leg(biller_account(self.biller_id), -net), Leg(SETTLEMENT_BANK, net)),
        )


@dataclass(frozen=True)
class Totals:
    """What the lines of a settlement add up to, and the hash of its file."""

    lines: int
    gross_paise: int
    refunded_paise: int
    sha256: str


def settlement_entry_id(settlement_id: str) -> str:
    """The one name of a settlement's entry."""
    return f"{settlement_id}:{Kind.SETTLEMENT}"


def file_of(settlement: Settlement, lines: Iterable[Line]) -> Iterator[str]:
    """The settlement's file, line by line without line ends: always the same bytes for the same settlement."""
    count = total = 0
    yield f"# settlement {settlement.settlement_id},{settlement.biller_id},{settlement.day.isoformat()}"
    yield HEADER
    for line in lines:
        count, total = count + 1, total + line.paise
        yield f"{line.entry_id},{line.payment_id},{line.paise},{line.at.isoformat(timespec='milliseconds')}"
    yield f"TOTAL,{count},{total},"


def totals_of(settlement: Settlement, lines: Iterable[Line]) -> Totals:
    """Totals and hash of the settlement's file, which has these lines."""
    sums = {"lines": 0, "gross": 0, "refunded": 0}

    def counted() -> Iterator[Line]:
        for line in lines:
            sums["lines"] += 1
            sums["gross" if line.paise > 0 else "refunded"] += abs(line.paise)
            yield line

    digest = hashlib.sha256()
    for text in file_of(settlement, counted()):
        digest.update(f"{text}\n".encode())
    return Totals(sums["lines"], sums["gross"], sums["refunded"], digest.hexdigest())
