"""Rules between the answers of a form, and facts that some people do not have."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.builders import (
    RULEBOOK,
    birth_form,
    death_form,
    domicile_form,
    marriage_form,
)
from tests.support.forms import ORDINARY, TODAY, still_birth_form

from certificates.domain.types.form import FieldKind, FormProblem

FORMS = ORDINARY


def marriage(**changed: Any) -> dict[str, Any]:
    """A marriage that a parent files, as one must where the wife is young."""
    return marriage_form(filed_by_name="Test Parent", **changed)


def problems(code: str, form: dict[str, Any], today: date = TODAY) -> list[FormProblem]:
    return RULEBOOK.types[code].check_form(form, today)[1]


def refusals(code: str, form: dict[str, Any], today: date = TODAY) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in problems(code, form, today)]


def without(code: str, *names: str, **instead: Any) -> dict[str, Any]:
    return {name: value for name, value in FORMS[code].items() if name not in names} | instead


@pytest.mark.parametrize("code", sorted(RULEBOOK.types))
def test_an_ordinary_form_of_every_type_is_acceptable(code: str) -> None:
    assert refusals(code, FORMS[code]) == []


@pytest.mark.parametrize(
    ("code", "form"),
    [
        ("caste", without("caste", "father_name", father_name_absent="not-named", mother_name="Test Mother")),
        ("caste", without("caste", "date_of_birth", year_of_birth=1956)),
        ("domicile", without("domicile", "father_name", father_name_absent="orphan", guardian_name="Test Home")),
        ("domicile", without("domicile", "address", address_absent="no-fixed-address")),
        ("domicile", without("domicile", name="Ram", name_hi="राम", father_name="Gopal", address="Dhani Meghwalan")),
        ("income", without("income", "father_name", father_name_absent="not-known")),
        ("income", without("income", annual_income_rupees=0, source_of_income="none")),
        ("birth", without("birth", "mother_name", mother_name_absent="found-child")),
        (
            "birth",
            without(
                "birth",
                "place_of_birth",
                "parents_address",
                "sex",
                found_at="Bus stand",
                parents_address_absent="found-child",
                sex_absent="not-determined",
                date_of_birth_basis="estimated-by-doctor",
            ),
        ),
        (
            "death",
            without(
                "death",
                "name",
                "name_hi",
                "sex",
                "date_of_death",
                "place_of_death",
                "age_years",
                "relative_name",
                "address",
                name_absent="unidentified",
                sex_absent="not-determined",
                found_on="2026-11-20",
                found_at="Railway line",
                age_years_absent="not-known",
                relative_name_absent="not-known",
                address_absent="not-known",
            ),
        ),
        ("marriage", without("marriage", "wife_date_of_birth", wife_year_of_birth=1992)),
        ("marriage", without("marriage", "married_on", married_in_year=2019)),
        ("marriage", without("marriage", "husband_address", husband_address_absent="no-fixed-address")),
    ],
)
def test_who_does_not_have_a_fact_says_so_instead(code: str, form: dict[str, Any]) -> None:
    kept, unmet = RULEBOOK.types[code].check_form(form, TODAY)
    assert (kept, unmet) == (form, [])


@pytest.mark.parametrize("code", sorted(RULEBOOK.types))
def test_a_required_fact_left_out_without_a_word_is_refused_and_the_alternative_named(code: str) -> None:
    kind = RULEBOOK.types[code]
    for field in kind.form:
        if not field.required or field.asked_when:
            continue
        instead = [other.name for other in kind.form if field.name in other.instead_of]
        # What is asked because of it is not asked without it.
        (problem,) = [p for p in problems(code, without(code, field.name)) if p.code != "not-asked"]
        assert (problem.field, problem.code) == (field.name, "missing")
        assert [name for name in instead if name not in problem.detail] == []
        assert any("\u0900" <= letter <= "\u097f" for letter in problem.detail_hi or "")


@pytest.mark.parametrize("code", sorted(RULEBOOK.types))
def test_an_alternative_beside_the_fact_itself_is_refused(code: str) -> None:
    samples = {FieldKind.INTEGER: 1990, FieldKind.TEXT: "Somewhere", FieldKind.DATE: "2026-11-20"}
    for field in RULEBOOK.types[code].form:
        if field.instead_of:
            answer = field.choices[0].code if field.choices else samples[field.kind]
            assert (field.name, "both-given") in refusals(code, {**FORMS[code], field.name: answer})


@pytest.mark.parametrize(
    ("form", "refused"),
    [
        (marriage(married_on="2019-02-14", wife_date_of_birth="2021-05-01"), [("married_on", "too-early")]),
        (
            marriage(husband_date_of_birth="2014-01-01", wife_date_of_birth="2014-02-14"),
            [("husband_date_of_birth", "too-young"), ("wife_date_of_birth", "too-young")],
        ),
        (marriage(husband_date_of_birth="1998-02-15"), [("husband_date_of_birth", "too-young")]),
        (marriage(husband_date_of_birth="1998-02-14"), []),
        (marriage(wife_date_of_birth="2001-02-15"), [("wife_date_of_birth", "too-young")]),
        (marriage(wife_date_of_birth="2001-02-14"), []),
        (
            marriage(married_on="1980-01-01", husband_date_of_birth="1955-01-01", wife_date_of_birth="1970-01-01"),
            [("wife_date_of_birth", "too-young")],
        ),
        # The ages of the laws before 1978-10-02 are not loaded.
        (
            marriage(married_on="1978-10-01", husband_date_of_birth="1950-01-01", wife_date_of_birth="1962-01-01"),
            [],
        ),
        # Born in 1998 and married in 2019: 21 if born by 14 February, and the officer sees to it.
        (marriage(husband_date_of_birth=None, husband_year_of_birth=1998), []),
        (
            marriage(husband_date_of_birth=None, husband_year_of_birth=1999),
            [("husband_year_of_birth", "too-young")],
        ),
        (
            marriage(wife_date_of_birth=None, wife_year_of_birth=2027),
            [("married_on", "too-early"), ("wife_year_of_birth", "in-the-future")],
        ),
        (marriage(wife_date_of_birth="1890-01-01"), [("wife_date_of_birth", "too-old")]),
        (marriage(married_on=None, married_in_year=2027), [("married_in_year", "in-the-future")]),
        (marriage(married_on=None, married_in_year=2026), []),
        # On the day of a birth the age is 0, and the order of the dates is right.
        (marriage(wife_date_of_birth="2019-02-14"), [("wife_date_of_birth", "too-young")]),
        (marriage(wife_date_of_birth="2019-02-15"), [("married_on", "too-early")]),
    ],
)
def test_a_marriage_is_held_to_the_order_of_its_dates_and_to_the_law_of_its_day(
    form: dict[str, Any], refused: list[tuple[str, str]]
) -> None:
    assert sorted(refusals("marriage", form)) == refused


@pytest.mark.parametrize(
    ("married_on", "law"),
    [
        ("1978-10-01", None),
        ("1978-10-02", "Child Marriage Restraint Act 1929"),
        ("2007-10-31", "Child Marriage Restraint Act 1929"),
        ("2007-11-01", "Prohibition of Child Marriage Act 2006"),
    ],
)
def test_the_law_of_the_day_of_a_marriage_counts_from_its_first_to_its_last_day(
    married_on: str, law: str | None
) -> None:
    born = f"{int(married_on[:4]) - 15}-01-01"
    form = marriage(married_on=married_on, wife_date_of_birth=born, husband_date_of_birth="1940-01-01")
    assert [law in problem.detail for problem in problems("marriage", form) if law] == ([True] if law else [])
    assert (refusals("marriage", form) == []) == (law is None)


def test_a_refusal_names_the_law_in_both_languages() -> None:
    (problem,) = problems("marriage", marriage(wife_date_of_birth="2014-02-14"))
    assert "Prohibition of Child Marriage Act 2006" in problem.detail
    assert "बाल विवाह प्रतिषेध अधिनियम 2006" in (problem.detail_hi or "")


@pytest.mark.parametrize(
    ("days", "paise", "refused"),
    [
        (0, 0, []),
        (21, 0, []),
        (22, 2_000, []),
        (30, 2_000, []),
        (31, 5_000, [("late_report_permission", "missing")]),
        (365, 5_000, [("late_report_permission", "missing")]),
        (366, 10_000, [("late_report_permission", "missing")]),
        ((TODAY - date(1875, 1, 1)).days, 10_000, [("late_report_permission", "missing")]),
    ],
)
def test_a_late_report_of_a_birth_or_a_death_costs_a_fee_and_needs_a_permission(
    days: int, paise: int, refused: list[tuple[str, str]]
) -> None:
    for code, form in (
        ("birth", birth_form(days, TODAY)),
        ("still-birth", still_birth_form(days, TODAY)),
        ("death", death_form(days, TODAY)),
    ):
        assert refusals(code, form) == refused
        permitted = {**form, "late_report_permission": "Order 7 of 2026-11-01"}
        kept, unmet = RULEBOOK.types[code].check_form(permitted, TODAY)
        assert unmet == []
        assert RULEBOOK.types[code].fee_of(kept, TODAY).paise == paise


def test_a_body_found_is_reported_in_time_from_the_day_on_which_it_was_found() -> None:
    form = without("death", "date_of_death", found_on="2026-11-20")
    assert RULEBOOK.types["death"].fee_of(form, TODAY).paise == 0
    assert RULEBOOK.types["death"].fee_of({**form, "found_on": "2026-10-30"}, TODAY).paise == 2_000


@pytest.mark.parametrize(
    ("form", "refused"),
    [
        (
            domicile_form(date_of_birth="2020-11-24", years_of_residence=6),
            [("years_of_residence", "more-than-the-age")],
        ),
        (domicile_form(date_of_birth="2020-11-23", years_of_residence=6), []),
        (domicile_form(date_of_birth=None, year_of_birth=2020, years_of_residence=6), []),
        (
            domicile_form(date_of_birth=None, year_of_birth=2020, years_of_residence=7),
            [("years_of_residence", "more-than-the-age")],
        ),
        (domicile_form(date_of_birth="1895-11-22"), [("date_of_birth", "too-old")]),
        (domicile_form(date_of_birth="1895-11-24"), []),
        (domicile_form(date_of_birth=None, year_of_birth=2027), [("year_of_birth", "in-the-future")]),
        (domicile_form(date_of_birth=None, year_of_birth=1874), [("year_of_birth", "out-of-range")]),
    ],
)
def test_nobody_has_lived_or_resided_longer_than_they_can_have(
    form: dict[str, Any], refused: list[tuple[str, str]]
) -> None:
    assert refusals("domicile", form) == refused


@pytest.mark.parametrize("code", sorted(RULEBOOK.types))
def test_no_year_that_stands_in_for_a_date_is_in_the_future(code: str) -> None:
    for field in RULEBOOK.types[code].form:
        if field.instead_of and field.kind is FieldKind.INTEGER:
            form = without(code, *field.instead_of, **{field.name: TODAY.year + 1})
            assert (field.name, "in-the-future") in refusals(code, form)


@given(st.sampled_from(sorted(RULEBOOK.types)), st.data())
def test_no_acceptable_answers_break_a_rule_with_an_error(code: str, data: st.DataObject) -> None:
    """Rules compare whatever the fields accept: the first and last years, leap days, zero."""
    kind = RULEBOOK.types[code]
    form: dict[str, Any] = dict(FORMS[code])
    for field in kind.form:
        if field.kind is FieldKind.DATE:
            form[field.name] = data.draw(st.dates(date(1875, 1, 1), TODAY)).isoformat()
        if field.kind is FieldKind.INTEGER:
            form[field.name] = data.draw(st.integers(field.minimum, field.maximum))
    kept, unmet = kind.check_form(form, TODAY)
    assert kind.fee_of(kept, TODAY).paise >= 0
    assert all(problem.detail_hi for problem in unmet)
