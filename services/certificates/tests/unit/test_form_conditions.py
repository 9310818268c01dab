"""What is asked under a condition, and what repeats: over the types that are shipped."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from tests.support.builders import RULEBOOK, caste_form, domicile_form, income_form, marriage_form
from tests.support.forms import ORDINARY, TODAY, correction_form, job_seeker_form
from tests.support.sentences import english, hindi

from certificates.domain.types.check import MOST_UNKNOWN
from certificates.domain.types.form import Answers, FormProblem

BA = {"level": "degree", "subject": "BA"}
WITNESSES = [
    {"witness_name": "Test Witness One", "office": "Headmaster", "witness_address": "Jaipur"},
    {"witness_name": "Test Witness Two", "office": "Doctor", "witness_address": "Jaipur"},
]


def problems(code: str, form: dict[str, Any], today: date = TODAY) -> list[FormProblem]:
    return RULEBOOK.types[code].check_form(form, today)[1]


def refusals(code: str, form: dict[str, Any], today: date = TODAY) -> list[tuple[str, str]]:
    return [("/".join((*p.within, p.field)), p.code) for p in problems(code, form, today)]


@pytest.mark.parametrize(
    ("form", "refused"),
    [
        (domicile_form(ground="married"), [("husband_name", "missing")]),
        (domicile_form(ground="married", husband_name="Test Husband"), []),
        (domicile_form(ground="born", husband_name="Test Husband"), [("husband_name", "not-asked")]),
        (domicile_form(husband_name="Test Husband"), [("husband_name", "not-asked")]),
        (domicile_form(ground="ten-years"), [("years_of_residence", "missing")]),
        (domicile_form(ground="ten-years", years_of_residence=9), [("years_of_residence", "out-of-range")]),
        (domicile_form(ground="ten-years", years_of_residence=10), []),
        (domicile_form(ground="born", years_of_residence=9), []),
        # On an answer that is refused itself nothing can depend.
        (domicile_form(ground="heard-so", husband_name="Test Husband"), [("ground", "unknown-choice")]),
        (domicile_form(ground="heard-so"), [("ground", "unknown-choice")]),
    ],
)
def test_what_depends_on_a_choice_is_asked_with_it_only(form: dict[str, Any], refused: list[tuple[str, str]]) -> None:
    assert refusals("domicile", form) == refused


def test_what_is_not_asked_is_not_kept() -> None:
    kept, _ = RULEBOOK.types["domicile"].check_form(domicile_form(husband_name="Test Husband"), TODAY)
    assert "husband_name" not in kept


def test_what_a_condition_demands_says_because_of_what_in_both_languages() -> None:
    for form in (domicile_form(ground="married"), domicile_form(husband_name="Test Husband")):
        (problem,) = problems("domicile", form)
        assert "ground" in problem.detail
        assert "ground" in (problem.detail_hi or "")
        assert hindi(problem.detail_hi)


@pytest.mark.parametrize(
    ("form", "today", "refused"),
    [
        (
            marriage_form(married_on="2026-11-20", wife_date_of_birth="2005-11-24"),
            TODAY,
            [("filed_by_name", "missing")],
        ),
        (marriage_form(married_on="2026-11-20", wife_date_of_birth="2005-11-23"), TODAY, []),
        (
            marriage_form(married_on="2026-11-20", wife_date_of_birth="2005-11-24", filed_by_name="Test Mother"),
            TODAY,
            [],
        ),
        # 21 on the first of March in a year without a 29 February.
        (
            marriage_form(married_on="2025-02-27", wife_date_of_birth="2004-02-29"),
            date(2025, 2, 28),
            [("filed_by_name", "missing")],
        ),
        (marriage_form(married_on="2025-02-27", wife_date_of_birth="2004-02-29"), date(2025, 3, 1), []),
        # Of a year alone it is not sure.
        (marriage_form(married_on="2026-11-20", wife_date_of_birth=None, wife_year_of_birth=2005), TODAY, []),
        (
            marriage_form(married_on="2026-11-20", wife_date_of_birth=None, wife_year_of_birth=2006),
            TODAY,
            [("filed_by_name", "missing")],
        ),
    ],
)
def test_a_parent_files_where_the_wife_is_under_21(
    form: dict[str, Any], today: date, refused: list[tuple[str, str]]
) -> None:
    assert refusals("marriage", form, today) == refused


def test_of_a_paper_of_the_state_the_number_is_asked_and_of_another_the_paper_itself() -> None:
    assert refusals("caste", caste_form(father_proof="certificate")) == [("father_proof_number", "missing")]
    assert refusals("caste", caste_form(father_proof="certificate", father_proof_number="CST-1")) == []
    assert refusals("caste", caste_form(father_proof="school-record")) == []
    school = next(paper for paper in RULEBOOK.types["caste"].documents if paper.code == "father-school-record")
    (condition,) = school.needed_when
    assert condition.holds(Answers((), {"father_proof": "school-record"}), TODAY)
    assert not condition.holds(Answers((), {"father_proof": "certificate"}), TODAY)


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        ([BA], []),
        ([{"level": "none"}], []),
        (None, [("qualifications", "missing")]),
        ([], [("qualifications", "missing")]),
        ("BA", [("qualifications", "wrong-type")]),
        ({"level": "none"}, [("qualifications", "wrong-type")]),
        ([BA] * 11, [("qualifications", "too-many")]),
        ([BA, "BA"], [("qualifications/1", "wrong-type")]),
        ([BA, None], [("qualifications/1", "wrong-type")]),
        ([{}], [("qualifications/0/level", "missing")]),
        ([BA, {"level": "degree"}], [("qualifications/1/subject", "missing")]),
        ([{"level": "none", "subject": "BA"}], [("qualifications/0/subject", "not-asked")]),
        ([{"level": "doctor"}], [("qualifications/0/level", "unknown-choice")]),
        ([{**BA, "year_passed": 1899}], [("qualifications/0/year_passed", "out-of-range")]),
        ([{**BA, "year_passed": True}], [("qualifications/0/year_passed", "wrong-type")]),
        ([{**BA, "grade": "A"}], [("qualifications/0/grade", "unknown-field")]),
        ([{**BA, "name": "Test"}], [("qualifications/0/name", "unknown-field")]),
        ([{**BA, "subject": ["BA"]}], [("qualifications/0/subject", "wrong-type")]),
    ],
)
def test_each_row_of_a_group_is_held_to_its_fields(rows: Any, refused: list[tuple[str, str]]) -> None:
    form = job_seeker_form(qualifications=rows)
    problems_told = problems("job-seeker-registration", form)
    assert [("/".join((*p.within, p.field)), p.code) for p in problems_told] == refused
    assert all(english(p.detail) and hindi(p.detail_hi) for p in problems_told)


def test_the_rows_of_a_group_are_kept_as_they_are_checked() -> None:
    form = job_seeker_form(qualifications=[{"level": "degree", "subject": " BA ", "year_passed": None}])
    kept, problems_told = RULEBOOK.types["job-seeker-registration"].check_form(form, TODAY)
    assert (kept["qualifications"], problems_told) == ([BA], [])


def test_a_row_with_more_names_than_any_form_has_is_told_of_the_first() -> None:
    flood = {f"x{number}": 1 for number in range(5_000)}
    assert len(problems("job-seeker-registration", job_seeker_form(qualifications=[flood]))) == MOST_UNKNOWN + 1


@pytest.mark.parametrize(
    ("witnesses", "refused"),
    [
        (WITNESSES, []),
        ([], []),
        (WITNESSES[:1], [("witnesses", "too-few")]),
        ([*WITNESSES, WITNESSES[0]], [("witnesses", "too-many")]),
        (
            [WITNESSES[0], {**WITNESSES[1], "witness_name": " test  WITNESS one "}],
            [("witnesses/1/witness_name", "repeated")],
        ),
    ],
)
def test_two_people_vouch_or_none_is_named(witnesses: Any, refused: list[tuple[str, str]]) -> None:
    assert refusals("domicile", domicile_form(witnesses=witnesses)) == refused


@pytest.mark.parametrize(
    ("rupees", "refused"),
    [([60_000, 30_000], []), ([60_000, 29_999], [("annual_income_rupees", "does-not-add-up")]), ([], [])],
)
def test_incomes_by_source_add_up(rupees: list[int], refused: list[tuple[str, str]]) -> None:
    rows = [{"source": "labour", "rupees": amount} for amount in rupees]
    assert refusals("income", income_form(incomes=rows)) == refused


def test_who_has_no_income_is_asked_for_no_sources() -> None:
    rows = [{"source": "labour", "rupees": 0}]
    without = income_form(annual_income_rupees=0, source_of_income="none")
    assert refusals("income", without) == []
    assert refusals("income", {**without, "incomes": rows}) == [("incomes", "not-asked")]


def test_sums_are_not_judged_of_rows_that_are_refused() -> None:
    rows = [{"source": "labour", "rupees": -1}]
    assert refusals("income", income_form(incomes=rows)) == [("incomes/0/rupees", "out-of-range")]


def test_another_name_is_entered_after_its_publication_in_the_gazette() -> None:
    row = {"entry": "name-change", "stands": "Ram Lal", "should_be": "Ram Kumar"}
    assert refusals("record-correction", correction_form(row)) == [("corrections/0/gazette", "missing")]
    assert refusals("record-correction", correction_form({**row, "gazette": "12 of 2026-10-01"})) == []
    spelling = {"entry": "name", "stands": "Ram Lal", "should_be": "Ramlal"}
    assert refusals("record-correction", correction_form({**spelling, "gazette": "12"})) == [
        ("corrections/0/gazette", "not-asked")
    ]
    assert refusals("record-correction", correction_form(spelling, spelling)) == [("corrections/1/entry", "repeated")]


@pytest.mark.parametrize("code", sorted(RULEBOOK.types))
def test_no_group_or_field_of_an_earlier_type_is_demanded_of_clients_that_do_not_know_it(code: str) -> None:
    """Clients that were written for plain fields must still be able to apply."""
    if code in {"birth", "death", "marriage", "domicile", "caste", "income"}:
        assert not any(group.required or group.required_when for group in RULEBOOK.types[code].groups)
    assert refusals(code, ORDINARY[code]) == []


def test_a_group_may_be_required_under_a_condition() -> None:
    caste = RULEBOOK.types["caste"]
    kind = replace(caste, groups=tuple(replace(g, required_when=caste.documents[-1].needed_when) for g in caste.groups))
    _, problems_told = kind.check_form(caste_form(father_proof="school-record"), TODAY)
    assert [(p.field, p.code) for p in problems_told] == [("witnesses", "missing")]
    assert kind.check_form(caste_form(), TODAY)[1] == []
