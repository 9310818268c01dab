"""At whose desk an application is and until when, how long that desk takes, what is asked, and what expires."""

from datetime import date, timedelta
from typing import Any

import pytest
from tests.service.test_flow import ADDRESS, NEW_ADDRESS, PHOTOGRAPH, resubmit, sent_back, withdraw
from tests.support.builders import RULEBOOK, caste_form
from tests.support.world import Caller, World, json_of, problem

from certificates.application.applications.expire_applications import ExpireApplications
from certificates.application.standing.summarise_desk_times import SummariseDeskTimes
from certificates.domain.sla.calendar import civil_date
from servicekit.http import Person
from servicekit.instants import utc_now
from servicekit.testing import published


def standing(by: Caller, application_id: str) -> dict[str, Any]:
    return json_of(by.get(f"/v1/applications/{application_id}/standing"), 200)


def days(count: int) -> timedelta:
    return timedelta(days=count)


def test_an_applicant_sees_at_whose_desk_it_is_since_when_and_until_when(world: World) -> None:
    application_id = world.awaiting_decision()["application_id"]
    seen = standing(world.kiosk(), application_id)
    assert (seen["status"], seen["with_whom"], seen["allowed_actions"]) == ("IN_VERIFICATION", "office", ["withdraw"])
    desk = seen["desk"]
    assert desk["posts"] == [{"en": "Tehsildar", "hi": "तहसीलदार"}]
    assert desk["office"] == {"en": "Office of the tehsil, Jaipur district", "hi": "तहसील कार्यालय, ज़िला जयपुर"}
    assert (desk["step"], desk["department"], desk["district"]["code"]) == ("approval", "revenue", "102")
    stored = world.application(application_id)
    assert seen["until"] == stored["due_on"]
    assert seen["until_why"]["en"] == "The office's own target; no order was found"
    assert seen["since"][:19] == stored["updated_at"].isoformat()[:19]
    assert seen["clock"] == {
        "law": seen["clock"]["law"],
        "paused": False,
        "why": None,
        "working_days_left": None,
        "pauses": [],
        "escalated_at": None,
        "penalty": None,
    }
    assert seen["asked"] is None
    assert [line["what"] for line in seen["course"]] == ["submitted", "fee_paid"]


def test_while_the_fee_is_due_it_waits_for_the_applicant(world: World) -> None:
    application = json_of(world.kiosk().apply(), 201)
    seen = standing(world.kiosk(), application["application_id"])
    assert (seen["with_whom"], seen["allowed_actions"]) == ("applicant", ["pay", "withdraw"])
    (term,) = RULEBOOK.terms["FEE_DUE"]  # type: ignore[index]
    assert date.fromisoformat(seen["until"]) == civil_date(utc_now()) + days(term.days)
    assert seen["until_why"] == {"en": term.order.en, "hi": term.order.hi}
    assert seen["withdrawal"]["why"]["en"] == "Nothing was paid"


def test_while_it_is_sent_back_the_pause_and_everything_asked_for_are_told_in_both_languages(world: World) -> None:
    application_id = sent_back(world, ADDRESS, PHOTOGRAPH)
    shown = json_of(world.kiosk().get(f"/v1/applications/{application_id}"), 200)
    assert shown["due_on"] is None
    seen = standing(world.kiosk(), application_id)
    assert (seen["with_whom"], seen["allowed_actions"]) == ("applicant", ["resubmit", "withdraw"])
    clock = seen["clock"]
    assert (clock["paused"], clock["working_days_left"]) == (True, 7)
    assert clock["pauses"] == [{"since": seen["since"], "until": None}]
    assert clock["why"]["hi"].startswith("आवेदन लौटाया गया")
    asked = seen["asked"]
    assert asked["reason"]["code"] == "see-remarks"
    assert asked["remarks"] == "Seen."
    assert [(item["field"], item["document"], item["label"]["hi"]) for item in asked["items"]] == [
        ("address", None, "स्थायी पता"),
        (None, "photograph", "फोटो"),
    ]
    assert asked["items"][1]["reason"]["hi"].startswith("कोई दस्तावेज़ नहीं मिला")
    assert (asked["open_fields"], asked["open_documents"]) == (["address", "address_absent"], ["photograph"])
    assert seen["until"] is not None
    assert seen["withdrawal"]["fee_returned"] is False
    assert "No order was found" in seen["withdrawal"]["why"]["en"]


