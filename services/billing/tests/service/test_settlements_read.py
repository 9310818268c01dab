"""A department reads what its billers were paid, and the files whose hash it was told."""

import csv
import hashlib
import io
from dataclasses import replace
from typing import Any

import pytest
from tests.service.test_settlement import BILL, Day, pay, today  # noqa: F401 - a fixture
from tests.support.world import Caller, World, json_of

from billing.domain.settlement.settlement import SettlementState
from servicekit.http import Person


def officer(world: World, department: str | None, **more: Any) -> Caller:
    return Caller(world.http, person=Person("per_" + "1" * 32, "officer", department=department, **more))


@pytest.fixture
def settled(today: Day) -> Day:  # noqa: F811
    pay(today.world.centre(), 3)
    today.reconcile()
    today.settle()
    return today


def test_a_department_reads_its_own_settlements_with_totals_hash_and_lines(settled: Day) -> None:
    world, energy = settled.world, officer(settled.world, "energy", districts=frozenset({"102"}))
    (item,) = json_of(energy.get("/v1/settlements"))["items"]
    assert (item["biller_id"], item["department"], item["day"]) == ("JVVNL", "energy", settled.day.isoformat())
    assert [item[name]["amount"] for name in ("gross", "refunded", "net")] == [3 * BILL, 0, 3 * BILL]
    assert json_of(energy.get(f"/v1/settlements/{item['settlement_id']}")) == item

    file = energy.get(f"/v1/settlements/{item['settlement_id']}/lines-csv")
    assert (file.status_code, file.mimetype) == (200, "text/csv")
    assert hashlib.sha256(file.data).hexdigest() == item["file_sha256"]
    _, _, *lines, total = csv.reader(io.StringIO(file.text))
    assert total == ["TOTAL", "3", str(3 * BILL), ""]
    assert sum(int(line[2]) for line in lines) == 3 * BILL
    for name in ("customer_params", "100000000001", "per_"):
        assert name not in file.text
    for caller in (Caller(world.http, person=Person("per_" + "2" * 32, role)) for role in ("state_admin", "auditor")):
        assert json_of(caller.get("/v1/settlements"))["items"] == [item]


def test_a_department_sees_nothing_of_anothers_nor_who_is_of_none(settled: Day) -> None:
    world = settled.world
    (item,) = json_of(officer(world, "energy").get("/v1/settlements"))["items"]
    paths = [f"/v1/settlements/{item['settlement_id']}{rest}" for rest in ("", "/lines-csv")]
    water = officer(world, "phed")
    assert json_of(water.get("/v1/settlements"))["items"] == []
    for path in paths:
        assert (water.get(path).status_code, json_of(water.get(path))["code"]) == (404, "settlement-not-found")
        for caller in (officer(world, None), world.centre(), world.portal()):
            assert caller.get(path).status_code == 403
    for caller in (officer(world, None), world.centre(), replace(water, scopes=["wallet:read"])):
        assert caller.get("/v1/settlements").status_code == 403
    assert json_of(water.get("/v1/settlements/stl_" + "0" * 32))["code"] == "settlement-not-found"


def test_what_is_not_closed_yet_is_not_told(settled: Day) -> None:
    settlements = settled.world.mongo.db.settlements
    settlements.update_many({}, {"$set": {"state": SettlementState.OPEN.value}})
    stored = settlements.find_one()
    assert stored is not None
    energy = officer(settled.world, "energy")
    assert json_of(energy.get("/v1/settlements"))["items"] == []
    assert energy.get(f"/v1/settlements/{stored['_id']}/lines-csv").status_code == 404


def test_settlements_come_in_pages_the_latest_days_in_front(settled: Day) -> None:
    world = settled.world
    (template,) = world.mongo.db.settlements.find()
    for number in range(1, 5):
        day = f"2026-01-{number // 2 + 1:02d}"
        copy = {**template, "_id": f"stl_{number:032x}", "day": day, "biller_id": f"B{number}"}
        world.mongo.db.settlements.insert_one(copy)
    energy = officer(world, "energy")
    items: list[dict[str, Any]] = []
    following: str | None = ""
    while following is not None:
        page = json_of(energy.get("/v1/settlements?limit=2" + (f"&cursor={following}" if following else "")))
        items += page["items"]
        following = page["next"]
    assert len({item["settlement_id"] for item in items}) == len(items) == 5
    keys = [(item["day"], item["settlement_id"]) for item in items]
    assert keys == sorted(keys, reverse=True)
    assert energy.get("/v1/settlements?cursor=x").status_code in (400, 422)
    world.mongo.db.settlements.delete_many({"_id": {"$ne": template["_id"]}})  # the books know of none of these
