"""How the state was divided: the facts, and what follows from them for a case and for a count."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk_registry.adapters.data.district_facts import districts
from kiosk_registry.adapters.data.territory_file import read_territory
from kiosk_registry.domain.places.territory import (
    Area,
    Division,
    Order,
    State,
    Term,
    Territory,
    TerritoryFactsError,
)

TERRITORY = read_territory(None, districts())
OF_2011, OF_2023, OF_2024 = date(2023, 8, 6), date(2023, 8, 7), date(2024, 12, 28)
LAST_OF_50 = date(2024, 12, 27)
KEPT = {
    "balotra", "beawar", "deeg", "didwana-kuchaman", "kotputli-behror", "khairthal-tijara", "phalodi", "salumber",
}  # fmt: skip
DAYS = st.dates(date(2008, 1, 26), date(2026, 11, 28))


def codes_on(day: date) -> set[str]:
    return {area.code for area in TERRITORY.areas_on(day)}


def test_there_were_33_districts_then_50_and_are_41_since_the_28th_of_december_2024() -> None:
    days = (OF_2011, OF_2023, LAST_OF_50, OF_2024)

    assert [len(codes_on(day)) for day in days] == [33, 50, 50, 41]
    assert codes_on(OF_2024) - codes_on(OF_2011) == KEPT
    assert len(codes_on(OF_2023) - codes_on(OF_2024)) == 9


def test_there_are_seven_divisions_and_were_ten_while_the_three_were_there() -> None:
    three = {"Pali", "Banswara", "Sikar"}
    names = [{division.code for division in TERRITORY.divisions_on(day)} for day in (OF_2011, OF_2023, OF_2024)]

    assert [len(codes) for codes in names] == [7, 10, 7]
    assert names[1] - names[0] == three
    sikar = TERRITORY.area("114")
    assert sikar is not None
    assert [TERRITORY.division_of(sikar, day) for day in (OF_2011, OF_2023, OF_2024)] == ["Jaipur", "Sikar", "Jaipur"]


@settings(deadline=None)
@given(DAYS)
def test_every_district_of_a_day_lies_in_a_division_of_that_day(day: date) -> None:
    divisions = {division.code for division in TERRITORY.divisions_on(day)}

    assert {TERRITORY.division_of(area, day) for area in TERRITORY.areas_on(day)} == divisions


@settings(deadline=None)
@given(DAYS)
def test_whatever_district_a_case_is_written_under_it_has_officers_on_every_day(day: date) -> None:
    for code in codes_on(OF_2023) | codes_on(OF_2024):
        heirs = TERRITORY.heirs(code, day)
        assert heirs
        assert set(heirs) <= codes_on(day)
        assert all(code in TERRITORY.answered_by({heir}, day) for heir in heirs)


def test_a_case_of_an_annulled_district_is_its_successors_from_the_day_it_ended() -> None:
    assert TERRITORY.heirs("kekri", LAST_OF_50) == ["kekri"]
    assert TERRITORY.heirs("kekri", OF_2024) == ["86", "116"]
    assert "kekri" not in TERRITORY.answered_by({"86"}, LAST_OF_50)
    assert {"86", "kekri"} == TERRITORY.answered_by({"86"}, OF_2024) - KEPT
    assert TERRITORY.heirs("kekri", OF_2011) == ["86", "116"]


def test_a_district_that_lost_land_goes_on_answering_for_what_was_written_under_it() -> None:
    assert TERRITORY.heirs("90", OF_2024) == ["90"]
    assert "90" not in TERRITORY.answered_by({"balotra"}, OF_2024)


def test_a_code_that_no_district_ever_had_has_no_officers() -> None:
    assert TERRITORY.heirs("999", OF_2024) == []


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(codes_on(OF_2023))), st.integers(0, 10_000)), DAYS)
def test_figures_that_are_rebased_keep_their_sum_and_name_the_districts_of_the_day(
    counts: dict[str, int], day: date
) -> None:
    rebased = TERRITORY.rebased(counts, day)

    assert sum(rebased.values()) == sum(counts.values())
    assert rebased.keys() == codes_on(day)


def test_figures_go_to_where_the_headquarters_lay_and_to_either_set() -> None:
    counts = {"kotputli-behror": 5, "87": 7, "102": 11, "dudu": 2}

    assert {code: count for code, count in TERRITORY.rebased(counts, OF_2011).items() if count} == {"102": 18, "87": 7}
    assert {code: count for code, count in TERRITORY.rebased(counts, OF_2024).items() if count} == {
        "102": 13,
        "87": 7,
        "kotputli-behror": 5,
    }


def test_a_district_that_goes_after_it_took_over_another_hands_on_both() -> None:
    first, second = (Order(name, name, name, date(year, 1, 1)) for name, year in (("first", 2020), ("second", 2022)))
    areas = [
        Area("1", "One", "एक", "D"),
        Area("2", "Two", "दो", "D", Term(None, second), (), ("1",)),
        Area("3", "Three", "तीन", "D", Term(None, first), (), ("2",)),
    ]
    territory = Territory(STATE, [Division("D", "डी", Term())], areas)

    assert [territory.heirs("3", second.begins - timedelta(days)) for days in (1_000, 1, 0)] == [["3"], ["2"], ["1"]]
    assert territory.answered_by({"1"}, second.begins) == {"1", "2", "3"}


STATE = State("8", "Rajasthan", "राजस्थान", date(2008, 1, 26))
ORDER = Order("o", "o", "o", date(2020, 1, 1))


@pytest.mark.parametrize(
    ("area", "complaint"),
    [
        (Area("2", "Two", "दो", "X"), "no division X"),
        (Area("2", "Two", "दो", "D", Term(ORDER), ("9",)), "no district 9"),
        (Area("2", "Two", "दो", "D", Term(None, ORDER)), "what ends has successors"),
        (Area("2", "Two", "दो", "D", Term(), (), ("1",)), "what ends has successors"),
        (Area("2", "Two", "दो", "D", Term(ORDER)), "what was made has parents"),
        (Area("2", "Two", "दो", "D", Term(None, ORDER), (), ("2",)), "2 is not there"),
    ],
)
def test_facts_that_contradict_themselves_are_refused(area: Area, complaint: str) -> None:
    with pytest.raises(TerritoryFactsError, match=complaint):
        Territory(STATE, [Division("D", "डी", Term())], [Area("1", "One", "एक", "D"), area])


@pytest.mark.parametrize(
    "text", ["", "[state", "[state]\nlgd_code = '8'", "[[order]]\nid = 'o'\n[state]\n[[district]]\n[[division]]"]
)
def test_a_file_that_cannot_be_used_is_refused_and_says_why(tmp_path: Path, text: str) -> None:
    (tmp_path / "broken.toml").write_text(text, encoding="utf-8")

    with pytest.raises(TerritoryFactsError, match="The file of the territory"):
        read_territory(tmp_path / "broken.toml", districts())
