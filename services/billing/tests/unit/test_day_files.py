"""Partners' files of a day, what does not agree with them, and on which day a department is paid."""

from datetime import date
from typing import Any

import pytest

from billing.adapters.data.bank_holidays import load_bank_days
from billing.domain.settlement.day_files import (
    DayFile,
    Difference,
    FileRow,
    NotADayFile,
    ParkedRow,
    difference,
    read_day_file,
)

HEADER = "type,request_id,reference,amount_paise,at"
AT = "2026-11-23T06:30:00.000Z"


def line(request_id: str = "pay_1:post", amount: str = "100", kind: str = "PAYMENT", at: str = AT) -> str:
    return f"{kind},{request_id},REF,{amount},{at}"


def read(*lines: str, totals: str = "TOTAL,1,,100,") -> DayFile:
    return read_day_file([HEADER, *lines, totals])


def test_a_file_is_read_with_its_totals() -> None:
    told = read(line(), line("pay_2:post", "50"), totals="TOTAL,2,,150,")
    assert told.rows == [FileRow(2, "pay_1:post", 100), FileRow(3, "pay_2:post", 50)]
    assert (told.parked, told.adds_up) == ([], True)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line(amount="12,3x"), "wrong-number-of-columns"),
        (line(amount='"12,3x"'), "amount-not-readable"),
        (line(amount="-5"), "amount-not-readable"),
        (line(amount="1.5"), "amount-not-readable"),
        (line(amount="0"), "amount-not-readable"),
        (line(amount="٣"), "amount-not-readable"),
        (line(amount="9" * 17), "amount-not-readable"),
        (line(kind="GIFT"), "unknown-type"),
        (line(request_id="a b"), "request-id-not-readable"),
        (line(request_id="x" * 129), "request-id-not-readable"),
        (line(at="yesterday"), "instant-not-readable"),
        (line(at="2026-13-23T06:30:00Z"), "instant-not-readable"),
        ("", "wrong-number-of-columns"),
        (line(), "listed-twice"),
    ],
)
def test_one_bad_line_is_parked_by_its_number_and_the_rest_is_read(bad: str, reason: str) -> None:
    told = read(line(), bad, line("pay_3:post"))
    assert [row.request_id for row in told.rows] == ["pay_1:post", "pay_3:post"]
    assert told.parked == [ParkedRow(3, reason)]


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["<html>"],
        [HEADER],
        [HEADER, line()],
        [HEADER, "TOTAL,x,,100,"],
        [HEADER, "TOTAL,1"],
        [HEADER, "TOTAL,0,,0,", line()],
    ],
)
def test_a_file_without_header_or_totals_or_with_lines_after_them_is_not_used_at_all(lines: list[str]) -> None:
    with pytest.raises(NotADayFile):
        read_day_file(lines)


@pytest.mark.parametrize("totals", ["TOTAL,2,,100,", "TOTAL,1,,101,"])
def test_totals_that_are_not_those_of_the_lines_are_noticed(totals: str) -> None:
    assert not read(line(), totals=totals).adds_up


def test_what_the_source_listed_for_another_day_is_parked() -> None:
    told = read(line(), line("pay_2:post")).without({"pay_2:post"})
    assert [row.request_id for row in told.rows] == ["pay_1:post"]
    assert told.parked == [ParkedRow(3, "listed-on-another-day")]


@pytest.mark.parametrize(
    ("in_books", "in_file", "how"),
    [
        (100, 100, None),
        (None, None, None),
        (100, None, Difference.NOT_IN_FILE),
        (None, 100, Difference.NOT_IN_BOOKS),
        (100, 101, Difference.AMOUNT),
    ],
)
def test_ledger_and_file_agree_or_differ_in_one_of_three_ways(in_books: Any, in_file: Any, how: Any) -> None:
    assert difference(in_books, in_file) is how


@pytest.mark.parametrize(
    ("day", "settled"),
    [
        ("2026-11-23", "2026-11-24"),  # Monday: Tuesday
        ("2026-11-27", "2026-11-30"),  # Friday before a fourth Saturday: Monday
        ("2026-12-04", "2026-12-05"),  # Friday before a first Saturday: that day
        ("2026-12-05", "2026-12-07"),  # first Saturday: Monday
        ("2026-10-01", "2026-10-03"),  # Gandhi Jayanti on Friday, then a first Saturday
        ("2027-01-25", "2027-01-27"),  # Republic Day
    ],
)
def test_a_department_is_paid_on_the_first_day_after_on_which_banks_work(day: str, settled: str) -> None:
    assert load_bank_days().settled_on(date.fromisoformat(day)) == date.fromisoformat(settled)


def test_before_banks_kept_saturdays_free_they_worked_on_them() -> None:
    assert load_bank_days().is_open(date(2015, 8, 8))
    assert not load_bank_days().is_open(date(2015, 9, 12))
