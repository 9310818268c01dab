"""The nearest centres: list first, then a map with the same."""

import math
import re
from collections.abc import Callable

import pytest
from tests.support.fake_platform import JAIPUR, FakePlatform, recorded
from werkzeug.test import TestResponse

from portal.application.ports import Answer
from portal.application.read_places import PlaceReader, read_pin
from portal.entrypoints import centre_map
from servicekit.errors import DependencyUnavailable

Get = Callable[..., TestResponse]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("jaipur", ["Jaipur"]),
        ("Jaypur", ["Jaipur"]),
        ("जयपुर", ["Jaipur"]),
        ("सवाई माधोपुर", ["Sawai Madhopur"]),
        ("sawaimadhopur", ["Sawai Madhopur"]),
        ("ganganagar", ["Sri Ganganagar"]),
        ("chittor", ["Chittorgarh"]),
        ("Mumbai", []),
        ("", []),
        ("!", []),
    ],
)
def test_a_place_is_known_by_its_name(platform: FakePlatform, text: str, names: list[str]) -> None:
    assert [district["name_en"] for district in PlaceReader(platform).search(text)] == names


def test_every_district_is_known_by_both_names(platform: FakePlatform) -> None:
    reader = PlaceReader(platform)

    for district in platform.districts():
        for name in ("name_en", "name_hi"):
            assert [known["district_code"] for known in reader.search(district[name])] == [district["district_code"]]


@pytest.mark.parametrize(
    ("text", "pin"),
    [
        ("302001", "302001"),
        ("३०२ ००१", "302001"),
        (" 302 001 ", "302001"),
        ("012345", None),
        ("3020011", None),
        ("30200", None),
        ("jaipur", None),
        ("", None),
    ],
)
def test_a_pin_is_six_digits_of_either_kind(text: str, pin: str | None) -> None:
    assert read_pin(text) == pin


@pytest.mark.parametrize("query", [{"place": "jaipur"}, {"district": "102"}])
def test_centres_near_a_place_are_listed_the_nearest_first(get: Get, query: dict[str, str]) -> None:
    html = get("/en/centres", **query).text

    assert "Centres near Jaipur" in html
    assert "counted in a straight line from the middle of Jaipur" in html
    shown = re.findall(r"<strong>(e-Mitra Kendra [^<]+)</strong>", html)
    assert shown == [centre["name_en"] for centre in recorded("nearest")["items"]]
    assert "93 m, south-west" in html
    assert "RJ10201060" in html


def test_centres_have_their_hindi_names_in_hindi(get: Get) -> None:
    html = get("/hi/centres", district="102").text

    assert "जयपुर के पास के केंद्र" in html
    assert "ई-मित्र केंद्र जयपुर 1060" in html
    assert "93 मीटर, दक्षिण-पश्चिम" in html


def test_the_map_has_the_numbers_of_the_list_and_no_others(get: Get) -> None:
    html = get("/en/centres", lat="26.91", lon="75.79").text

    numbers = re.findall(r'<text class="portal-map__number"[^>]*>(\d+)</text>', html)
    assert sorted(map(int, numbers)) == list(range(1, 11))
    assert 'role="img" aria-labelledby="map-title"' in html


def test_without_a_question_there_is_a_form_and_every_district(get: Get) -> None:
    html = get("/en/centres").text

    assert html.count("/en/centres?district=") == 33
    assert "portal-map" not in html.replace("portal-map.", "")


@pytest.mark.parametrize(
    ("pin", "where", "at"),
    [
        ("302001", "302001 (Jaipur)", (26.918, 75.808)),
        ("322203", "322203 (Karauli, Sawai Madhopur)", (26.32, 76.666)),
    ],
)
def test_distances_from_a_pin_are_counted_from_its_post_offices(
    get: Get, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch, pin: str, where: str, at: tuple[float, float]
) -> None:
    asked: list[tuple[float, float]] = []
    nearest = platform.nearest_centres

    def noted(latitude: float, longitude: float, count: int) -> Answer:
        asked.append((latitude, longitude))
        return nearest(latitude, longitude, count)

    monkeypatch.setattr(platform, "nearest_centres", noted)

    html = get("/en/centres", place=pin).text

    assert asked == [at]
    assert f"Centres near {where}" in html
    assert "from the middle of the post offices of this PIN code" in html
    assert "All India Pincode Directory, Department of Posts" in html
    assert "3 October 2025" in html


def test_a_pin_whose_post_offices_are_nowhere_known_leads_to_the_town_of_its_district_and_says_so(get: Get) -> None:
    html = get("/en/centres", place="345001").text

    assert "Centres near 345001 (Jaisalmer)" in html
    assert "Where the post offices of this PIN code are is not known here." in html
    assert "from the middle of Jaisalmer" in html


