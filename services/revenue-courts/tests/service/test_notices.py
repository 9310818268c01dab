"""Calling the parties, as the reader, the process server and the parties see it."""

from typing import Any

import pytest
from tests.support.world import World, json_of, new_key, places, problem, sitting_day

from revenue_courts.domain.calendar import civil_date
from servicekit.instants import utc_now

RESPONDENT = "per_0192f3a1c0de7d33c7f25d2c9a7b1e99"
TODAY = civil_date(utc_now()).isoformat()
REPORT: dict[str, Any] = {
    "no": 1, "outcome": "affixed", "on": TODAY, "position": [75.7873, 26.9124], "photo_sha256": "a" * 64,
}  # fmt: skip


def called(world: World, **members: Any) -> dict[str, Any]:
    body = {"kind": "summons", "mode": "process-server", "parties": [3], **members}
    return json_of(world.reader().act(world.listed(), "notices", body), 201)


def notices(world: World, case: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json_of(world.reader().get(f"/cases/{case['court_case_id']}/notices"), 200)["items"]
    return items


def test_a_summons_goes_out_and_the_process_server_says_what_became_of_it(world: World) -> None:
    case = called(world)
    assert (case["hearing"]["noticed"], case["hearing"]["all_served"]) == ([3], False)
    (notice,) = notices(world, case)
    assert (notice["status"], notice["address"]) == ("OUT", "Tehsildar Jaipur")
    assert notice["notice_number"] == f"{case['case_number']}/1"
    case = json_of(world.officer("Process Server").act(case, "notice-services", REPORT), 201)
    assert (case["hearing"]["served"], case["hearing"]["all_served"]) == ([3], True)
    (notice,) = notices(world, case)
    assert (notice["status"], notice["outcome"]["hi"]) == ("SERVED", "चस्पा द्वारा तामील")
    assert (notice["position"], notice["photo_sha256"]) == ([75.7873, 26.9124], "a" * 64)
    assert case["history"][-1]["by"]["office"] == "process-server"
    (hearing,) = json_of(world.citizen().get(f"/cases/{case['court_case_id']}/hearings"), 200)["items"]
    assert hearing == case["hearing"]


def test_a_notice_is_sent_again_to_a_new_address(world: World) -> None:
    case = called(world, parties=[1])
    again = {"kind": "notice", "mode": "post", "parties": [1], "address": "7, New Street, Jaipur", "instead_of": 1}
    case = json_of(world.reader().act(case, "notices", again), 201)
    assert [(one["no"], one["status"], one["instead_of"]) for one in notices(world, case)] == [
        (1, "REPLACED", None), (2, "OUT", 1),
    ]  # fmt: skip
    late = problem(world.reader().act(case, "notice-services", {**REPORT, "no": 1}), 422)
    assert places(late) == {"/no": "reported-already"}


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"address": "x" * 1_000, "parties": [1]}, "/address"),
        ({"address": "7, New Street", "parties": [1, 3]}, "/address"),
        ({"instead_of": 1, "parties": [1, 3]}, "/instead_of"),
        ({"parties": [1, 9]}, "/parties/1"),
        ({"parties": []}, "/parties"),
        ({"mode": "pigeon"}, "/mode"),
    ],
)
def test_a_call_that_is_wrong_is_refused_by_field_and_calls_nobody(
    world: World, members: dict[str, Any], pointer: str
) -> None:
    case = world.listed()
    body = {"kind": "summons", "mode": "post", "parties": [1], **members}
    refusal = problem(world.reader().act(case, "notices", body), 422)
    assert [error["pointer"] for error in refusal["errors"]] == [pointer]
    assert notices(world, case) == []


