"""What the registry answers to an erasure, what goes, and what a person takes along."""

import pytest
from tests.support.openings import APPLICANT, Applying, prepared

from emitra_contracts import validate_produced
from kiosk_registry.bootstrap import KioskRegistry, bootstrap
from kiosk_registry.entrypoints.service import SERVICE
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.mongo import Mongo
from servicekit.testing import Erasing, internal_headers


@pytest.fixture
def registry(settings: KioskRegistrySettings, mongo: Mongo) -> KioskRegistry:
    return bootstrap(settings, prepared(mongo))


@pytest.fixture
def world(settings: KioskRegistrySettings, mongo: Mongo, registry: KioskRegistry) -> Applying:
    return Applying(SERVICE.flask_app(settings, mongo, registry).test_client())


@pytest.fixture
def asked(mongo: Mongo, registry: KioskRegistry) -> Erasing:
    return Erasing(SERVICE, mongo, registry, APPLICANT.id)


def test_an_application_for_a_centre_holds_back_until_it_came_to_nothing_and_goes_then(
    world: Applying, asked: Erasing, mongo: Mongo
) -> None:
    opening_id = world.applies()
    asked.requested()
    assert asked.reasons() == ([f"application-pending {opening_id}"], [])
    world.moves(APPLICANT, opening_id, {"act": "withdraw"})
    assert asked.reasons() == ([], [])
    for answer in asked.answers():
        validate_produced(answer)
    asked.completed()
    for collection in ("openings", "opening_history"):
        assert mongo.db[collection].count_documents({}) == 0


def test_that_on_which_a_centre_was_opened_stays_with_the_centre(world: Applying, asked: Erasing, mongo: Mongo) -> None:
    world.opens(world.applies())
    asked.requested()
    assert asked.reasons() == ([], ["centre-opened"])
    asked.completed()
    assert mongo.db["openings"].count_documents({"person_id": APPLICANT.id}) == 1


def test_a_person_takes_the_own_part_along(world: Applying) -> None:
    opening_id = world.applies()
    for person_id, ids in ((APPLICANT.id, [opening_id]), ("per_2", [])):
        person = type(APPLICANT)(person_id, "citizen")
        headers = internal_headers("kiosk-registry", client_id="cli_app", scopes=["privacy:own"], person=person)
        part = world.client.get("/v1/privacy/export/kiosk-registry", headers=headers)
        assert part.status_code == 200, part.text
        assert [item["id"] for item in (part.json or {})["items"]] == ids
