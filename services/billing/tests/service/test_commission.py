"""A centre's statement of commission over HTTP and by command, recomputed by the stand-alone checker."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.world import Caller, World, json_of

from billing.domain.calendar import civil_day
from servicekit.http import Person
from servicekit.instants import utc_now

CHECKER = Path(__file__).parents[2] / "tools" / "check_commission.py"
MOBILE = {"number": "9829000077", "biller_id": "AIRTEL-POSTPAID", "name": "mobile_number"}


def this_month() -> str:
    return civil_day(utc_now()).isoformat()[:7]


@pytest.fixture
def centre(world: World) -> Caller:
    centre = world.centre()
    world.mongo.db.centres.insert_one({"_id": centre.kiosk_id, "district_code": "102", "lsp_id": "lsp_1"})
    return centre


def statement(caller: Caller, **query: str) -> Any:
    return caller.get(f"/v1/commission-statements/{this_month()}", query_string=query)


def test_each_charge_and_refund_is_a_line_with_its_event_and_what_no_order_states_is_in_suspense(
    world: World, centre: Caller, tmp_path: Path
) -> None:
    paid = json_of(centre.pay(centre.bill()))
    assert centre.refund(paid["payment_id"], 152_500, 152_500).status_code == 201
    answer = statement(centre)
    assert answer.status_code == 200, answer.json
    told = json_of(answer)
    taken, back = told["items"]
    assert (taken["charge_paise"], taken["suspense_paise"], taken["rule"]) == (500, 500, "unset-1")
    assert (back["charge_paise"], back["suspense_paise"], back["before_paise"]) == (-500, -500, 0)
    events = {
        row["routing_key"]: row["_id"] for row in world.mongo.db.outbox.find({"aggregate.id": paid["payment_id"]})
    }
    assert taken["event_id"] == events["payment.completed.v1"]
    assert back["event_id"] == events["payment.refunded.v1"]
    assert set(told["totals"].values()) == {0}
    path = tmp_path / "statement.json"
    path.write_text(json.dumps(told), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", str(CHECKER), str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "2 line(s) and the totals are right\n")


def test_a_centre_its_provider_and_the_administration_see_it_and_nobody_else(world: World, centre: Caller) -> None:
    def person(role: str, **of: Any) -> Caller:
        return Caller(world.http, client_id="cli_app", person=Person(f"per_{role}", role, **of))

    of_centre = {"kiosk_id": str(centre.kiosk_id)}
    seeing = [
        person("lsp", lsp_id="lsp_1"),
        person("district_admin", districts=frozenset({"102"})),
        person("state_admin"),
        person("auditor"),
    ]
    assert [statement(who, **of_centre).status_code for who in seeing] == [200] * 4
    blind = [
        person("lsp", lsp_id="lsp_2"),
        person("district_admin", districts=frozenset({"86"})),
        world.centre(),
        world.portal(),
    ]
    assert [json_of(statement(who, **of_centre))["code"] for who in blind] == ["statement-not-found"] * 4
    assert json_of(statement(person("state_admin")))["code"] == "statement-not-found"


@pytest.mark.parametrize("month", ["2026-13", "2026", "0000-01", "yesterday", "2026-1", "0001-01", "9999-12"])
def test_what_is_no_month_has_no_statement(centre: Caller, month: str) -> None:
    refused = centre.get(f"/v1/commission-statements/{month}")
    assert (refused.status_code, json_of(refused)["code"]) == (404, "statement-not-found")
