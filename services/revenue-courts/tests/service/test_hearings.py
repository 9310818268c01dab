"""A case before the court: its list, its hearings, its orders, its end."""

from datetime import date
from typing import Any

import pytest
from tests.support.world import World, holiday, json_of, places, problem, sitting_day, sunday

from emitra_contracts import validate_produced
from servicekit.testing import internal_headers

FIRST = sitting_day()
SECOND = sitting_day(FIRST)


def adjournment(on: date = SECOND, **members: Any) -> dict[str, Any]:
    return {
        "outcome": "adjourned", "reason": "party-absent", "text": "Nobody appeared for Test Citizen One.",
        "next": {"on": on.isoformat(), "purpose": "reply"}, **members,
    }  # fmt: skip


def cause_list(world: World, on: date) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json_of(
        world.public(f"/courts/test-tehsildar-jaipur/cause-lists/{on.isoformat()}"), 200
    )["items"]
    return items


def test_a_hearing_stands_on_the_public_list_of_its_day_without_a_name(world: World) -> None:
    case = world.listed()
    answer = world.public(f"/courts/test-tehsildar-jaipur/cause-lists/{FIRST.isoformat()}")
    (line,) = json_of(answer, 200)["items"]
    assert (line["case_number"], line["outcome"]) == (case["case_number"], "listed")
    assert line["purpose"]["hi"] == "पक्षकारों की उपस्थिति"
    for personal in ("Test Citizen", "Sandbox Gaon", "112", case["court_case_id"]):
        assert personal not in answer.get_data(as_text=True)
    assert cause_list(world, SECOND) == []


def test_a_list_is_in_the_order_of_numbers_a_page_at_a_time(world: World) -> None:
    for _ in range(3):
        world.listed()
    rows = list(world.mongo.db.hearings.find())
    for row, number in zip(rows, (2, 9, 10), strict=True):
        changed = {"case_number": f"c/tenancy-division/2026/{number}", "place": f"tenancy-division/2026/{number:08}"}
        world.mongo.db.hearings.update_one({"_id": row["_id"]}, {"$set": changed})
    path = f"/courts/test-tehsildar-jaipur/cause-lists/{FIRST.isoformat()}?limit=2"
    first = json_of(world.public(path), 200)
    second = json_of(world.public(f"{path}&cursor={first['next']}"), 200)
    numbers = [line["case_number"].rpartition("/")[2] for line in [*first["items"], *second["items"]]]
    assert (numbers, second["next"]) == (["2", "9", "10"], None)


def test_an_adjournment_moves_the_case_to_another_day_and_says_why(world: World) -> None:
    case = json_of(world.reader().act(world.listed(), "proceedings", adjournment()), 201)
    assert (case["hearing"]["no"], case["hearing"]["on"]) == (2, SECOND.isoformat())
    assert [line["outcome"] for line in cause_list(world, FIRST)] == ["adjourned"]
    assert [line["outcome"] for line in cause_list(world, SECOND)] == ["listed"]
    standing = json_of(world.public(f"/case-standings?number={case['case_number']}"), 200)
    assert standing["next_hearing_on"] == SECOND.isoformat()
    assert standing["steps"][-1]["reason"]["hi"] == "पक्षकार उपस्थित नहीं हुआ"
    assert "Test Citizen" not in str(standing)


def test_what_has_not_come_was_not_heard(world: World) -> None:
    body = adjournment(outcome="heard", reason=None)
    refusal = problem(world.reader().act(world.listed(), "proceedings", body), 409)
    assert (refusal["code"], refusal["allowed_actions"]) == ("act-not-possible", ["adjourn"])


def test_a_hearing_on_a_holiday_in_the_past_or_in_an_unknown_year_is_refused(world: World) -> None:
    case, (closed, feast) = world.registered(), holiday()
    for day, code, why in (
        (date(2020, 1, 1), "in-the-past", ""),
        (closed, "court-closed", feast),
        (sunday(), "court-closed", "weekly holiday"),
        (date(2999, 1, 2), "beyond-the-calendar", ""),
    ):
        body = {"on": day.isoformat(), "purpose": "reply"}
        refusal = problem(world.reader().act(case, "hearings", body), 422)
        assert refusal["code"] == "day-not-possible"
        assert places(refusal) == {"/on": code}
        assert why in refusal["errors"][0]["detail"]


def test_the_reader_passes_no_order_and_another_courts_officer_does_nothing(world: World) -> None:
    case, order = world.listed(), {"kind": "interim", "text": "Stay."}
    refusal = problem(world.reader().act(case, "orders", order), 403)
    assert (refusal["code"], refusal["offices"]) == ("not-of-this-court", ["presiding-officer"])
    refusal = problem(world.officer("Sub-Divisional Officer").act(case, "proceedings", adjournment()), 403)
    assert refusal["offices"] == ["reader", "presiding-officer"]