def test_after_the_answer_the_pause_is_over_and_stays_told(world: World) -> None:
    application_id = sent_back(world, ADDRESS)
    json_of(resubmit(world.kiosk(), application_id, NEW_ADDRESS), 201)
    seen = standing(world.kiosk(), application_id)
    assert (seen["with_whom"], seen["asked"]) == ("office", None)
    (pause,) = seen["clock"]["pauses"]
    assert pause["since"] < pause["until"] == seen["since"]
    assert [(line["what"], line["status"]) for line in seen["course"][2:]] == [
        ("decided", "SENT_BACK"),
        ("resubmitted", "IN_VERIFICATION"),
    ]


def test_after_the_end_nobody_has_it_and_nothing_can_be_done(world: World) -> None:
    application_id = world.awaiting_decision()["application_id"]
    json_of(withdraw(world.kiosk(), application_id), 201)
    seen = standing(world.kiosk(), application_id)
    assert (seen["status"], seen["with_whom"], seen["allowed_actions"]) == ("WITHDRAWN", "nobody", [])
    assert (seen["desk"], seen["until"], seen["withdrawal"]) == (None, None, None)


def test_what_is_allowed_is_said_to_each_for_themselves(world: World) -> None:
    application_id = world.awaiting_decision("caste", applicant=caste_form())["application_id"]

    def allowed(by: Caller) -> list[str]:
        actions: list[str] = standing(by, application_id)["allowed_actions"]
        return actions

    assert allowed(world.officer()) == ["approve", "reject", "send_back"]
    assert allowed(world.sdo()) == []
    auditor = world.caller(person=Person("per_auditor", "auditor"), scopes=("applications:read",))
    assert allowed(auditor) == []
    for stranger in (world.kiosk("ksk_RJ10200002"), world.officer("103"), world.portal()):
        assert problem(stranger.get(f"/v1/applications/{application_id}/standing"), 404)


