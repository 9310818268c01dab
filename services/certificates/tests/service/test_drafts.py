"""Forms saved before they are submitted, and resumed; nobody else sees them, nor are they readable at rest."""

from datetime import timedelta
from typing import Any

from tests.support.builders import RULEBOOK, domicile_form, sealing_keys
from tests.support.world import Caller, World, json_of, new_key, problem

from certificates.application.attachments.reseal_attachments import ResealAttachments
from certificates.domain.drafts.draft import MOST_DRAFTS
from certificates.domain.sla.calendar import civil_date
from servicekit.http import Person
from servicekit.instants import utc_now

DRAFTS = "/v1/application-drafts"
BODY = {"application_type": "domicile", "applicant": {"name": "Test Citizen One"}}


def save(by: Caller, draft_id: str, body: Any, **conditions: str) -> Any:
    return by.http.put(f"{DRAFTS}/{draft_id}", json=body, headers={**by.headers, **conditions})


def citizen(world: World, person_id: str = "per_1") -> Caller:
    return world.caller(client_id="cli_portal", person=Person(person_id, "citizen"))


def test_what_is_saved_is_resumed_on_another_device_and_goes_as_it_is_submitted(world: World) -> None:
    begun = json_of(world.kiosk().post(DRAFTS, BODY), 201)
    draft_id = begun["draft_id"]
    another = world.kiosk()
    resumed = another.get(f"{DRAFTS}/{draft_id}")
    assert json_of(resumed, 200)["applicant"] == BODY["applicant"]
    whole = {**BODY, "district_code": "102", "applicant": domicile_form()}
    saved = json_of(save(another, draft_id, whole, **{"If-Match": resumed.headers["ETag"]}), 200)
    assert (saved["version"], saved["applicant"], saved["district_code"]) == (2, domicile_form(), "102")
    assert [draft["draft_id"] for draft in json_of(another.get(DRAFTS), 200)["items"]] == [draft_id]

    lodged = json_of(another.post("/v1/applications", {**whole, "draft_id": draft_id}), 201)

    assert lodged["state"] == "FEE_DUE"
    assert problem(another.get(f"{DRAFTS}/{draft_id}"), 404)["code"] == "application-draft-not-found"
    assert json_of(another.get(DRAFTS), 200)["items"] == []


def test_an_application_that_is_refused_leaves_its_draft(world: World) -> None:
    draft_id = json_of(world.kiosk().post(DRAFTS, BODY), 201)["draft_id"]
    refused = world.kiosk().post("/v1/applications", {**BODY, "district_code": "102", "draft_id": draft_id})
    assert problem(refused, 422)["code"] == "form-not-acceptable"
    assert json_of(world.kiosk().get(f"{DRAFTS}/{draft_id}"), 200)["version"] == 1


def test_of_two_devices_that_save_at_once_none_loses_what_the_other_saved(world: World) -> None:
    begun = world.kiosk().post(DRAFTS, BODY)
    draft_id, etag = json_of(begun, 201)["draft_id"], begun.headers["ETag"]
    json_of(save(world.kiosk(), draft_id, BODY, **{"If-Match": etag}), 200)
    assert problem(save(world.kiosk(), draft_id, BODY, **{"If-Match": etag}), 412)["code"] == "stale-version"


def test_a_repeat_with_the_same_key_gives_the_same_draft(world: World) -> None:
    key = new_key()
    first, again = (json_of(world.kiosk().post(DRAFTS, BODY, key), 201) for _ in range(2))
    assert first["draft_id"] == again["draft_id"]
    assert world.mongo.db["application_drafts"].count_documents({}) == 1


def test_nothing_of_the_form_is_readable_where_it_is_kept(world: World) -> None:
    draft_id = json_of(world.kiosk().post(DRAFTS, BODY), 201)["draft_id"]
    stored = world.mongo.db["application_drafts"].find_one({"_id": draft_id})
    assert stored is not None
    assert "Citizen" not in str(stored)
    assert b"Citizen" not in stored["sealed"]


