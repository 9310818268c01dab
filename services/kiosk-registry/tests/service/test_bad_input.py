"""What is refused: each with the right problem, naming what is wrong."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk_registry.settings import KioskRegistrySettings
from servicekit.http import Cursor
from servicekit.testing import internal_headers

Get = Callable[..., TestResponse]
PATHS = [
    "/v1/kiosks",
    "/v1/kiosks/ksk_RJ10200001",
    "/v1/kiosks/nearest?lat=26.9&lon=75.8",
    "/v1/kiosks/statistics",
    "/v1/districts",
    "/v1/districts/102/jurisdiction",
    "/v1/divisions",
]


def problem(response: TestResponse, status: int) -> dict[str, Any]:
    assert (response.status_code, response.content_type) == (status, "application/problem+json"), response.text
    body = response.json
    assert isinstance(body, dict)
    return body


def pointers(response: TestResponse) -> list[str]:
    return [error["pointer"] for error in problem(response, 422)["errors"]]


@pytest.mark.parametrize(
    "kiosk_id",
    ["ksk_RJ10299999", "ksk_rj10200001", "ksk_RJ102", "RJ10200001", "1", "nearest ", "%00", "{$ne:1}", "x" * 500],
)
def test_an_id_that_no_centre_has_is_not_found(get: Get, kiosk_id: str) -> None:
    assert problem(get(f"/v1/kiosks/{kiosk_id}"), 404)["code"] == "not-found"


@pytest.mark.parametrize(
    "value",
    ["90.0001", "-90.0001", "1e999", "-1e999", "nan", "NaN", "inf", "Infinity", "north", "", " ", "26,9", "1_0", "२६"],
)
@pytest.mark.parametrize("name", ["lat", "lon"])
def test_a_coordinate_that_is_not_a_number_in_range_is_refused(get: Get, name: str, value: str) -> None:
    # A longitude may be twice as large.
    given = value.replace("90", "180") if name == "lon" else value

    assert pointers(get("/v1/kiosks/nearest", **{"lat": "26.9", "lon": "75.8", name: given})) == [f"?{name}"]


@pytest.mark.parametrize("value", ["-90", "90", "26", "26.912400", "2.69e1", "-0", "0"])
def test_a_coordinate_in_any_json_notation_is_taken(get: Get, value: str) -> None:
    assert get("/v1/kiosks/nearest", lat=value, lon=value).status_code == 200


def test_both_coordinates_are_needed_and_both_are_named(get: Get) -> None:
    assert sorted(pointers(get("/v1/kiosks/nearest"))) == ["?lat", "?lon"]


@pytest.mark.parametrize("limit", ["0", "51", "-1", "10.5", "1e1", "ten", "", "1_0", "१०", "99999999999999999999"])
def test_a_number_of_nearest_centres_from_1_to_50_is_asked_for(get: Get, limit: str) -> None:
    assert pointers(get("/v1/kiosks/nearest", lat=26.9, lon=75.8, limit=limit)) == ["?limit"]


@pytest.mark.parametrize("limit", ["0", "201", "-1", "many"])
def test_a_page_size_from_1_to_200_is_asked_for(get: Get, limit: str) -> None:
    assert pointers(get("/v1/kiosks", limit=limit)) == ["?limit"]


@pytest.mark.parametrize("district", ["999", "Jaipur", "0102", "", "102 ", "१०२"])
def test_an_unknown_district_is_refused_and_told_where_the_known_ones_are(get: Get, district: str) -> None:
    body = problem(get("/v1/kiosks", district=district), 422)

    assert [(error["pointer"], error["code"]) for error in body["errors"]] == [("?district", "unknown-district")]
    assert "/v1/districts" in body["errors"][0]["detail"]


@pytest.mark.parametrize("pin", ["", "30200", "3020011", "012345", "30200a", "302 001", "३०२००१", "302001\n"])
def test_what_is_no_pin_is_refused_in_both_languages_and_nobodys_guess(client: FlaskClient, pin: str) -> None:
    body = problem(client.get("/v1/places", query_string={"pin": pin}), 422)

    (error,) = body["errors"]
    assert (error["pointer"], error["code"]) == ("?pin", "not-a-pin")
    assert "six digits" in error["detail"]
    assert "छह अंक" in error["detail_hi"]


@pytest.mark.parametrize("status", ["active", "OPEN", ""])
def test_an_unknown_status_is_refused(get: Get, status: str) -> None:
    assert pointers(get("/v1/kiosks", status=status)) == ["?status"]


@pytest.mark.parametrize("path", [*PATHS, "/v1/places"])
def test_an_unknown_query_field_is_refused(get: Get, client: FlaskClient, path: str) -> None:
    joined = f"{path}{'&' if '?' in path else '?'}radius=5"
    headers = internal_headers("kiosk-registry", scopes=["kiosks:read"])

    assert pointers(client.get(joined, headers=headers)) == ["?radius"]


def test_a_query_field_given_twice_is_refused(get: Get) -> None:
    assert problem(get("/v1/kiosks", district=["102", "86"]), 400)["errors"][0]["pointer"] == "?district"


@pytest.mark.parametrize("cursor", ["", "x", "eyJhZnRlciI6ICJrc2sifQ.AAAA", "x" * 5_000])
def test_a_cursor_that_we_did_not_give_out_is_refused(get: Get, cursor: str) -> None:
    assert pointers(get("/v1/kiosks", cursor=cursor)) == ["?cursor"]


def test_a_changed_cursor_is_refused(get: Get) -> None:
    given = get("/v1/kiosks").json
    assert given is not None
    last = "A" if given["next"][0] != "A" else "B"

    assert pointers(get("/v1/kiosks", cursor=last + given["next"][1:])) == ["?cursor"]


def test_a_cursor_of_another_list_is_refused(get: Get, settings: KioskRegistrySettings) -> None:
    of_jaipur = get("/v1/kiosks", district="102").json
    assert of_jaipur is not None

    assert pointers(get("/v1/kiosks", district="86", cursor=of_jaipur["next"])) == ["?cursor"]
    assert pointers(get("/v1/kiosks", cursor=of_jaipur["next"])) == ["?cursor"]
    ours = Cursor(settings.cursor_secret)
    assert pointers(get("/v1/kiosks", cursor=ours.encode({"district": None, "status": None, "after": {"$gt": ""}})))
    assert pointers(get("/v1/kiosks", cursor=ours.encode({})))


@pytest.mark.parametrize("path", PATHS)
def test_a_caller_without_a_token_or_without_the_scope_is_refused(client: FlaskClient, path: str) -> None:
    problem(client.get(path), 401)
    body = problem(client.get(path, headers=internal_headers("kiosk-registry", scopes=["bills:fetch"])), 403)
    assert body["missing_scope"] == "kiosks:read"
    problem(client.get(path, headers=internal_headers("billing", scopes=["kiosks:read"])), 401)


@pytest.mark.parametrize("path", [*PATHS, "/v1/places"])
def test_the_register_is_read_only(client: FlaskClient, path: str) -> None:
    response = client.post(path, json={}, headers=internal_headers("kiosk-registry", scopes=["kiosks:read"]))

    problem(response, 405)
    assert "GET" in response.headers["Allow"]