@pytest.mark.parametrize(
    ("members", "wrong"),
    [
        ({"no": 2}, {"/no": "no-such-notice"}),
        ({"outcome": "lost"}, {"/outcome": "unknown"}),
        ({"outcome": "delivered-by-post"}, {"/outcome": "not-by-this-way"}),
        ({"on": sitting_day().isoformat()}, {"/on": "not-between-issue-and-today"}),
        ({"position": [190, 26]}, {"/position/0": "out-of-range"}),
    ],
)
def test_a_report_that_is_wrong_is_refused_by_field(
    world: World, members: dict[str, Any], wrong: dict[str, str]
) -> None:
    case = called(world)
    refused = problem(world.officer("Process Server").act(case, "notice-services", {**REPORT, **members}), 422)
    assert {error["pointer"]: error["code"] for error in refused["errors"]} == wrong
    assert notices(world, case)[0]["status"] == "OUT"


def test_a_process_server_does_nothing_else_and_only_the_bench_declares(world: World) -> None:
    case, server = called(world), world.officer("Process Server")
    body = {"kind": "summons", "mode": "post", "parties": [1]}
    assert problem(server.act(case, "notices", body), 403)["offices"] == ["reader", "presiding-officer"]
    case = json_of(server.act(case, "notice-services", {**REPORT, "outcome": "refused"}), 201)
    declared = {"no": 1, "outcome": "declared-served", "on": TODAY}
    assert problem(world.reader().act(case, "notice-services", declared), 403)["offices"] == ["presiding-officer"]
    case = json_of(world.officer().act(case, "notice-services", declared), 201)
    assert case["hearing"]["all_served"]


def test_a_party_follows_its_case_by_the_code_on_its_notice(world: World) -> None:
    case = called(world, parties=[1, 3])
    codes = [one["code"] for one in notices(world, case)]
    party, path = world.citizen(RESPONDENT), f"/cases/{case['court_case_id']}"
    assert problem(party.get(path), 404)["code"] == "court-case-not-found"
    body, key = {"number": case["case_number"], "code": codes[1]}, new_key()
    assert json_of(party.post("/case-joins", body, key), 201)["case_number"] == case["case_number"]
    assert party.post("/case-joins", body, key).headers["Idempotent-Replayed"] == "true"
    assert json_of(party.get(path), 200)["filing"]["parties"]
    assert [line["court_case_id"] for line in json_of(party.get("/cases"), 200)["items"]] == [case["court_case_id"]]
    # The court's codes are the court's: a party gets none, nor acts in the case.
    assert [one["code"] for one in json_of(party.get(f"{path}/notices"), 200)["items"]] == [None, None]
    assert problem(party.act(case, "submissions"), 403)["offices"] == ["filer"]
    other = world.citizen("per_0192f3a1c0de7d33c7f25d2c9a7b1e98")
    assert places(problem(other.post("/case-joins", body), 422)) == {"/code": "used-up"}
    assert places(problem(party.post("/case-joins", {**body, "code": codes[0]}), 422)) == {"/code": "joined-already"}


def test_a_wrong_code_and_a_wrong_number_are_told_alike(world: World) -> None:
    case = called(world)
    right = notices(world, case)[0]["code"]
    for number, code in ((case["case_number"], "0000-0000-0000-0000"), ("bor/tenancy-appeal/2026/77", right)):
        refused = world.citizen(RESPONDENT).post("/case-joins", {"number": number, "code": code})
        assert problem(refused, 404)["code"] == "court-case-not-found"


def test_a_party_sees_its_case_also_when_it_is_heard_in_camera(world: World) -> None:
    case = called(world)
    body = {"number": case["case_number"], "code": notices(world, case)[0]["code"]}
    case = json_of(world.citizen(RESPONDENT).post("/case-joins", body), 201)
    json_of(world.officer().act(case, "orders", {"kind": "in-camera", "text": "Asked for."}), 201)
    assert json_of(world.citizen(RESPONDENT).get(f"/cases/{case['court_case_id']}"), 200)["in_camera"]
    assert len(json_of(world.citizen(RESPONDENT).get("/cases"), 200)["items"]) == 1


def test_no_notice_stands_in_what_is_public_or_published(world: World) -> None:
    case = called(world)
    code = notices(world, case)[0]["code"]
    shown = world.public(f"/case-standings?number={case['case_number']}").get_data(as_text=True)
    for secret in (code, "Tehsildar Jaipur"):
        assert secret not in shown
        assert secret not in str(world.events())
