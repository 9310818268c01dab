"""What the platform asks of its databases: nothing that grows with all that is stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymongo
import pytest
from rich.console import Console

from emitra_local import journeys
from emitra_local.stack import Stack
from tests.support.platform import Platform

# Some dozen documents, which are always read whole.
READ_WHOLE = {
    ("kiosk-registry", "districts"),
    ("kiosk-registry", "district_states"),
    ("kiosk-registry", "component_floors"),
    ("identity", "signing_keys"),
    # Erasures that are not over: few, and gone with their end.
    *((service, "erasures_asked") for service in ("billing", "certificates", "gateway", "kiosk-registry")),
}
LISTS = {
    "kiosk-jaipur": ["/v1/kiosks?limit=5", "/v1/kiosks?district=102&status=ACTIVE", "/v1/kiosks/statistics"],
    "officer-tehsildar-jaipur": ["/v1/applications?limit=5"],
}
# Jaipur, the desert, Delhi beside a crowded border, Lahore, Pune, and the other side of the earth.
PLACES = [(26.9, 75.8), (26.9, 70.2), (28.6, 77.2), (31.5, 74.3), (18.5, 73.9), (-26.9, -104.2)]
CENTRES = 40_000
SHOWN_CHARACTERS = 2_000


@contextmanager
def profiled(stack: Stack) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """By service, what its database was asked while the block ran; filled in at its end."""
    operations: list[tuple[str, dict[str, Any]]] = []
    with pymongo.MongoClient[dict[str, Any]](stack.infrastructure.mongodb_uri) as client:
        databases = {service: client[stack.infrastructure.database_of(service)] for service in stack.services}
        rate = client.admin.command("profile", -1)["sampleRate"]  # of the whole server
        for database in databases.values():
            database.command("profile", 2, sampleRate=1.0)
        try:
            yield operations
        finally:
            for service, database in databases.items():
                database.command("profile", 0, sampleRate=rate)
                operations += [(service, operation) for operation in database["system.profile"].find()]
                database["system.profile"].drop()


@pytest.fixture(scope="module")
def operations(stack: Stack, platform: Platform) -> list[tuple[str, dict[str, Any]]]:
    """Of both journeys, all lists, and of what the programs do beside them."""
    with profiled(stack) as operations:
        journeys.perform(stack.run_info, Console(quiet=True))
        for name, paths in LISTS.items():
            for path in paths:
                assert platform.client(name).get(path).status == 200, path
        kiosk = platform.client("kiosk-jaipur")
        for lat, lon in PLACES:
            assert kiosk.get(f"/v1/kiosks/nearest?lat={lat}&lon={lon}").status == 200
        assert kiosk.get("/v1/wallet").status == 200
    return operations


def test_nothing_that_is_asked_reads_a_whole_collection(operations: list[tuple[str, dict[str, Any]]]) -> None:
    asked = {(service, operation["ns"].partition(".")[2]) for service, operation in operations}
    assert asked >= {("billing", "payments"), ("certificates", "applications"), ("gateway", "transactions")}
    whole = {
        (service, operation["ns"].partition(".")[2], str(operation["command"])[:SHOWN_CHARACTERS])
        for service, operation in operations
        # A change stream, which wakes a relay, is one of the oplog by its nature.
        if "COLLSCAN" in operation.get("planSummary", "") and "$changeStream" not in str(operation)
    }
    assert [operation for operation in sorted(whole) if operation[:2] not in READ_WHOLE] == []


def test_a_search_for_centres_reads_little_of_the_register_however_far_away_the_place_is(
    operations: list[tuple[str, dict[str, Any]]],
) -> None:
    read = [operation["docsExamined"] for _, operation in operations if "$nearSphere" in str(operation["command"])]
    assert len(read) >= len(PLACES)
    assert max(read) < CENTRES / 10
