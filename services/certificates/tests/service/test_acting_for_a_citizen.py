"""A centre applies for somebody who agreed to it, and sees what is theirs and nothing else (ADR 0044)."""

from concurrent.futures import ThreadPoolExecutor

from tests.support.world import World, json_of, problem

from servicekit.acts import AgreedAct


def test_what_is_lodged_for_a_citizen_says_for_whom_and_by_which_consent(world: World) -> None:
    lodged = json_of(world.acting_for("per_1", "ast_1").apply(), 201)
    kept = world.mongo.db["applications"].find_one({"_id": lodged["application_id"]})
    assert kept is not None
    assert (kept["person_id"], kept["assistance_id"], kept["kiosk_id"]) == ("per_1", "ast_1", lodged["kiosk_id"])
    # For nobody who is known nothing is added: the release before reads it too.
    other = json_of(world.kiosk().apply(), 201)
    kept = world.mongo.db["applications"].find_one({"_id": other["application_id"]})
    assert kept is not None
    assert not {"person_id", "assistance_id"} & kept.keys()


def test_who_acts_for_a_citizen_sees_theirs_and_nothing_else_of_the_centres(world: World) -> None:
    acting = world.acting_for("per_1", "ast_1")
    theirs = json_of(acting.apply(), 201)["application_id"]
    others = [
        json_of(caller.apply(), 201)["application_id"] for caller in (world.kiosk(), world.acting_for("per_2", "ast_2"))
    ]
    later = world.acting_for("per_1", "ast_3", "ksk_RJ10200002")
    for caller in (acting, later):
        assert [shown["application_id"] for shown in json_of(caller.get("/v1/applications"), 200)["items"]] == [theirs]
        assert json_of(caller.get(f"/v1/applications/{theirs}"), 200)["application_id"] == theirs
        for other in others:
            assert problem(caller.get(f"/v1/applications/{other}"), 404)["code"] == "application-not-found"
    # The centre itself goes on seeing all that was lodged there.
    seen = {shown["application_id"] for shown in json_of(world.kiosk().get("/v1/applications"), 200)["items"]}
    assert seen == {theirs, *others}


def test_a_consent_to_one_type_of_application_lodges_no_other(world: World) -> None:
    income = AgreedAct(type="application", identifier="income", once=True)
    refused = problem(world.acting_for("per_1", "ast_1", acts=(income,)).apply(), 403)
    assert (refused["code"], refused["agreed"]) == ("act-not-agreed", [{"type": "application", "identifier": "income"}])
    assert "income" in refused["detail"]
    assert "income" in refused["detail_hi"]
    # Nor does what was agreed to somewhere else, or nothing at all.
    paying = AgreedAct(type="payment", identifier="domicile", most_paise=100)
    for acts in ((paying,), ()):
        assert problem(world.acting_for("per_1", "ast_1", acts=acts).apply(), 403)["code"] == "act-not-agreed"
    assert world.mongo.db["applications"].count_documents({"assistance_id": "ast_1"}) == 0


def test_a_consent_to_one_application_lodges_one_and_its_repeat_is_the_same(world: World) -> None:
    once = (AgreedAct(type="application", identifier="domicile", once=True),)
    caller, key = world.acting_for("per_1", "ast_1", acts=once), "one-application-of-one-person"
    first = json_of(caller.apply(key=key), 201)
    assert json_of(caller.apply(key=key), 201)["application_id"] == first["application_id"]
    refused = problem(caller.apply(), 403)
    assert refused["code"] == "act-used-up"
    assert "एक बार" in refused["detail_hi"]
    # Another consent is another time.
    assert json_of(world.acting_for("per_1", "ast_2", acts=once).apply(), 201) != first
    with ThreadPoolExecutor(8) as pool:
        racing = world.acting_for("per_1", "ast_3", acts=once)
        codes = sorted(pool.map(lambda _: racing.apply().status_code, range(8)))
    assert codes == [201] + [403] * 7


def test_who_may_lodge_for_somebody_takes_nothing_back_and_answers_nothing_for_them(world: World) -> None:
    lodged = json_of(world.acting_for("per_1", "ast_1").apply(), 201)["application_id"]
    path = f"/v1/applications/{lodged}"
    lodging = world.acting_for("per_1", "ast_1")
    resubmission: dict[str, object] = {"applicant": {}, "attachments": []}
    for sub_path, body in (("withdrawals", None), ("resubmissions", resubmission)):
        refused = lodging.post(f"{path}/{sub_path}", body)
        assert problem(refused, 403)["code"] == "act-not-agreed"
    other = AgreedAct(type="application-withdrawal", identifier="app_of_somebody")
    assert world.acting_for("per_1", "ast_2", acts=(other,)).post(f"{path}/withdrawals", None).status_code == 403
    this = AgreedAct(type="application-withdrawal", identifier=lodged)
    assert world.acting_for("per_1", "ast_3", acts=(this,)).post(f"{path}/withdrawals", None).status_code == 201
    kept = world.mongo.db["applications"].find_one({"_id": lodged})
    assert kept is not None
    assert kept["state"] == "WITHDRAWN"
