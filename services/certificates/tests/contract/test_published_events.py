"""Every event this service publishes is what the contract says, whatever happened."""

from tests.support.builders import birth_form, caste_form
from tests.support.world import World, json_of

from certificates.entrypoints.service import SERVICE
from emitra_contracts import validate_produced
from servicekit.testing import published


def test_every_event_that_leaves_fits_its_contract(world: World) -> None:
    world.issued()
    json_of(world.portal("cli_portal").apply("birth", birth_form(), "86"), 201)
    two_steps = world.awaiting_decision("caste", applicant=caste_form())
    json_of(world.officer().decide(two_steps["application_id"]), 201)
    json_of(world.sdo().decide(two_steps["application_id"], "send_back"), 201)
    rejected = world.awaiting_decision()
    json_of(world.officer().decide(rejected["application_id"], "reject"), 201)
    world.paid(rejected)
    envelopes = published(world.mongo)
    for envelope in envelopes:
        validate_produced(envelope)
    assert {envelope["type"].removeprefix("org.emitra.") for envelope in envelopes} == set(SERVICE.publishes)
    assert {envelope["data"].get("decision") for envelope in envelopes} == {None, "approved", "rejected", "sent_back"}
