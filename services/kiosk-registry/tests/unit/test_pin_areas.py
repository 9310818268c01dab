"""The facts of PIN codes."""

import pytest

from kiosk_registry.adapters.data.district_facts import districts
from kiosk_registry.adapters.data.pin_facts import pin_areas, sources
from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.places.pin_areas import PinArea, PinFactsError, read_pin_areas

HEADER = "pin,districts,lat,lon"


def test_an_area_has_its_districts_and_where_it_is_if_that_is_known() -> None:
    assert read_pin_areas([HEADER, "302001,102,26.918,75.808", "303303,102 97,,"]) == {
        "302001": PinArea("302001", ("102",), Place(26.918, 75.808)),
        "303303": PinArea("303303", ("102", "97"), None),
    }


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["pin,lat,lon", "302001,1,2"], "no column 'districts'"),
        ([HEADER, "012345,102,,"], "Line 2 .* six digits"),
        ([HEADER, "30200,102,,"], "six digits"),
        ([HEADER, "302001,,,"], "each district once"),
        ([HEADER, "302001,102 102,,"], "each district once"),
        ([HEADER, "302001,Jaipur,,"], "each district once"),
        ([HEADER, "302001,102,26.9,"], "Line 2"),
        ([HEADER, "302001,102,north,75"], "Line 2"),
        ([HEADER, "302001,102,18.5,73.8"], "outside Rajasthan"),
        ([HEADER, "302001,102,nan,75.8"], "outside Rajasthan"),
        ([HEADER, "302001"], "Line 2"),
        ([HEADER, "302001,102,,", "302001,97,,"], "Line 3 .* 302001 was there before"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(lines: list[str], complaint: str) -> None:
    with pytest.raises(PinFactsError, match=complaint):
        read_pin_areas(lines)


def test_every_area_lies_in_districts_that_there_are_and_every_district_has_some() -> None:
    areas = pin_areas()

    assert len(areas) == 1_017
    assert {code for area in areas.values() for code in area.district_codes} == {d.code for d in districts()}


def test_a_headquarters_own_pin_is_in_its_district_and_near_it() -> None:
    by_code = {district.code: district for district in districts()}
    # The head post offices, as their towns' people know them.
    for pin, code in {"302001": "102", "342001": "107", "313001": "117", "305001": "86", "324001": "109"}.items():
        area, headquarters = pin_areas()[pin], by_code[code].headquarters
        assert area.district_codes == (code,)
        assert area.position is not None
        # A tenth of a degree is about 11 km.
        assert abs(area.position.lat - headquarters.lat) < 0.1
        assert abs(area.position.lon - headquarters.lon) < 0.1


def test_a_position_lies_within_the_reach_of_a_district_that_the_area_is_in() -> None:
    by_code = {district.code: district for district in districts()}
    for area in pin_areas().values():
        if area.position is not None:
            away = min(
                max(abs(area.position.lat - town.lat), abs(area.position.lon - town.lon))
                for town in (by_code[code].headquarters for code in area.district_codes)
            )
            # Nawa, at the eastern end of Nagaur, is the farthest: 140 km.
            assert away < 1.4, area


def test_every_source_is_named_in_both_languages_and_that_of_pins_by_its_edition() -> None:
    told = {source["of"]: source for source in sources()}

    assert set(told) == {"districts", "pin_areas"}
    assert (told["districts"]["on"], told["pin_areas"]["on"]) == (None, "2025-10-03")
    for source in told.values():
        assert source["name"]
        assert any("ऀ" <= letter <= "ॿ" for letter in source["name_hi"])
