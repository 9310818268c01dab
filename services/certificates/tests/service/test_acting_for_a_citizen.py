"""A centre applies for somebody who agreed to it, and sees what is theirs and nothing else (ADR 0044)."""

from tests.support.world import World, json_of, problem


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
