"""Conditional requests: an ETag that is sent is heeded, and no demand for a version is ignored."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.conftest import SampleSettings

from servicekit.http import Blueprint, etag, precondition
from servicekit.http.app import create_app
from servicekit.http.openapi import openapi_document
from servicekit.testing import internal_headers, settings_for

VERSION = 2


@pytest.fixture
def changed() -> list[str]:
    """What was carried out."""
    return []


@pytest.fixture
def app(changed: list[str]) -> Flask:
    blp = Blueprint("things")

    @blp.route("/v1/things/<thing_id>")
    @blp.requires("things:read")
    @blp.versioned()
    @blp.response(200)
    def read_thing(thing_id: str) -> tuple[dict[str, Any], int, dict[str, str]]:
        """A thing."""
        return {"thing_id": thing_id}, 200, {"ETag": etag(VERSION)}

    @blp.route("/v1/things/<thing_id>/changes", methods=["POST"])
    @blp.requires("things:read")
    @blp.repeatable("a test")
    @blp.versioned()
    @blp.response(201)
    def change_thing(thing_id: str) -> tuple[dict[str, Any], int, dict[str, str]]:
        """Change it."""
        precondition().check(VERSION)
        changed.append(thing_id)
        return {"thing_id": thing_id}, 201, {"ETag": etag(VERSION + 1)}

    @blp.route("/v1/things", methods=["POST"])
    @blp.requires("things:read")
    @blp.repeatable("a test")
    @blp.response(201)
    def make_thing() -> dict[str, Any]:
        """Make one."""
        changed.append("made")
        return {}

    return create_app(
        service_name="sample",
        version="1.2.3",
        settings=settings_for(SampleSettings),
        application=None,
        blueprints=[blp],
    )


@pytest.fixture
def headers() -> dict[str, str]:
    return internal_headers("sample", scopes=["things:read"])


@pytest.mark.parametrize("names_it", ['"2"', '"1", "2"', 'W/"2"', 'W/"1" , W/"2"', "*"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_read_of_the_version_one_has_is_answered_without_a_body(
    client: FlaskClient, headers: dict[str, str], method: str, names_it: str
) -> None:
    answer = client.open("/v1/things/1", method=method, headers={**headers, "If-None-Match": names_it})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == '"2"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("another", ['"1"', '"22"', 'W/"1"', '"2', "", '"a", "b"'])
def test_a_read_of_another_version_than_one_has_is_answered_whole(
    client: FlaskClient, headers: dict[str, str], another: str
) -> None:
    answer = client.get("/v1/things/1", headers={**headers, "If-None-Match": another})
    assert (answer.status_code, answer.json) == (200, {"thing_id": "1"})


@pytest.mark.parametrize("if_match", ['"1"', 'W/"2"', '"999"', "", '"2', '"' + "9" * 5000 + '"', '"२"', '"abc"'])
def test_a_demand_for_another_version_is_refused_and_nothing_is_done(
    client: FlaskClient, headers: dict[str, str], changed: list[str], if_match: str
) -> None:
    demand = {**headers, "If-Match": if_match.encode().decode("latin-1")}
    for answer in (client.post("/v1/things/1/changes", headers=demand), client.get("/v1/things/1", headers=demand)):
        assert (answer.status_code, answer.content_type) == (412, "application/problem+json")
        assert answer.json is not None
        assert answer.json["code"] == "stale-version"
    assert changed == []


@pytest.mark.parametrize("if_match", ['"2"', '"1", "2"', 'W/"1", "2"', "*", None])
def test_a_demand_that_is_met_or_none_at_all_is_carried_out(
    client: FlaskClient, headers: dict[str, str], changed: list[str], if_match: str | None
) -> None:
    demand = {**headers, **({"If-Match": if_match} if if_match else {})}
    assert client.post("/v1/things/1/changes", headers=demand).status_code == 201
    assert client.get("/v1/things/1", headers=demand).status_code == 200
    assert changed == ["1"]


@pytest.mark.parametrize(("if_none_match", "status"), [('"2"', 412), ('W/"2"', 412), ("*", 412), ('"1"', 201)])
def test_a_change_of_anything_but_one_version_is_refused_at_that_one(
    client: FlaskClient, headers: dict[str, str], if_none_match: str, status: int
) -> None:
    answer = client.post("/v1/things/1/changes", headers={**headers, "If-None-Match": if_none_match})
    assert answer.status_code == status


@pytest.mark.parametrize(("if_match", "status"), [('"1"', 412), ("*", 201), (None, 201)])
def test_a_version_demanded_where_there_is_none_is_refused(
    client: FlaskClient, headers: dict[str, str], changed: list[str], if_match: str | None, status: int
) -> None:
    demand = {**headers, **({"If-Match": if_match} if if_match else {})}
    assert client.post("/v1/things", headers=demand).status_code == status
    assert bool(changed) == (status == 201)


def test_who_may_not_call_learns_no_version(client: FlaskClient) -> None:
    answer = client.post("/v1/things", headers={"If-Match": '"1"'})
    assert answer.status_code == 401


def test_the_document_names_the_etag_and_the_headers(app: Flask) -> None:
    paths = openapi_document(app, "sample")["paths"]
    read, change = paths["/v1/things/{thing_id}"]["get"], paths["/v1/things/{thing_id}/changes"]["post"]
    assert [parameter["name"] for parameter in read["parameters"]] == ["If-None-Match"]
    assert [parameter["name"] for parameter in change["parameters"]] == ["If-Match"]
    assert "ETag" in read["responses"]["200"]["headers"]
    assert "ETag" in change["responses"]["201"]["headers"]
    assert "304" in read["responses"]
    assert change["responses"]["412"]["$ref"] == "#/components/responses/StaleVersion"
    assert "parameters" not in paths["/v1/things"]["post"]
