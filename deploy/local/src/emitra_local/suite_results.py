"""How suites went: read from pytest's own reports, and the table at the end of `make test`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from xml.etree import ElementTree  # the reports are written by our own pytest a moment before

from rich.table import Table

from emitra_local.console import console


@dataclass(frozen=True)
class Result:
    """How one suite went; a check without cases of its own (a linter) counts as one."""

    name: str
    passed: int
    failed: int
    skipped: int
    seconds: float


def read_report(name: str, report: Path, code: int, seconds: float) -> Result:
    """What a suite's JUnit report says, given pytest's exit code. Silence is not success: a suite without a report or
    without tests has failed."""
    if not report.exists():
        return Result(name, 0, 1, 0, seconds)
    counts = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):  # noqa: S314 - our own file
        for key in counts:
            counts[key] += int(suite.get(key, 0))
    failed = counts["failures"] + counts["errors"]
    if code and not failed:
        failed = 1  # no tests at all, or pytest itself broke
    return Result(name, max(0, counts["tests"] - failed - counts["skipped"]), failed, counts["skipped"], seconds)


def seconds_of(report: Path) -> float:
    """How long the suite of a JUnit report took; without a whole report infinity."""
    try:
        return sum(float(suite.get("time", 0)) for suite in ElementTree.parse(report).getroot().iter("testsuite"))  # noqa: S314 - our own file
    except (OSError, ElementTree.ParseError):
        return inf


def summarise(results: Sequence[Result]) -> int:
    """Print the table and, last, `N passed, N failed`; 1 if anything failed, else 0."""
    table = Table("suite", "passed", "failed", "skipped", "seconds", box=None)
    for result in results:
        colour = "red" if result.failed else "green"
        numbers = [str(number) if number else "" for number in (result.passed, result.failed, result.skipped)]
        table.add_row(f"[{colour}]{result.name}[/]", *numbers, f"{result.seconds:.1f}")
    console.print()
    console.print(table)
    passed, failed = sum(result.passed for result in results), sum(result.failed for result in results)
    console.print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0
