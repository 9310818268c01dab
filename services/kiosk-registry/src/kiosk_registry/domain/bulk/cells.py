"""Cells that are safe in a spreadsheet, both ways.

A spreadsheet runs a cell as a formula that begins with one of `= + - @`, their wide forms, a tab or a line end (OWASP,
"CSV Injection"). Such a text gets an apostrophe before it on the way out, which a spreadsheet hides, and loses it on
the way in.
"""

_BEGINS_A_FORMULA = frozenset("=+-@＝＋－＠\t\r\n")
_GUARD = "'"


def guarded(cell: str) -> str:
    """The cell as it is written into a file; `unguarded` gives it back."""
    return _GUARD + cell if _is_formula(cell.lstrip(_GUARD)) else cell


def unguarded(cell: str) -> str:
    """The cell as it was meant."""
    return cell[1:] if cell.startswith(_GUARD) and _is_formula(cell.lstrip(_GUARD)) else cell


def _is_formula(cell: str) -> bool:
    return cell[:1] in _BEGINS_A_FORMULA and cell != ""
