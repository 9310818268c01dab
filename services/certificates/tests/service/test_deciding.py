"""An officer decides; of two at once exactly one."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from tests.support.builders import birth_form, caste_form, domicile_form
from tests.support.world import KIOSK_SCOPES, OFFICER_ID, World, json_of, new_key, problem

from servicekit.http import Person
from servicekit.testing import published


def test_approval_of_the_last_step_issues_the_certificate(world: World) -> None:
    application = world.awaiting_decision()
    answer = world.officer().decide(application["application_id"])
    decided = json_of(answer, 201)
    assert decided["state"] == "ISSUED"
    assert decided["certificate_id"].startswith("crt_")
    assert answer.headers["ETag"] == '"3"'


def test_approval_of_another_step_begins_the_next_one(world: World) -> None:
    application = world.awaiting_decision("caste", applicant=caste_form())
    first = json_of(world.officer().decide(application["application_id"], step="verification"), 201)
    assert (first["state"], first["step"], first["certificate_id"]) == ("IN_VERIFICATION", "approval", None)
    second = json_of(world.sdo().decide(application["application_id"], step="approval"), 201)
    assert second["state"] == "ISSUED"
    events = [event for event in published(world.mongo) if event["subject"] == application["application_id"]]
    assert [event["sequence"] for event in events] == ["1", "2", "3"]
    assert [event["data"].get("step") for event in events] == [None, "verification", "approval"]


@pytest.mark.parametrize("decision", ["approve", "reject", "send_back"])
def test_whoever_decided_one_step_decides_no_other_one(world: World, decision: str) -> None:
    application_id = world.awaiting_decision("caste", applicant=caste_form())["application_id"]
    json_of(world.officer().decide(application_id), 201)
    before = world.application(application_id)
    # Not through another client of the same person either, nor without naming the step.
    for officer in (world.officer(), world.officer(client_id="cli_second_office")):
        for step in ({}, {"step": "approval"}):
            refused = problem(officer.decide(application_id, decision, **step), 403)
            assert refused["code"] == "another-officer-required"
    assert world.application(application_id) == before
    assert json_of(world.sdo().decide(application_id, decision), 201)["version"] == before["version"] + 1


@pytest.mark.parametrize("decision", ["approve", "reject", "send_back"])
def test_an_officer_of_another_post_is_told_which_post_decides_and_changes_nothing(world: World, decision: str) -> None:
    application_id = world.awaiting_decision("caste", applicant=caste_form())["application_id"]
    json_of(world.officer().decide(application_id), 201)
    before, told = world.application(application_id), len(published(world.mongo))
    colleague = world.officer(person_id="per_0192f3a1c0de7c22b8e15d2c9a7b1e48")
    for step in ({}, {"step": "approval"}):
        refused = problem(colleague.decide(application_id, decision, **step), 403)
        assert refused["code"] == "another-post-required"
        assert refused["title_hi"]
        assert (refused["step"], refused["posts"]) == (
            "approval",
            [{"en": "Sub-Divisional Officer", "hi": "उपखण्ड अधिकारी"}],
        )
        assert "Sub-Divisional Officer" in refused["detail"]
        assert "उपखण्ड अधिकारी" in refused["detail_hi"]
    assert world.application(application_id) == before
    assert len(world.history(application_id)) == before["version"]
    assert len(published(world.mongo)) == told
    assert json_of(world.sdo().decide(application_id, decision), 201)["version"] == before["version"] + 1


@pytest.mark.parametrize("post", [(None, None), ("Naib Tehsildar", "नायब तहसीलदार"), ("tehsildar", "तहसीलदार")])
def test_only_the_post_as_the_types_file_spells_it_decides(world: World, post: tuple[str | None, str | None]) -> None:
    application_id = world.awaiting_decision()["application_id"]
    refused = problem(world.officer(post=post).decide(application_id), 403)
    assert refused["code"] == "another-post-required"
    assert (post[0] or "Officer") in refused["detail"]
    assert world.mongo.db["certificates"].count_documents({}) == 0


def test_a_repeat_of_the_first_decision_is_answered_though_its_officer_may_not_decide_the_next(world: World) -> None:
    application, key = world.awaiting_decision("caste", applicant=caste_form()), new_key()
    json_of(world.officer().decide(application["application_id"], key=key), 201)
    again = world.officer().decide(application["application_id"], key=key)
    assert json_of(again, 201)["step"] == "approval"
    assert again.headers["Idempotent-Replayed"] == "true"


def test_of_one_persons_two_decisions_at_once_one_is_made(world: World) -> None:
    application, together = world.awaiting_decision("caste", applicant=caste_form()), Barrier(4)

    def decide(_: int) -> int:
        officer = world.officer()
        together.wait(10)
        return officer.decide(application["application_id"]).status_code

    with ThreadPoolExecutor(4) as clicks:
        statuses = sorted(clicks.map(decide, range(4)))
    assert statuses[0] == 201
    assert set(statuses[1:]) <= {403, 409}
    assert world.application(application["application_id"])["step"] == "approval"


def test_a_second_click_does_not_decide_the_next_step(world: World) -> None:
    application = world.awaiting_decision("caste", applicant=caste_form())
    json_of(world.officer().decide(application["application_id"], step="verification"), 201)
    # Of the same officer or of a colleague, who both are not of the next step's post.
    for officer in (world.officer(), world.officer(person_id="per_0192f3a1c0de7c22b8e15d2c9a7b1e48")):
        again = officer.decide(application["application_id"], step="verification")
        assert problem(again, 409)["code"] == "already-decided"
    assert world.application(application["application_id"])["step"] == "approval"


@pytest.mark.parametrize(("decision", "state"), [("reject", "REJECTED"), ("send_back", "SENT_BACK")])
def test_a_refusal_issues_nothing(world: World, decision: str, state: str) -> None:
    application = world.awaiting_decision()
    decided = json_of(world.officer().decide(application["application_id"], decision), 201)
    assert (decided["state"], decided["certificate_id"]) == (state, None)
    assert world.mongo.db["certificates"].count_documents({}) == 0
    past = {"reject": "rejected", "send_back": "sent_back"}[decision]
    assert published(world.mongo)[-1]["data"]["decision"] == past


REASON = {
    "code": "facts-not-confirmed",
    "en": "What the form says could not be confirmed",
    "hi": "आवेदन में दी गई जानकारी की पुष्टि नहीं हो सकी",
}
UNNAMED = {"code": "see-remarks", "en": "The officer's remarks say why", "hi": "कारण अधिकारी की टिप्पणी में दिया गया है"}


@pytest.mark.parametrize(("given", "told"), [({"reason": "facts-not-confirmed"}, REASON), ({}, UNNAMED)])
@pytest.mark.parametrize("decision", ["reject", "send_back"])
def test_the_reason_of_a_refusal_is_told_in_both_languages_to_the_applicant_and_to_other_services(
    world: World, decision: str, given: dict[str, str], told: dict[str, str]
) -> None:
    application = world.awaiting_decision()
    path = f"/v1/applications/{application['application_id']}"
    decided = json_of(
        world.officer().decide(application["application_id"], decision, remarks="Not at home.", **given), 201
    )
    seen = json_of(world.kiosk().get(path), 200)
    assert seen["history"] == decided["history"]
    line = seen["history"][-1]
    assert (line["what"], line["step"], line["reason"], line["remarks"]) == (
        "decided",
        "approval",
        told,
        "Not at home.",
    )
    assert line["decided_by"] == {"en": "Tehsildar", "hi": "तहसीलदार"}
    event = published(world.mongo)[-1]["data"]
    assert (event["reason"], event["reason_en"], event["reason_hi"]) == (told["code"], told["en"], told["hi"])
    assert "Not at home." not in str(event), "remarks may speak of people"


@pytest.mark.parametrize(("decision", "reason"), [("reject", "nonsense"), ("approve", "facts-not-confirmed")])
def test_a_reason_that_does_not_exist_or_does_not_belong_is_refused(world: World, decision: str, reason: str) -> None:
    application = world.awaiting_decision()
    refused = problem(world.officer().decide(application["application_id"], decision, reason=reason), 422)
    assert [error["pointer"] for error in refused["errors"]] == ["/reason"]
    assert world.application(application["application_id"])["state"] == "IN_VERIFICATION"


def test_what_an_officer_remarks_on_approving_is_for_officers(world: World) -> None:
    application_id = world.awaiting_decision("caste", applicant=caste_form())["application_id"]
    json_of(world.officer().decide(application_id, remarks="Neighbours asked."), 201)
    path = f"/v1/applications/{application_id}"
    for_officers = json_of(world.sdo().get(path), 200)["history"][-1]
    assert (for_officers["remarks"], for_officers["decision"]) == ("Neighbours asked.", "approved")
    for_the_applicant = json_of(world.kiosk().get(path), 200)["history"][-1]
    assert "remarks" not in for_the_applicant
    assert "reason" not in published(world.mongo)[-1]["data"]


def test_a_refusal_without_a_reason_is_refused(world: World) -> None:
    application = world.awaiting_decision()
    for remarks in (None, "   "):
        body = {"decision": "reject", **({"remarks": remarks} if remarks else {})}
        path = f"/v1/applications/{application['application_id']}/decisions"
        refused = problem(world.officer().post(path, body), 422)
        assert refused["errors"][0]["pointer"] == "/remarks"


def test_every_decision_is_in_the_audit_trail_with_its_officer(world: World) -> None:
    application = world.awaiting_decision()
    decided = json_of(world.officer().decide(application["application_id"], remarks="Documents seen."), 201)
    line = world.history(application["application_id"])[-1]
    assert {name: line[name] for name in ("what", "step", "decision", "officer_id", "remarks")} == {
        "what": "decided",
        "step": "approval",
        "decision": "approved",
        "officer_id": OFFICER_ID,
        "remarks": "Documents seen.",
    }
    assert (line["state_before"], line["state_after"]) == ("IN_VERIFICATION", "ISSUED")
    assert line["certificate_id"] == decided["certificate_id"]


def test_deciding_twice_is_refused(world: World) -> None:
    application = world.awaiting_decision()
    json_of(world.officer().decide(application["application_id"]), 201)
    again = world.officer().decide(application["application_id"], "reject")
    assert problem(again, 409)["code"] == "already-decided"


def test_a_repeat_with_the_same_key_answers_the_first_decision(world: World) -> None:
    application, key = world.awaiting_decision(), new_key()
    first = world.officer().decide(application["application_id"], key=key)
    again = world.officer().decide(application["application_id"], key=key)
    assert json_of(again, 201) == json_of(first, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert world.mongo.db["certificates"].count_documents({}) == 1


def test_nothing_is_decided_before_the_fee_is_paid(world: World) -> None:
    application = json_of(world.kiosk().apply(), 201)
    answer = world.officer().decide(application["application_id"])
    assert problem(answer, 409)["code"] == "fee-not-paid"


APPROVAL = {"decision": "approve", "remarks": "Seen."}


def test_a_decision_on_another_version_than_the_officer_read_is_refused(world: World) -> None:
    application = world.awaiting_decision()
    path = f"/v1/applications/{application['application_id']}"
    read = world.officer().get(path).headers["ETag"]
    assert read == '"2"'
    for stale in ('"999"', '"1"', 'W/"2"'):
        refused = world.officer().post(f"{path}/decisions", APPROVAL, **{"If-Match": stale})
        assert problem(refused, 412)["code"] == "stale-version"
    assert world.application(application["application_id"])["state"] == "IN_VERIFICATION"
    key = new_key()
    for _ in range(2):  # the repeat finds another version and is answered all the same
        decided = world.officer().post(f"{path}/decisions", APPROVAL, key, **{"If-Match": f'"1", {read}'})
        assert json_of(decided, 201)["state"] == "ISSUED"


def test_a_demand_for_a_version_tells_a_stranger_nothing(world: World) -> None:
    path = f"/v1/applications/{world.awaiting_decision()['application_id']}/decisions"
    for version in ('"2"', '"999"'):
        assert world.officer("107").post(path, APPROVAL, **{"If-Match": version}).status_code == 404


def test_an_application_is_not_made_where_a_version_of_it_is_demanded(world: World) -> None:
    body = {"application_type": "domicile", "district_code": "102", "applicant": domicile_form()}
    assert problem(world.kiosk().post("/v1/applications", body, **{"If-Match": '"1"'}), 412)
    assert world.mongo.db["applications"].count_documents({}) == 0


def test_two_officers_deciding_at_once_issue_one_certificate(world: World) -> None:
    application = world.awaiting_decision()
    together = Barrier(4)

    def decide(number: int) -> int:
        officer = world.officer(person_id=f"per_{number}")
        together.wait(10)
        return officer.decide(application["application_id"], "approve" if number % 2 else "reject").status_code

    with ThreadPoolExecutor(4) as officers:
        statuses = sorted(officers.map(decide, range(4)))
    assert statuses == [201, 409, 409, 409]
    decided = world.application(application["application_id"])
    assert decided["version"] == 3
    assert world.mongo.db["certificates"].count_documents({}) == (decided["state"] == "ISSUED")
    assert len([line for line in world.history(application["application_id"]) if line["what"] == "decided"]) == 1


def test_the_same_request_twice_at_once_decides_once(world: World) -> None:
    application, key, together = world.awaiting_decision(), new_key(), Barrier(3)

    def decide(_: int) -> int:
        officer = world.officer()
        together.wait(10)
        return officer.decide(application["application_id"], key=key).status_code

    with ThreadPoolExecutor(3) as officers:
        assert list(officers.map(decide, range(3))) == [201, 201, 201]
    assert world.mongo.db["certificates"].count_documents({}) == 1
    assert len(published(world.mongo)) == 3


def test_another_districts_officer_finds_no_such_application(world: World) -> None:
    application = world.awaiting_decision()
    answer = world.officer("107").decide(application["application_id"])
    assert problem(answer, 404)["code"] == "application-not-found"
    assert world.application(application["application_id"])["state"] == "IN_VERIFICATION"


def test_another_departments_officer_finds_no_such_application(world: World) -> None:
    application = world.awaiting_decision("birth", applicant=birth_form())
    assert world.officer().decide(application["application_id"]).status_code == 404
    assert json_of(world.registrar().decide(application["application_id"]), 201)["state"] == "ISSUED"


def test_an_officer_without_districts_decides_nothing(world: World) -> None:
    application = world.awaiting_decision()
    nobody = world.officer("nowhere")
    assert nobody.decide(application["application_id"]).status_code == 404


def test_somebody_who_is_no_officer_may_not_decide(world: World) -> None:
    application = world.awaiting_decision()
    citizen = world.officer(role="citizen")
    assert problem(citizen.decide(application["application_id"]), 403)["code"] == "role-not-permitted"
    machine = world.caller(scopes=["applications:decide"])
    assert problem(machine.decide(application["application_id"]), 403)["code"] == "role-not-permitted"
    of_no_department = world.caller(scopes=["applications:decide"], person=Person("per_9", "officer"))
    refused = of_no_department.decide(application["application_id"])
    assert problem(refused, 403)["code"] == "officer-required"


def test_the_scope_is_needed_besides_the_office(world: World) -> None:
    application = world.awaiting_decision()
    kiosk = world.caller(scopes=KIOSK_SCOPES)
    assert problem(kiosk.decide(application["application_id"]), 403)["missing_scope"] == "applications:decide"


def test_an_application_that_does_not_exist_is_not_found(world: World) -> None:
    assert world.officer().decide("app_00000000000000000000000000000000").status_code == 404
