"""What is heard in camera: hidden from everybody but the parties and the court."""

from typing import Any

import pytest
from tests.support.world import World, json_of, problem, sitting_day

DAY = sitting_day()
HIDE = {"kind": "in-camera", "text": "The parties asked for it, and their reasons are good."}
SHOW = {"kind": "in-public", "text": "The reasons are gone."}
LAND = {"tehsil": "Jaipur", "village": "Sandbox Gaon", "khasra": "112"}


def hidden(world: World) -> dict[str, Any]:
    return json_of(world.officer().act(world.listed(), "orders", HIDE), 201)


def cause_list(world: World, query: str = "") -> dict[str, Any]:
    return json_of(world.public(f"/courts/test-tehsildar-jaipur/cause-lists/{DAY.isoformat()}{query}"), 200)


def test_the_list_of_the_day_says_in_camera_and_nothing_else(world: World) -> None:
    case, public = hidden(world), world.listed()
    assert case["in_camera"]
    lines = cause_list(world)["items"]
    assert [(line["case_number"], line["in_camera"]) for line in lines] == [
        (public["case_number"], False),
        (None, True),
    ]
    assert (lines[1]["kind_code"], lines[1]["subject"]["en"]) == (None, "In camera")
    # Nor does the mark of the next page tell the number.
    serial = case["case_number"].rpartition("/")[2]
    assert case["case_number"] not in str(cause_list(world, "?limit=1"))
    assert f"{int(serial):08}" not in str(list(world.mongo.db.hearings.find({"in_camera": True}, {"place": 1})))


def test_nobody_else_finds_it_and_its_parties_and_its_court_do(world: World) -> None:
    case = hidden(world)
    number, path = case["case_number"], f"/cases/{case['court_case_id']}"
    sdo = world.officer("Sub-Divisional Officer")
    assert problem(world.public(f"/case-standings?number={number}"), 404)["code"] == "court-case-not-found"
    assert problem(sdo.get(path), 404)["code"] == "court-case-not-found"
    for body in ({"number": number}, {"land": LAND, "district_code": "102"}):
        assert json_of(sdo.post("/case-searches", body), 200)["items"] == []
        assert json_of(sdo.post("/case-searches", {**body, "court_code": case["court_code"]}), 200)["items"] == []
        assert json_of(world.reader().post("/case-searches", body), 200)["items"] == []
        for caller, named in ((world.citizen(), {}), (world.reader(), {"court_code": case["court_code"]})):
            (line,) = json_of(caller.post("/case-searches", {**body, **named}), 200)["items"]
            assert line["case_number"] == number
    assert json_of(sdo.get("/cases"), 200)["items"] == []
    assert json_of(world.citizen().get(path), 200)["in_camera"]
    assert json_of(world.reader().get(path), 200)["in_camera"]
    assert len(json_of(world.reader().get(f"/cases?court_code={case['court_code']}"), 200)["items"]) == 1


def test_it_comes_back_to_the_lists_when_it_is_heard_in_public_again(world: World) -> None:
    case = hidden(world)
    refused = problem(world.officer().act(case, "orders", HIDE), 409)
    assert "in-public" not in refused["allowed_actions"]
    assert "hold-in-public" in refused["allowed_actions"]
    assert "hold-in-camera" not in refused["allowed_actions"]
    assert problem(world.reader().act(case, "orders", SHOW), 403)["offices"] == ["presiding-officer"]
    case = json_of(world.officer().act(case, "orders", SHOW), 201)
    (line,) = cause_list(world)["items"]
    assert (line["case_number"], line["in_camera"]) == (case["case_number"], False)
    assert json_of(world.public(f"/case-standings?number={case['case_number']}"), 200)["status"] == "LISTED"


def test_a_hearing_that_is_set_in_camera_is_listed_without_its_number(world: World) -> None:
    case = hidden(world)
    later = sitting_day(DAY)
    adjourned = {
        "outcome": "adjourned", "reason": "no-time", "text": "Later.",
        "next": {"on": later.isoformat(), "purpose": "reply"},
    }  # fmt: skip
    json_of(world.reader().act(case, "proceedings", adjourned), 201)
    answer = world.public(f"/courts/test-tehsildar-jaipur/cause-lists/{later.isoformat()}")
    (line,) = json_of(answer, 200)["items"]
    assert (line["case_number"], line["outcome"]) == (None, "listed")


@pytest.mark.parametrize("state", ["SUBMITTED", "DRAFT"])
def test_what_has_no_number_is_on_no_list_to_be_hidden_from(world: World, state: str) -> None:
    case = world.submitted() if state == "SUBMITTED" else json_of(world.citizen().begin(), 201)
    answer = world.officer().act(case, "orders", HIDE)
    assert answer.status_code == (409 if state == "SUBMITTED" else 404)
