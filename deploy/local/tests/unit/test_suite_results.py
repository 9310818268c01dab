"""The table of `make test` counts what pytest reported, and silence is not success."""

from pathlib import Path

from emitra_local.suite_results import Result, read_report


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
