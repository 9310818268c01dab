"""A day falls away: every case on its list gets another one, whatever dies meanwhile."""

from collections import Counter
from typing import Any

import pytest
from tests.support.world import World, json_of, places, problem, sitting_day, sunday

from revenue_courts.application import close_day

FIRST = sitting_day()
SECOND = sitting_day(FIRST)
THIRD = sitting_day(SECOND)
PATH = "/courts/test-tehsildar-jaipur/closures"


def closure(**members: Any) -> dict[str, Any]:
    return {
        "on": FIRST.isoformat(), "days": [SECOND.isoformat(), THIRD.isoformat()], "reason": "officer-away",
        "text": "The presiding officer is on leave.", **members,
    }  # fmt: skip


def numbers(world: World, on: str) -> list[str]:
    answer = world.public(f"/courts/test-tehsildar-jaipur/cause-lists/{on}")
    return [line["case_number"] for line in json_of(answer, 200)["items"] if line["outcome"] == "listed"]


def scheduled(world: World) -> Counter[str]:
    events = [event["data"] for event in world.events() if event["type"].endswith("hearing.scheduled.v1")]
    return Counter(data["court_case_id"] for data in events if data["hearing_on"] != FIRST.isoformat())


def test_the_cases_of_a_day_that_falls_away_are_spread_over_other_days_and_told(world: World) -> None:
    cases = [world.listed() for _ in range(4)]
    done = json_of(world.reader().post(PATH, closure()), 200)
    assert done == {"moved": 4, "refused": [], "left": 0}
    assert numbers(world, FIRST.isoformat()) == []
    assert [len(numbers(world, day.isoformat())) for day in (SECOND, THIRD)] == [2, 2]
    assert scheduled(world) == {case["court_case_id"]: 1 for case in cases}
    shown = json_of(world.citizen().get(f"/cases/{cases[0]['court_case_id']}"), 200)
    assert (shown["history"][-1]["code"], shown["history"][-1]["act"]) == ("officer-away", "adjourn")


def test_a_repeat_moves_nothing_twice(world: World) -> None:
    case = world.listed()
    json_of(world.reader().post(PATH, closure()), 200)
    assert json_of(world.reader().post(PATH, closure()), 200) == {"moved": 0, "refused": [], "left": 0}
    assert scheduled(world) == {case["court_case_id"]: 1}


def test_what_died_in_the_middle_goes_on_where_it_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [world.listed() for _ in range(3)]

    def dies(name: str) -> None:
        if name == "J4":
            raise SystemError("killed here")

    with monkeypatch.context() as at_the_point:
        at_the_point.setattr(close_day, "crash_point", dies)
        assert world.reader().post(PATH, closure()).status_code == 500
    assert len(numbers(world, FIRST.isoformat())) == 2
    assert json_of(world.reader().post(PATH, closure()), 200) == {"moved": 2, "refused": [], "left": 0}
    assert scheduled(world) == {case["court_case_id"]: 1 for case in cases}


def test_more_than_one_request_moves_a_long_list(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(close_day, "AT_ONCE", 2)
    for _ in range(3):
        world.listed()
    assert json_of(world.reader().post(PATH, closure()), 200) == {"moved": 2, "refused": [], "left": 1}
    assert json_of(world.reader().post(PATH, closure()), 200) == {"moved": 1, "refused": [], "left": 0}


def test_nothing_new_is_set_for_a_day_that_fell_away_and_its_list_says_why(world: World) -> None:
    json_of(world.reader().post(PATH, closure(reason="holiday")), 200)
    hearing = {"on": FIRST.isoformat(), "purpose": "reply"}
    refused = problem(world.reader().act(world.registered(), "hearings", hearing), 422)
    assert places(refused) == {"/on": "court-closed"}
    assert "A holiday of this court" in refused["errors"][0]["detail"]
    shown = world.public(f"/courts/test-tehsildar-jaipur/cause-lists/{FIRST.isoformat()}")
    assert json_of(shown, 200)["closed"]["en"] == "A holiday of this court"
    other = world.registered(court_code="test-sdo-jaipur")
    json_of(world.officer("Sub-Divisional Officer").act(other, "hearings", hearing), 201)


@pytest.mark.parametrize(
    ("members", "wrong"),
    [
        ({"days": [sunday().isoformat()]}, {"/days/0": "court-closed"}),
        ({"days": [FIRST.isoformat()]}, {"/days/0": "court-closed"}),
        ({"days": ["2026-01-05"]}, {"/days/0": "in-the-past"}),
        ({"reason": "rain"}, {"/reason": "unknown"}),
    ],
)
def test_a_closure_that_is_wrong_is_refused_by_field_and_moves_nothing(
    world: World, members: dict[str, Any], wrong: dict[str, str]
) -> None:
    world.listed()
    assert places(problem(world.reader().post(PATH, closure(**members)), 422)) == wrong
    assert len(numbers(world, FIRST.isoformat())) == 1
    assert world.mongo.db.court_closures.count_documents({}) == 0


def test_a_day_is_closed_by_its_court_alone(world: World) -> None:
    for officer in (world.officer("Sub-Divisional Officer"), world.officer("Process Server")):
        assert problem(officer.post(PATH, closure()), 403)["offices"] == ["reader", "presiding-officer"]
    assert problem(world.reader().post("/courts/none/closures", closure()), 404)["code"] == "court-not-found"


def test_cases_that_cannot_be_moved_are_named_and_hold_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(close_day, "AT_ONCE", 1)
    stuck, moved = world.listed(), world.listed()
    # Its row says that it is to be heard, and the case does not: nobody moves it.
    world.mongo.db.court_cases.update_one({"_id": stuck["court_case_id"]}, {"$set": {"state": "RESERVED"}})
    refused = [{"court_case_id": stuck["court_case_id"], "code": "act-not-possible"}]
    assert json_of(world.reader().post(PATH, closure()), 200) == {"moved": 1, "refused": refused, "left": 1}
    assert scheduled(world) == {moved["court_case_id"]: 1}
