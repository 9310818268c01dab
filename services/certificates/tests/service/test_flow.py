"""An application is sent back and answered, or taken back; what is not allowed says what is."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from tests.support.builders import caste_form
from tests.support.uploads import uploaded
from tests.support.world import Caller, World, json_of, new_key, problem
from werkzeug.test import TestResponse

from servicekit.http import Person
from servicekit.testing import published

ADDRESS = {"field": "address", "reason": "facts-not-confirmed"}
PHOTOGRAPH = {"document": "photograph", "reason": "documents-not-in-order"}
NEW_ADDRESS = {"address": "14, Sandbox Marg"}


def sent_back(world: World, *asks: dict[str, str], application_type: str = "domicile", **applied: Any) -> str:
    application_id: str = world.awaiting_decision(application_type, **applied)["application_id"]
    json_of(world.officer().decide(application_id, "send_back", asks=list(asks)), 201)
    return application_id


def resubmit(
    by: Caller,
    application_id: str,
    applicant: dict[str, Any] | None = None,
    attachments: list[dict[str, str]] | None = None,
    key: str | None = None,
    if_match: str | None = None,
) -> TestResponse:
    body: dict[str, Any] = {}
    if applicant is not None:
        body["applicant"] = applicant
    if attachments is not None:
        body["attachments"] = attachments
    return by.post(f"/v1/applications/{application_id}/resubmissions", body, key, **_precondition(if_match))


def withdraw(by: Caller, application_id: str, key: str | None = None, if_match: str | None = None) -> TestResponse:
    return by.post(f"/v1/applications/{application_id}/withdrawals", None, key, **_precondition(if_match))


def _precondition(if_match: str | None) -> dict[str, str]:
    return {} if if_match is None else {"If-Match": if_match}


def errors(refused: dict[str, Any]) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in refused["errors"]]


def test_what_was_sent_back_is_answered_and_issued_with_the_answer(world: World) -> None:
    application_id = sent_back(world, ADDRESS)
    before = world.application(application_id)

    answered = resubmit(world.kiosk(), application_id, NEW_ADDRESS)

    shown = json_of(answered, 201)
    assert (shown["state"], shown["status"], shown["step"]) == ("IN_VERIFICATION", "IN_VERIFICATION", "approval")
    assert answered.headers["ETag"] == '"4"'
    assert shown["applicant"] == {**before["applicant"], **NEW_ADDRESS}
    # Clients of before know no line of a resubmission.
    assert [line["what"] for line in shown["history"]] == ["submitted", "fee_paid", "decided"]
    line = world.history(application_id)[-1]
    assert (line["what"], line["answered"]) == ("resubmitted", ["address"])
    assert "14, Sandbox" not in str(line)
    decided = json_of(world.officer().decide(application_id), 201)
    assert decided["state"] == "ISSUED"
    told = [event for event in published(world.mongo) if event["subject"] == application_id]
    assert [event["type"].removeprefix("org.emitra.") for event in told] == [
        "application.submitted.v1",
        "application.decided.v1",
        "application.resubmitted.v1",
        "application.decided.v1",
    ]
    assert [event["sequence"] for event in told] == ["1", "2", "3", "4"]


def test_only_what_was_asked_for_is_open(world: World) -> None:
    application_id = sent_back(world, ADDRESS)
    before = world.application(application_id)
    paper = uploaded(world.kiosk())["attachment_id"]
    refused = problem(
        resubmit(world.kiosk(), application_id, {**NEW_ADDRESS, "name": "Test Citizen Two", "no_such": "x"}), 422
    )
    assert refused["code"] == "answers-not-acceptable"
    assert errors(refused) == [("/applicant/name", "not-open"), ("/applicant/no_such", "not-open")]
    assert all(error["detail_hi"] for error in refused["errors"])
    refused = problem(
        resubmit(world.kiosk(), application_id, NEW_ADDRESS, [{"code": "photograph", "attachment_id": paper}]), 422
    )
    assert errors(refused) == [("/attachments/0/code", "unknown")]
    assert world.application(application_id) == before


def test_everything_that_was_asked_for_is_to_be_answered(world: World) -> None:
    application_id = sent_back(world, ADDRESS, PHOTOGRAPH)
    refused = problem(resubmit(world.kiosk(), application_id, {}, []), 422)
    assert errors(refused) == [("/applicant/address", "missing"), ("/attachments", "missing")]
    assert "photograph" in refused["errors"][1]["detail"]
    paper = {"code": "photograph", "attachment_id": uploaded(world.kiosk())["attachment_id"]}
    json_of(resubmit(world.kiosk(), application_id, NEW_ADDRESS, [paper]), 201)
    assert world.history(application_id)[-1]["attached"] == ["photograph"]
    listed = json_of(world.officer().get(f"/v1/applications/{application_id}/attachments"), 200)["items"]
    assert [attachment["attachment_id"] for attachment in listed] == [paper["attachment_id"]]


def test_an_answer_is_held_to_the_form_with_what_depends_on_it(world: World) -> None:
    application_id = sent_back(world, {"field": "ground", "reason": "conditions-not-met"})
    refused = problem(resubmit(world.kiosk(), application_id, {"ground": "married"}), 422)
    assert (refused["code"], errors(refused)) == ("form-not-acceptable", [("/applicant/husband_name", "missing")])
    shown = json_of(resubmit(world.kiosk(), application_id, {"ground": "married", "husband_name": "Test Husband"}), 201)
    assert shown["applicant"]["husband_name"] == "Test Husband"


def test_an_answer_of_null_takes_the_field_out_for_another_in_its_place(world: World) -> None:
    application_id = sent_back(world, ADDRESS)
    refused = problem(resubmit(world.kiosk(), application_id, {"address": None}), 422)
    assert errors(refused) == [("/applicant/address", "missing")]
    homeless = {"address": None, "address_absent": "no-fixed-address"}
    shown = json_of(resubmit(world.kiosk(), application_id, homeless), 201)
    assert "address" not in shown["applicant"]
    assert shown["applicant"]["address_absent"] == "no-fixed-address"


def test_what_officers_software_of_before_sends_back_is_open_as_a_whole(world: World) -> None:
    application_id = sent_back(world)
    assert errors(problem(resubmit(world.kiosk(), application_id), 422)) == [("/applicant", "missing")]
    shown = json_of(resubmit(world.kiosk(), application_id, {"name": "Test Citizen Two"}), 201)
    assert shown["applicant"]["name"] == "Test Citizen Two"


def test_what_the_last_release_sent_back_for_good_can_be_answered_now(world: World) -> None:
    application_id = sent_back(world)
    # 0.1.0 wrote no reason and nothing else that is new.
    world.mongo.db["application_history"].update_one(
        {"application_id": application_id, "decision": "sent_back"},
        {"$unset": {"asks": "", "reason": "", "designation": "", "desk_days": ""}},
    )
    assert json_of(resubmit(world.kiosk(), application_id, NEW_ADDRESS), 201)["state"] == "IN_VERIFICATION"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"decision": "approve", "asks": [ADDRESS]}, "/asks"),
        ({"decision": "reject", "asks": [ADDRESS]}, "/asks"),
        ({"asks": [ADDRESS, ADDRESS]}, "/asks"),
        ({"asks": [{**ADDRESS, **PHOTOGRAPH}]}, "/asks/0/field"),
        ({"asks": [{"reason": "see-remarks"}]}, "/asks/0/field"),
        ({"asks": [{"field": "no_such", "reason": "see-remarks"}]}, "/asks/0/field"),
        ({"asks": [ADDRESS, {"document": "horoscope", "reason": "see-remarks"}]}, "/asks/1/document"),
        ({"asks": [{"field": "address", "reason": "no-such"}]}, "/asks/0/reason"),
        ({"asks": [{"field": "address"}]}, "/asks/0/reason"),
        ({"asks": "address"}, "/asks"),
        ({"asks": [{"field": f"f{n}", "reason": "see-remarks"} for n in range(31)]}, "/asks"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_and_sends_nothing_back(
    world: World, body: dict[str, Any], place: str
) -> None:
    application_id = world.awaiting_decision()["application_id"]
    refused = problem(world.officer().decide(application_id, **{"decision": "send_back", **body}), 422)
    assert [error["pointer"] for error in refused["errors"]] == [place]
    assert world.application(application_id)["state"] == "IN_VERIFICATION"


def test_a_stranger_is_not_told_what_the_form_has_by_what_cannot_be_asked_for(world: World) -> None:
    application_id = world.awaiting_decision()["application_id"]
    asked = {"field": "no_such", "reason": "see-remarks"}
    assert problem(world.officer("103").decide(application_id, "send_back", asks=[asked]), 404)


def strangers(world: World) -> list[Caller]:
    return [world.kiosk("ksk_RJ10200002"), world.portal(), world.caller(person=Person("per_stranger", "citizen"))]


@pytest.mark.parametrize("move", [lambda by, id_: resubmit(by, id_, NEW_ADDRESS), withdraw])
def test_nobody_moves_what_they_may_not_see(world: World, move: Callable[[Caller, str], TestResponse]) -> None:
    application_id = sent_back(world, ADDRESS)
    for stranger in strangers(world):
        assert problem(move(stranger, application_id), 404)["code"] == "application-not-found"
    assert problem(move(world.officer(), application_id), 403)
    assert world.application(application_id)["state"] == "SENT_BACK"


def test_a_citizen_answers_and_withdraws_what_is_their_own(world: World) -> None:
    citizen = world.caller(client_id="cli_portal", person=Person("per_one", "citizen"))
    application = json_of(citizen.apply(), 201)
    world.paid(application)
    json_of(world.officer().decide(application["application_id"], "send_back", asks=[ADDRESS]), 201)
    json_of(resubmit(citizen, application["application_id"], NEW_ADDRESS), 201)
    assert json_of(withdraw(citizen, application["application_id"]), 201)["status"] == "WITHDRAWN"


def test_a_repeat_of_an_answer_or_a_withdrawal_changes_nothing(world: World) -> None:
    application_id, key = sent_back(world, ADDRESS), new_key()
    json_of(resubmit(world.kiosk(), application_id, NEW_ADDRESS, key=key), 201)
    again = resubmit(world.kiosk(), application_id, NEW_ADDRESS, key=key)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert problem(resubmit(world.kiosk(), application_id, {"address": "x"}, key=key), 422)
    key = new_key()
    json_of(withdraw(world.kiosk(), application_id, key), 201)
    again = withdraw(world.kiosk(), application_id, key)
    assert (json_of(again, 201)["version"], again.headers["Idempotent-Replayed"]) == (5, "true")


def test_who_looked_at_an_older_version_moves_nothing(world: World) -> None:
    application_id = sent_back(world, ADDRESS)
    assert problem(resubmit(world.kiosk(), application_id, NEW_ADDRESS, if_match='"2"'), 412)
    assert problem(withdraw(world.kiosk(), application_id, if_match='"2"'), 412)
    assert json_of(resubmit(world.kiosk(), application_id, NEW_ADDRESS, if_match='"3"'), 201)


def test_a_move_that_is_not_allowed_says_what_is(world: World) -> None:
    kiosk = world.kiosk()
    application = json_of(kiosk.apply(), 201)
    application_id = application["application_id"]

    def told(answer: TestResponse) -> tuple[str, str, list[str]]:
        refused = problem(answer, 409)
        return refused["code"], refused["application_status"], refused["allowed_actions"]

    assert told(resubmit(kiosk, application_id, NEW_ADDRESS)) == ("not-possible-now", "FEE_DUE", ["pay", "withdraw"])
    assert told(world.officer().decide(application_id)) == ("fee-not-paid", "FEE_DUE", [])
    world.paid(application)
    assert told(resubmit(kiosk, application_id, NEW_ADDRESS))[1:] == ("IN_VERIFICATION", ["withdraw"])
    json_of(world.officer().decide(application_id, "send_back"), 201)
    assert told(world.officer().decide(application_id)) == ("already-decided", "SENT_BACK", [])
    json_of(resubmit(kiosk, application_id, NEW_ADDRESS), 201)
    json_of(world.officer().decide(application_id), 201)
    for answer in (resubmit(kiosk, application_id, NEW_ADDRESS), withdraw(kiosk, application_id)):
        assert told(answer) == ("not-possible-now", "ISSUED", [])


def test_a_second_click_on_a_step_that_was_passed_says_what_is_allowed_at_the_next(world: World) -> None:
    application_id = world.awaiting_decision("caste", applicant=caste_form())["application_id"]
    json_of(world.officer().decide(application_id, step="verification"), 201)
    refused = problem(world.officer().decide(application_id, step="verification"), 409)
    assert (refused["step"], refused["allowed_actions"]) == ("approval", ["approve", "reject", "send_back"])


@pytest.mark.parametrize("paid", [False, True])
def test_a_withdrawal_is_final_and_says_what_becomes_of_the_fee(world: World, paid: bool) -> None:
    application = world.awaiting_decision() if paid else json_of(world.kiosk().apply(), 201)
    shown = json_of(withdraw(world.kiosk(), application["application_id"]), 201)
    # Clients of before know no such end.
    assert (shown["state"], shown["status"]) == ("REJECTED", "WITHDRAWN")
    assert shown["history"][-1]["what"] != "withdrawn"
    told = published(world.mongo)[-1]
    assert told["type"] == "org.emitra.application.withdrawn.v1"
    assert (told["data"]["payment_id"] is not None, told["data"]["refund_due"]) == (paid, False)
    assert problem(world.officer().decide(application["application_id"]), 409)["application_status"] == "WITHDRAWN"


def test_a_payment_that_comes_after_a_withdrawal_is_refused_and_goes_back(world: World) -> None:
    application = json_of(world.kiosk().apply(), 201)
    json_of(withdraw(world.kiosk(), application["application_id"]), 201)
    world.paid(application)
    assert published(world.mongo)[-1]["data"]["reason"] == "nothing-due"
    assert world.application(application["application_id"])["state"] == "WITHDRAWN"


def test_lists_of_refused_ones_have_those_that_ended_otherwise_too(world: World) -> None:
    application_id = world.awaiting_decision()["application_id"]
    json_of(withdraw(world.kiosk(), application_id), 201)
    (listed,) = json_of(world.kiosk().get("/v1/applications?state=REJECTED"), 200)["items"]
    assert (listed["application_id"], listed["status"]) == (application_id, "WITHDRAWN")
    assert json_of(world.officer().get("/v1/applications"), 200)["items"] == []


@pytest.mark.parametrize("first", ["decide", "withdraw"])
def test_of_a_withdrawal_and_an_approval_at_once_one_counts(world: World, first: str) -> None:
    for _ in range(4):
        application_id = world.awaiting_decision()["application_id"]
        moves = [
            partial(world.officer().decide, application_id),
            partial(withdraw, world.kiosk(), application_id),
        ]
        statuses = race(moves if first == "decide" else moves[::-1])
        stored = world.application(application_id)
        assert sorted(statuses) == [201, 409]
        certificates = world.mongo.db["certificates"].count_documents({"application_id": application_id})
        assert (stored["state"], certificates) in {("ISSUED", 1), ("WITHDRAWN", 0)}
        assert len(world.history(application_id)) == stored["version"] == 3


def test_of_two_answers_at_once_one_counts_and_no_file_is_lost_to_the_other(world: World) -> None:
    application_id = sent_back(world, PHOTOGRAPH)
    papers = [uploaded(world.kiosk())["attachment_id"] for _ in range(4)]
    moves = [
        partial(resubmit, world.kiosk(), application_id, {}, [{"code": "photograph", "attachment_id": paper}])
        for paper in papers
    ]
    assert sorted(race(moves)) == [201, 409, 409, 409]
    assert world.mongo.db["attachments"].count_documents({"application_id": application_id}) == 1
    assert world.mongo.db["attachments"].count_documents({"application_id": None}) == 3


def test_of_two_decisions_and_an_answer_at_once_each_finds_the_state_that_it_needs(world: World) -> None:
    for _ in range(4):
        application_id = sent_back(world, ADDRESS)
        moves = [
            partial(resubmit, world.kiosk(), application_id, NEW_ADDRESS),
            *(partial(world.officer().decide, application_id) for _ in range(2)),
        ]
        statuses = race(moves)
        stored = world.application(application_id)
        assert statuses[0] == 201, "nobody else can move what is sent back"
        assert set(statuses[1:]) <= {201, 409}
        assert statuses.count(201) == {"IN_VERIFICATION": 1, "ISSUED": 2}[stored["state"]]
        assert stored["applicant"]["address"] == NEW_ADDRESS["address"]
        assert len(world.history(application_id)) == stored["version"]


def race(moves: Sequence[Callable[[], TestResponse]]) -> list[int]:
    """The statuses of moves that begin together, in their order."""
    together = Barrier(len(moves))

    def move(number: int) -> int:
        together.wait(10)
        return moves[number]().status_code

    with ThreadPoolExecutor(len(moves)) as threads:
        return list(threads.map(move, range(len(moves))))
