"""The 40,000 centres as they are computed: the same every time, and where centres would be."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from itertools import pairwise
from statistics import mean, median

import pytest

from kiosk_registry.adapters.data.district_facts import districts
from kiosk_registry.domain.places.districts import FARTHEST_REACH_M, RAJASTHAN, District, Place, radius_km
from kiosk_registry.domain.register.centres import (
    KM_PER_DEGREE,
    LSPS,
    SANDBOX_NUMBERS,
    TOWN_KM_PER_ROOT_CENTRE,
    Centre,
    Kind,
    Status,
    centres,
    kiosk_id,
)
from kiosk_registry.entrypoints.http.register.schemas import MOST_NEAREST

# Of every byte of the register. It may only change with the facts: codes and places are permanent.
CHECKSUM = "86a3b1280013a02e5b400d5911b0285405284fd2087846f09ca1365249e7f698"
DISTRICTS = {district.name_en: district for district in districts()}


@cache
def register_of(name: str) -> tuple[Centre, ...]:
    return tuple(centres(DISTRICTS[name], DISTRICTS[name].centres))


def all_centres() -> list[Centre]:
    return [centre for name in DISTRICTS for centre in register_of(name)]


def of_kind(name: str, kind: Kind) -> list[Place]:
    return [centre.place for centre in register_of(name) if centre.kind is kind]


def km_between(one: Place, other: Place) -> float:
    lat = math.radians((one.lat + other.lat) / 2)
    return KM_PER_DEGREE * math.hypot(one.lat - other.lat, (one.lon - other.lon) * math.cos(lat))


def middle_of(places: Sequence[Place]) -> Place:
    return Place(mean(place.lat for place in places), mean(place.lon for place in places))


def test_the_register_is_the_same_bytes_every_time() -> None:
    digest = hashlib.sha256()
    for centre in all_centres():
        digest.update(json.dumps(asdict(centre), default=str, ensure_ascii=False).encode())

    assert digest.hexdigest() == CHECKSUM


@pytest.mark.parametrize("name", DISTRICTS)
def test_each_district_has_the_rural_and_urban_centres_of_its_facts(name: str) -> None:
    kinds = Counter(centre.kind for centre in register_of(name))

    assert kinds == {Kind.RURAL: DISTRICTS[name].centres_rural, Kind.URBAN: DISTRICTS[name].centres_urban}


def test_codes_count_up_from_one_in_each_district_and_none_is_twice() -> None:
    everything = all_centres()

    assert len({centre.kiosk_id for centre in everything}) == len(everything) == 40_000
    for name, district in DISTRICTS.items():
        expected = [f"ksk_RJ{int(district.code):03}{number:05}" for number in range(1, district.centres + 1)]
        assert [centre.kiosk_id for centre in register_of(name)] == expected


def test_a_district_has_codes_of_five_digits_only() -> None:
    assert kiosk_id("86", 99_999) == "ksk_RJ08699999"
    for number in (0, 100_000):
        with pytest.raises(ValueError, match="1 to 99999"):
            kiosk_id("86", number)


def test_a_centre_keeps_its_code_and_place_when_the_register_grows() -> None:
    jaisalmer = DISTRICTS["Jaisalmer"]

    grown = list(centres(jaisalmer, jaisalmer.centres * 2))

    assert tuple(grown[: jaisalmer.centres]) == register_of("Jaisalmer")


def test_every_centre_is_inside_rajasthan() -> None:
    assert [centre for centre in all_centres() if not RAJASTHAN.holds(centre.place)] == []


@pytest.mark.parametrize("name", DISTRICTS)
def test_rural_centres_cover_their_districts_area_evenly(name: str) -> None:
    places = of_kind(name, Kind.RURAL)
    middle, radius = middle_of(places), radius_km(DISTRICTS[name])
    distances = [km_between(middle, place) for place in places]

    assert max(distances) == pytest.approx(radius, rel=0.08)
    # A quarter of a disc's area lies within half its radius.
    assert sum(distance < radius / 2 for distance in distances) / len(places) == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("name", ["Jaisalmer", "Dholpur", "Jaipur"])
def test_rural_centres_are_spaced_more_evenly_than_by_chance(name: str) -> None:
    places = of_kind(name, Kind.RURAL)
    nearest = [min(km_between(one, other) for other in places if other is not one) for one in places[::3]]

    by_chance = 0.5 / math.sqrt(len(places) / DISTRICTS[name].area_km2)
    # The index of Clark and Evans (1954): 1 by chance, 2.15 for a perfect lattice.
    assert mean(nearest) / by_chance > 1.4


def test_rural_centres_of_the_vast_districts_lie_far_apart() -> None:
    far = {
        name: max(km_between(DISTRICTS[name].headquarters, place) for place in of_kind(name, Kind.RURAL))
        for name in DISTRICTS
    }

    assert far["Jaisalmer"] > 100
    assert far["Barmer"] > 85
    assert far["Dholpur"] < 40


@pytest.mark.parametrize("name", DISTRICTS)
def test_urban_centres_crowd_around_the_headquarters_and_thin_out(name: str) -> None:
    district = DISTRICTS[name]
    reach = TOWN_KM_PER_ROOT_CENTRE * math.sqrt(district.centres_urban)
    distances = [km_between(district.headquarters, place) / reach for place in of_kind(name, Kind.URBAN)]

    assert max(distances) < 8.1
    # Half of them within 1.68 reaches, as a density of exp(-distance) has it.
    assert median(distances) == pytest.approx(1.68, abs=0.35)


@pytest.mark.parametrize("name", DISTRICTS)
def test_wherever_a_centre_stands_as_many_as_an_answer_holds_are_within_reach(name: str) -> None:
    headquarters = DISTRICTS[name].headquarters
    register = register_of(name)
    active = [km_between(centre.place, headquarters) for centre in register if centre.status is Status.ACTIVE]
    farthest = max(km_between(centre.place, headquarters) for centre in register)

    # To the headquarters and from there to them: the way is never shorter than the straight line.
    assert (farthest + sorted(active)[MOST_NEAREST]) * 1000 < FARTHEST_REACH_M


def test_urban_density_falls_from_ring_to_ring() -> None:
    district = DISTRICTS["Jaipur"]
    reach = TOWN_KM_PER_ROOT_CENTRE * math.sqrt(district.centres_urban)
    distances = [km_between(district.headquarters, place) / reach for place in of_kind("Jaipur", Kind.URBAN)]

    density = [
        sum(inner <= each < inner + 1 for each in distances) / ((inner + 1) ** 2 - inner**2) for inner in range(6)
    ]

    assert all(outer < inner * 0.6 for inner, outer in pairwise(density))


def test_urban_centres_surround_the_headquarters_on_all_sides() -> None:
    middle = middle_of(of_kind("Jaipur", Kind.URBAN))

    assert km_between(middle, DISTRICTS["Jaipur"].headquarters) < 0.5


def test_most_centres_are_active_and_a_few_are_in_each_other_status() -> None:
    statuses = Counter(centre.status for centre in all_centres())

    assert statuses[Status.ACTIVE] > 38_000
    for status in Status:
        assert statuses[status] > 300


def test_the_sandboxs_centres_are_always_active() -> None:
    sandbox = [centre for centre in all_centres() if centre.number in SANDBOX_NUMBERS]

    assert len(sandbox) == 33 * 42
    assert {centre.status for centre in sandbox} == {Status.ACTIVE}


def test_only_a_centre_under_verification_has_no_day_of_approval() -> None:
    for centre in all_centres():
        assert (centre.approved_at is None) == (centre.status is Status.UNDER_VERIFICATION)


def test_the_sandboxs_centres_alone_are_announced() -> None:
    announced = Counter(centre.district_code for centre in all_centres() if centre.announced)

    assert announced.pop("102") == 42
    assert set(announced.values()) == {1}
    assert len(announced) == 32


def test_twelve_lsps_share_the_state_three_to_a_district() -> None:
    by_district: dict[str, set[str]] = {}
    for centre in all_centres():
        by_district.setdefault(centre.district_code, set()).add(centre.lsp_id)

    assert {len(lsps) for lsps in by_district.values()} == {3}
    assert Counter(lsp for lsps in by_district.values() for lsp in lsps).keys() == set(LSPS)
    assert len(LSPS) == 12


def test_names_are_of_the_place_in_both_languages() -> None:
    second = register_of("Jaipur")[1]

    assert second.name_en == "e-Mitra Kendra Jaipur 2"
    assert second.name_hi == "ई-मित्र केंद्र जयपुर 2"


def test_a_headquarters_at_the_border_does_not_push_the_countryside_over_it() -> None:
    ganganagar: District = DISTRICTS["Sri Ganganagar"]
    northernmost = max(place.lat for place in of_kind("Sri Ganganagar", Kind.RURAL))

    assert ganganagar.headquarters.lat + radius_km(ganganagar) / KM_PER_DEGREE > RAJASTHAN.north
    assert northernmost <= RAJASTHAN.north
