"""What a library of ours gives up has its day: said where it is called, told in the changelog, and kept
(docs/release.md, "What ends has a day")."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.conftest import ROOT

LIBRARIES = sorted(path.parent for path in (ROOT / "shared").glob("*/pyproject.toml"))
_DAY = re.compile(r"\buntil (\d{4}-\d{2}-\d{2})\b")


def faults(source: str, changelog: str, today: date) -> Iterator[str]:
    """What is wrong with the deprecations in a module of a library, a line each."""
    for node in ast.walk(ast.parse(source)):
        for decorator in getattr(node, "decorator_list", []):
            if not (isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("deprecated")):
                continue
            message = ast.literal_eval(decorator.args[0])
            day = _DAY.search(message)
            name = getattr(node, "name", "")
            if not day:
                yield f"{decorator.lineno}: {name}: say what to use instead, and its day: `until 2027-03-31`."
            elif date.fromisoformat(day[1]) <= today:
                yield f"{decorator.lineno}: {name}: its day has come: take it away, and say so in the changelog."
            elif not any(name in line and day[1] in line for line in changelog.split("\n- ")):
                yield f"{decorator.lineno}: {name}: the changelog has no line with it and its day."


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda path: path.name)
def test_what_a_library_gives_up_has_its_day(library: Path) -> None:
    changelog, today = library / "CHANGELOG.md", datetime.now(UTC).date()
    told = changelog.read_text() if changelog.exists() else ""
    assert [
        f"{file.relative_to(ROOT)}:{fault}"
        for file in sorted(library.glob("src/**/*.py"))
        for fault in faults(file.read_text(), told, today)
    ] == []


@pytest.mark.parametrize(
    ("message", "changelog", "says"),
    [
        ("use paid() until 2027-03-31", "- `pay` is `paid`; it goes\n  on 2027-03-31.", ""),
        ("use paid()", "- `pay` is `paid`.", "say what to use instead, and its day"),
        ("use paid() until 2026-11-26", "- `pay` goes on 2026-11-26.", "its day has come"),
        ("use paid() until 2027-03-31", "- `pay` goes.\n- Another thing, 2027-03-31.", "the changelog has no line"),
    ],
)
def test_what_has_no_day_or_is_past_it_is_named(message: str, changelog: str, says: str) -> None:
    source = f'@typing_extensions.deprecated("{message}")\ndef pay() -> None: ...\n'
    told = list(faults(source, changelog, date(2026, 11, 26)))
    assert len(told) == bool(says)
    assert all(says in fault for fault in told)
