"""Numbers by court, kind and year: each once, without gaps, whoever races and whatever fails."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.support.world import World, json_of, new_key, problem

from revenue_courts.adapters.mongo import cases as mongo_cases


def serial(case: dict[str, Any]) -> int:
    return int(case["case_number"].rpartition("/")[2])


def test_registrations_that_race_for_a_number_get_each_their_own_without_a_gap(world: World) -> None:
    cases = [world.submitted() for _ in range(8)]

    def register(case: dict[str, Any]) -> dict[str, Any]:
        return json_of(world.reader().act(case, "scrutinies", {"decision": "register"}), 201)

    with ThreadPoolExecutor(4) as threads:
        registered = list(threads.map(register, cases))
    assert sorted(serial(case) for case in registered) == list(range(1, 9))


def test_of_two_who_register_one_case_exactly_one_does(world: World) -> None:
    case = world.submitted()

    def register(_: int) -> int:
        return world.reader().act(case, "scrutinies", {"decision": "register"}).status_code

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(register, range(4))) == [201, 409, 409, 409]
    assert world.mongo.db.case_numbers.find_one()["given"] == 1  # type: ignore[index]


def test_each_court_and_kind_counts_for_itself(world: World) -> None:
    assert [serial(world.registered()) for _ in range(2)] == [1, 2]
    assert serial(world.registered(kind_code="tenancy-trespass", reliefs=["ejectment"])) == 1


def test_a_registration_that_dies_after_it_took_its_number_gives_it_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, key = world.submitted(), new_key()
    path, body = f"/cases/{case['court_case_id']}/scrutinies", {"decision": "register"}

    def dies(name: str) -> None:
        if name == "J1":
            raise SystemError("killed here")

    with monkeypatch.context() as at_the_point:
        at_the_point.setattr(mongo_cases, "crash_point", dies)
        assert world.reader().post(path, body, key).status_code == 500
    assert world.mongo.db.case_numbers.count_documents({}) == 0
    assert serial(json_of(world.reader().post(path, body, key), 201)) == 1
    assert serial(world.registered()) == 2


def test_what_was_registered_before_the_answer_was_lost_is_found_by_the_repeat(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, key = world.submitted(), new_key()
    path, body = f"/cases/{case['court_case_id']}/scrutinies", {"decision": "register"}

    def dies(name: str) -> None:
        if name == "J2":
            raise SystemError("killed here")

    with monkeypatch.context() as at_the_point:
        at_the_point.setattr(mongo_cases, "crash_point", dies)
        assert world.reader().post(path, body, key).status_code == 500
    again = world.reader().post(path, body, key)
    assert serial(json_of(again, 201)) == 1
    assert again.headers["Idempotent-Replayed"] == "true"
    told = [event["type"] for event in world.events()]
    assert told.count("org.emitra.case.registered.v1") == 1
    assert "schedule" in problem(world.reader().post(path, body), 409)["allowed_actions"]
