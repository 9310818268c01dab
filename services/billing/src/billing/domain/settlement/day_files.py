"""A partner's file of a day: the lines it says it took or gave back, and those that cannot be read."""

import csv
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

PROVIDER = "provider"

_REQUEST = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
_AMOUNT = re.compile(r"[1-9][0-9]{0,15}", re.ASCII)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.[0-9]{1,6})?(?:Z|\+00:00)", re.ASCII)
_HEADER = ["type", "request_id", "reference", "amount_paise", "at"]
_TYPES = frozenset({"CAPTURE", "REFUND", "CHARGE", "PAYMENT"})
_TOTAL = "TOTAL"
# Of bad lines so many are kept by number; more are counted.
MOST_PARKED = 1_000


class NotADayFile(ValueError):
    """The file as a whole cannot be used: it has no header, or is cut off before its totals."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A line that can be read. `request_id` is ours: the act it is about, which is the entry's id in the journal."""

    line: int
    request_id: str
    paise: int


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A line that cannot be read, and why. What stands in it is not kept: it may be anything."""

    line: int
    reason: str


@dataclass
class DayFile:
    """What a file says. `stated_*` are its own totals."""

    rows: list[FileRow] = field(default_factory=list)
    parked: list[ParkedRow] = field(default_factory=list)
    stated_rows: int = 0
    stated_paise: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether the totals are those of the lines; with a line that cannot be read nobody can say so."""
        told = (self.stated_rows, self.stated_paise)
        return told == (len(self.rows), sum(row.paise for row in self.rows))

    def without(self, elsewhere: Container[str]) -> "DayFile":
        """The file with those rows parked that the same source listed for another day already."""
        doubled = [ParkedRow(row.line, "listed-on-another-day") for row in self.rows if row.request_id in elsewhere]
        kept = [row for row in self.rows if row.request_id not in elsewhere]
        return DayFile(kept, [*self.parked, *doubled], self.stated_rows, self.stated_paise)


def read_day_file(lines: Iterable[str]) -> DayFile:
    """The file in these lines of CSV. A line that is wrong is parked, and the rest is read. Raises NotADayFile."""
    told = DayFile()
    reader = csv.reader(lines)
    if next(reader, None) != _HEADER:
        raise NotADayFile(f"the first line is not {','.join(_HEADER)}")
    seen: set[str] = set()
    ended = False
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            told.parked.append(ParkedRow(reader.line_num, "not-csv"))
            continue
        if cells is None:
            break
        if ended:
            raise NotADayFile("there are lines after the totals")
        if cells and cells[0] == _TOTAL:
            told.stated_rows, told.stated_paise = _totals(cells)
            ended = True
            continue
        row = _row(reader.line_num, cells, seen)
        if isinstance(row, FileRow):
            told.rows.append(row)
            seen.add(row.request_id)
        else:
            told.parked.append(row)
    if not ended:
        raise NotADayFile("the totals are missing: the file may be cut off")
    return told


def _row(line: int, cells: list[str], seen: set[str]) -> FileRow | ParkedRow:
    if len(cells) != len(_HEADER):
        return ParkedRow(line, "wrong-number-of-columns")
    kind, request_id, _, amount, at = cells
    wrong = {
        "unknown-type": kind not in _TYPES,
        "request-id-not-readable": not _REQUEST.fullmatch(request_id),
        "amount-not-readable": not _AMOUNT.fullmatch(amount),
        "instant-not-readable": not _is_instant(at),
        "listed-twice": request_id in seen,
    }
    reason = next((name for name, is_so in wrong.items() if is_so), None)
    return ParkedRow(line, reason) if reason else FileRow(line, request_id, int(amount))


def _is_instant(text: str) -> bool:
    if not _INSTANT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _totals(cells: list[str]) -> tuple[int, int]:
    try:
        _, rows, _, paise, _ = cells
        if not (rows.isascii() and rows.isdigit() and paise.isascii() and paise.isdigit()):
            raise ValueError
        return int(rows), int(paise)
    except ValueError:
        raise NotADayFile("the totals cannot be read") from None


class Difference(StrEnum):
    """How a partner's file and the ledger do not agree about an act."""

    NOT_IN_FILE = "not-in-file"
    NOT_IN_BOOKS = "not-in-books"
    AMOUNT = "amount-differs"


def difference(in_books: int | None, in_file: int | None) -> Difference | None:
    """What is wrong where the ledger and the file say these amounts (paise; None: nothing), or None."""
    if in_books == in_file:
        return None
    if in_file is None:
        return Difference.NOT_IN_FILE
    return Difference.NOT_IN_BOOKS if in_books is None else Difference.AMOUNT
