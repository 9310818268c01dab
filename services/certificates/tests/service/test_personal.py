"""What certificates answers to an erasure, what goes, and what a person takes along."""

from datetime import timedelta
from typing import Any

from tests.support.builders import domicile_form
from tests.support.world import Caller, World, json_of

from certificates.entrypoints.service import SERVICE
from emitra_contracts import validate_produced
from servicekit.http import Person
from servicekit.instants import utc_now
from servicekit.testing import Erasing

NAME = domicile_form()["name"]


def citizen(world: World, person_id: str = "per_1") -> Caller:
    scopes = ("applications:read", "applications:write", "certificates:read", "privacy:own")
    return world.caller(client_id="cli_portal", scopes=scopes, person=Person(person_id, "citizen"))


def erasing(world: World, person_id: str = "per_1") -> Erasing:
    return Erasing(SERVICE, world.mongo, world.service, person_id)


def lodged(world: World, person_id: str = "per_1") -> Any:
    application = json_of(citizen(world, person_id).apply(), 201)
    world.paid(application)
    return application


def stored(world: World, collection: str) -> str:
    return str(list(world.mongo.db[collection].find()))


def test_what_is_not_decided_holds_back_until_it_is_and_the_answer_follows_by_itself(world: World) -> None:
    application_id = lodged(world)["application_id"]
    asked = erasing(world)
    asked.requested()
    assert asked.reasons() == ([f"application-pending {application_id}"], [])
    json_of(world.officer().decide(application_id, "reject"), 201)
    assert asked.reasons() == ([], [])
    answers = asked.answers()
    assert [answer["sequence"] for answer in answers] == ["1", "2"], "nothing is said twice"
    for answer in answers:
        validate_produced(answer)


def test_forms_remarks_and_drafts_of_what_came_to_nothing_go_and_anothers_stay(world: World) -> None:
    rejected = lodged(world)["application_id"]
    others = lodged(world, "per_2")["application_id"]
    json_of(world.officer().decide(rejected, "reject", remarks="Not the one who lives there."), 201)
    json_of(citizen(world).post("/v1/application-drafts", {"application_type": "domicile", "applicant": {}}), 201)
    asked = erasing(world)
    asked.requested()
    asked.completed()

    assert world.application(rejected)["applicant"] == {}
    assert world.application(rejected)["likeness"] == []
    assert world.application(others)["applicant"]["name"] == NAME
    assert "Not the one" not in stored(world, "application_history")
    assert world.mongo.db["application_drafts"].count_documents({"person_id": "per_1"}) == 0
    shown = json_of(citizen(world).get(f"/v1/applications/{rejected}"), 200)
    assert shown["state"] == "REJECTED"
    asked_rows = world.mongo.db["erasures_asked"]
    assert asked_rows.count_documents({}) == 1, "a token of theirs may be good for some minutes"
    json_of(citizen(world).post("/v1/application-drafts", {"application_type": "domicile", "applicant": {}}), 201)
    asked_rows.update_one({}, {"$set": {"erased_at": utc_now() - timedelta(hours=2)}})
    world.service.erasures.look_again()
    assert world.mongo.db["application_drafts"].count_documents({"person_id": "per_1"}) == 0
    assert asked_rows.count_documents({}) == 0


def test_files_of_what_came_to_nothing_are_due_to_be_swept(world: World) -> None:
    rejected = lodged(world)["application_id"]
    json_of(world.officer().decide(rejected, "reject"), 201)
    files = world.mongo.db["attachments"]
    files.insert_many(
        [
            {"_id": "att_1", "application_id": rejected, "person_id": None, "expires_at": None},
            {"_id": "att_2", "application_id": None, "person_id": "per_1", "expires_at": None},
            {"_id": "att_3", "application_id": None, "person_id": "per_2", "expires_at": None},
        ]
    )
    asked = erasing(world)
    asked.completed()
    due = {"expires_at": {"$lte": utc_now()}}
    assert [row["_id"] for row in files.find(due).sort("_id", 1)] == ["att_1", "att_2"]


def test_a_certificate_stays_with_what_it_rests_on_and_says_why(world: World) -> None:
    application_id = lodged(world)["application_id"]
    decided = json_of(world.officer().decide(application_id), 201)
    asked = erasing(world)
    asked.requested()
    assert asked.reasons() == ([], ["certificate-issued"])
    asked.completed()
    issued = json_of(citizen(world).get(f"/v1/certificates/{decided['certificate_id']}"), 200)
    assert issued["status"] == "VALID"
    assert world.application(application_id)["applicant"]["name"] == NAME


def test_what_is_lodged_after_the_erasure_began_is_left_until_it_ends_and_goes_then(world: World) -> None:
    application_id = lodged(world)["application_id"]
    asked = erasing(world)
    asked.completed()
    assert world.application(application_id)["applicant"]["name"] == NAME
    json_of(world.officer().decide(application_id, "reject"), 201)
    asked.answers()
    assert world.application(application_id)["applicant"] == {}


def test_a_request_that_is_taken_back_leaves_nothing_to_answer(world: World) -> None:
    application_id = lodged(world)["application_id"]
    asked = erasing(world)
    asked.requested()
    asked.withdrawn()
    json_of(world.officer().decide(application_id, "reject"), 201)
    assert len(asked.answers()) == 1
    asked.requested()
    assert len(asked.answers()) == 1, "what comes late is dropped"


def test_a_person_takes_the_own_part_along_and_nobody_elses(world: World) -> None:
    mine = lodged(world)["application_id"]
    lodged(world, "per_2")
    part = json_of(citizen(world).get("/v1/privacy/export/certificates"), 200)
    assert part["service"] == "certificates"
    assert [(item["kind"], item["id"]) for item in part["items"]] == [("application", mine)]
    assert part["items"][0]["says"]["applicant"]["name"] == NAME
