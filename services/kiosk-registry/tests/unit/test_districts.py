"""The districts' facts, and how centres are shared among them."""

from pathlib import Path

import pytest

from kiosk_registry.adapters.data.district_facts import districts
from kiosk_registry.domain.places.districts import DistrictFactsError, read_districts, shares

HEADER = (
    "lgd_code,census2011_code,name_en,name_hi,division,hq_lat,hq_lon,area_km2,population_2011,"
    "centres_of_40000,centres_rural,centres_urban"
)
KOTA = "109,127,Kota,कोटा,Kota,25.2138,75.8648,5217,1951014,1139,450,689"
TONK = "116,120,Tonk,टोंक,Ajmer,26.1665,75.7885,7194,1421326,829,651,178"


def test_there_are_33_districts_with_the_area_of_rajasthan() -> None:
    facts = districts()

    assert len({district.code for district in facts}) == 33
    # The state's area by the Census of India 2011.
    assert sum(district.area_km2 for district in facts) == 342_239
    assert sum(district.centres for district in facts) == 40_000


def test_a_total_of_the_file_gives_each_district_the_count_of_the_file() -> None:
    assert shares(districts(), 40_000) == {district.code: district.centres for district in districts()}


@pytest.mark.parametrize("total", [1, 32, 33, 1_000, 39_999, 85_000])
def test_any_total_is_shared_out_completely_and_in_proportion(total: int) -> None:
    counts = shares(districts(), total)

    assert sum(counts.values()) == total
    for district in districts():
        assert abs(counts[district.code] - total * district.centres / 40_000) < 1


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ([], "empty"),
        ([HEADER], "empty"),
        ([HEADER.replace("area_km2", "area"), KOTA], "no column 'area_km2'"),
        ([HEADER, KOTA.replace("5217", "large")], "Line 2"),
        ([HEADER, KOTA.replace("5217", "0")], "must be positive"),
        ([HEADER, KOTA.replace("25.2138", "52.2138")], "outside Rajasthan"),
        ([HEADER, KOTA.replace("25.2138", "nan")], "outside Rajasthan"),
        ([HEADER, KOTA.replace("1139", "1140")], "do not add up"),
        ([HEADER, TONK, "1" + KOTA], "one to three digits"),
        ([HEADER, KOTA, KOTA], "Line 3 .* 109 was there before"),
        ([HEADER, TONK[:20]], "Line 2"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(lines: list[str], complaint: str) -> None:
    with pytest.raises(DistrictFactsError, match=complaint):
        read_districts(lines)


@pytest.mark.parametrize(("good", "bad"), [("Kota,कोटा", "Kota,Kota"), ("Kota,कोटा", "=Kota,कोटा"), ("कोटा", "\u2800")])
def test_a_district_has_a_name_that_can_be_read_in_each_language(tmp_path: Path, good: str, bad: str) -> None:
    file = tmp_path / "districts.csv"
    file.write_text(f"{HEADER}\n{KOTA.replace(good, bad, 1)}\n", encoding="utf-8")
    with pytest.raises(DistrictFactsError, match="A name of district 109"):
        districts(file)
