"""A file of the register: CSV (RFC 4180) in UTF-8, with or without a byte order mark, its columns in any order."""

import codecs
import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from kiosk_registry.domain.bulk.cells import guarded, unguarded
from kiosk_registry.domain.bulk.rows import COLUMNS, SEPARATOR, CentreRow, RowProblem

if TYPE_CHECKING:
    from _csv import Reader  # has no public name

# Without it Excel takes a file of CSV for the code page of its machine, and Hindi for other letters.
BYTE_ORDER_MARK = "\ufeff"
MOST_ROWS = 200_000  # twice the 85,000 centres that were ever planned for
_SURROGATES = frozenset(map(chr, range(0xDC80, 0xDD00)))

Cells = Mapping[str, str]


class FileBroken(ValueError):
    """The file cannot be read as a table from this line on."""

    def __init__(self, line: int, code: str, detail: str, detail_hi: str) -> None:
        super().__init__(detail)
        self.line, self.code, self.detail, self.detail_hi = line, code, detail, detail_hi


def read_table(pieces: Iterable[bytes]) -> Iterator[tuple[int, Cells | RowProblem]]:
    """Each row below the header: the line it begins on, and its cells by column or why they cannot be told apart.

    `pieces` put together are the file; a piece may end anywhere. Raises FileBroken where the table ends being one; the
    rows before it were given.
    """
    reader = csv.reader(_lines(pieces), strict=True)
    header = _next(reader)
    columns = [name.strip().removeprefix(BYTE_ORDER_MARK) for name in header or ()]
    if sorted(columns) != sorted(COLUMNS):
        raise FileBroken(
            1,
            "columns",
            f"The first line names the columns, with commas between them: {','.join(COLUMNS)}.",
            f"पहली पंक्ति में स्तंभों के नाम, बीच में अल्पविराम देकर, हों: {','.join(COLUMNS)}।",
        )
    count = 0
    line = reader.line_num + 1
    while (cells := _next(reader)) is not None:
        if cells:
            count += 1
            if count > MOST_ROWS:
                raise FileBroken(
                    line,
                    "too-many-rows",
                    f"A file has at most {MOST_ROWS} rows; send it as several.",
                    f"एक फ़ाइल में अधिकतम {MOST_ROWS} पंक्तियाँ; इसे कई फ़ाइलों में भेजें।",
                )
            yield line, _cells(line, columns, cells)
        line = reader.line_num + 1


def table_lines(rows: Iterable[CentreRow], *, header: bool) -> Iterator[str]:
    """The rows as lines of the file, as `read_table` reads them; with `header` the first line before them."""
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    if header:
        yield BYTE_ORDER_MARK + writer.writerow(COLUMNS)
    for row in rows:
        yield writer.writerow([guarded(cell) for cell in _written(row)])


class _Echo:
    """Gives each line back to who wrote it."""

    def write(self, line: str) -> str:
        return line


def _written(row: CentreRow) -> Sequence[str]:
    return (
        row.code,
        row.name_en,
        row.name_hi,
        row.kind.value,
        row.district_code,
        row.lsp_id,
        repr(row.place.lat),
        repr(row.place.lon),
        row.status.value,
        row.approved_at.isoformat().replace("+00:00", "Z") if row.approved_at else "",
        row.pin or "",
        row.tehsil_code or "",
        SEPARATOR.join(row.services or ()),
        f"{SEPARATOR} ".join(interval.written for interval in row.hours or ()),
    )


def _cells(line: int, columns: Sequence[str], cells: Sequence[str]) -> Cells | RowProblem:
    if len(cells) != len(columns):
        return RowProblem(
            line,
            None,
            "cells",
            f"This row has {len(cells)} cells and the header {len(columns)}; put a cell with a comma in quotes.",
            f"इस पंक्ति में {len(cells)} खाने हैं और शीर्षक में {len(columns)}; अल्पविराम वाले खाने को उद्धरण चिह्नों में रखें।",
        )
    if any(not _SURROGATES.isdisjoint(cell) for cell in cells):
        return RowProblem(
            line, None, "not-utf8", "This row is not UTF-8; save the file as CSV UTF-8.",
            "यह पंक्ति UTF-8 में नहीं है; फ़ाइल को CSV UTF-8 के रूप में सहेजें।",
        )  # fmt: skip
    return {column: unguarded(cell.strip()) for column, cell in zip(columns, cells, strict=True)}


def _next(reader: "Reader") -> list[str] | None:
    began = reader.line_num + 1
    try:
        return next(reader, None)
    except csv.Error as error:
        raise FileBroken(
            began,
            "not-a-table",
            f"From this line on the file is no CSV: {error}. Look for a quotation mark that is not closed.",
            "इस पंक्ति से आगे फ़ाइल CSV नहीं है; कोई उद्धरण चिह्न खुला तो नहीं रह गया, देखें।",
        ) from error


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """The lines of the file, with their ends; bytes that are not UTF-8 as lone surrogates, which no cell may have."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    rest: list[str] = []
    for piece in pieces:
        *lines, last = decoder.decode(piece).split("\n")
        for line in lines:
            yield "".join([*rest, line, "\n"])
            rest.clear()
        if last:
            rest.append(last)
    if rest or decoder.getstate()[0]:
        yield "".join([*rest, decoder.decode(b"", final=True)])
