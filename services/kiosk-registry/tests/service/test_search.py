"""Search by name, PIN, tehsil and service, and the nearest centres that are open."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk_registry.adapters.mongo.kiosk_queries import Search
from kiosk_registry.bootstrap import bootstrap
from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.register.hours import read_hours
from kiosk_registry.entrypoints.http.register.schemas import KioskPageSchema, NearestSchema
from kiosk_registry.entrypoints.service import SERVICE
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers

Get = Callable[..., TestResponse]
MONDAY_10_IN_INDIA = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
JAIPUR = Place(lat=26.9124, lon=75.7873)


@pytest.fixture
def told(loaded_mongo: Mongo) -> Iterator[list[str]]:
    """Six centres of Jaipur of which PIN, tehsil, services and hours are known; the last two are closed on Mondays."""
    kiosks = loaded_mongo.db.kiosks
    ids = [kiosk["_id"] for kiosk in kiosks.find({"district_code": "102", "status": "ACTIVE"}).sort("_id", 1).limit(6)]
    for number, kiosk_id in enumerate(ids):
        hours = read_hours(["MON 09:00-18:00" if number < 4 else "TUE 09:00-18:00"])
        known = {
            "pin": "302001",
            "tehsil_code": "588",
            "services": ["JVVNL", "domicile"],
            "hours": [{"opens": interval.opens, "closes": interval.closes} for interval in hours],
        }
        kiosks.update_one({"_id": kiosk_id}, {"$set": known})
    yield ids
    kiosks.update_many({"_id": {"$in": ids}}, {"$unset": dict.fromkeys(["pin", "tehsil_code", "services", "hours"])})


def ids_of(body: dict[str, Any]) -> list[str]:
    return [item["kiosk_id"] for item in body["items"]]


def answer(response: TestResponse) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    body = response.json
    assert isinstance(body, dict)
    return body


@pytest.mark.parametrize(
    "name",
    ["e-Mitra Kendra Jaipur 1", "ई-मित्र केंद्र जयपुर १", "jaypur 1", "kendr jaipur 1", "JAIPUR  1", "1 जैपुर", "जयपुर 1"],
)
def test_a_centre_is_met_by_its_name_in_both_languages_and_in_latin_letters(get: Get, name: str) -> None:
    assert ids_of(answer(get("/v1/kiosks", name=name))) == ["ksk_RJ10200001"]


def test_a_centre_that_an_older_release_stored_is_met_by_its_name_after_migrate(
    settings: KioskRegistrySettings, loaded_mongo: Mongo, get: Get
) -> None:
    loaded_mongo.db.kiosks.update_one({"_id": "ksk_RJ10200001"}, {"$unset": {"sounds": ""}})
    assert answer(get("/v1/kiosks", name="jaypur 1"))["items"] == []

    registry = bootstrap(settings, loaded_mongo)
    assert (registry.migrate(), registry.migrate()) == (1, 0)

    assert ids_of(answer(get("/v1/kiosks", name="jaypur 1"))) == ["ksk_RJ10200001"]


@pytest.mark.parametrize("name", ["jaipur 99999", "Timbuktu", "؟؟ ء", "12345678"])
def test_a_name_that_no_centre_has_meets_none(get: Get, name: str) -> None:
    assert answer(get("/v1/kiosks", name=name))["items"] == []


def test_a_name_is_searched_in_a_district_and_walked_through_in_pages(get: Get, loaded_mongo: Mongo) -> None:
    first = answer(get("/v1/kiosks", name="kendra", district="86", limit=50))
    second = answer(get("/v1/kiosks", name="kendra", district="86", limit=50, cursor=first["next"]))

    in_order = [
        kiosk["_id"] for kiosk in loaded_mongo.db.kiosks.find({"district_code": "86"}).sort("_id", 1).limit(100)
    ]
    assert ids_of(first) + ids_of(second) == in_order[: len(ids_of(first) + ids_of(second))]
    assert len(ids_of(second)) > 10
    other = get("/v1/kiosks", name="jaipur", district="86", limit=50, cursor=first["next"])
    assert other.status_code == 422


@pytest.mark.parametrize("query", [{"pin": "302001"}, {"tehsil": "588"}, {"service": "domicile"}])
def test_centres_are_listed_by_what_is_known_of_them_and_those_of_which_it_is_not_are_told_of(
    get: Get, told: list[str], query: dict[str, str]
) -> None:
    body = answer(get("/v1/kiosks", **query))

    assert ids_of(body) == told
    assert body["note"].startswith("Not known of every centre: ")
    assert body["note_hi"].startswith("हर केंद्र का ज्ञात नहीं: ")
    assert KioskPageSchema().validate(body) == {}
    assert body["items"][0]["hours"] == ["MON 09:00-18:00"]


def test_a_list_by_what_every_centre_has_has_no_note(get: Get) -> None:
    body = answer(get("/v1/kiosks", district="102"))

    assert (body["note"], body["note_hi"]) == (None, None)
    assert {(item["pin"], item["hours"], item["open_now"]) for item in body["items"]} == {(None, None, None)}


def test_open_now_gives_the_centres_that_are_open_and_counts_those_whose_hours_are_not_known(
    settings: KioskRegistrySettings, loaded_mongo: Mongo, told: list[str]
) -> None:
    kiosks = bootstrap(settings, loaded_mongo).kiosks

    nearest = kiosks.nearest(JAIPUR, Search(status="ACTIVE"), MONDAY_10_IN_INDIA, open_now=True, limit=10)

    assert {item["kiosk_id"] for item in nearest.items} == set(told[:4])
    assert {item["open_now"] for item in nearest.items} == {True}
    every = kiosks.nearest(JAIPUR, Search(status="ACTIVE"), MONDAY_10_IN_INDIA, open_now=False, limit=10)
    assert nearest.hours_unset == sum(item["hours"] is None for item in every.items) > 0
    assert every.hours_unset == 0


def test_unset_hours_are_said_in_both_languages_and_never_taken_for_open(get: Get) -> None:
    body = answer(get("/v1/kiosks/nearest", lat=26.9124, lon=75.7873, open_now="true"))

    assert body["items"] == []
    assert "Centres as asked for within 200 km of this place: 0." in body["note"]
    assert "because their hours are not known: 10." in body["note"]
    assert "क्योंकि उनका समय ज्ञात नहीं है: 10।" in body["note_hi"]
    assert NearestSchema().validate(body) == {}


def test_the_nearest_are_those_of_the_service_and_of_the_status_asked_for(get: Get, told: list[str]) -> None:
    place = {"lat": JAIPUR.lat, "lon": JAIPUR.lon}

    assert set(ids_of(answer(get("/v1/kiosks/nearest", service="JVVNL", **place)))) == set(told)
    suspended = answer(get("/v1/kiosks/nearest", status="SUSPENDED", limit=5, **place))
    assert {item["status"] for item in suspended["items"]} == {"SUSPENDED"}


@pytest.mark.parametrize(
    ("path", "query", "pointer"),
    [
        ("/v1/kiosks", {"pin": "30200"}, "?pin"),
        ("/v1/kiosks", {"tehsil": "Chomu"}, "?tehsil"),
        ("/v1/kiosks", {"name": "="}, "?name"),
        ("/v1/kiosks", {"name": "x" * 101}, "?name"),
        ("/v1/kiosks", {"name": "..."}, "?name"),
        ("/v1/kiosks", {"service": "a b"}, "?service"),
        ("/v1/kiosks/nearest", {"lat": 1, "lon": 1, "open_now": "yes"}, "?open_now"),
        ("/v1/kiosks/nearest", {"lat": 1, "lon": 1, "status": "OPEN"}, "?status"),
        ("/v1/kiosks/nearest", {"lat": 1, "lon": 1, "service": "{$ne:1}"}, "?service"),
    ],
)
def test_what_no_filter_understands_is_refused_and_named(
    get: Get, path: str, query: dict[str, Any], pointer: str
) -> None:
    response = get(path, **query)

    assert response.status_code == 422
    assert response.json is not None
    assert [error["pointer"] for error in response.json["errors"]] == [pointer]


def test_no_log_has_where_somebody_is(
    settings: KioskRegistrySettings, loaded_mongo: Mongo, capfd: pytest.CaptureFixture[str]
) -> None:
    client: FlaskClient = SERVICE.flask_app(settings, loaded_mongo).test_client()
    headers = internal_headers("kiosk-registry", scopes=["kiosks:read"])

    for query in ("lat=26.98765&lon=75.12345", "lat=26.98765&lon=75.12345&limit=x", "lat=26.98765&lon=275.12345"):
        client.get(f"/v1/kiosks/nearest?{query}", headers=headers)

    written = "".join(capfd.readouterr())
    assert "/v1/kiosks/nearest" in written, "the requests are logged at all"
    assert "26.98" not in written
    assert "5.123" not in written
