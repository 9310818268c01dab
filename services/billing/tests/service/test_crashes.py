"""kill -9 at each crash point of the api: nothing is lost, nothing happens twice."""

import json
import os
import secrets
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.support.world import CLIENT, Caller, World, another_consumer, inr, json_of, new_key

from billing.settings import Settings
from servicekit.http import Person
from servicekit.testing import internal_headers, programs

ASK = Path(__file__).parents[1] / "support" / "ask_once.py"


def pay_and_die(world: World, settings: Settings, crash_point: str, kiosk_id: str, bill_id: str, key: str) -> str:
    """Pay ₹1,525.00 in another process, which is killed; its name at MongoDB."""
    caller = internal_headers("billing", client_id=CLIENT, kiosk_id=kiosk_id, scopes=["payments:write"])
    body = {"bill_id": bill_id, "amount": inr(152_500), "mode": "WALLET"}
    return ask_and_die(world, settings, crash_point, "/v1/payments", body, key, caller["Authorization"])


def ask_and_die(
    world: World, settings: Settings, crash_point: str, path: str, body: dict[str, Any], key: str, authorization: str
) -> str:
    """Ask in another process, which must have been killed, not have failed; its name at MongoDB."""
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
        "TIMELINE_SIGNING_KEY": settings.timeline_signing_key,
    }
    status, said = programs.run(ASK.read_text(), [path, json.dumps(body), key, authorization], environ, 60)
    assert status == -signal.SIGKILL, said
    return name


def abort_what_it_left_open(world: World, name: str) -> None:
    assert world.end_transactions(name) == 1


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


@pytest.mark.parametrize(
    ("mode", "crash_point"),
    [("WALLET", "R1"), ("WALLET", "A2"), ("CARD", "R1"), ("CARD", "R2"), ("CARD", "A2")],
)
def test_a_refund_interrupted_anywhere_is_made_once(
    world: World, settings: Settings, crash_point: str, mode: str
) -> None:
    payer = world.centre(200_000) if mode == "WALLET" else world.portal()
    by_card: dict[str, Any] = {} if mode == "WALLET" else {"mode": "CARD", "payment_instrument": "tok_sandbox_ok"}
    payment_id = json_of(payer.pay(payer.bill(another_consumer()), **by_card))["payment_id"]
    person = Person("per_" + "a" * 32, "state_admin")
    admin = Caller(world.http, person=person)
    body, key = {"amount": inr(500), "refundable": inr(152_500), "reason": "paid-twice"}, new_key()
    path = f"/v1/payments/{payment_id}/refunds"

    ask_and_die(world, settings, crash_point, path, body, key, admin.headers(None)["Authorization"])
    repeated = admin.post(path, body, key)

    assert repeated.headers["Idempotent-Replayed"] == "true"
    refund_id = json_of(repeated)["refund_id"]
    if crash_point != "A2":
        assert repeated.status_code == 202
        world.make_refund_due(refund_id)
    world.sweep_refund_until(refund_id, "REFUNDED")
    assert [refund["refund_id"] for refund in admin.refunds(payment_id)["items"]] == [refund_id]
    assert world.kinds_of(payment_id).count("refund") == 1
    assert world.events_of(payment_id) == ["payment.completed.v1", "payment.refunded.v1"]
    if mode == "CARD":
        # Found by inquiry where it was sent, sent where it was not: never twice.
        assert [each["times_received"] for each in world.psp.refunds(f"{refund_id}:refund")] == [1]
