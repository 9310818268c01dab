"""An officer sees what may be the same in the whole state, with reasons; nothing is refused for it."""

from typing import Any

from tests.service.test_flow import resubmit
from tests.support.builders import birth_form, domicile_form
from tests.support.world import Caller, World, json_of, problem


def likenesses(by: Caller, application_id: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json_of(by.get(f"/v1/applications/{application_id}/likenesses"), 200)["items"]
    return items


def test_who_applies_again_elsewhere_in_another_script_is_shown_with_reasons_and_not_refused(world: World) -> None:
    first = world.awaiting_decision(applicant=domicile_form(name="Ramesh Sharma", name_hi="रमेश शर्मा"))
    again = domicile_form(name="Rameesh Sharmaa", name_hi="रमेश शर्मा")
    second = json_of(world.kiosk().apply("domicile", again, "86"), 201)

    (like,) = likenesses(world.officer(), first["application_id"])

    assert (like["application_id"], like["district_code"], like["status"]) == (
        second["application_id"],
        "86",
        "FEE_DUE",
    )
    assert [reason["code"] for reason in like["reasons"]] == ["same-name", "same-date"]
    assert all(reason["en"] and reason["hi"] for reason in like["reasons"])
    assert "Sharma" not in str(like)
    assert json_of(world.officer().decide(first["application_id"]), 201)["state"] == "ISSUED"


def test_twins_are_not_shown_to_one_another(world: World) -> None:
    twins = [world.awaiting_decision("birth", applicant=birth_form(5, child_name=name)) for name in ("Lav", "Kush")]
    for twin in twins:
        assert likenesses(world.registrar(), twin["application_id"]) == []


def test_an_answer_that_corrects_the_form_is_compared_anew(world: World) -> None:
    first = world.awaiting_decision()["application_id"]
    other = world.awaiting_decision(applicant=domicile_form(name="Somebody Else", name_hi="कोई और"))["application_id"]
    assert likenesses(world.officer(), first) == []
    asks = [{"field": name, "reason": "facts-not-confirmed"} for name in ("name", "name_hi")]
    json_of(world.officer().decide(other, "send_back", asks=asks), 201)
    mine = domicile_form()
    json_of(resubmit(world.kiosk(), other, {"name": mine["name"], "name_hi": mine["name_hi"]}), 201)
    assert [like["application_id"] for like in likenesses(world.officer(), first)] == [other]


def test_only_an_officer_who_may_see_the_application_is_told(world: World) -> None:
    application_id = world.awaiting_decision()["application_id"]
    path = f"/v1/applications/{application_id}/likenesses"
    assert problem(world.kiosk().get(path), 403)["code"] == "role-not-permitted"
    assert problem(world.officer("86").get(path), 404)["code"] == "application-not-found"


def test_applications_of_before_have_no_likeness_and_are_read_all_the_same(world: World) -> None:
    first, second = (world.awaiting_decision()["application_id"] for _ in range(2))
    world.mongo.db["applications"].update_one({"_id": second}, {"$unset": {"likeness": ""}})
    assert likenesses(world.officer(), first) == []
    assert [like["application_id"] for like in likenesses(world.officer(), second)] == [first]
