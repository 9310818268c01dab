"""Many cases approved and signed with one request, each with its own outcome, whatever dies meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.service.test_officers import colleague, take
from tests.support.builders import caste_form
from tests.support.world import Caller, World, json_of, new_key, problem

from certificates.application.officers.decide_in_bulk import DecideInBulk
from certificates.domain.officers.bulk import MOST_ITEMS
from servicekit.errors import DependencyUnavailable
from servicekit.instants import utc_now


def approve_all(by: Caller, items: list[dict[str, Any]], key: str | None = None, **body: Any) -> Any:
    return by.post("/v1/bulk-decisions", {"items": items, **body}, key)


def run(world: World) -> int:
    return world.service.decide_in_bulk(DecideInBulk(utc_now()))


def outcomes(bulk: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(item["outcome"], item["code"]) for item in bulk["items"]]


def test_many_are_approved_at_once_each_with_its_own_outcome(world: World) -> None:
    good = [world.awaiting_decision()["application_id"] for _ in range(3)]
    caste = world.awaiting_decision("caste", applicant=caste_form())["application_id"]
    unpaid = json_of(world.kiosk().apply(), 201)["application_id"]
    taken = world.awaiting_decision()["application_id"]
    json_of(take(colleague(world), taken), 200)
    items: list[dict[str, Any]] = [{"application_id": id_, "step": "approval"} for id_ in (*good, unpaid, taken)]
    items += [
        {"application_id": caste, "step": "verification"},
        {"application_id": "app_" + "0" * 32, "step": "approval"},
        {"application_id": world.awaiting_decision()["application_id"], "step": "approval", "version": 1},
    ]
    key = new_key()
    begun = approve_all(world.officer(), items, key, remarks="Seen.")
    bulk = json_of(begun, 202)
    assert (bulk["done"], bulk["total"], bulk["decided"]) == (False, 8, 0)
    assert json_of(approve_all(world.officer(), items, key, remarks="Seen."), 202)["id"] == bulk["id"]

    assert run(world) == 8

    seen = json_of(world.officer().get(begun.headers["Location"]), 200)
    assert (seen["done"], seen["decided"], seen["refused"]) == (True, 4, 4)
    assert outcomes(seen) == [
        ("decided", None),
        ("decided", None),
        ("decided", None),
        ("refused", "fee-not-paid"),
        ("refused", "taken-by-another"),
        ("decided", None),
        ("refused", "application-not-found"),
        ("refused", "stale-version"),
    ]
    assert all(item["certificate_id"] for item in seen["items"][:3])
    assert seen["items"][5]["certificate_id"] is None
    assert run(world) == 0
    assert problem(colleague(world).get(begun.headers["Location"]), 404)["code"] == "bulk-decision-not-found"


def test_an_operation_that_dies_after_a_decision_goes_on_and_decides_nothing_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [world.awaiting_decision()["application_id"] for _ in range(3)]
    begun = approve_all(world.officer(), [{"application_id": id_, "step": "approval"} for id_ in ids])
    reached: list[str] = []

    def dies(name: str) -> None:
        reached.append(name)
        if reached == ["Q1", "Q1"]:
            raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr("certificates.application.officers.decide_in_bulk.crash_point", dies)
        with pytest.raises(SystemExit):
            run(world)
    half = json_of(world.officer().get(begun.headers["Location"]), 200)
    assert outcomes(half) == [("decided", None), ("waiting", None), ("waiting", None)]
    assert world.application(ids[1])["state"] == "ISSUED"

    run(world)

    whole = json_of(world.officer().get(begun.headers["Location"]), 200)
    assert (whole["done"], outcomes(whole)) == (True, [("decided", None)] * 3)
    assert {item["certificate_id"] for item in whole["items"]} == {
        row["_id"] for row in world.mongo.db["certificates"].find()
    }


def test_while_something_is_away_an_operation_waits_and_no_case_is_refused_for_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    application_id = world.awaiting_decision()["application_id"]
    begun = approve_all(world.officer(), [{"application_id": application_id, "step": "approval"}])

    def away(*_: object) -> None:
        raise DependencyUnavailable("The database is away.")

    with monkeypatch.context() as broken:
        broken.setattr(type(world.service.decide_application.applications), "once", away)
        with pytest.raises(DependencyUnavailable):
            run(world)
    run(world)
    assert outcomes(json_of(world.officer().get(begun.headers["Location"]), 200)) == [("decided", None)]


def test_several_workers_at_once_decide_each_case_once(world: World) -> None:
    ids = [world.awaiting_decision()["application_id"] for _ in range(4)]
    begun = approve_all(world.officer(), [{"application_id": id_, "step": "approval"} for id_ in ids])
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: run(world), range(3)))
    seen = json_of(world.officer().get(begun.headers["Location"]), 200)
    assert (seen["done"], outcomes(seen)) == (True, [("decided", None)] * 4)
    assert world.mongo.db["certificates"].count_documents({}) == 4


def test_too_many_or_twice_the_same_are_refused(world: World) -> None:
    item = {"application_id": "app_" + "0" * 32, "step": "approval"}
    refused = problem(approve_all(world.officer(), [item, item]), 422)
    assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [
        ("/items/1/application_id", "repeated")
    ]
    many = [{"application_id": f"app_{number:032x}", "step": "approval"} for number in range(MOST_ITEMS + 1)]
    assert problem(approve_all(world.officer(), many), 422)["errors"][0]["pointer"] == "/items"
    assert problem(approve_all(world.kiosk(), [item]), 403)["code"] == "not-permitted"
