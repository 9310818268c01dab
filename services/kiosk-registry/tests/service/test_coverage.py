"""Coverage over HTTP: counted when the register changed, read from one document."""

import csv
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.support.running import prepared

from kiosk_registry.application.coverage.summarise_coverage import SummariseCoverage
from kiosk_registry.bootstrap import KioskRegistry
from kiosk_registry.entrypoints.http.coverage.schemas import CoverageSchema
from kiosk_registry.entrypoints.service import SERVICE
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers

AT = SummariseCoverage(datetime(2026, 11, 28, 1, 0, tzinfo=UTC))


@pytest.fixture
def registry(settings: KioskRegistrySettings, mongo: Mongo) -> KioskRegistry:
    return prepared(settings, mongo, 2_000)


@pytest.fixture
def client(settings: KioskRegistrySettings, mongo: Mongo, registry: KioskRegistry) -> FlaskClient:
    return SERVICE.flask_app(settings, mongo, registry).test_client()


def shown(client: FlaskClient) -> dict[str, Any]:
    response = client.get("/v1/coverage", headers=internal_headers("kiosk-registry", scopes=["kiosks:read"]))
    assert response.status_code == 200, response.text
    body = response.json
    assert isinstance(body, dict)
    assert CoverageSchema().validate(body) == {}
    return body


def test_before_it_was_counted_coverage_says_so(client: FlaskClient) -> None:
    body = shown(client)

    assert (body["counted_at"], body["state"], body["items"]) == (None, None, [])
    assert "estimate" in body["note"]
    assert "अनुमान" in body["note_hi"]


def test_coverage_is_counted_once_for_each_state_of_the_register(
    client: FlaskClient, registry: KioskRegistry, mongo: Mongo
) -> None:
    assert [registry.summarise_coverage(AT), registry.summarise_coverage(AT)] == [True, False]
    before = shown(client)
    jaipur = next(item for item in before["items"] if item["district_code"] == "102")
    active = mongo.db.kiosks.count_documents({"district_code": "102", "status": "ACTIVE"})
    assert jaipur["centres"] == active
    assert jaipur["per_100000"] == pytest.approx(100_000 * active / 6_626_178, abs=0.01)
    assert len(before["items"]) == 33
    assert sum(item["centres"] for item in before["divisions"]) == before["state"]["centres"]
    assert before["state"]["population_2011"] == sum(item["population_2011"] for item in before["items"])

    mongo.db.kiosks.update_one({"_id": "ksk_RJ10200001"}, {"$set": {"status": "CLOSED"}, "$inc": {"version": 1}})
    assert registry.summarise_coverage(AT)

    assert shown(client)["state"]["centres"] == before["state"]["centres"] - 1


def test_the_next_places_save_people_a_way_and_say_what_they_cost_the_neighbours(
    client: FlaskClient, registry: KioskRegistry
) -> None:
    registry.summarise_coverage(AT)

    places = shown(client)["next_places"]

    assert len(places) == 10
    assert all(place["population_nearer"] > 0 and place["mean_saved_m"] > 0 for place in places)
    gains = [place["population_nearer"] * place["mean_saved_m"] for place in places]
    assert gains[0] >= gains[-1]
    assert all(
        neighbour["population_after"] < neighbour["population"] for place in places for neighbour in place["neighbours"]
    )


def test_the_districts_come_as_a_file_too(client: FlaskClient, registry: KioskRegistry) -> None:
    registry.summarise_coverage(AT)
    response = client.get("/v1/coverage/districts", headers=internal_headers("kiosk-registry", scopes=["kiosks:read"]))

    assert (response.status_code, response.mimetype) == (200, "text/csv")
    rows = list(csv.DictReader(response.get_data().decode("utf-8-sig").splitlines()))
    assert len(rows) == 33
    assert {row["name_en"]: row["centres"] for row in rows} == {
        item["name_en"]: str(item["centres"]) for item in shown(client)["items"]
    }
