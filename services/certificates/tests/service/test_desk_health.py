"""A delay is escalated once; a desk that falls behind is told; how offices keep up is public, and nobody is named."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from tests.service.test_standing import standing
from tests.support.builders import caste_form
from tests.support.world import OFFICER_ID, World, json_of, problem

from certificates.application.applications.escalate_applications import EscalateApplications
from certificates.application.standing.watch_desks import WatchDesks
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.calendar import civil_date
from certificates.domain.sla.desk_health import WarningRule
from servicekit.instants import utc_now
from servicekit.testing import published


def told(world: World, event: str) -> list[dict[str, Any]]:
    return [e["data"] for e in published(world.mongo) if e["type"] == f"org.emitra.{event}"]


def escalate(world: World, at: datetime | None = None) -> int:
    return world.service.escalate_applications(EscalateApplications(at or utc_now(), "req_1"))


def watch(world: World) -> int:
    return world.service.watch_desks(WatchDesks(utc_now(), "req_1"))


def overdue(world: World, application_id: str, days: int = 30) -> date:
    due_on = civil_date(utc_now()) - timedelta(days=days)
    world.mongo.db["applications"].update_one({"_id": application_id}, {"$set": {"due_on": due_on.isoformat()}})
    return due_on


@pytest.fixture
def strict(world: World) -> World:
    """A world in which two late cases, or three waiting ones, are enough for a warning."""
    rule = WarningRule(least_late=2, least_waiting=3, window_days=30)
    rulebook: Rulebook = world.service.rulebook
    object.__setattr__(rulebook, "warnings", rule)
    return world


def test_a_step_that_missed_its_day_is_escalated_once_and_the_applicant_sees_what_it_costs(world: World) -> None:
    late, fresh = (world.awaiting_decision()["application_id"] for _ in range(2))
    due_on = overdue(world, late, 4)
    before = world.application(late)

    assert [escalate(world), escalate(world)] == [1, 0]

    (event,) = told(world, "step.delayed.v1")
    assert (event["application_id"], event["step"], event["due_on"]) == (late, "approval", due_on.isoformat())
    assert world.application(late)["version"] == before["version"]
    clock = standing(world.kiosk(), late)["clock"]
    assert clock["escalated_at"] is not None
    assert (clock["penalty"]["days"], clock["penalty"]["amount"]["amount"]) == (4, 100_000)
    assert clock["penalty"]["compensation"] is None
    assert standing(world.kiosk(), fresh)["clock"]["penalty"] is None
    assert json_of(world.officer().decide(late), 201)["state"] == "ISSUED"


def test_each_step_is_escalated_for_itself(world: World) -> None:
    caste = world.awaiting_decision("caste", applicant=caste_form())["application_id"]
    overdue(world, caste)
    escalate(world)
    json_of(world.officer().decide(caste), 201)
    assert standing(world.kiosk(), caste)["clock"]["escalated_at"] is None
    overdue(world, caste, 20)
    assert escalate(world) == 1
    assert [event["step"] for event in told(world, "step.delayed.v1")] == ["verification", "approval"]


def test_on_its_last_day_and_while_the_applicant_is_waited_for_nothing_is_escalated(world: World) -> None:
    today, sent_back = (world.awaiting_decision()["application_id"] for _ in range(2))
    overdue(world, today, 0)
    json_of(world.officer().decide(sent_back, "send_back"), 201)
    overdue(world, sent_back)
    assert escalate(world) == 0
    assert standing(world.kiosk(), sent_back)["clock"]["penalty"] is None


def test_more_than_a_page_are_escalated_in_one_run(world: World) -> None:
    row = world.application(world.awaiting_decision()["application_id"])
    rows = [{**row, "_id": f"app_{n:032x}", "transaction_token": f"EM{n}", "due_on": "2026-01-05"} for n in range(130)]
    world.mongo.db["applications"].insert_many(rows)
    assert escalate(world) == 130


def test_a_desk_is_told_when_it_falls_behind_and_again_after_it_was_well(strict: World) -> None:
    ids = [strict.awaiting_decision()["application_id"] for _ in range(2)]
    assert watch(strict) == 0
    for id_ in ids:
        overdue(strict, id_)
    assert [watch(strict), watch(strict)] == [1, 0]
    (event,) = told(strict, "desk.delayed.v1")
    assert (event["desk_id"], event["warning"], event["late"]) == ("102_domicile_approval", "late", 2)
    for id_ in ids:
        json_of(strict.officer().decide(id_), 201)
    assert watch(strict) == 0
    for _ in range(2):
        overdue(strict, strict.awaiting_decision()["application_id"])
    assert watch(strict) == 1
    sequences = [e["sequence"] for e in published(strict.mongo) if e["type"] == "org.emitra.desk.delayed.v1"]
    assert sequences == ["1", "2"]


def test_a_desk_whose_pace_is_too_slow_is_told_before_anything_is_late(strict: World) -> None:
    for _ in range(3):
        strict.awaiting_decision()
    assert watch(strict) == 1
    (event,) = told(strict, "desk.delayed.v1")
    assert (event["warning"], event["waiting"], event["late"]) == ("filling", 3, 0)


def test_how_offices_keep_up_is_public_and_only_their_own_see_who_decided(world: World) -> None:
    for _ in range(2):
        json_of(world.officer().decide(world.awaiting_decision()["application_id"]), 201)
    world.awaiting_decision()
    watch(world)
    (shown,) = json_of(world.anybody().get("/v1/desk-healths?district_code=102"), 200)["items"]
    assert (shown["application_type"], shown["waiting"], shown["late"], shown["decided"]) == ("domicile", 1, 0, 2)
    assert OFFICER_ID not in str(shown)
    assert "officers" not in shown
    (own,) = json_of(world.officer().get("/v1/officer-desk-healths?district_code=102"), 200)["items"]
    assert own["officers"] == [{"officer_id": OFFICER_ID, "decided": 2}]
    for stranger in (world.registrar(), world.officer("86")):
        assert json_of(stranger.get("/v1/officer-desk-healths?district_code=102"), 200)["items"] == []
    assert json_of(world.anybody().get("/v1/desk-healths?district_code=86"), 200)["items"] == []
    assert problem(world.anybody().get("/v1/desk-healths"), 422)["errors"][0]["pointer"] == "?district_code"