def test_a_median_is_told_from_enough_decisions_on_and_never_before(world: World) -> None:
    least = RULEBOOK.medians.least_decisions
    for _ in range(least - 1):
        world.issued()
    summarise = world.service.summarise_desk_times
    assert summarise(SummariseDeskTimes(utc_now())) == 1
    application_id = world.awaiting_decision()["application_id"]
    median = standing(world.kiosk(), application_id)["desk"]["median"]
    assert (median["working_days"], median["decisions"], median["as_of"]) == (None, None, None)
    assert median["why_none"]["hi"].endswith("माध्यिका के लिए कम हैं")

    world.issued()
    # Half of them took three days; a decision of two years ago is not among them.
    times = world.mongo.db["desk_times"]
    assert times.count_documents({}) == least
    for row in times.find().limit(least // 2):
        times.update_one({"_id": row["_id"]}, {"$set": {"days": 3}})
    times.insert_one({**(times.find_one() or {}), "_id": "old", "days": 99, "decided_at": utc_now() - days(200)})
    summarise(SummariseDeskTimes(utc_now()))

    median = standing(world.kiosk(), application_id)["desk"]["median"]
    assert (median["working_days"], median["decisions"], median["why_none"]) == (1.5, least, None)
    (desk,) = json_of(world.kiosk().get("/v1/application-types/domicile/desks?district_code=102"), 200)["items"]
    assert desk["median"] == median
    (elsewhere,) = json_of(world.kiosk().get("/v1/application-types/domicile/desks?district_code=103"), 200)["items"]
    assert elsewhere["median"]["working_days"] is None


def test_a_desk_that_decided_nothing_for_long_has_no_median_any_more(world: World) -> None:
    world.issued()
    summarise = world.service.summarise_desk_times
    assert summarise(SummariseDeskTimes(utc_now())) == 1
    assert summarise(SummariseDeskTimes(utc_now() + days(RULEBOOK.medians.window_days + 1))) == 0
    assert world.mongo.db["desk_medians"].count_documents({}) == 0


def test_a_decision_to_send_back_is_no_decision_of_the_case(world: World) -> None:
    application_id = sent_back(world, ADDRESS)
    assert world.mongo.db["desk_times"].count_documents({}) == 0
    json_of(resubmit(world.kiosk(), application_id, NEW_ADDRESS), 201)
    json_of(world.officer().decide(application_id), 201)
    (row,) = world.mongo.db["desk_times"].find()
    assert (row["type_code"], row["step"], row["district_code"], row["days"]) == ("domicile", "approval", "102", 0)


def test_the_desks_of_what_does_not_exist_are_refused(world: World) -> None:
    assert problem(world.kiosk().get("/v1/application-types/horoscope/desks?district_code=102"), 404)
    refused = problem(world.kiosk().get("/v1/application-types/domicile/desks?district_code=999"), 422)
    assert refused["errors"][0]["pointer"] == "?district_code"
    assert problem(world.kiosk().get("/v1/application-types/domicile/desks"), 422)


def expire_after(world: World, count: int) -> int:
    expired: int = world.service.expire_applications(ExpireApplications(utc_now() + days(count), "req_1"))
    return expired


def test_what_nobody_pays_or_answers_expires_after_its_term_and_not_before(world: World) -> None:
    unpaid = json_of(world.kiosk().apply(), 201)["application_id"]
    unanswered = sent_back(world, ADDRESS)
    with_the_office = world.awaiting_decision()["application_id"]
    ((fee,), (answer,)) = (RULEBOOK.terms[state] for state in ("FEE_DUE", "SENT_BACK"))  # type: ignore[index]
    assert expire_after(world, min(fee.days, answer.days)) == 0
    assert expire_after(world, fee.days + 1) == 1
    assert expire_after(world, answer.days + 1) == 1
    assert expire_after(world, 10_000) == 0

    for application_id, waited_for in ((unpaid, "fee"), (unanswered, "answer")):
        told = [event for event in published(world.mongo) if event["subject"] == application_id][-1]
        assert (told["type"], told["data"]["waited_for"]) == ("org.emitra.application.expired.v1", waited_for)
        shown = json_of(world.kiosk().get(f"/v1/applications/{application_id}"), 200)
        assert (shown["state"], shown["status"]) == ("REJECTED", "EXPIRED")
        refused = problem(withdraw(world.kiosk(), application_id), 409)
        assert (refused["application_status"], refused["allowed_actions"]) == ("EXPIRED", [])
    assert world.application(with_the_office)["state"] == "IN_VERIFICATION"


def test_what_the_time_before_the_term_left_waiting_never_expires(world: World) -> None:
    application_id = json_of(world.kiosk().apply(), 201)["application_id"]
    long_ago = utc_now() - days(300)
    world.mongo.db["applications"].update_one({"_id": application_id}, {"$set": {"updated_at": long_ago}})
    assert expire_after(world, 10_000) == 0
    assert standing(world.kiosk(), application_id)["until"] is None


def test_a_payment_for_what_expired_is_refused_and_goes_back(world: World) -> None:
    application = json_of(world.kiosk().apply(), 201)
    assert expire_after(world, 1_000) == 1
    world.paid(application)
    assert published(world.mongo)[-1]["data"]["reason"] == "nothing-due"


@pytest.mark.parametrize("count", [250])
def test_more_than_a_page_expire_in_one_run(world: World, count: int) -> None:
    application_id = json_of(world.kiosk().apply(), 201)["application_id"]
    one = world.application(application_id)
    world.mongo.db["applications"].insert_many(
        [{**one, "_id": f"app_{number:032x}", "transaction_token": f"EM{number}"} for number in range(count - 1)]
    )
    assert expire_after(world, 1_000) == count
