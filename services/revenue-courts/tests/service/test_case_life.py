"""What comes between the first hearing and the end, and after it: evidence, decree, restoration, transfer, appeal."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from tests.support.world import World, json_of, new_key, places, problem, sitting_day

from emitra_contracts import validate_produced
from revenue_courts.application import move_case
from revenue_courts.domain.calendar import civil_date
from servicekit.instants import utc_now

DAY = sitting_day()
TODAY = civil_date(utc_now())
WITNESS = {"side": "petitioner", "kind": "witness", "name": "Test Witness One", "sha256": "0" * 64}
NEXT = {"on": DAY.isoformat(), "purpose": "evidence"}
TRANSFER = {"court_code": "test-sdo-jaipur", "text": "By order of the Collector."}
REGISTER = {"decision": "register"}


def now(world: World, case: dict[str, Any]) -> dict[str, Any]:
    return json_of(world.citizen().get(f"/cases/{case['court_case_id']}"), 200)


def appeal(world: World, against: dict[str, Any], **members: Any) -> dict[str, Any]:
    given = {
        "court_code": "test-sdo-jaipur", "kind_code": "tenancy-appeal", "reliefs": ["set-aside"],
        "order_on": TODAY.isoformat(), "against": against["case_number"], **members,
    }  # fmt: skip
    return world.submitted(**given)


def registered_there(world: World, case: dict[str, Any], key: str | None = None) -> dict[str, Any]:
    answer = world.officer("Sub-Divisional Officer").post(f"/cases/{case['court_case_id']}/scrutinies", REGISTER, key)
    return json_of(answer, 201)


def test_a_witness_is_heard_on_the_day_that_is_for_evidence(world: World) -> None:
    case = json_of(world.reader().act(world.registered(), "hearings", NEXT), 201)
    refused = problem(world.reader().act(case, "evidence", WITNESS), 409)
    assert refused["code"] == "act-not-possible"
    world.mongo.db.court_cases.update_one(
        {"_id": case["court_case_id"]}, {"$set": {"hearing.on": (TODAY - timedelta(days=1)).isoformat()}}
    )
    case = json_of(world.reader().act(case, "evidence", WITNESS), 201)
    assert [(one["mark"], one["hearing_no"]) for one in case["evidence"]] == [("PW1", 1)]
    assert case["history"][-1]["act"] == "take-evidence"


def test_a_decree_follows_the_judgment_in_a_suit_and_not_an_application(world: World) -> None:
    decree = {"kind": "decree", "text": "The holding is divided as drawn."}
    case = json_of(world.officer().act(world.disposed("allowed"), "orders", decree), 201)
    assert case["decreed_at"]
    assert problem(world.officer().act(case, "orders", decree), 409)["code"] == "act-not-possible"
    other = world.disposed("allowed", kind_code="tenancy-interim", reliefs=["receiver"])
    assert places(problem(world.officer().act(other, "orders", decree), 422)) == {"/kind": "no-decree-of-this"}


def test_a_case_dismissed_in_default_is_restored_and_told(world: World) -> None:
    body = {"text": "The advocate was ill.", "next": NEXT}
    case = json_of(world.officer().act(world.disposed("dismissed-in-default"), "restorations", body), 201)
    assert (case["state"], case["disposal"], case["hearing"]["on"]) == ("LISTED", None, DAY.isoformat())
    told = world.events()
    for event in told:
        validate_produced(event)
    assert [event["data"].get("order_kind") for event in told[-2:]] == ["restoration", None]
    assert "restore" not in problem(
        world.officer().act(world.disposed("dismissed"), "restorations", body), 409
    )["allowed_actions"]  # fmt: skip


def test_a_transferred_case_is_the_other_courts_alone_and_found_by_both_numbers(world: World) -> None:
    before = world.listed()
    case = json_of(world.officer().act(before, "transfers", TRANSFER), 201)
    assert (case["court_code"], case["state"]) == ("test-sdo-jaipur", "REGISTERED")
    assert case["case_number"].startswith("test-sdo-jaipur/tenancy-division/")
    assert case["former_numbers"] == [before["case_number"]]
    for number in (case["case_number"], before["case_number"]):
        shown = json_of(world.public(f"/case-standings?number={number}"), 200)
        assert shown["case_number"] == case["case_number"]
        (line,) = json_of(world.reader().post("/case-searches", {"number": number}), 200)["items"]
        assert line["court_case_id"] == case["court_case_id"]
    assert json_of(world.public(f"/courts/test-tehsildar-jaipur/cause-lists/{DAY.isoformat()}"), 200)["items"] == []
    # The officer of the court that it left passes no order any more.
    order = {"kind": "interim", "text": "Stay."}
    assert problem(world.officer("Tehsildar").act(case, "orders", order), 403)["code"] == "not-of-this-court"
    sdo = world.officer("Sub-Divisional Officer")
    json_of(sdo.act(case, "orders", order), 201)
    hearing = {"on": sitting_day(DAY).isoformat(), "purpose": "reply"}
    json_of(sdo.act(case, "hearings", hearing), 201)
    (line,) = json_of(world.public(f"/courts/test-sdo-jaipur/cause-lists/{hearing['on']}"), 200)["items"]
    assert line["case_number"] == case["case_number"]
    told = [event["data"] for event in world.events() if event["type"].endswith("case.registered.v1")]
    assert [data["court_code"] for data in told] == ["test-tehsildar-jaipur", "test-sdo-jaipur"]


def test_transfers_and_registrations_that_race_leave_no_gap_in_the_numbers_of_a_court(world: World) -> None:
    cases = [world.registered() for _ in range(3)]
    waiting = [world.submitted(court_code="test-sdo-jaipur") for _ in range(3)]

    def go(case: dict[str, Any]) -> str:
        if case["case_number"]:
            answer = world.officer().act(case, "transfers", TRANSFER)
        else:
            answer = world.officer("Sub-Divisional Officer").act(case, "scrutinies", REGISTER)
        return str(json_of(answer, 201)["case_number"])

    with ThreadPoolExecutor(4) as threads:
        numbers = list(threads.map(go, [*cases, *waiting]))
    assert sorted(int(number.rpartition("/")[2]) for number in numbers) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("court", ["test-sdo-jodhpur", "test-tehsildar-jaipur"])
def test_a_case_goes_to_a_court_that_may_hear_it(world: World, court: str) -> None:
    case = world.registered()
    refused = problem(world.officer().act(case, "transfers", {**TRANSFER, "court_code": court}), 422)
    wrong = "there-already" if court == case["court_code"] else "not-heard-by-that-court"
    assert places(refused) == {"/court_code": wrong}
    assert world.mongo.db.case_numbers.count_documents({}) == 1
    unknown = problem(world.officer().act(case, "transfers", {**TRANSFER, "court_code": "none"}), 422)
    assert places(unknown) == {"/court_code": "unknown"}


def test_an_appeal_takes_the_record_along_and_its_judgment_brings_it_back(world: World) -> None:
    case = world.disposed("allowed")
    above = registered_there(world, appeal(world, case))
    assert now(world, case)["record_away"] == {
        "court_code": "test-sdo-jaipur", "court_case_id": above["court_case_id"],
    }  # fmt: skip
    line = now(world, case)["history"][-1]
    assert (line["act"], line["by"]["office"]) == ("send-record", "higher-court")
    # The other side's appeal finds the record away, and leaves it there.
    other = registered_there(world, appeal(world, case))
    judgment = {"kind": "final", "text": "No merit.", "disposal": "dismissed"}
    sdo = world.officer("Sub-Divisional Officer")
    json_of(sdo.act(other, "orders", judgment), 201)
    assert now(world, case)["record_away"]
    json_of(sdo.act(above, "orders", judgment), 201)
    assert (now(world, case)["record_away"], now(world, case)["state"]) == (None, "DISPOSED")


def test_a_remand_opens_the_case_below_again(world: World) -> None:
    case = world.disposed("allowed")
    above = registered_there(world, appeal(world, case))
    remand = {"kind": "final", "text": "Hear the State.", "disposal": "remanded"}
    json_of(world.officer("Sub-Divisional Officer").act(above, "orders", remand), 201)
    again = now(world, case)
    assert (again["state"], again["disposal"], again["record_away"]) == ("REGISTERED", None, None)
    json_of(world.reader().act(again, "hearings", NEXT), 201)
    for event in world.events():
        validate_produced(event)
    told = [event["data"] for event in world.events() if event["data"].get("order_kind") == "remand"]
    assert [data["court_case_id"] for data in told] == [case["court_case_id"]]


def test_a_registration_that_dies_before_the_record_moved_moves_neither(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = world.disposed("allowed")
    filed, key = appeal(world, case), new_key()
    path = f"/cases/{filed['court_case_id']}/scrutinies"

    def dies(name: str) -> None:
        if name == "J3":
            raise SystemError("killed here")

    with monkeypatch.context() as at_the_point:
        at_the_point.setattr(move_case, "crash_point", dies)
        assert world.officer("Sub-Divisional Officer").post(path, REGISTER, key).status_code == 500
    assert (now(world, filed)["state"], now(world, case)["record_away"]) == ("SUBMITTED", None)
    above = registered_there(world, filed, key)
    assert above["case_number"].endswith("/1")
    assert now(world, case)["record_away"]["court_case_id"] == above["court_case_id"]


@pytest.mark.parametrize(
    ("members", "wrong"),
    [
        ({"against": "bor/tenancy-appeal/2026/77"}, {"/against": "no-such-case"}),
        ({"court_code": "test-tehsildar-jaipur"}, {"/court_code": "not-a-higher-court"}),
        ({"kind_code": "tenancy-review", "reliefs": ["review"]}, {"/court_code": "not-the-same-court"}),
        ({"order_on": "2026-01-05"}, {"/order_on": "no-order-that-day"}),
        (
            {"kind_code": "tenancy-division", "reliefs": ["division"], "order_on": None},
            {"/against": "against-no-order"},
        ),
    ],
)
def test_an_appeal_that_does_not_fit_the_order_is_refused_by_field(
    world: World, members: dict[str, Any], wrong: dict[str, str]
) -> None:
    given = {
        "court_code": "test-sdo-jaipur", "kind_code": "tenancy-appeal", "reliefs": ["set-aside"],
        "order_on": TODAY.isoformat(), "against": world.disposed()["case_number"], **members,
    }  # fmt: skip
    draft = json_of(world.citizen().begin(**given), 201)
    assert places(problem(world.citizen().act(draft, "submissions"), 422)) == wrong


def test_a_review_goes_to_the_court_that_passed_the_order(world: World) -> None:
    case = appeal(
        world, world.disposed(), court_code="test-tehsildar-jaipur", kind_code="tenancy-review", reliefs=["review"]
    )
    assert case["state"] == "SUBMITTED"


def test_of_two_who_end_a_case_at_once_one_does(world: World) -> None:
    case = world.registered()
    order = {"kind": "final", "text": "So ordered.", "disposal": "allowed"}

    def act(what: tuple[str, dict[str, Any]]) -> int:
        return world.officer().act(case, *what, **{"If-Match": f'"{case["version"]}"'}).status_code

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(act, [("orders", order), ("transfers", TRANSFER)]))
    assert sorted(answers)[0] == 201
    assert sorted(answers)[1] in (403, 409, 412)
    assert len(now(world, case)["history"]) == case["version"] + 1
