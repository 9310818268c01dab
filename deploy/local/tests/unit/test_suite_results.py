"""The table of `make test` counts what pytest reported, and silence is not success."""

from math import inf
from pathlib import Path

from emitra_local.suite_results import Result, read_report, seconds_of


def report(folder: Path, text: str) -> Path:
    file = folder / "report.xml"
    file.write_text(text)
    return file


def test_passed_are_those_that_neither_failed_nor_were_skipped(tmp_path: Path) -> None:
    written = report(tmp_path, '<testsuites><testsuite tests="10" failures="2" errors="1" skipped="3"/></testsuites>')

    assert read_report("billing", written, 1, 2.5) == Result("billing", 4, 3, 3, 2.5)


def test_a_suite_without_tests_has_failed(tmp_path: Path) -> None:
    written = report(tmp_path, '<testsuites><testsuite tests="0" failures="0" errors="0" skipped="0"/></testsuites>')

    assert read_report("billing", written, 5, 0.1).failed == 1


def test_a_suite_that_wrote_no_report_has_failed(tmp_path: Path) -> None:
    assert read_report("billing", tmp_path / "missing.xml", 0, 0.1).failed == 1


def test_how_long_a_suite_took_is_in_its_report(tmp_path: Path) -> None:
    assert seconds_of(report(tmp_path, '<testsuites><testsuite time="12.5"/></testsuites>')) == 12.5
    assert seconds_of(report(tmp_path, '<testsuites><testsuite time="12')) == inf
    assert seconds_of(tmp_path / "missing.xml") == inf
