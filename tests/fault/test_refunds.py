"""kill -9 while money goes back: it goes back once, and the books are right. See test_crash_points."""

from typing import Any

import pytest

from emitra_local.stack import Stack
from tests.support.crash import Crash
from tests.support.invariants import assert_invariants
from tests.support.platform import Answer, Client, eventually, new_key

PARTS = {"WALLET": "200000000301", "UPI": "200000000302"}


def cancelled_and_lost(kiosk: Client, payment: dict[str, Any], destination: str) -> dict[str, Any]:
    """A refund whose first request ends without an answer from billing; the caller does what it is told: repeats."""
    key = new_key()
    body = {
        "amount": payment["total"],
        "refundable": payment["refundable"],
        "reason": "cancelled",
        "destination": destination,
    }
    path = f"/v1/payments/{payment['payment_id']}/refunds"
    first = kiosk.post(path, body, key)
    assert first.status in {502, 503, 504}, first

    def again() -> Answer | None:
        answer = kiosk.post(path, body, key)
        return answer if answer.status in {200, 201, 202} else None

    return eventually(again, 30, "the repeated request is answered").json


def paid(kiosk: Client, consumer: str, mode: str) -> dict[str, Any]:
    instrument = {} if mode == "WALLET" else {"payment_instrument": "tok_sandbox_ok"}
    payment = kiosk.pay(kiosk.fetch_bill(consumer), mode=mode, **instrument).json
    return kiosk.payment_when(payment["payment_id"], "COMPLETED")


def assert_refunded_once(stack: Stack, kiosk: Client, payment: dict[str, Any], refund: dict[str, Any]) -> None:
    def back() -> dict[str, Any] | None:
        shown = kiosk.get(f"/v1/refunds/{refund['refund_id']}").json
        return shown if shown["status"] == "REFUNDED" else None

    eventually(back, 60, "the money is back")
    shown = kiosk.get(f"/v1/payments/{payment['payment_id']}/refunds").json
    assert [item["refund_id"] for item in shown["items"]] == [refund["refund_id"]]
    assert shown["refunded"] == payment["total"]
    books = assert_invariants(stack)
    of_it = [row for row in books.given_back if row["request_id"] == f"{refund['refund_id']}:refund"]
    assert [row["times_received"] for row in of_it] == ([1] if refund["destination"] == "SOURCE" else [])


@pytest.mark.long
@pytest.mark.parametrize(("mode", "destination"), [("WALLET", "WALLET"), ("UPI", "SOURCE")])
def test_r1_api_dies_after_the_refund_is_reserved(
    stack: Stack, kiosk: Client, crash: Crash, mode: str, destination: str
) -> None:
    payment = paid(kiosk, PARTS[mode], mode)
    back = crash("billing-api", "R1")
    refund = cancelled_and_lost(kiosk, payment, destination)
    back(at_once=True)
    assert_refunded_once(stack, kiosk, payment, refund)


def test_r2_api_dies_after_the_provider_gave_the_money_back(stack: Stack, kiosk: Client, crash: Crash) -> None:
    payment = paid(kiosk, "200000000303", "UPI")
    back = crash("billing-api", "R2")
    refund = cancelled_and_lost(kiosk, payment, "SOURCE")
    back(at_once=True)
    assert_refunded_once(stack, kiosk, payment, refund)
