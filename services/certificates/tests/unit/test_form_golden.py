"""Dates and ladders of the shipped types, one by one: leap days, the last day of each limit, boundaries of age.

And what people have for names and addresses.
"""

from datetime import date
from typing import Any

import pytest
from tests.support.builders import RULEBOOK, birth_form, death_form, domicile_form, marriage_form
from tests.support.forms import still_birth_form

TODAY = date(2026, 11, 23)
REGISTRAR, MAGISTRATE = "District Registrar", "Executive magistrate"


def refusals(code: str, form: dict[str, Any], today: date = TODAY) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in RULEBOOK.types[code].check_form(form, today)[1]]


@pytest.mark.parametrize(
    ("happened", "reported", "paise", "permitted_by"),
    [
        # 21 days are free, the day of the event not counted.
        ("2026-11-02", "2026-11-23", 0, None),
        ("2026-11-01", "2026-11-23", 2_000, None),
        ("2026-10-24", "2026-11-23", 2_000, None),
        ("2026-10-23", "2026-11-23", 5_000, REGISTRAR),
        # Across the end of February, in a leap year and in another.
        ("2024-02-08", "2024-02-29", 0, None),
        ("2024-02-08", "2024-03-01", 2_000, None),
        ("2025-02-08", "2025-03-01", 0, None),
        ("2025-02-08", "2025-03-02", 2_000, None),
        # One year ends with the day of its date, however many days it had.
        ("2025-11-23", "2026-11-23", 5_000, REGISTRAR),
        ("2025-11-22", "2026-11-23", 10_000, MAGISTRATE),
        ("2027-06-01", "2028-06-01", 5_000, REGISTRAR),
        ("2027-06-01", "2028-06-02", 10_000, MAGISTRATE),
        # Born on a leap day: one year later the month ends on the 28th.
        ("2024-02-29", "2026-01-01", 10_000, MAGISTRATE),
        ("2028-02-29", "2029-02-28", 5_000, REGISTRAR),
        ("2028-02-29", "2029-03-01", 10_000, MAGISTRATE),
        ("2027-02-28", "2028-02-28", 5_000, REGISTRAR),
        ("2027-02-28", "2028-02-29", 10_000, MAGISTRATE),
        ("1899-12-31", "2026-11-23", 10_000, MAGISTRATE),
        ("1875-01-01", "2026-11-23", 10_000, MAGISTRATE),
    ],
)
def test_the_ladder_of_a_late_report(happened: str, reported: str, paise: int, permitted_by: str | None) -> None:
    today = date.fromisoformat(reported)
    for code, form, field in (
        ("birth", birth_form(today=today), "date_of_birth"),
        ("still-birth", still_birth_form(today=today), "date_of_still_birth"),
        ("death", death_form(today=today), "date_of_death"),
    ):
        kind = RULEBOOK.types[code]
        _, problems = kind.check_form({**form, field: happened}, today)
        assert [(p.field, p.code) for p in problems] == (
            [] if permitted_by is None else [("late_report_permission", "missing")]
        )
        if permitted_by is not None:
            assert f"Permitted by: {permitted_by}" in problems[0].detail
            assert "अनुमति देने वाला: " in (problems[0].detail_hi or "")
        permitted = {**form, field: happened, "late_report_permission": "7/2026", "late_report_permission_on": reported}
        kept, unmet = kind.check_form(permitted, today)
        assert unmet == []
        # Late fees are known from the end of 2025 on; before, and for what was reported then, nothing is taken.
        assert kind.fee_of(kept, today).paise == (paise if today > date(2025, 12, 31) else 0)


def test_a_permission_is_no_older_than_what_it_permits_and_has_no_day_without_itself() -> None:
    late = birth_form(60, TODAY, late_report_permission="7/2026")
    assert refusals("birth", {**late, "late_report_permission_on": "2026-09-23"}) == [
        ("late_report_permission_on", "too-early")
    ]
    assert refusals("birth", {**late, "late_report_permission_on": "2026-09-24"}) == []
    assert refusals("birth", birth_form(5, TODAY, late_report_permission_on="2026-11-20")) == [
        ("late_report_permission_on", "not-asked")
    ]


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2026-11-24", "in-the-future"),
        ("2026-02-29", "no-such-date"),
        ("1900-02-29", "no-such-date"),
        ("1874-12-31", "too-early"),
        ("0000-01-01", "no-such-date"),
        ("2026-11-31", "no-such-date"),
        ("23-11-2026", "wrong-form"),
        ("2026-11-23T00:00:00Z", "wrong-form"),
        ("२०२६-११-२३", "wrong-form"),
    ],
)
def test_a_day_that_is_none_or_is_to_come_is_refused(day: str, code: str) -> None:
    assert ("date_of_birth", code) in refusals("birth", birth_form(today=TODAY, date_of_birth=day))
    assert ("date_of_death", code) in refusals("death", death_form(today=TODAY, date_of_death=day))
    assert ("married_on", code) in refusals("marriage", marriage_form(married_on=day))


@pytest.mark.parametrize(
    ("born", "died", "age", "refused"),
    [
        ("1956-11-20", "2026-11-20", 70, []),
        ("1956-11-21", "2026-11-20", 70, [("age_years", "more-than-the-age")]),
        ("2026-11-20", "2026-11-20", 0, []),
        ("2026-11-21", "2026-11-20", 0, [("date_of_death", "too-early")]),
        ("1956-02-29", "2026-11-20", 70, []),
        ("1896-11-20", "2026-11-20", 130, []),
    ],
)
def test_a_death_is_not_before_the_birth_and_an_age_not_more_than_a_life(
    born: str, died: str, age: int, refused: list[tuple[str, str]]
) -> None:
    form = death_form(today=TODAY, date_of_birth=born, date_of_death=died, age_years=age)
    assert refusals("death", form) == refused


@pytest.mark.parametrize(
    ("born", "married", "refused"),
    [
        # Whoever was born on a leap day completes a year on 1 March of a year without one.
        ("2004-02-29", "2025-02-28", [("husband_date_of_birth", "too-young")]),
        ("2004-02-29", "2025-03-01", []),
        ("2003-11-23", "2024-11-22", [("husband_date_of_birth", "too-young")]),
        ("2003-11-23", "2024-11-23", []),
    ],
)
def test_ages_at_the_boundary(born: str, married: str, refused: list[tuple[str, str]]) -> None:
    assert refusals("marriage", marriage_form(husband_date_of_birth=born, married_on=married)) == refused


@pytest.mark.parametrize(
    "name", ["Ram", "D'Souza", "D’Souza", "Ó Néill", "A", "डि’सूज़ा", "Mohd. Ali", "Anne-Marie", "राम", "محمد", "李"]
)
def test_names_are_kept_as_people_write_them(name: str) -> None:
    kept, problems = RULEBOOK.types["domicile"].check_form(domicile_form(name=name, father_name=name), TODAY)
    assert (kept["name"], kept["father_name"], problems) == (name, name, [])


@pytest.mark.parametrize(("length", "refused"), [(200, []), (300, []), (301, [("address", "too-long")])])
def test_a_long_address_is_kept_whole(length: int, refused: list[tuple[str, str]]) -> None:
    address = ("Ghar 12, Sandbox Marg, " * 20)[: length - 1] + "X"
    kept, problems = RULEBOOK.types["domicile"].check_form(domicile_form(address=address), TODAY)
    assert [(p.field, p.code) for p in problems] == refused
    assert kept.get("address") == (None if refused else address)
