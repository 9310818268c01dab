"""`certificates lint-types`: every rule of a type's file, each with a file that breaks it and the line that is told."""

from pathlib import Path

import pytest
from tests.support.builders import RULEBOOK
from tests.support.sample_type import GOOD
from typer.testing import CliRunner

from certificates.adapters.rulebook.lint import lint_types
from certificates.adapters.rulebook.rulebook_files import SHIPPED_TYPES
from certificates.entrypoints.service import main


def linted(folder: Path, text: str) -> list[str]:
    (folder / "sample.toml").write_text(text, encoding="utf-8")
    return lint_types(folder, RULEBOOK.types)


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["lint-types", *map(str, arguments)])
    return result.exit_code, result.output


def test_nothing_is_wrong_with_the_types_that_are_shipped() -> None:
    assert lint_types(SHIPPED_TYPES, {}) == []
    assert run()[0] == 0


def test_a_file_with_one_of_everything_is_right(tmp_path: Path) -> None:
    assert linted(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("good", "bad", "where", "told"),
    [
        ('code = "sample"', 'code = "simple"', "1: code", "the file must be named after it"),
        ('name = "detail"', 'name = "kind"', "11: fields", "Twice in the list: kind"),
        ('hi = "विवरण"', 'hi = ""', "22: fields.1.label.hi", "Length must be"),
        (', hi = "विवरण"', "", "22: fields.1.label.hi", "Missing data"),
        ('hi = "विवरण"', 'hi = "Detail"', "22: fields.1.label.hi", "Is not written in Hindi"),
        ('en = "Detail"', 'en = "विवरण"', "22: fields.1.label.en", "Is not written in English"),
        ('order_hi = "नमूना आदेश"\n[[rules', "[[rules", "70: fees.1.order_hi", "no name in Hindi"),
        (
            'field = "kind", is = ["a"] }]\nrequired',
            'field = "kin", is = ["a"] }]\nrequired',
            "20: fields.1.asked_when.0",
            "the form has no field kin",
        ),
        ('is = ["a"] }]\nrequired', 'is = ["b"] }]\nrequired', "20: fields.1.asked_when.0", "kind has no choice b"),
        ('is = ["a"] }]\nrequired', 'was = ["a"] }]\nrequired', "20: fields.1.asked_when.0", "Must say of a field"),
        ('born = "happened_on"', 'born = "total"', "21: fields.1.required_when.0", "total is no date"),
        ("younger_than = 18", "younger_than = 0", "21: fields.1.required_when.0.younger_than", "Must be greater"),
        ("[{ born", "[{ is = 5, born", "21: fields.1.required_when.0.field", "Missing data"),
        ('type = "text"\nasked', 'type = "text"\nrequired = true\nasked', "22: fields.1.required_when", "Says nothing"),
        ('name = "rows"', 'name = "total"', "46: groups.0.name", "Twice in the form: total"),
        ('name = "amount"', 'name = "total"', "50: groups.0.fields", "Twice in the form: total"),
        ("at_most = 3", "at_most = 3\nat_least = 4", "48: groups.0.at_least", "Must not be more than at_most"),
        ("at_most = 3", "at_most = 21", "47: groups.0.at_most", "Must be greater"),
        (
            'type = "integer"\nminimum = 0\nmaximum = 9\nlabel = { en = "Amount"',
            'type = "integer"\non_certificate = true\nminimum = 0\nmaximum = 9\nlabel = { en = "Amount"',
            "50: groups.0.fields",
            "No row is on the certificate: amount",
        ),
        ('field = "kind", answered', 'field = "amount", answered', "48: groups.0.asked_when.0", "has no field amount"),
        (
            'code = "two", issued_by = "other"',
            'code = "two", issued_by = "rajasthan"',
            "62: documents.0.any_of.1.issued_by",
            "Ask once",
        ),
        ('code = "two"', 'code = "one"', "60: documents.0.any_of", "Twice in the list: one"),
        (
            'code = "proof"',
            'code = "proof"\nissued_by = "other"',
            "58: documents.0.issued_by",
            "Must have issued_by, or",
        ),
        (
            'field = "kind", is = ["a"] }]\nlabel = { en = "Proof"',
            'field = "x", is = ["a"] }]\nlabel = { en = "Proof"',
            "58: documents.0.needed_when.0",
            "the form has no field x",
        ),
        (
            'en = "Two", hi = "दो"',
            'en = "Domicile certificate", hi = "दो"',
            "62: documents.0.any_of.1.label",
            "Ask once: the state issues this itself (domicile)",
        ),
        (
            'en = "Proof", hi = "प्रमाण"',
            'en = "Proof", hi = "पिता का जाति प्रमाण पत्र"',
            "59: documents.0.label",
            "Ask once: the state issues this itself (caste)",
        ),
        ("after_years = 1\npaise", "after_years = 1\nafter_days = 9\npaise", "72: fees.1.after_years", "not both"),
        ("2020-01-01\nafter_years = 1\n", "2020-01-01\n", "64: fees", "each pair once"),
        ('event = "happened_on"\nappeals', 'event = "total"\nappeals', "7: event", "Fees of a late report need"),
        ("after_days = 30, ", "", "83: rules.0.rungs.0.after_days", "one of both"),
        ("after_days = 30", "after_days = 366", "82: rules.0.rungs", "Must be in order of time"),
        ('needs = "permission"', 'needs = "permit"', "80: rules.0.needs", "the form has no field permit"),
        ('event = "happened_on"\nneeds', 'event = "total"\nneeds', "79: rules.0.event", "total is no date"),
        (
            'group = "rows"\nfield = "amount"\ntotal',
            'group = "lines"\nfield = "amount"\ntotal',
            "88: rules.1.group",
            "the form has no group lines",
        ),
        ('field = "amount"\ntotal', 'field = "total"\ntotal', "89: rules.1.field", "the form has no field total"),
        ('total = "total"', 'total = "detail"', "90: rules.1.total", "detail is no integer"),
        (
            'field = "amount"\nwhen = [{ field = "kind"',
            'field = "amount"\nwhen = [{ field = "sort"',
            "96: rules.2.when.0",
            "the form has no field sort",
        ),
        ('field = "total"\nmaximum', 'field = "detail"\nmaximum', "100: rules.3.field", "detail is no integer"),
        ('number = "paper_number"', 'number = "total"', "9: record.number", "Must name a field of the type text"),
        ('issued_on = "paper_day"', 'issued_on = "total"', "9: record.issued_on", "Must name a field of the type date"),
        (
            'by = "guaranteed-delivery-2011"',
            'by = "royal-mercy"',
            "8: appeals.by",
            "Must be one of: guaranteed-delivery",
        ),
        ("officers = { first", "officers = { last", "8: appeals.officers", "has no last, but first"),
        ('office_level = "tehsil"', 'office_level = "moon"', "108: steps.0.office_level", "Must be one of: state"),
        ('signer = { en = "Clerk"', 'signer = { en = "King"', "6: signer", "Must be one of the posts of the last step"),
    ],
)
def test_a_broken_file_is_told_by_its_line(tmp_path: Path, good: str, bad: str, where: str, told: str) -> None:
    broken = GOOD.replace(good, bad, 1)
    assert broken != GOOD

    problems = linted(tmp_path, broken)

    assert [problem for problem in problems if problem.startswith(f"sample.toml:{where}: ") and told in problem], (
        problems
    )


