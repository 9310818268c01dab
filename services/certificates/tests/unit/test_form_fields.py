"""What each kind of field accepts, and what it says of what it refuses."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from tests.support.builders import DOMICILE, domicile_form
from tests.support.sentences import english, hindi

from certificates.domain.label import Label
from certificates.domain.types.form import Answers, Choice, FieldKind, FormField, FormProblem, Span
from servicekit.text import Line

TODAY = date(2026, 11, 23)
LABEL = Label("Field", "जानकारी")


def field(kind: FieldKind, **changed: Any) -> FormField:
    return FormField(name="asked", label=LABEL, kind=kind, required=True, **changed)


TEXT = field(FieldKind.TEXT, rule=Line(5))
HINTED = field(
    FieldKind.TEXT,
    rule=Line(5),
    pattern=re.compile("[A-Z]{2}"),
    hint=Label("two capitals", "दो बड़े अक्षर"),
)
BARE = field(FieldKind.TEXT, rule=Line(5), pattern=re.compile("[A-Z]{2}"))
DAY = field(FieldKind.DATE)
NUMBER = field(FieldKind.INTEGER, minimum=3, maximum=5)
CHOICE = field(FieldKind.CHOICE, choices=(Choice("one", LABEL), Choice("two", LABEL)))


@pytest.mark.parametrize(
    ("asked", "value", "kept"),
    [
        (TEXT, " five5 ", "five5"),
        (HINTED, "AB", "AB"),
        (DAY, "1875-01-01", "1875-01-01"),
        (DAY, "2026-11-23", "2026-11-23"),
        (DAY, "2024-02-29", "2024-02-29"),
        (NUMBER, 3, 3),
        (NUMBER, 5, 5),
        (CHOICE, "one", "one"),
        (CHOICE, "two", "two"),
    ],
)
def test_what_a_field_holds_is_kept(asked: FormField, value: object, kept: object) -> None:
    assert asked.check(value, TODAY) == kept


@pytest.mark.parametrize(
    ("asked", "value", "code", "named"),
    [
        (TEXT, 5, "wrong-type", ()),
        (TEXT, None, "wrong-type", ()),
        (TEXT, "sixsix", "too-long", ("5",)),
        (TEXT, "", "blank", ()),
        (HINTED, "ab", "wrong-form", ("two capitals", "दो बड़े अक्षर")),
        (HINTED, "ABC", "wrong-form", ("two capitals", "दो बड़े अक्षर")),
        (BARE, "ab", "wrong-form", ("[A-Z]{2}", "[A-Z]{2}")),
        (DAY, 20261123, "wrong-form", ("YYYY-MM-DD", "YYYY-MM-DD")),
        (DAY, "23-11-2026", "wrong-form", ("YYYY-MM-DD", "YYYY-MM-DD")),
        (DAY, "2026-11-23 ", "wrong-form", ()),
        (DAY, "2026-02-29", "no-such-date", ()),
        (DAY, "1874-12-31", "too-early", ("1875-01-01", "1875-01-01")),
        (DAY, "2026-11-24", "in-the-future", ()),
        (NUMBER, "3", "wrong-type", ()),
        (NUMBER, 3.0, "wrong-type", ()),
        (NUMBER, True, "wrong-type", ()),
        (NUMBER, 2, "out-of-range", ("from 3 to 5", "3 से 5")),
        (NUMBER, 6, "out-of-range", ("from 3 to 5", "3 से 5")),
        (CHOICE, "three", "unknown-choice", ("one, two", "one, two")),
        (CHOICE, 1, "unknown-choice", ("one, two", "one, two")),
    ],
)
def test_what_a_field_does_not_hold_is_refused_in_both_languages_with_what_it_holds(
    asked: FormField, value: object, code: str, named: tuple[str, ...]
) -> None:
    refused = asked.check(value, TODAY)
    assert isinstance(refused, FormProblem)
    assert (refused.field, refused.code) == ("asked", code)
    assert english(refused.detail), refused.detail
    assert hindi(refused.detail_hi), refused.detail_hi
    for words, told in zip(named, (refused.detail, refused.detail_hi), strict=False):
        assert words in (told or "")


def test_a_text_without_a_rule_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="asked is a text without a rule"):
        field(FieldKind.TEXT)


YEAR = FormField(name="year", label=LABEL, kind=FieldKind.INTEGER, required=False, maximum=9999, instead_of=("asked",))
OTHER_DAY = FormField(name="seen_on", label=LABEL, kind=FieldKind.DATE, required=False, instead_of=("asked",))


@pytest.mark.parametrize(
    ("values", "span"),
    [
        ({"asked": "2026-11-23"}, Span("asked", TODAY, TODAY)),
        ({"seen_on": "2026-11-23"}, Span("seen_on", TODAY, TODAY)),
        ({"year": 2024}, Span("year", date(2024, 1, 1), date(2024, 12, 31))),
        ({"other": 2024}, None),
        ({}, None),
    ],
)
def test_when_it_happened_is_a_day_or_all_days_of_a_year(values: dict[str, Any], span: Span | None) -> None:
    assert Answers((DAY, YEAR, OTHER_DAY), values).span("asked") == span


def test_a_form_tells_every_problem_with_its_field() -> None:
    wrong = domicile_form(name=5, father_name=None, nickname="x", father_name_absent=None, mother_name="=1")
    kept, problems = DOMICILE.check_form(wrong, TODAY)
    assert {(problem.field, problem.code) for problem in problems} == {
        ("name", "wrong-type"),
        ("father_name", "missing"),
        ("nickname", "unknown-field"),
        ("mother_name", "formula"),
    }
    assert kept == domicile_form(name=None, father_name=None)
    for problem in problems:
        assert english(problem.detail), problem.detail
        assert hindi(problem.detail_hi), problem.detail_hi


@pytest.mark.parametrize(
    ("changed", "code", "named"),
    [
        ({"father_name": None}, "missing", "father_name_absent"),
        ({"father_name_absent": "orphan"}, "both-given", "father_name"),
        ({"name": None}, "missing", ""),
    ],
)
def test_a_fact_and_what_stands_in_for_it_name_each_other(changed: dict[str, Any], code: str, named: str) -> None:
    (problem,) = DOMICILE.check_form(domicile_form(**changed), TODAY)[1]
    assert problem.code == code
    assert english(problem.detail), problem.detail
    assert hindi(problem.detail_hi), problem.detail_hi
    assert named in problem.detail
    assert named in (problem.detail_hi or "")


def test_several_that_stand_in_for_one_or_one_for_several_are_told_as_a_list() -> None:
    with_another = (*DOMICILE.form, replace(YEAR, name="father_known_as", instead_of=("father_name", "name")))
    kind = replace(DOMICILE, form=with_another)
    (missing,) = kind.check_form(domicile_form(father_name=None), TODAY)[1]
    both = kind.check_form(domicile_form(father_known_as=1), TODAY)[1][0]
    for problem, listed in ((missing, "father_name_absent, father_known_as"), (both, "father_name, name")):
        assert listed in problem.detail
        assert listed in (problem.detail_hi or "")
