"""The service is killed (SIGKILL) in the midst of an act: all of it is there or nothing, and the same key goes on."""

import json
import secrets

import pytest
from tests.support.dying import killed_at
from tests.support.openings import APPLICANT, STEPS, Applying, a_body, prepared

from kiosk_registry.entrypoints.service import SERVICE
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.mongo import Mongo
from servicekit.testing import published

COLLECTIONS = (
    "openings",
    "opening_history",
    "kiosks",
    "kiosk_lives",
    "devices",
    "outbox",
    "idempotency",
    "centre_numbers",
)


@pytest.fixture
def world(settings: KioskRegistrySettings, mongo: Mongo) -> Applying:
    return Applying(SERVICE.flask_app(settings, prepared(mongo)).test_client())


def dies(mongo: Mongo, settings: KioskRegistrySettings, point: str, *arguments: str) -> None:
    killed_at(point, mongo, settings, "opening_once.py", *arguments)


def kept(mongo: Mongo) -> dict[str, int]:
    return {name: mongo.db[name].count_documents({}) for name in COLLECTIONS}


@pytest.mark.parametrize(("point", "is_kept"), [("K1", False), ("K2", True)])
def test_an_application_whose_process_dies_is_there_whole_or_not_at_all(
    world: Applying, mongo: Mongo, settings: KioskRegistrySettings, point: str, is_kept: bool
) -> None:
    key = secrets.token_hex(16)

    dies(mongo, settings, point, "applicant", "/v1/centre-applications", json.dumps(a_body()), key)

    rows = int(is_kept)
    assert [kept(mongo)[name] for name in ("openings", "opening_history", "outbox", "idempotency")] == [rows] * 4
    again = world.posts(APPLICANT, "/v1/centre-applications", a_body(), key=key)
    assert again.status_code == 201
    assert again.headers.get("Idempotent-Replayed") == ("true" if is_kept else None)
    assert [kept(mongo)[name] for name in ("openings", "opening_history", "outbox", "idempotency")] == [1] * 4


@pytest.mark.parametrize(("point", "is_kept"), [("K1", False), ("K2", True), ("K3", False)])
def test_a_centre_whose_opening_dies_is_open_with_its_device_and_its_event_or_not_at_all(
    world: Applying, mongo: Mongo, settings: KioskRegistrySettings, point: str, is_kept: bool
) -> None:
    opening_id, key = world.applies(), secrets.token_hex(16)
    world.opens(opening_id, steps=4)
    path, binding = f"/v1/centre-applications/{opening_id}/moves", STEPS[4][1]
    before = kept(mongo)

    dies(mongo, settings, point, "lsp", path, json.dumps(binding), key)

    if not is_kept:
        assert kept(mongo) == before
    again = world.posts(STEPS[4][0], path, binding, key=key)
    assert again.status_code == 201, again.text
    assert again.headers.get("Idempotent-Replayed") == ("true" if is_kept else None)
    grown = {name: count - before[name] for name, count in kept(mongo).items()}
    assert grown == {
        "openings": 0, "opening_history": 1, "kiosks": 1, "kiosk_lives": 1, "devices": 1, "outbox": 2, "idempotency": 1,
        "centre_numbers": 1,
    }  # fmt: skip
    approved = [event for event in published(mongo) if event["type"].endswith("kiosk.approved.v1")]
    assert [event["subject"] for event in approved] == ["ksk_RJ10260001"]
