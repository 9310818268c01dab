"""Who sees which applications, in which order."""

from typing import Any

from tests.support.builders import NAME, birth_form, caste_form
from tests.support.world import KIOSK, Caller, World, json_of, new_key, problem

from servicekit.http import Person


def ids(answer: dict[str, Any]) -> list[str]:
    return [application["application_id"] for application in answer["items"]]


def due_later(world: World, application: dict[str, Any], due_on: str) -> str:
    application_id = str(application["application_id"])
    world.mongo.db["applications"].update_one({"_id": application_id}, {"$set": {"due_on": due_on}})
    return application_id


def test_an_application_is_shown_to_its_centre_and_its_office_only(world: World) -> None:
    path = f"/v1/applications/{json_of(world.kiosk().apply(), 201)['application_id']}"
    assert json_of(world.kiosk().get(path), 200)["applicant"]["name"] == NAME
    assert json_of(world.officer().get(path), 200)["applicant"]["name"] == NAME
    strangers = [
        world.kiosk("ksk_RJ10200002"),
        world.portal(),
        world.officer("107"),
        world.officer(department="statistics"),
    ]
    for stranger in strangers:
        assert problem(stranger.get(path), 404)["code"] == "application-not-found"


def test_an_application_that_has_not_changed_is_not_sent_again(world: World) -> None:
    application = json_of(world.kiosk().apply(), 201)
    path = f"/v1/applications/{application['application_id']}"
    known = world.kiosk().get(path).headers["ETag"]
    same = world.kiosk().get(path, **{"If-None-Match": known})
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", known)
    world.paid(application)
    changed = world.kiosk().get(path, **{"If-None-Match": known})
    assert json_of(changed, 200)["state"] == "IN_VERIFICATION"
    assert world.kiosk("ksk_RJ10200002").get(path, **{"If-None-Match": "*"}).status_code == 404


def test_a_portal_sees_what_it_lodged_itself(world: World) -> None:
    path = f"/v1/applications/{json_of(world.portal().apply(), 201)['application_id']}"
    assert world.portal().get(path).status_code == 200
    assert world.portal("cli_other").get(path).status_code == 404
    assert world.kiosk().get(path).status_code == 404


def test_what_a_citizen_applies_for_is_theirs_alone_through_any_app(world: World) -> None:
    def citizen(person_id: str, client_id: str = "cli_portal") -> Caller:
        return world.caller(client_id=client_id, person=Person(person_id, "citizen"))

    application = json_of(citizen("per_1").apply(), 201)
    path = f"/v1/applications/{application['application_id']}"
    for of_mine in (citizen("per_1"), citizen("per_1", "cli_another_app")):
        assert of_mine.get(path).status_code == 200
        assert ids(json_of(of_mine.get("/v1/applications"), 200)) == [application["application_id"]]
    operator = world.caller(kiosk_id=KIOSK, person=Person("per_1", "operator"))
    for stranger in (citizen("per_2"), world.portal(), world.kiosk(), operator, world.officer("107")):
        assert problem(stranger.get(path), 404)["code"] == "application-not-found"
        assert ids(json_of(stranger.get("/v1/applications"), 200)) == []
    assert world.officer().get(path).status_code == 200


def test_the_people_of_a_centre_see_what_its_software_lodged_and_the_other_way_round(world: World) -> None:
    staff = world.caller(client_id="cli_counter_app", kiosk_id=KIOSK, person=Person("per_7", "staff"))
    lodged = [json_of(who.apply(), 201)["application_id"] for who in (world.kiosk(), staff)]
    for who in (world.kiosk(), staff):
        assert ids(json_of(who.get("/v1/applications"), 200)) == sorted(lodged)


def test_administration_and_auditor_see_more_and_change_nothing(world: World) -> None:
    path = f"/v1/applications/{json_of(world.kiosk().apply(), 201)['application_id']}"
    admin = Person("per_8", "district_admin", districts=frozenset({"102"}))
    elsewhere = Person("per_8", "district_admin", districts=frozenset({"107"}))
    for person, status in ((admin, 200), (elsewhere, 404), (Person("per_9", "auditor"), 200)):
        assert world.caller(person=person).get(path).status_code == status
        refused = problem(world.caller(person=person).apply(), 403)
        assert refused["code"] == "role-not-permitted"
        assert "नागरिक" in refused["detail_hi"]
        assert refused["roles"] == ["citizen", "operator", "staff", "machine"]


def test_a_key_of_one_citizen_is_no_key_of_another_of_the_same_app(world: World) -> None:
    key = new_key()
    first, second = (world.caller(person=Person(person_id, "citizen")) for person_id in ("per_1", "per_2"))
    mine = json_of(first.apply(key=key), 201)["application_id"]
    assert json_of(first.apply(key=key), 201)["application_id"] == mine
    assert json_of(second.apply(key=key), 201)["application_id"] != mine


