"""Who hears of a suspension dies while handling it, and it holds all the same, once."""

import pytest

from emitra_local.stack import Stack
from tests.e2e.test_lives import read, sandbox_client, token, token_is_refused, when
from tests.support.crash import Crash
from tests.support.platform import Platform, eventually
from tests.support.register import heard, tell
from tests.support.settled import database

KNOWN_WITHIN_SECONDS = 60


@pytest.mark.usefixtures("short_transactions")
@pytest.mark.parametrize("point", ["C1", pytest.param("C2", marks=pytest.mark.long), "C3"])
def test_identitys_worker_dies_while_it_hears_of_a_suspension(
    stack: Stack, platform: Platform, crash: Crash, point: str
) -> None:
    known = sandbox_client(platform, "load-34")
    back = crash("identity-worker", point)
    suspension = tell(stack, "kiosk.suspended.v1", known["kiosk_id"], suspended_until=None)
    back()
    heard(stack, "identity", suspension)
    eventually(lambda: token_is_refused(platform, known), KNOWN_WITHIN_SECONDS, "identity gives no token")
    reinstatement = tell(stack, "kiosk.reinstated.v1", known["kiosk_id"])
    heard(stack, "identity", reinstatement)
    assert token(platform, known)["access_token"]


@pytest.mark.long
@pytest.mark.usefixtures("short_transactions")
def test_identitys_worker_dies_while_it_closes_a_centre(stack: Stack, platform: Platform, crash: Crash) -> None:
    kiosk_id = "ksk_RJ10289999"
    heard(stack, "identity", tell(stack, "kiosk.approved.v1", kiosk_id, operator_person_id=None))
    back = crash("identity-worker", "C2")
    closure = tell(stack, "kiosk.closed.v1", kiosk_id)
    back()
    heard(stack, "identity", closure)
    with database(stack, "identity") as identity:
        assert identity.clients.count_documents({"_id": f"cli_{kiosk_id}", "status": "revoked"}) == 1
        told = identity.outbox.count_documents({"routing_key": "client.revoked.v1", "aggregate.id": f"cli_{kiosk_id}"})
        assert told == 1


@pytest.mark.long
@pytest.mark.usefixtures("short_transactions")
def test_the_gateways_worker_dies_while_it_hears_of_a_suspension(
    stack: Stack, platform: Platform, crash: Crash
) -> None:
    known = sandbox_client(platform, "load-35")
    given = token(platform, known)["access_token"]
    back = crash("gateway-worker", "C2")
    suspension = tell(stack, "kiosk.suspended.v1", known["kiosk_id"], suspended_until=None)
    back()
    heard(stack, "gateway", suspension)
    assert when(platform, given, 403).json["code"] == "access-suspended"
    heard(stack, "gateway", tell(stack, "kiosk.reinstated.v1", known["kiosk_id"]))
    assert when(platform, given, 200)
    assert read(platform, given).status == 200
