"""Nobody takes what is another's: whole gateways on one database, and the commands beside them."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.documents import BILLING, document, operation
from tests.support.foreign_services import ForeignService, Reply, foreign_service
from tests.support.stage import Stage, staged
from typer.testing import CliRunner

from gateway.entrypoints.service import main
from servicekit.mongo import Mongo

AGRICULTURE = document(
    "agriculture", {"/v1/payments": {"post": operation("payments:write")}, "/v1/crops": {"get": operation()}}
)


@pytest.fixture
def agriculture() -> Iterator[ForeignService]:
    with foreign_service() as service:
        service.reply = lambda _: Reply(body=b'{"who": "agriculture"}')
        yield service


def pay(stage: Stage) -> Any:
    token = stage.identity.token("payments:write")
    return stage.call("POST", "/v1/payments", token, json={}, headers={"Idempotency-Key": "k" * 20})


def asked(stage: Stage, mongo: Mongo, *arguments: str) -> Any:
    environ = {
        **stage.environ,
        "MONGODB_URI": os.environ["MONGODB_URI"],
        "MONGODB_DATABASE": mongo.db.name,
        "AMQP_URL": "amqp://nobody.invalid/",
        "CURSOR_SECRET": "c" * 40,
    }
    return CliRunner().invoke(main, list(arguments), env=environ)


def test_a_service_with_billings_route_gets_its_others_only_and_billing_goes_on(
    stage: Stage, agriculture: ForeignService
) -> None:
    stage.publish("agriculture", AGRICULTURE, agriculture.url)
    assert pay(stage).status_code == 200
    assert (len(stage.billing.received), len(agriculture.received)) == (1, 0)
    assert stage.call("GET", "/v1/crops").json == {"who": "agriculture"}
    described = stage.call("GET", "/openapi.json").json["paths"]
    assert described["/v1/payments"]["post"]["tags"] == ["billing"]
    assert "/v1/crops" in described


def test_who_starts_first_in_an_empty_database_takes_nothing_of_billings(
    tmp_path: Path, mongo: Mongo, agriculture: ForeignService
) -> None:
    with staged(tmp_path / "routes", mongo, services=()) as stage:
        stage.publish("agriculture", AGRICULTURE, agriculture.url)
        stage.publish("billing", BILLING, stage.billing.url)
        assert pay(stage).status_code == 200
        assert (len(stage.billing.received), len(agriculture.received)) == (1, 0)


@pytest.mark.parametrize(("first", "second"), [("apple", "zebra"), ("zebra", "apple")])
def test_a_gateway_that_starts_again_and_a_second_one_know_who_had_a_route(
    tmp_path: Path, mongo: Mongo, agriculture: ForeignService, first: str, second: str
) -> None:
    wanted = {name: document(name, {"/v1/x/{id}": {"get": operation()}}) for name in (first, second)}
    with staged(tmp_path / "one", mongo, services=()) as stage:
        stage.publish(first, wanted[first], agriculture.url)
    for folder in ("two", "three"):
        with staged(tmp_path / folder, mongo, services=()) as stage:
            stage.publish(second, wanted[second], stage.billing.url)
            assert stage.call("GET", "/v1/x/1").status_code == 404
            stage.publish(first, wanted[first], agriculture.url)
            assert stage.call("GET", "/v1/x/1").json == {"who": "agriculture"}


def test_a_gateway_that_starts_on_a_broken_document_serves_the_last_good_one(
    tmp_path: Path, mongo: Mongo, stage: Stage
) -> None:
    with staged(tmp_path / "second", mongo, services=()) as second:
        (second.routes_dir / "billing.url").write_text(stage.billing.url)
        (second.routes_dir / "billing.yaml").write_text("a: [")
        second.gateway.routes.read()
        second.publish("identity", yaml.safe_load((stage.routes_dir / "identity.yaml").read_text()), stage.billing.url)
        assert second.gateway.routes.read().methods_at("/v1/payments") is not None
        assert len(stage.call("GET", "/openapi.json").json["paths"]) == len(
            second.call("GET", "/openapi.json").json["paths"]
        )


def test_the_command_lists_owners_and_what_is_refused_with_the_reason_and_what_to_do(
    stage: Stage, mongo: Mongo, agriculture: ForeignService
) -> None:
    stage.publish("agriculture", AGRICULTURE, agriculture.url)
    (stage.routes_dir / "mines.yaml").write_text("a: [")
    rows = json.loads(asked(stage, mongo, "routes", "--json").stdout)
    states = {(row["service"], row["route"]): row["state"] for row in rows}
    assert states["billing", "POST /v1/payments"] == states["gateway", "GET /docs"] == "in force"
    assert states["billing", "* /v1/wallet"] == "prefix"
    assert states["agriculture", "GET /v1/crops"] == "in force"
    assert states["mines", "all of its routes"] == "unusable"
    (refused,) = [row for row in rows if row["state"] == "refused"]
    assert (refused["service"], refused["route"]) == ("agriculture", "POST /v1/payments")
    assert refused["because"] == "billing has everything under /v1/payments"
    assert "gateway release-routes billing --route '* /v1/payments'" in refused["mend"]
    table = asked(stage, mongo, "routes")
    assert table.exit_code == 0
    assert "billing has everything under /v1/payments" in " ".join(table.stdout.split())


def test_a_removed_service_gives_up_its_routes_by_a_command_and_not_before(
    stage: Stage, mongo: Mongo, agriculture: ForeignService
) -> None:
    stage.publish("agriculture", AGRICULTURE, agriculture.url)
    refused = asked(stage, mongo, "release-routes", "agriculture")
    assert (refused.exit_code, "still publishes GET /v1/crops" in refused.stderr) == (2, True)
    (stage.routes_dir / "agriculture.yaml").unlink()
    stage.publish("zebra", document("zebra", {"/v1/crops": {"get": operation()}}), stage.billing.url)
    assert stage.call("GET", "/v1/crops").status_code == 404
    kept = json.loads(asked(stage, mongo, "routes", "--json").stdout)
    assert {row["state"] for row in kept if row["service"] == "agriculture"} == {"kept"}
    released = asked(stage, mongo, "release-routes", "agriculture")
    assert (released.exit_code, "agriculture gave up GET /v1/crops" in released.stdout) == (0, True)
    stage.gateway.routes.read()
    assert stage.call("GET", "/v1/crops").status_code == 200
    again = asked(stage, mongo, "release-routes", "agriculture")
    assert (again.exit_code, "entered for nothing" in again.stderr) == (2, True)


def test_one_route_or_the_place_is_given_up_alone(stage: Stage, mongo: Mongo) -> None:
    stage.publish(
        "mines", document("mines", {"/v1/a": {"get": operation()}, "/v1/b": {"get": operation()}}), "http://a"
    )
    stage.publish("mines", document("mines", {"/v1/a": {"get": operation()}}), "http://a")
    for route, said in (("GET /v1/a", "still publishes GET /v1/a"), ("GET /v1/c", "is not entered for GET /v1/c")):
        refused = asked(stage, mongo, "release-routes", "mines", "--route", route)
        assert (refused.exit_code, said in refused.stderr) == (2, True)
    assert asked(stage, mongo, "release-routes", "mines", "--route", "GET /v1/b").exit_code == 0
    assert asked(stage, mongo, "release-routes", "mines", "--place").exit_code == 0
    stored = mongo.db["route_register"].find_one({})
    assert stored is not None
    assert [(e["method"], e["path"]) for e in stored["entries"] if e["service"] == "mines"] == [("GET", "/v1/a")]
    assert "mines" not in {row["service"] for row in stored["places"]}
    assert asked(stage, mongo, "release-routes", "gateway").exit_code == 2


def test_commands_say_what_is_away_or_wrong(stage: Stage, mongo: Mongo) -> None:
    mongo_away = CliRunner().invoke(
        main,
        ["routes"],
        env={
            **stage.environ, "MONGODB_URI": "mongodb://127.0.0.1:1/", "MONGODB_DATABASE": "unused",
            "AMQP_URL": "amqp://nobody.invalid/", "CURSOR_SECRET": "c" * 40,
        },
    )  # fmt: skip
    assert (mongo_away.exit_code, "cannot be reached" in mongo_away.stderr) == (69, True)
    assert CliRunner().invoke(main, ["routes"], env={"MONGODB_URI": ""}).exit_code == 78