def test_such_a_pin_of_two_districts_is_asked_back(get: Get) -> None:
    html = get("/en/centres", place="345021").text

    assert "Which one do you mean?" in html
    assert html.count("/en/centres?district=107") == 2


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The area of this PIN code is not known here. Choose a district."),
        ("hi", "इस पिन कोड का क्षेत्र यहाँ ज्ञात नहीं है। ज़िला चुनें।"),
    ],
)
def test_a_pin_whose_area_is_not_known_says_so_and_asks_for_the_district(get: Get, language: str, text: str) -> None:
    response = get(f"/{language}/centres", place="110001")

    assert response.status_code == 422
    assert response.text.count(text) == 2
    assert 'href="#districts"' in response.text
    assert response.text.count(f"/{language}/centres?district=") == 33
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "query",
    [{"place": "Mumbai"}, {"place": "<b>"}, {"district": "999"}],
)
def test_an_unknown_place_is_told_with_what_to_do(get: Get, query: dict[str, str]) -> None:
    response = get("/en/centres", **query)

    assert response.status_code == 422
    assert "<title>Error: " in response.text
    assert 'href="#place"' in response.text
    assert "Choose a district from the list below" in response.text
    assert "<b>" not in response.text


@pytest.mark.parametrize(
    ("lat", "lon"),
    [("26.91", ""), ("", "75"), ("91", "75"), ("26", "181"), ("nan", "75"), ("1e1", "75"), ("२६", "75"), ("1_0", "75")],
)
def test_a_position_that_is_none_is_told_with_what_to_do(get: Get, lat: str, lon: str) -> None:
    response = get("/hi/centres", lat=lat, lon=lon)

    assert response.status_code == 422
    assert 'href="#lat"' in response.text
    assert " open>" in response.text


def test_a_place_far_away_has_no_centre_and_is_told_so(get: Get) -> None:
    html = get("/hi/centres", lat="18.52", lon="73.86").text

    assert "इस स्थान से 200 किमी के भीतर सक्रिय केंद्र: 0।" in html
    assert "<svg" not in html


def test_a_position_is_kept_by_nobody_on_the_way(get: Get) -> None:
    assert get("/hi/centres", lat="26.91", lon="75.79").headers["Cache-Control"] == "no-store"
    assert get("/hi/centres", district="102").headers["Cache-Control"] == "public, max-age=60"


def test_without_the_gateway_there_is_a_page_that_says_what_to_do(get: Get, platform: FakePlatform) -> None:
    platform.failure = DependencyUnavailable("down")

    assert get("/hi/centres").status_code == 503


def centre(lat: float, lon: float) -> dict[str, dict[str, list[float]]]:
    return {"location": {"coordinates": [lon, lat]}}


@pytest.mark.parametrize(
    ("lat", "lon", "point"),
    [
        (27, 75, "north"),
        (27, 76.1, "north-east"),
        (26, 76, "east"),
        (25, 76.1, "south-east"),
        (25, 75, "south"),
        (25, 73.9, "south-west"),
        (26, 74, "west"),
        (27, 73.9, "north-west"),
    ],
)
def test_a_direction_is_one_of_eight(lat: float, lon: float, point: str) -> None:
    assert centre_map.direction(26, 75, centre(lat, lon)) == point


def test_directions_are_right_across_the_date_line() -> None:
    assert centre_map.direction(0, 179.9, centre(0, -179.9)) == "east"


def test_a_map_has_north_up_and_everything_inside() -> None:
    made = centre_map.drawn(26, 75, [centre(26.01, 75), centre(26, 75.05), centre(26, 75)])

    dots = {dot.number: dot for dot in made.dots}
    middle = centre_map.SIZE / 2
    assert dots[1].x == middle
    assert dots[1].y < middle
    assert dots[2].x > middle
    assert (dots[3].x, dots[3].y) == (middle, middle)
    assert [dot.number for dot in made.dots] == [3, 2, 1]
    assert all(20 <= place <= centre_map.SIZE - 20 for dot in made.dots for place in (dot.x, dot.y))


@pytest.mark.parametrize(("degrees", "metres"), [(0.0, 50), (0.001, 50), (0.01, 500), (0.05, 2_000), (1.0, 50_000)])
def test_the_scale_bar_is_a_round_length_and_drawn_to_scale(degrees: float, metres: int) -> None:
    made = centre_map.drawn(26, 75, [centre(26 + degrees, 75)])

    assert made.bar_metres == metres
    farthest = max(math.radians(degrees) * 6_371_008.8, 100)
    assert made.bar == pytest.approx(metres / farthest * (centre_map.SIZE / 2 - 22), abs=0.1)


def test_distances_on_the_map_are_those_of_the_list() -> None:
    centres = recorded("nearest")["items"]
    made = centre_map.drawn(*JAIPUR, centres)
    middle = centre_map.SIZE / 2

    for dot in made.dots:
        drawn_metres = math.hypot(dot.x - middle, dot.y - middle) / made.bar * made.bar_metres
        assert drawn_metres == pytest.approx(centres[dot.number - 1]["distance_m"], rel=0.05, abs=5)
