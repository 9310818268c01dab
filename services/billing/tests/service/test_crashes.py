"""kill -9 at each crash point of the api: nothing is lost, nothing happens twice."""

import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.world import CLIENT, Caller, World, inr, json_of, new_key

from billing.settings import Settings
from servicekit.testing import internal_headers

PAY = Path(__file__).parents[1] / "support" / "pay_once.py"


def pay_and_die(world: World, settings: Settings, crash_point: str, kiosk_id: str, bill_id: str, key: str) -> str:
    """Pay ₹1,525.00 in another process, which must have been killed, not have failed; its name at MongoDB."""
    name = f"billing-to-be-killed-{secrets.token_hex(4)}"
    environ = {
        **os.environ,
        "CRASH_POINT": crash_point,
        "MONGODB_URI": f"{settings.mongodb_uri}&appName={name}",
        "MONGODB_DATABASE": world.mongo.db.name,
        "AMQP_URL": settings.amqp_url,
        "INTERNAL_TOKEN_JWKS": settings.internal_token_jwks,
        "CURSOR_SECRET": settings.cursor_secret,
        "BILLER_NETWORK_URL": settings.biller_network_url,
        "PSP_URL": settings.psp_url,
        "BILLER_CALLBACK_SECRET": settings.biller_callback_secret,
    }
    caller = internal_headers("billing", client_id=CLIENT, kiosk_id=kiosk_id, scopes=["payments:write"])
    arguments = [bill_id, "152500", key, caller["Authorization"]]
    done = subprocess.run([sys.executable, str(PAY), *arguments], env=environ, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    return name


def abort_what_it_left_open(world: World, name: str) -> None:
    """What MongoDB does by itself when transactionLifetimeLimitSeconds (60 s) are over."""
    left_open = [{"id": session["lsid"]["id"]} for session in world.open_transactions(name)]
    assert len(left_open) == 1
    world.mongo.client.admin.command({"killSessions": left_open})


def bill_of(centre: Caller, flow: str) -> dict[str, Any]:
    """A bill of ₹1,525.00 in each of the flows."""
    if flow == "FETCH_AND_PAY":
        return centre.bill()
    if flow == "VALIDATE_AND_PAY":
        values = {"mobile_number": "9876501234", "circle": "RAJASTHAN"}
        body = {"biller_id": "VI-PREPAID", "customer_params": values, "amount": inr(152_500)}
    else:
        body = {"biller_id": "SANDBOX-DIRECT", "customer_params": {"k_number": "2" * 12}, "amount": inr(152_500)}
    bill: dict[str, Any] = json_of(centre.post("/v1/bill-fetches", body))["bills"][0]
    return bill


@pytest.mark.parametrize("flow", ["FETCH_AND_PAY", "VALIDATE_AND_PAY", "DIRECT"])
@pytest.mark.parametrize("crash_point", ["A1", "S1", "S2", "A2"])
def test_a_payment_interrupted_anywhere_ends_paid_once(
    world: World, settings: Settings, crash_point: str, flow: str
) -> None:
    centre = world.centre(200_000)
    bill, key = bill_of(centre, flow), new_key()
    charge_paise = bill["service_charge"]["amount"]
    assert centre.kiosk_id is not None

    name = pay_and_die(world, settings, crash_point, centre.kiosk_id, bill["bill_id"], key)
    if crash_point == "A1":
        abort_what_it_left_open(world, name)

    # The kiosk repeats with its key, as it must after any doubt; the sweeper's time comes.
    repeated = centre.pay(bill, key)
    payment_id = json_of(repeated)["payment_id"]
    if crash_point in ("S1", "S2"):
        assert repeated.status_code == 202
        assert repeated.headers["Idempotent-Replayed"] == "true"
        world.make_due(payment_id)
    world.sweep_until(payment_id, "COMPLETED")

    accepted = world.biller.payments(f"{payment_id}:post")
    assert [each["times_received"] for each in accepted] == [1]
    assert world.kinds_of(payment_id) == ["hold", "post"]
    assert world.events_of(payment_id) == ["payment.completed.v1"]
    assert centre.wallet()["balance"] == inr(47_500 - charge_paise)
    assert world.mongo.db.payments.count_documents({"kiosk_id": centre.kiosk_id}) == 1
