"""The 40,000 centres, as kiosk software and the portal look them up."""

from math import asin, cos, radians, sin, sqrt
from typing import Any

import pymongo
import pytest

from emitra_local.stack import Stack
from tests.support.platform import Client, Platform


@pytest.fixture
def anyone(platform: Platform) -> Client:
    return platform.client("portal-sandbox")


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    (lat1, lon1), (lat2, lon2) = [tuple(map(radians, point)) for point in (a, b)]
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * asin(sqrt(half))


def test_forty_thousand_centres_stand_in_thirty_three_districts(stack: Stack, anyone: Client) -> None:
    statistics = anyone.get("/v1/kiosks/statistics").json
    assert len(statistics["items"]) == 33
    # Other tests open some, and no test knows which ran before it.
    with pymongo.MongoClient[dict[str, Any]](stack.infrastructure.mongodb_uri) as client:
        registry = client[stack.infrastructure.database_of("kiosk-registry")]
        opened = registry["openings"].count_documents({"state": "ACTIVE"})
    assert statistics["total"] == 40_000 + opened


def test_a_districts_centres_can_be_listed_to_the_end(anyone: Client) -> None:
    kiosk_ids = [item["kiosk_id"] for item in anyone.items("/v1/kiosks?district=103&limit=200")]
    assert len(kiosk_ids) == len(set(kiosk_ids)) == 391


def test_the_nearest_ten_come_in_order_of_distance(anyone: Client) -> None:
    here = (26.9124, 75.7873)
    items = anyone.get(f"/v1/kiosks/nearest?lat={here[0]}&lon={here[1]}&limit=10").json["items"]
    assert len(items) == 10
    distances = [item["distance_m"] for item in items]
    assert distances == sorted(distances)
    nearest = items[0]
    lon, lat = nearest["location"]["coordinates"]
    spot = (lat, lon)
    assert abs(kilometres(here, spot) * 1000 - nearest["distance_m"]) < 20


def test_one_centre_is_found_by_its_code(anyone: Client) -> None:
    centre = anyone.get("/v1/kiosks/ksk_RJ10200001").json
    assert (centre["kiosk_id"], centre["district_code"], centre["status"]) == ("ksk_RJ10200001", "102", "ACTIVE")