def test_a_type_without_a_fee_says_that_none_was_found(tmp_path: Path) -> None:
    start, end = GOOD.index("[[fees]]"), GOOD.index("[[rules]]")
    free = "fees = []\n" + GOOD[:start] + GOOD[end:]
    assert linted(tmp_path, free) == []
    silent = free.replace('unset = [{ en = "Much", hi = "बहुत कुछ" }]\n', "")
    assert linted(tmp_path, silent) == [
        "sample.toml:1: unset: Must say that no fee was found: without one the type is not open."
    ]


def test_a_record_is_of_a_type_that_there_is(tmp_path: Path) -> None:
    assert linted(tmp_path, GOOD.replace('types = ["domicile"]', 'types = ["pedigree"]')) == [
        "sample.toml: record.types: there is no type pedigree"
    ]


def test_a_folder_may_not_have_what_is_shipped(tmp_path: Path) -> None:
    text = GOOD.replace('code = "sample"', 'code = "domicile"').replace('"SMP"', '"DOM"')
    (tmp_path / "domicile.toml").write_text(text, encoding="utf-8")
    assert lint_types(tmp_path, RULEBOOK.types)[:2] == [
        "code 'domicile' belongs to more than one type",
        "prefix 'DOM' belongs to more than one type",
    ]
    assert lint_types(tmp_path, {}) == []


def test_the_command_says_each_problem_and_ends_with_1(tmp_path: Path) -> None:
    linted(tmp_path, GOOD.replace("working_days = 1", "working_days = 0").replace("at_most = 3", "at_most = 0"))
    code, said = run(tmp_path)
    assert code == 1
    assert "sample.toml:47: groups.0.at_most: " in said
    assert "sample.toml:107: steps.0.working_days: " in said


def test_the_command_ends_well_with_a_folder_that_is_right(tmp_path: Path) -> None:
    linted(tmp_path, GOOD)
    assert run(tmp_path) == (0, f"{tmp_path}: 1 type(s), nothing is wrong\n")
    assert run("--alone", tmp_path)[0] == 1  # nothing of the type domicile, on which it acts, is in the folder


def test_the_command_refuses_what_is_no_folder(tmp_path: Path) -> None:
    code, _ = run(tmp_path / "nowhere")
    assert code == 2


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"code = \n", 1),
        (b'code = "a"\nfees = [\n', 3),
        (b"\xff\xfe", 1),
        (b'code = "a"\ncode = "b"\n', 2),
    ],
)
def test_what_is_no_toml_is_told_by_its_line(tmp_path: Path, content: bytes, line: int) -> None:
    (tmp_path / "sample.toml").write_bytes(content)
    (problem,) = lint_types(tmp_path, RULEBOOK.types)
    assert problem.startswith(f"sample.toml:{line}: is not TOML")
