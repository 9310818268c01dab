"""identity dies while a number is read: nothing is shown that is not on record, and the count stays right."""

import pymongo
import pytest

from emitra_local.stack import Stack
from tests.support.crash import Crash
from tests.support.machines import machine
from tests.support.numbers_of_people import aadhaar
from tests.support.platform import Platform

SCOPES = ["vault:write", "vault:reveal", "vault:readings", "vault-purpose:benefit-transfer"]


@pytest.mark.parametrize(
    ("point", "recorded"),
    [
        # Its transaction stays open and in the way of the next reading for a minute.
        pytest.param("V1", 0, marks=pytest.mark.long),
        ("V2", 1),
    ],
)
def test_identity_dies_around_the_record_of_a_reading(
    stack: Stack, platform: Platform, crash: Crash, point: str, recorded: int
) -> None:
    client, number = machine(stack, platform, SCOPES), aadhaar(1618033988 + recorded)
    reference = client.post("/v1/vault/references", {"kind": "aadhaar", "number": number}).json["reference"]
    body = {"reference": reference, "purpose": "benefit-transfer"}
    back = crash("identity-api", point)
    lost = client.post("/v1/vault/detokenisations", body)
    assert (lost.status >= 500, number in lost.raw.decode()) == (True, False)
    back()
    readings = f"/v1/vault/references/{reference}/readings"
    assert len(client.get(readings).json["items"]) == recorded
    if point == "V1":
        with pymongo.MongoClient[dict[str, object]](stack.infrastructure.mongodb_uri) as mongodb:
            mongodb.admin.command({"killAllSessions": []})  # what MongoDB does by itself after that minute
    assert client.post("/v1/vault/detokenisations", body).json["number"] == number
    assert len(client.get(readings).json["items"]) == recorded + 1
    assert "every reading" in stack.services["identity"].command("vault", "audit", "--check")