def test_a_token_that_lacks_what_its_role_is_bound_to_sees_nothing(world: World) -> None:
    path = f"/v1/applications/{json_of(world.portal().apply(), 201)['application_id']}"
    for person in (Person("per_7", "operator"), Person("per_8", "district_admin"), Person("per_9", "officer")):
        unbound = world.caller(client_id="cli_portal", person=person)
        assert unbound.get(path).status_code == 404
        assert ids(json_of(unbound.get("/v1/applications"), 200)) == []


def test_the_queue_has_the_officers_own_cases_those_due_first_in_front(world: World) -> None:
    late = due_later(world, world.awaiting_decision(), "2026-12-09")
    soon = due_later(world, world.awaiting_decision(), "2026-12-01")
    world.awaiting_decision(district_code="107")
    world.awaiting_decision("birth", applicant=birth_form())
    json_of(world.kiosk().apply(), 201)  # its fee is not paid: nothing to decide yet
    assert ids(json_of(world.officer().get("/v1/applications"), 200)) == [soon, late]


def test_the_queue_has_what_is_for_the_officers_own_post(world: World) -> None:
    domicile, caste, verified = (
        str(world.awaiting_decision(code, applicant=form)["application_id"])
        for code, form in (("domicile", None), ("caste", caste_form()), ("caste", caste_form()))
    )
    json_of(world.officer().decide(verified), 201)
    for query in ("", "?state=IN_VERIFICATION"):
        queues = [ids(json_of(of.get(f"/v1/applications{query}"), 200)) for of in (world.officer(), world.sdo())]
        assert [set(queue) for queue in queues] == [{domicile, caste}, {verified}]
    json_of(world.sdo().decide(verified), 201)
    assert ids(json_of(world.officer().get("/v1/applications?state=ISSUED"), 200)) == [verified]
    assert ids(json_of(world.officer(department="water").get("/v1/applications"), 200)) == []


def test_the_queue_shows_no_names(world: World) -> None:
    world.awaiting_decision()
    assert NAME not in world.officer().get("/v1/applications").get_data(as_text=True)


def test_the_queue_is_narrowed_by_state_and_district(world: World) -> None:
    jaipur = str(world.awaiting_decision()["application_id"])
    jodhpur = str(world.awaiting_decision(district_code="107")["application_id"])
    unpaid = json_of(world.kiosk().apply(), 201)["application_id"]
    officer = world.officer("102", "107")
    assert set(ids(json_of(officer.get("/v1/applications"), 200))) == {jaipur, jodhpur}
    assert ids(json_of(officer.get("/v1/applications?district_code=107"), 200)) == [jodhpur]
    assert ids(json_of(officer.get("/v1/applications?state=FEE_DUE"), 200)) == [unpaid]
    assert ids(json_of(world.officer("107").get("/v1/applications?district_code=102"), 200)) == []


def test_pages_follow_each_other_without_gap_or_repeat(world: World) -> None:
    paid = [world.awaiting_decision() for _ in range(3)]
    unpaid = [json_of(world.kiosk().apply(), 201) for _ in range(2)]
    same_day = {due_later(world, application, "2026-12-01") for application in paid}
    seen: list[str] = []
    path = "/v1/applications?limit=2"
    for _ in range(3):
        page = json_of(world.kiosk().get(path), 200)
        seen += ids(page)
        path = f"/v1/applications?limit=2&cursor={page['next']}"
    assert page["next"] is None
    assert set(seen[:2]) == {application["application_id"] for application in unpaid}
    assert seen[2:] == sorted(same_day)


def test_a_centres_list_has_what_was_lodged_there(world: World) -> None:
    here = json_of(world.kiosk().apply(), 201)["application_id"]
    json_of(world.kiosk("ksk_RJ10200002").apply(), 201)
    json_of(world.portal().apply(), 201)
    assert ids(json_of(world.kiosk().get("/v1/applications"), 200)) == [here]
    assert ids(json_of(world.kiosk().get("/v1/applications?state=ISSUED"), 200)) == []


def test_the_gateway_finds_an_application_by_its_token_with_all_its_events(world: World) -> None:
    application = world.awaiting_decision()
    json_of(world.officer().decide(application["application_id"]), 201)
    transaction = json_of(world.gateway().get(f"/v1/internal/transactions/{application['transaction_token']}"), 200)
    assert (transaction["kind"], transaction["status"]) == ("application", "ISSUED")
    assert transaction["reference_id"] == application["application_id"]
    assert transaction["kiosk_id"] == application["kiosk_id"]
    assert [event["type"] for event in transaction["events"]] == [
        "application.submitted.v1",
        "application.decided.v1",
        "certificate.issued.v1",
    ]


def test_a_token_of_nothing_is_not_found(world: World) -> None:
    assert problem(world.gateway().get("/v1/internal/transactions/EM0000000000000"), 404)["code"] == (
        "transaction-not-found"
    )


def test_nobody_but_the_gateway_looks_tokens_up(world: World) -> None:
    application = json_of(world.kiosk().apply(), 201)
    assert world.kiosk().get(f"/v1/internal/transactions/{application['transaction_token']}").status_code == 403
