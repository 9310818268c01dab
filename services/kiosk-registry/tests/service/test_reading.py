"""Reading centres, districts and figures."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient
from marshmallow import Schema
from werkzeug.test import TestResponse

from kiosk_registry.adapters.data.district_facts import districts
from kiosk_registry.domain.places.districts import FARTHEST_REACH_M
from kiosk_registry.entrypoints.http.places.schemas import DistrictsSchema, PlacesSchema
from kiosk_registry.entrypoints.http.register.schemas import (
    KioskPageSchema,
    KioskSchema,
    NearestSchema,
    StatisticsSchema,
)
from kiosk_registry.entrypoints.service import SERVICE
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers

Get = Callable[..., TestResponse]
JAIPUR = {"lat": 26.9124, "lon": 75.7873}
PLACES = {
    "a town": JAIPUR,
    "the desert": {"lat": 26.9, "lon": 70.2},
    "Pune, far away": {"lat": 18.52, "lon": 73.86},
    "the other side of the earth": {"lat": -26.9, "lon": -104.2},
    "the pole": {"lat": 90, "lon": 0},
    "the date line": {"lat": 0, "lon": 180},
}


def answer(response: TestResponse) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    body = response.json
    assert isinstance(body, dict)
    return body


def every_page(get: Get, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    position: dict[str, str] = {}
    while True:
        body = answer(get("/v1/kiosks", **query, **position))
        items += body["items"]
        if body["next"] is None:
            return items
        position = {"cursor": body["next"]}


def test_a_centre_is_read_by_its_id(get: Get) -> None:
    body = answer(get("/v1/kiosks/ksk_RJ10200001"))

    assert body["kiosk_id"] == "ksk_RJ10200001"
    assert body["code"] == "RJ10200001"
    assert body["name_hi"] == "ई-मित्र केंद्र जयपुर 1"
    assert (body["district_code"], body["status"], body["version"]) == ("102", "ACTIVE", 1)
    assert body["location"]["type"] == "Point"
    assert body["approved_at"].endswith("Z")


@pytest.mark.parametrize(
    ("path", "query", "schema"),
    [
        ("/v1/kiosks/ksk_RJ10200001", {}, KioskSchema),
        ("/v1/kiosks", {"limit": 200}, KioskPageSchema),
        ("/v1/kiosks/nearest", JAIPUR, NearestSchema),
        ("/v1/kiosks/statistics", {}, StatisticsSchema),
        ("/v1/districts", {}, DistrictsSchema),
        ("/v1/places", {}, PlacesSchema),
        ("/v1/places", {"pin": "302001"}, PlacesSchema),
        ("/v1/places", {"pin": "110001"}, PlacesSchema),
    ],
)
def test_an_answer_has_the_documented_members_and_no_others(
    get: Get, path: str, query: dict[str, Any], schema: type[Schema]
) -> None:
    assert schema().validate(answer(get(path, **query))) == {}


def test_all_centres_can_be_walked_through_once_and_in_order(get: Get, loaded_mongo: Mongo) -> None:
    ids = [item["kiosk_id"] for item in every_page(get, limit=200)]

    assert ids == [each["_id"] for each in loaded_mongo.db.kiosks.find({}, {"_id": 1}).sort("_id", 1)]
    assert len(ids) == 2_000


@pytest.mark.parametrize(
    "query",
    [{"district": "102"}, {"status": "CLOSED"}, {"district": "102", "status": "ACTIVE"}, {"district": "629"}],
)
def test_a_list_holds_the_district_and_status_asked_for_and_all_of_them(
    get: Get, loaded_mongo: Mongo, query: dict[str, str]
) -> None:
    found = every_page(get, limit=7, **query)

    wanted = {{"district": "district_code"}.get(name, name): value for name, value in query.items()}
    assert [item["kiosk_id"] for item in found] == [
        each["_id"] for each in loaded_mongo.db.kiosks.find(wanted).sort("_id", 1)
    ]
    assert found


def test_a_page_holds_fifty_centres_unless_told_otherwise(get: Get) -> None:
    assert len(answer(get("/v1/kiosks"))["items"]) == 50
    assert len(answer(get("/v1/kiosks", limit=1))["items"]) == 1


def test_a_page_that_ends_the_list_exactly_names_no_next_one(get: Get, loaded_mongo: Mongo) -> None:
    count = loaded_mongo.db.kiosks.count_documents({"district_code": "629"})

    assert answer(get("/v1/kiosks", district="629", limit=count))["next"] is None
    assert answer(get("/v1/kiosks", district="629", limit=count - 1))["next"] is not None


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize("limit", [1, 10, 50])
def test_the_nearest_centres_and_distances_are_those_that_mongodb_computes(
    get: Get, loaded_mongo: Mongo, place: dict[str, float], limit: int
) -> None:
    items = answer(get("/v1/kiosks/nearest", limit=limit, **place))["items"]

    expected = loaded_mongo.db.kiosks.aggregate(
        [
            {
                "$geoNear": {
                    "near": {"type": "Point", "coordinates": [place["lon"], place["lat"]]},
                    "distanceField": "metres",
                    "maxDistance": FARTHEST_REACH_M,
                    "query": {"status": "ACTIVE"},
                }
            },
            {"$limit": limit},
        ]
    ).to_list()
    assert [item["kiosk_id"] for item in items] == [each["_id"] for each in expected]
    assert [item["distance_m"] for item in items] == pytest.approx([each["metres"] for each in expected], abs=1)


def test_an_answer_with_fewer_centres_than_asked_for_says_how_far_was_looked_in_both_languages(get: Get) -> None:
    near, far = (answer(get("/v1/kiosks/nearest", **place)) for place in (JAIPUR, {"lat": 18.52, "lon": 73.86}))

    assert (near["reach_m"], near["note"], near["note_hi"]) == (200_000, None, None)
    assert (far["reach_m"], far["items"]) == (200_000, [])
    assert far["note"] == "Active centres within 200 km of this place: 0."
    assert far["note_hi"] == "इस स्थान से 200 किमी के भीतर सक्रिय केंद्र: 0।"


def test_the_nearest_ten_are_given_unless_told_otherwise(get: Get) -> None:
    assert len(answer(get("/v1/kiosks/nearest", **JAIPUR))["items"]) == 10


def test_a_centre_that_may_not_trade_is_never_among_the_nearest(get: Get, loaded_mongo: Mongo) -> None:
    stopped = loaded_mongo.db.kiosks.find({"status": {"$ne": "ACTIVE"}}).to_list()
    assert len(stopped) > 30

    for kiosk in stopped:
        lon, lat = kiosk["location"]["coordinates"]
        items = answer(get("/v1/kiosks/nearest", lat=lat, lon=lon, limit=3))["items"]
        assert {item["status"] for item in items} == {"ACTIVE"}
        assert kiosk["_id"] not in {item["kiosk_id"] for item in items}


def test_a_place_beside_a_centre_finds_it_at_no_distance(get: Get, loaded_mongo: Mongo) -> None:
    for kiosk in random.sample(loaded_mongo.db.kiosks.find({"status": "ACTIVE"}).to_list(), 20):
        lon, lat = kiosk["location"]["coordinates"]
        first = answer(get("/v1/kiosks/nearest", lat=lat, lon=lon, limit=1))["items"][0]
        assert (first["kiosk_id"], first["distance_m"]) == (kiosk["_id"], 0)


def test_an_empty_register_has_nothing_near_and_no_figures(client_of_nothing: FlaskClient) -> None:
    headers = internal_headers("kiosk-registry", scopes=["kiosks:read"])

    assert answer(client_of_nothing.get("/v1/kiosks/nearest", query_string=JAIPUR, headers=headers))["items"] == []
    assert answer(client_of_nothing.get("/v1/kiosks", headers=headers))["items"] == []
    statistics = client_of_nothing.get("/v1/kiosks/statistics", headers=headers).json
    assert statistics is not None
    assert statistics["total"] == 0


def test_figures_are_those_of_the_centres_per_district_and_status(get: Get, loaded_mongo: Mongo) -> None:
    body = answer(get("/v1/kiosks/statistics"))

    counted = Counter((each["district_code"], each["status"]) for each in loaded_mongo.db.kiosks.find())
    assert len(body["items"]) == 33
    for item in body["items"]:
        for status in ("ACTIVE", "SUSPENDED", "UNDER_VERIFICATION", "CLOSED"):
            assert item["by_status"][status] == counted[item["district_code"], status]
        assert item["total"] == sum(item["by_status"].values())
    assert body["total"] == sum(body["by_status"].values()) == 2_000


def test_figures_may_be_kept_by_the_caller_for_a_minute(get: Get) -> None:
    assert get("/v1/kiosks/statistics").headers["Cache-Control"] == "private, max-age=60"


def test_the_districts_are_listed_with_their_names_in_both_languages(get: Get) -> None:
    items = answer(get("/v1/districts"))["items"]

    assert {item["district_code"]: item["name_hi"] for item in items} == {
        district.code: district.name_hi for district in districts()
    }
    assert [item["name_en"] for item in items] == sorted(district.name_en for district in districts())
    assert items[0]["headquarters"] == {"type": "Point", "coordinates": [74.6399, 26.4499]}


def test_anybody_is_told_every_district_and_where_it_is(client: FlaskClient) -> None:
    response = client.get("/v1/places")

    body = answer(response)
    assert body["items"][0] == {
        "district_code": "86",
        "name_en": "Ajmer",
        "name_hi": "अजमेर",
        "position": {"type": "Point", "coordinates": [74.6399, 26.4499]},
    }
    assert len(body["items"]) == 33
    assert (body["pin_area"], body["note"], body["note_hi"]) == (None, None, None)
    assert [source["on"] for source in body["sources"]] == [None, "2025-10-03"]
    assert response.headers["Cache-Control"] == "public, max-age=3600"


@pytest.mark.parametrize(
    ("pin", "names", "position"),
    [
        ("302001", ["Jaipur"], {"type": "Point", "coordinates": [75.808, 26.918]}),
        ("345001", ["Jaisalmer"], None),
        ("322203", ["Karauli", "Sawai Madhopur"], {"type": "Point", "coordinates": [76.666, 26.32]}),
    ],
)
def test_a_pin_leads_to_the_districts_of_its_post_offices_and_where_they_are_if_that_is_known(
    client: FlaskClient, pin: str, names: list[str], position: dict[str, Any] | None
) -> None:
    body = answer(client.get("/v1/places", query_string={"pin": pin}))

    assert [item["name_en"] for item in body["items"]] == names
    assert body["pin_area"] == {"pin": pin, "position": position}
    assert body["note"] is None


@pytest.mark.parametrize("pin", ["110001", "302040", "999999"])
def test_a_pin_whose_area_is_not_known_is_told_so_and_not_guessed(client: FlaskClient, pin: str) -> None:
    body = answer(client.get("/v1/places", query_string={"pin": pin}))

    assert (body["items"], body["pin_area"]) == ([], None)
    assert body["note"] == "The area of this PIN code is not known here. Choose a district."
    assert body["note_hi"] == "इस पिन कोड का क्षेत्र यहाँ ज्ञात नहीं है। ज़िला चुनें।"


def test_a_pin_of_districts_that_the_register_does_not_have_leads_nowhere(client_of_nothing: FlaskClient) -> None:
    body = answer(client_of_nothing.get("/v1/places", query_string={"pin": "302001"}))

    assert body["items"] == []
    assert body["note"] is not None


# Of imports, exports and applications no id could be an example; coverage is a file, and empty before it is counted.
NO_EXAMPLE = (
    "/v1/kiosk-exports", "/v1/kiosk-operations", "/v1/coverage", "/v1/centre-applications", "/v1/internal/",
    "/v1/privacy/",
    "/v1/kiosks/{kiosk_id}/changes", "/v1/kiosks/{kiosk_id}/inspections", "/v1/centre-cases",
)  # fmt: skip


def test_every_documented_example_works(client: FlaskClient) -> None:
    headers = internal_headers("kiosk-registry", scopes=["kiosks:read"])

    for path, operations in yaml.load(SERVICE.openapi(), yaml.CSafeLoader)["paths"].items():
        if "get" not in operations or path.startswith(NO_EXAMPLE):
            continue
        parameters = [*operations["get"].get("parameters", []), *operations.get("parameters", [])]
        examples = {each["name"]: each.get("example", each["schema"].get("example")) for each in parameters}
        asked = {each["name"] for each in parameters if each["in"] == "query"}
        query = {name: examples[name] for name in asked if examples[name] is not None}
        address = path.format_map(examples)
        body = answer(client.get(address, query_string=query, headers=headers))
        assert body.get("items", [body])
