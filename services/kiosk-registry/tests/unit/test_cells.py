"""Cells that are no formula for a spreadsheet, both ways."""

import pytest

from kiosk_registry.domain.bulk.cells import guarded, unguarded


@pytest.mark.parametrize(
    "cell", ["=1+1", "+91", "-2", "@SUM(A1)", "＝1", "\tx", "\r=1", "'=1", "''+x", "=cmd|'/c calc'!A0"]
)
def test_a_cell_that_begins_a_formula_is_guarded_and_read_as_it_was(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"
    assert unguarded(guarded(cell)) == cell


@pytest.mark.parametrize(
    "cell", ["", "'", "''", "e-Mitra = good", "'Amar' Kendra", "ई-मित्र", "26.9", "MON 09:00-18:00"]
)
def test_any_other_cell_stays_as_it_is_both_ways(cell: str) -> None:
    assert guarded(cell) == cell
    assert unguarded(cell) == cell