def test_after_a_rotation_drafts_open_under_the_new_key_alone(world: World) -> None:
    draft_id = json_of(world.kiosk().post(DRAFTS, BODY), 201)["draft_id"]
    rotated = World.over(world.mongo, ATTACHMENT_KEYS=sealing_keys("new", "old"))
    rotated.service.reseal_attachments(ResealAttachments())
    alone = World.over(world.mongo, ATTACHMENT_KEYS=sealing_keys("new"))
    assert json_of(alone.kiosk().get(f"{DRAFTS}/{draft_id}"), 200)["applicant"] == BODY["applicant"]
    other = World.over(world.mongo, ATTACHMENT_KEYS=sealing_keys("another"))
    assert problem(other.kiosk().get(f"{DRAFTS}/{draft_id}"), 503)["code"] == "dependency-unavailable"


def test_a_draft_is_its_makers_alone(world: World) -> None:
    draft_id = json_of(citizen(world).post(DRAFTS, BODY), 201)["draft_id"]
    strangers = (citizen(world, "per_2"), world.kiosk(), world.kiosk("ksk_RJ10200002"))
    for stranger in strangers:
        assert problem(stranger.get(f"{DRAFTS}/{draft_id}"), 404)["code"] == "application-draft-not-found"
        assert problem(save(stranger, draft_id, BODY), 404)["code"] == "application-draft-not-found"
        submitted = {"application_type": "domicile", "district_code": "102", "applicant": domicile_form()}
        refused = problem(stranger.post("/v1/applications", {**submitted, "draft_id": draft_id}), 422)
        assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [("/draft_id", "unknown")]
    assert problem(world.officer().get(f"{DRAFTS}/{draft_id}"), 403)["code"] == "role-not-permitted"
    assert json_of(citizen(world).get(f"{DRAFTS}/{draft_id}"), 200)["draft_id"] == draft_id


def test_a_draft_ends_after_its_term_and_saving_begins_it_anew(world: World) -> None:
    begun = json_of(world.kiosk().post(DRAFTS, BODY), 201)
    (term,) = RULEBOOK.draft_terms
    ends_on = civil_date(utc_now()) + timedelta(days=term.days)
    assert begun["expires_at"] == f"{ends_on}T18:30:00.000Z"
    rows = world.mongo.db["application_drafts"]
    rows.update_one({}, {"$set": {"expires_at": utc_now() - timedelta(seconds=1)}})
    assert problem(world.kiosk().get(f"{DRAFTS}/{begun['draft_id']}"), 404)["code"] == "application-draft-not-found"
    assert json_of(world.kiosk().get(DRAFTS), 200)["items"] == []
    assert rows.index_information()["forget_expired_drafts"]["expireAfterSeconds"] == 0


def test_bad_drafts_are_refused_by_their_fields(world: World) -> None:
    cases: list[tuple[Any, str]] = [
        ({}, "/application_type"),
        ({**BODY, "application_type": "passport"}, "/application_type"),
        ({**BODY, "district_code": "999"}, "/district_code"),
        ({**BODY, "applicant": []}, "/applicant"),
        ({**BODY, "applicant": {f"f{n}": 1 for n in range(101)}}, "/applicant"),
    ]
    for body, pointer in cases:
        refused = problem(world.kiosk().post(DRAFTS, body), 422)
        assert [error["pointer"] for error in refused["errors"]] == [pointer], body


def test_drafts_are_listed_in_pages_and_nobody_has_more_than_the_most(world: World) -> None:
    ids = [json_of(world.kiosk().post(DRAFTS, BODY), 201)["draft_id"] for _ in range(3)]
    page = json_of(world.kiosk().get(f"{DRAFTS}?limit=2"), 200)
    elsewhere = world.kiosk().get(f"/v1/applications?cursor={page['next']}")
    assert (elsewhere.status_code, json_of(elsewhere, 422)["errors"][0]["pointer"]) == (422, "?cursor")
    rest = json_of(world.kiosk().get(f"{DRAFTS}?limit=2&cursor={page['next']}"), 200)
    assert [draft["draft_id"] for draft in page["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None
    rows = world.mongo.db["application_drafts"]
    row = rows.find_one({"_id": ids[0]})
    assert row is not None
    rows.insert_many([{**row, "_id": f"drf_{number:032x}"} for number in range(MOST_DRAFTS - 3)])
    assert problem(world.kiosk().post(DRAFTS, BODY), 429)["code"] == "too-many-drafts"
