"""How far people have it, and where the next centre helps most."""

import random

import pytest

from kiosk_registry.domain.coverage.coverage import Area, Neighbour, next_places, region, served, shared_out
from kiosk_registry.domain.coverage.distances import Nearest
from kiosk_registry.domain.coverage.summary import Region, summarised
from kiosk_registry.domain.places.distances import distance_m
from kiosk_registry.domain.places.districts import Place

JAIPUR, AJMER = Place(26.9124, 75.7873), Place(26.4499, 74.6399)
NEAR, FAR = Place(26.92, 75.79), Place(27.2, 75.79)


def test_the_distance_is_the_great_circles() -> None:
    assert distance_m(JAIPUR, AJMER) == pytest.approx(125_000, rel=0.02)
    assert distance_m(JAIPUR, JAIPUR) == 0


def test_the_nearest_is_the_one_that_looking_at_all_of_them_finds() -> None:
    numbers = random.Random(20261128)
    places = [(f"{number}", Place(numbers.uniform(23.1, 30.1), numbers.uniform(69.6, 78.2))) for number in range(2_000)]
    nearest = Nearest(places)

    for _ in range(300):
        spot = Place(numbers.uniform(23.1, 30.1), numbers.uniform(69.6, 78.2))
        expected = min((distance_m(spot, place), name) for name, place in places)
        assert nearest.to(spot) == (expected[1], expected[0])


def test_far_from_everything_there_is_no_nearest() -> None:
    assert Nearest([("a", JAIPUR)]).to(Place(0.0, 0.0)) is None
    assert Nearest([]).to(JAIPUR) is None


def test_people_are_shared_out_evenly_among_the_places_of_their_district() -> None:
    areas = shared_out({"102": 100, "86": 30}, [("1", "102", NEAR), ("2", "102", FAR), ("3", "999", AJMER)])

    assert [(area.pin, area.people) for area in areas] == [("1", 50), ("2", 50)]


def test_a_region_tells_centres_for_people_the_mean_distance_and_who_lives_in_a_desert() -> None:
    areas = served([Area("1", "102", NEAR, 300), Area("2", "102", FAR, 100)], [("ksk_1", JAIPUR)])

    figures = region(2, 800_000, areas)

    assert (figures.per_100000, figures.placed_people, figures.desert_people) == (0.25, 400, 100)
    assert figures.mean_m == pytest.approx(
        (300 * distance_m(NEAR, JAIPUR) + 100 * distance_m(FAR, JAIPUR)) / 400, abs=1
    )


def test_a_region_of_which_nothing_is_placed_has_no_mean() -> None:
    figures = region(0, 0, [])

    assert (figures.per_100000, figures.mean_m, figures.desert_people) == (None, None, 0)


def test_the_next_place_is_where_most_people_save_most_and_tells_what_it_costs_the_neighbour() -> None:
    beside_far = Place(27.21, 75.79)
    areas = served(
        [Area("1", "102", NEAR, 300), Area("2", "102", FAR, 100), Area("3", "102", beside_far, 90)],
        [("ksk_1", JAIPUR)],
    )

    first, second = next_places(areas, 2)

    assert first.area.pin == "2"
    assert first.people_nearer == 190
    assert first.neighbours == (Neighbour("ksk_1", 490, 300),)
    # What is left is a walk of a kilometre: nobody's nearest centre but the new one's loses by it.
    assert second.mean_saved_m < 2_000
    assert {neighbour.kiosk_id for neighbour in second.neighbours} <= {"ksk_1"}


def test_where_everybody_has_a_centre_at_the_door_no_place_is_next() -> None:
    assert next_places(served([Area("1", "102", JAIPUR, 300)], [("ksk_1", JAIPUR)])) == []


def test_the_summary_adds_districts_up_to_divisions_and_the_state() -> None:
    regions = [
        Region("86", "Ajmer", "अजमेर", "Ajmer", 1_000),
        Region("102", "Jaipur", "जयपुर", "Jaipur", 2_000),
        Region("104", "Jaisalmer", "जैसलमेर", "Jodhpur", 500),
    ]
    centres = [("ksk_1", "102", JAIPUR), ("ksk_2", "102", NEAR), ("ksk_3", "86", AJMER)]

    summary = summarised(regions, centres, [("302001", "102", NEAR), ("305001", "86", AJMER)])

    assert [figures.centres for _, figures in summary.districts] == [1, 2, 0]
    assert summary.divisions["Jodhpur"].per_100000 == 0
    assert (summary.state.centres, summary.state.people, summary.state.placed_people) == (3, 3_500, 3_000)
    assert summary.deserts == []