def test_an_officer_who_was_transferred_passes_no_order(world: World) -> None:
    case, order = world.listed(), {"kind": "interim", "text": "Stay."}
    before = json_of(world.officer("Tehsildar").act(case, "orders", order), 201)
    assert before["state"] == "LISTED"
    for now in (world.officer("Tehsildar", district="107"), world.officer("Tehsildar", department="police")):
        assert problem(now.act(case, "orders", order), 404)["code"] == "court-case-not-found"


def test_a_judgment_disposes_and_takes_the_case_off_the_list(world: World) -> None:
    bench = world.officer("Tehsildar")
    body = {"kind": "final", "text": "The holding is divided.", "disposal": "allowed"}
    case = json_of(bench.act(world.listed(), "orders", body), 201)
    assert (case["state"], case["disposal"]["hi"]) == ("DISPOSED", "स्वीकार")
    assert case["allowed_actions"] == ["hold-in-camera", "draw-decree"]
    assert cause_list(world, FIRST) == []
    events = world.events()
    assert [event["type"].removeprefix("org.emitra.") for event in events] == [
        "case.filed.v1", "case.registered.v1", "hearing.scheduled.v1", "order.passed.v1", "case.disposed.v1",
    ]  # fmt: skip
    assert [event["sequence"] for event in events] == ["1", "2", "3", "4", "5"]
    for event in events:
        validate_produced(event)
    refusal = problem(bench.act(case, "orders", body), 409)
    assert (refusal["case_status"], refusal["allowed_actions"]) == ("DISPOSED", ["hold-in-camera", "draw-decree"])
    standing = json_of(world.public(f"/case-standings?number={case['case_number']}"), 200)
    assert (standing["status"], standing["disposal"]["code"]) == ("DISPOSED", "allowed")
    assert "divided" not in str(standing), "what an order says is read by those whom it concerns"


@pytest.mark.parametrize(
    ("what", "body", "pointer"),
    [
        ("orders", {"kind": "final", "text": "So."}, "/disposal"),
        ("orders", {"kind": "interim", "text": "So.", "disposal": "allowed"}, "/disposal"),
        ("orders", {"kind": "final", "text": "So.", "disposal": "liked"}, "/disposal"),
        ("proceedings", adjournment(reason=None), "/reason"),
        ("proceedings", adjournment(reason="rain"), "/reason"),
        ("proceedings", adjournment(text="x" * 8001), "/text"),
        ("proceedings", adjournment(next={"on": SECOND.isoformat(), "purpose": "tea"}), "/next/purpose"),
        ("proceedings", adjournment(on=FIRST), "/next/on"),
        ("hearings", {"on": "soon", "purpose": "reply"}, "/on"),
    ],
)
def test_what_an_officer_sends_wrong_is_named_and_changes_nothing(
    world: World, what: str, body: dict[str, Any], pointer: str
) -> None:
    case = world.listed()
    refusal = problem(world.officer("Tehsildar").act(case, what, body), 422)
    assert [error["pointer"] for error in refusal["errors"]] == [pointer]
    assert json_of(world.citizen().get(f"/cases/{case['court_case_id']}"), 200)["version"] == case["version"]


def test_nobody_finds_a_case_by_a_number_that_is_none(world: World) -> None:
    unknown = world.public("/case-standings?number=bor/tenancy-appeal/2026/77")
    assert problem(unknown, 404)["code"] == "court-case-not-found"
    assert problem(world.public("/case-standings?number=' or 1=1"), 422)["errors"][0]["pointer"] == "?number"
    assert problem(world.public("/courts/bor/cause-lists/today"), 422)["errors"][0]["pointer"] == "on"
    assert problem(world.public("/courts/none/cause-lists/2026-12-01"), 404)["code"] == "court-not-found"


def test_the_gateway_finds_a_case_by_its_token_and_a_draft_by_none(world: World) -> None:
    headers = internal_headers("revenue-courts", client_id="gateway", scopes=["internal"])
    case = world.listed()
    answer = world.http.get(f"/v1/internal/transactions/{case['transaction_token']}", headers=headers)
    seen = json_of(answer, 200)
    assert (seen["kind"], seen["status"], seen["reference_id"]) == ("application", "LISTED", case["court_case_id"])
    assert [event["type"] for event in seen["events"]] == [
        "case.filed.v1", "case.registered.v1", "hearing.scheduled.v1",
    ]  # fmt: skip
    draft = json_of(world.citizen().begin(), 201)
    answer = world.http.get(f"/v1/internal/transactions/{draft['transaction_token']}", headers=headers)
    assert problem(answer, 404)["code"] == "court-case-not-found"
