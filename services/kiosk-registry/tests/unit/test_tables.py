"""A file of the register: which rows it has, and where it ends being one."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from kiosk_registry.domain.bulk.rows import COLUMNS, CentreRow, Known, RowProblem, read_row, refused_change
from kiosk_registry.domain.bulk.table import Cells, FileBroken, read_table, table_lines
from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.register.centres import Kind, Status
from kiosk_registry.domain.register.hours import read_hours

AT = datetime(2026, 11, 23, 5, 41, 7, tzinfo=UTC)
KNOWN = Known({"102", "86"}, {"302001": ["102"]}, None, AT)
ROW = CentreRow(
    code="RJ10200001",
    name_en="e-Mitra Kendra Jaipur, 'Old' 1",
    name_hi="ई-मित्र केंद्र जयपुर 1",
    kind=Kind.URBAN,
    district_code="102",
    lsp_id="lsp_RJ11",
    place=Place(lat=26.91241, lon=75.78731),
    status=Status.ACTIVE,
    approved_at=datetime(2014, 4, 1, 4, 30, tzinfo=UTC),
    pin="302001",
    tehsil_code=None,
    services=("JVVNL", "domicile"),
    hours=read_hours(["MON 09:00-18:00", "SUN 10:00-24:00"]),
)
NAMES = {"name_en": str, "name_hi": str}


def written(*rows: CentreRow) -> bytes:
    return "".join(table_lines(rows, header=True)).encode()


def table(content: bytes, size: int = 1_000_000) -> list[tuple[int, Cells | RowProblem]]:
    return list(read_table(content[at : at + size] for at in range(0, len(content), size)))


def cells_of(**changes: str) -> dict[str, str]:
    ((_, cells),) = table(written(ROW))
    assert not isinstance(cells, RowProblem)
    return {**cells, **changes}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, 1_000_000])
def test_what_is_written_is_read_wherever_the_pieces_end(size: int) -> None:
    ((line, cells),) = table(written(ROW), size)

    assert line == 2
    assert not isinstance(cells, RowProblem)
    assert read_row(line, cells, KNOWN, NAMES) == ROW


def test_a_file_begins_with_the_mark_by_which_excel_knows_hindi_and_is_read_without_it_too() -> None:
    content = written(ROW)

    assert content.startswith(b"\xef\xbb\xbfcode,")
    assert table(content[3:]) == table(content)


def test_columns_may_come_in_any_order_and_lines_end_in_any_way() -> None:
    columns = sorted(COLUMNS)
    cells = cells_of()
    line = ",".join(f'"{cells[column]}"' for column in columns)

    assert table(f"{','.join(columns)}\n{line}".encode()) == [(2, cells)]


def test_a_cell_may_have_a_line_end_and_lines_are_counted_as_an_editor_does() -> None:
    content = written(ROW, ROW).replace(b'"e-Mitra Kendra Jaipur, ', b'"e-Mitra\r\nKendra Jaipur, ', 1)

    assert [line for line, _ in table(content)] == [2, 4]


@pytest.mark.parametrize("header", [b"", b"code;name_en\r\n", b"code,code\r\n", written().replace(b"hours", b"time")])
def test_a_file_without_the_columns_is_broken_and_told_which_they_are(header: bytes) -> None:
    with pytest.raises(FileBroken, match="code,name_en") as refused:
        table(header)
    assert (refused.value.line, refused.value.code) == (1, "columns")


@pytest.mark.parametrize("rest", [b'RJ1,"never closed\r\n' + b"x\r\n" * 10, b'"a"b,c\r\n', b'"' + b"x" * 200_000])
def test_rows_before_the_line_that_breaks_a_file_are_read(rest: bytes) -> None:
    rows = read_table([written(ROW) + rest])

    assert next(rows)[0] == 2
    with pytest.raises(FileBroken) as refused:
        next(rows)
    assert (refused.value.line, refused.value.code) == (3, "not-a-table")


def test_bytes_that_are_no_utf8_spoil_their_row_alone() -> None:
    content = written(ROW, ROW).replace("ई".encode(), b"\x90\x91", 1) + b"RJ1,\xe0\xa4"

    problems = [(line, cells.code) for line, cells in table(content) if isinstance(cells, RowProblem)]

    assert problems == [(2, "not-utf8"), (4, "cells")]


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"code": ""}, [("code", "required")]),
        ({"code": "RJ1020001", "kind": "CITY"}, [("code", "invalid-format"), ("kind", "not-allowed")]),
        ({"district_code": "999"}, [("district_code", "unknown-district"), ("pin", "pin-of-another-district")]),
        ({"district_code": "86"}, [("pin", "pin-of-another-district")]),
        ({"pin": "110001"}, [("pin", "invalid-format")]),
        ({"lat": "75.78731", "lon": "26.91241"}, [("lat", "outside-the-state")]),
        ({"lat": "26,9"}, [("lat", "invalid-format")]),
        ({"lat": "NaN"}, [("lat", "invalid-format")]),
        ({"approved_at": "2026-11-24T00:00:00Z"}, [("approved_at", "in-the-future")]),
        ({"approved_at": "2026-11-23T05:00:00"}, [("approved_at", "invalid-format")]),
        ({"approved_at": "01/04/2014"}, [("approved_at", "invalid-format")]),
        ({"approved_at": ""}, [("approved_at", "not-of-this-status")]),
        ({"status": "UNDER_VERIFICATION"}, [("approved_at", "not-of-this-status")]),
        ({"status": "open"}, [("status", "not-allowed")]),
        ({"services": "JVVNL;JVVNL"}, [("services", "invalid-format")]),
        ({"services": "=1"}, [("services", "invalid-format")]),
        ({"hours": "MON 18:00-09:00"}, [("hours", "invalid-hours")]),
        ({"lsp_id": "lsp"}, [("lsp_id", "invalid-format")]),
        ({"tehsil_code": "Chomu"}, [("tehsil_code", "invalid-format")]),
    ],
)
def test_a_row_that_is_not_acceptable_is_told_all_that_is_wrong_in_both_languages(
    changes: dict[str, str], problems: Sequence[tuple[str, str]]
) -> None:
    refused = read_row(7, cells_of(**changes), KNOWN, NAMES)

    assert isinstance(refused, list)
    assert [(problem.column, problem.code) for problem in refused] == problems
    assert {problem.line for problem in refused} == {7}
    assert all(problem.detail and problem.detail_hi for problem in refused)


def test_what_is_not_known_is_left_empty() -> None:
    row = read_row(2, cells_of(pin="", services="", hours="", tehsil_code=""), KNOWN, NAMES)

    assert isinstance(row, CentreRow)
    assert (row.pin, row.services, row.hours, row.tehsil_code) == (None, None, None, None)


def test_an_lsp_that_the_register_does_not_have_is_refused() -> None:
    refused = read_row(2, cells_of(), Known({"102"}, {}, {"lsp_RJ01"}, AT), NAMES)

    assert isinstance(refused, list)
    assert [(problem.column, problem.code) for problem in refused] == [("lsp_id", "unknown-lsp")]


def test_a_row_may_not_say_what_only_a_decision_changes() -> None:
    there = ROW
    row = read_row(2, cells_of(status="CLOSED", lsp_id="lsp_RJ01", lat="27.0", name_en="Another"), KNOWN, NAMES)
    assert isinstance(row, CentreRow)

    refused = refused_change(2, there, row)

    assert {(problem.column, problem.code) for problem in refused} == {
        ("status", "by-decision"),
        ("lsp_id", "by-decision"),
        ("lat", "by-decision"),
    }
    assert refused_change(2, there, there) == []
