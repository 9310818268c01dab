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


def test_a_token_given_for_billing_opens_no_operation_of_a_newcomers_until_billing_gives_the_scope_up(
    stage: Stage, mongo: Mongo, agriculture: ForeignService
) -> None:
    crops = {"/v1/crops": {"post": operation("payments:write"), "get": operation()}}
    stage.publish("agriculture", document("agriculture", crops), agriculture.url)
    sent = {"json": {}, "headers": {"Idempotency-Key": "k" * 20}}
    token = stage.identity.token("payments:write")
    assert stage.call("POST", "/v1/crops", token, **sent).status_code == 405
    assert (stage.call("GET", "/v1/crops").json, len(agriculture.received)) == ({"who": "agriculture"}, 1)
    (refused,) = [
        row for row in json.loads(asked(stage, mongo, "routes", "--json").stdout) if row["state"] == "refused"
    ]
    assert (refused["service"], refused["route"]) == ("agriculture", "POST /v1/crops")
    assert refused["because"] == "billing has the scopes payments:…"
    held = asked(stage, mongo, "release-routes", "billing", "--route", "SCOPE payments")
    assert (held.exit_code, "still publishes the scopes payments:…" in held.stderr) == (2, True)
    stage.publish("billing", document("billing", {"/v1/billers": {"get": operation("billers:read")}}), "http://a")
    assert asked(stage, mongo, "release-routes", "billing", "--route", "SCOPE payments").exit_code == 0
    stage.gateway.routes.read()
    assert stage.call("POST", "/v1/crops", token, **sent).json == {"who": "agriculture"}


def test_a_newcomer_that_wants_ids_of_billings_gets_nothing_in_either_order_of_starting(
    stage: Stage, mongo: Mongo, agriculture: ForeignService, tmp_path: Path
) -> None:
    wanted = document("agriculture", {"/v1/crops": {"get": operation()}}, **{"x-emitra-ids": {"pay_": "a premium"}})
    stage.publish("agriculture", wanted, agriculture.url)
    with staged(tmp_path / "fresh", mongo, services=()) as fresh:
        fresh.publish("agriculture", wanted, agriculture.url)
        for gateway in (stage, fresh):
            assert gateway.call("GET", "/v1/crops").status_code == 404
    rows = json.loads(asked(stage, mongo, "routes", "--json").stdout)
    refused = {row["route"]: row["because"] for row in rows if row["service"] == "agriculture"}
    assert refused == {
        "ID pay_": "billing has the ids pay_…",
        "GET /v1/crops": "agriculture gets nothing more while it wants ID pay_: billing has the ids pay_…",
    }


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
    assert states["billing", "SCOPE payments"] == states["gateway", "ID EM"] == "in force"
    assert states["billing", "ID pay_"] == "kept"  # This billing declares no ids.
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
