"""An officer's queue with its counts; a case in hand; charges handed over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from tests.support.builders import caste_form
from tests.support.world import OFFICER_ID, Caller, World, json_of, problem, read

from certificates.domain.sla.calendar import civil_date
from servicekit.instants import utc_now

COLLEAGUE = "per_0192f3a1c0de7c22b8e15d2c9a7b1e48"
NAIB = ("Naib Tehsildar", "नायब तहसीलदार")


def colleague(world: World) -> Caller:
    return world.officer(person_id=COLLEAGUE)


def take(by: Caller, application_id: str) -> Any:
    return by.post(f"/v1/applications/{application_id}/takings", None)


def hand_over(by: Caller, to: str | None = None, first: int = 0, last: int = 4) -> Any:
    today = civil_date(utc_now())
    days = [(today + timedelta(days=day)).isoformat() for day in (first, last)]
    return by.post("/v1/officer-charges", {"from_on": days[0], "until_on": days[1], "to_officer_id": to})


def test_the_queue_says_how_long_each_waits_what_is_late_and_who_has_it(world: World) -> None:
    late, fresh = (world.awaiting_decision()["application_id"] for _ in range(2))
    world.mongo.db["applications"].update_one(
        {"_id": late}, {"$set": {"due_on": "2026-01-05", "updated_at": utc_now() - timedelta(days=30)}}
    )
    json_of(take(colleague(world), late), 200)
    first, second = json_of(world.officer().get("/v1/officer-queue"), 200)["items"]
    assert (first["application_id"], first["late"], first["working_days_left"]) == (late, True, 0)
    assert first["working_days_waited"] >= 18
    assert (first["taken"]["by_you"], first["taken"]["post"]["en"]) == (False, "Tehsildar")
    assert (second["application_id"], second["late"], second["taken"]) == (fresh, False, None)
    assert (second["working_days_waited"], second["working_days_left"] > 0) == (0, True)
    (due,) = json_of(world.officer().get(f"/v1/officer-queue?due_by={civil_date(utc_now())}"), 200)["items"]
    assert due["application_id"] == late
    assert json_of(world.officer().get("/v1/officer-queue?application_type=caste"), 200)["items"] == []
    page = json_of(world.officer().get("/v1/officer-queue?limit=1"), 200)
    rest = json_of(world.officer().get(f"/v1/officer-queue?limit=1&cursor={page['next']}"), 200)
    assert [item["application_id"] for item in page["items"] + rest["items"]] == [late, fresh]


def test_counts_are_of_what_the_post_decides_by_desk(world: World) -> None:
    for _ in range(2):
        world.awaiting_decision()
    caste = world.awaiting_decision("caste", applicant=caste_form())["application_id"]
    world.mongo.db["applications"].update_one({"_id": caste}, {"$set": {"due_on": "2026-01-05"}})
    counts = json_of(world.officer().get("/v1/officer-queue-counts"), 200)["items"]
    seen = {(c["application_type"], c["step"], c["district_code"]): (c["waiting"], c["late"]) for c in counts}
    assert seen == {("domicile", "approval", "102"): (2, 0), ("caste", "verification", "102"): (1, 1)}
    assert json_of(world.sdo().get("/v1/officer-queue-counts"), 200)["items"] == []
    assert json_of(world.officer("86").get("/v1/officer-queue-counts"), 200)["items"] == []


def test_what_a_colleague_has_in_hand_is_decided_by_nobody_else_until_it_is_released(world: World) -> None:
    application_id = world.awaiting_decision()["application_id"]
    before = world.application(application_id)
    taken = json_of(take(colleague(world), application_id), 200)
    for refused in (take(world.officer(), application_id), world.officer().decide(application_id)):
        told = problem(refused, 409)
        assert (told["code"], told["until"]) == ("taken-by-another", taken["until"])
        assert told["taken_by"] == {"en": "Tehsildar", "hi": "तहसीलदार"}
    assert world.application(application_id) == before
    # Whoever does not have it releases nothing.
    json_of(world.officer().post(f"/v1/applications/{application_id}/releases", None), 200)
    assert problem(world.officer().decide(application_id), 409)["code"] == "taken-by-another"
    json_of(colleague(world).post(f"/v1/applications/{application_id}/releases", None), 200)
    assert json_of(world.officer().decide(application_id), 201)["state"] == "ISSUED"


def test_a_taking_ends_with_its_time_and_with_the_decision(world: World) -> None:
    caste = world.awaiting_decision("caste", applicant=caste_form())["application_id"]
    json_of(take(colleague(world), caste), 200)
    world.mongo.db["takings"].update_one({"_id": caste}, {"$set": {"until": utc_now() - timedelta(seconds=1)}})
    json_of(take(world.officer(), caste), 200)
    json_of(world.officer().decide(caste), 201)
    assert world.mongo.db["takings"].count_documents({}) == 0
    json_of(world.sdo().decide(caste), 201)


def test_of_two_officers_who_take_at_once_one_has_it(world: World) -> None:
    application_id = world.awaiting_decision()["application_id"]
    officers, start = [world.officer(), colleague(world)], Barrier(2)

    def takes(officer: Caller) -> int:
        start.wait()
        status: int = take(officer, application_id).status_code
        return status

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(takes, officers)) == [200, 409]


def test_only_what_an_officer_may_decide_can_be_taken(world: World) -> None:
    caste = world.awaiting_decision("caste", applicant=caste_form())["application_id"]
    unpaid = json_of(world.kiosk().apply(), 201)["application_id"]
    assert problem(take(world.sdo(), caste), 403)["code"] == "another-post-required"
    assert problem(take(world.officer("86"), caste), 404)["code"] == "application-not-found"
    assert problem(take(world.officer(), unpaid), 409)["code"] == "fee-not-paid"
    json_of(world.officer().decide(caste), 201)
    assert problem(take(world.officer(), caste), 403)["code"] == "another-officer-required"


def test_an_officer_to_whom_a_post_was_handed_over_decides_for_it_and_the_paper_says_so(world: World) -> None:
    naib = world.officer(person_id=COLLEAGUE, post=NAIB)
    application_id = world.awaiting_decision()["application_id"]
    assert problem(naib.decide(application_id), 403)["code"] == "another-post-required"
    assert json_of(naib.get("/v1/officer-queue"), 200)["items"] == []
    charge_id = json_of(hand_over(world.officer(), COLLEAGUE), 201)["charge_id"]
    assert [item["application_id"] for item in json_of(naib.get("/v1/officer-queue"), 200)["items"]] == [application_id]
    (held,) = json_of(naib.get("/v1/officer-charges"), 200)["items"]
    assert (held["charge_id"], held["handed_over_by_you"], held["post"]["en"]) == (charge_id, False, "Tehsildar")

    decided = json_of(naib.decide(application_id), 201)

    certificate = json_of(world.kiosk().get(f"/v1/certificates/{decided['certificate_id']}"), 200)
    assert read(certificate["document"])["signed_by"] == {
        "en": "Naib Tehsildar (in charge of: Tehsildar)",
        "hi": "नायब तहसीलदार (प्रभार: तहसीलदार)",
    }
    line = world.history(application_id)[-1]
    assert (line["officer_id"], line["for_officer_id"], line["charge_id"]) == (COLLEAGUE, OFFICER_ID, charge_id)


def test_while_an_officer_is_absent_those_stand_in_whom_the_rule_names_and_nobody_else(world: World) -> None:
    naib = world.officer(person_id=COLLEAGUE, post=NAIB)
    clerk = world.officer(person_id=COLLEAGUE, post=("Clerk", None))
    application_id = world.awaiting_decision()["application_id"]
    charge = json_of(hand_over(world.officer()), 201)
    assert (charge["to_officer_id"], charge["to_posts"]) == (None, ["Naib Tehsildar"])
    assert problem(clerk.decide(application_id), 403)["code"] == "another-post-required"
    elsewhere = world.officer("86", person_id=COLLEAGUE, post=NAIB)
    assert problem(elsewhere.decide(application_id), 404)["code"] == "application-not-found"
    assert json_of(naib.decide(application_id), 201)["state"] == "ISSUED"


@pytest.mark.parametrize("over", ["before its first day", "after its last day", "after it was ended"])
def test_a_charge_counts_on_its_days_and_until_it_is_ended(world: World, over: str) -> None:
    naib = world.officer(person_id=COLLEAGUE, post=NAIB)
    application_id = world.awaiting_decision()["application_id"]
    begins = 1 if over == "before its first day" else 0
    charge_id = json_of(hand_over(world.officer(), COLLEAGUE, begins), 201)["charge_id"]
    if over == "after its last day":
        days = {"from_on": "2026-01-01", "until_on": (civil_date(utc_now()) - timedelta(days=1)).isoformat()}
        world.mongo.db["officer_charges"].update_one({"_id": charge_id}, {"$set": days})
    elif over == "after it was ended":
        ending = f"/v1/officer-charges/{charge_id}/endings"
        assert problem(naib.post(ending, None), 404)["code"] == "charge-not-found"
        ended = json_of(world.officer().post(ending, None), 200)["ended_at"]
        assert json_of(world.officer().post(ending, None), 200)["ended_at"] == ended
    assert problem(naib.decide(application_id), 403)["code"] == "another-post-required"


def test_whoever_decided_one_step_decides_no_other_one_under_a_charge_either(world: World) -> None:
    caste = world.awaiting_decision("caste", applicant=caste_form())["application_id"]
    json_of(hand_over(world.sdo(), OFFICER_ID), 201)
    json_of(world.officer().decide(caste), 201)
    assert problem(world.officer().decide(caste), 403)["code"] == "another-officer-required"


def test_what_was_handed_over_is_not_handed_on_and_bad_charges_are_refused_by_their_fields(world: World) -> None:
    naib = world.officer(person_id=COLLEAGUE, post=NAIB)
    json_of(hand_over(world.officer(), COLLEAGUE), 201)
    json_of(hand_over(naib, OFFICER_ID), 201)  # The own post, and no other one.
    assert world.mongo.db["officer_charges"].count_documents({"post.en": "Tehsildar"}) == 1
    cases = [
        (hand_over(world.officer(), COLLEAGUE, -1), "/from_on", "past"),
        (hand_over(world.officer(), COLLEAGUE, 3, 2), "/until_on", "before-begin"),
        (hand_over(world.officer(), COLLEAGUE, 0, 90), "/until_on", "too-long"),
        (hand_over(world.officer(), OFFICER_ID), "/to_officer_id", "own"),
        (hand_over(naib), "/to_officer_id", "required"),
    ]
    for answer, pointer, code in cases:
        refused = problem(answer, 422)
        assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [(pointer, code)]
        assert refused["errors"][0]["detail_hi"]
    nameless = world.officer(post=(None, None))
    assert problem(hand_over(nameless, COLLEAGUE), 403)["code"] == "officer-required"
