"""Every event this service publishes is what the contract says, whatever happened."""

from datetime import timedelta

from tests.support.builders import birth_form, caste_form
from tests.support.world import World, json_of

from certificates.application.applications.escalate_applications import EscalateApplications
from certificates.application.applications.expire_applications import ExpireApplications
from certificates.application.standing.watch_desks import WatchDesks
from certificates.domain.sla.desk_health import WarningRule
from certificates.entrypoints.service import SERVICE
from emitra_contracts import validate_produced
from servicekit.instants import utc_now
from servicekit.testing import Erasing, published


def test_every_event_that_leaves_fits_its_contract(world: World) -> None:
    world.issued()
    json_of(world.portal("cli_portal").apply("birth", birth_form(), "86"), 201)
    two_steps = world.awaiting_decision("caste", applicant=caste_form())
    json_of(world.officer().decide(two_steps["application_id"]), 201)
    json_of(world.sdo().decide(two_steps["application_id"], "send_back"), 201)
    rejected = world.awaiting_decision()
    json_of(world.officer().decide(rejected["application_id"], "reject"), 201)
    world.paid(rejected)
    json_of(world.kiosk().apply(), 201)
    answered = world.awaiting_decision()["application_id"]
    json_of(world.officer().decide(answered, "send_back"), 201)
    answers = {"applicant": {"address": "14, Sandbox Marg"}}
    json_of(world.kiosk().post(f"/v1/applications/{answered}/resubmissions", answers), 201)
    json_of(world.kiosk().post(f"/v1/applications/{answered}/withdrawals", None), 201)
    late = world.awaiting_decision()["application_id"]
    world.mongo.db["applications"].update_one({"_id": late}, {"$set": {"due_on": "2026-01-05"}})
    object.__setattr__(world.service.rulebook, "warnings", WarningRule(1, 1, 30))
    world.service.escalate_applications(EscalateApplications(utc_now(), "req_1"))
    world.service.watch_desks(WatchDesks(utc_now(), "req_1"))
    json_of(world.registrar().decide(world.correction(world.born(child_name="Ram Lal"))), 201)
    world.service.expire_applications(ExpireApplications(utc_now() + timedelta(days=1_000), "req_1"))
    Erasing(SERVICE, world.mongo, world.service, "per_1").requested()
    envelopes = published(world.mongo)
    for envelope in envelopes:
        validate_produced(envelope)
    assert {envelope["type"].removeprefix("org.emitra.") for envelope in envelopes} == set(SERVICE.publishes)
    assert {envelope["data"].get("decision") for envelope in envelopes} == {None, "approved", "rejected", "sent_back"}
