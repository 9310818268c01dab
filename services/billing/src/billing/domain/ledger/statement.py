"""What is told of a wallet's money over days: lines, and sums of a day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from billing.domain.ledger.entries import Kind


@dataclass(frozen=True)
class StatementLine:
    """One entry as the wallet sees it: `paise` came in (above 0) or went out, and `balance_paise` was left."""

    entry_id: str
    kind: Kind
    at: datetime
    paise: int
    balance_paise: int
    payment_id: str | None
    top_up_id: str | None


@dataclass(frozen=True)
class Statement:
    """A part of a statement: opening and closing balance of all its days, and lines in order; `more`: others follow."""

    opening_paise: int
    closing_paise: int
    lines: tuple[StatementLine, ...]
    more: bool


@dataclass(frozen=True)
class DayOfWallet:
    """A day in India: what was there at its first instant and at its last, and the sums of each kind of entry between.

    `sums` has paise, and how many entries; together they are what lies between opening and closing.
    """

    day: date
    opening_paise: int
    closing_paise: int
    sums: Mapping[Kind, tuple[int, int]] = field(default_factory=dict)
