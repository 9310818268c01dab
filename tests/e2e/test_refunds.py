"""Money given back, from outside: at the counter, and as the public is told of it."""

import pytest

from tests.support.platform import Client, Platform, eventually


@pytest.fixture
def kiosk(platform: Platform) -> Client:
    return platform.client("kiosk-jaipur")


def test_a_centre_cancels_a_payment_and_everybody_who_looks_is_told(kiosk: Client, platform: Platform) -> None:
    before = kiosk.get("/v1/wallet").json["balance"]["amount"]
    bill = kiosk.fetch_bill("200000000041")
    payment = kiosk.payment_when(kiosk.pay(bill).json["payment_id"], "COMPLETED")
    path, total = f"/v1/payments/{payment['payment_id']}", payment["total"]
    part = {"amount": 500, "currency": "INR"}
    cancellation = {"amount": part, "refundable": payment["refundable"], "reason": "cancelled"}

    first = kiosk.post(f"{path}/refunds", cancellation)
    stale = kiosk.post(f"{path}/refunds", cancellation)
    rest = {"amount": total["amount"] - 500, "currency": "INR"}
    second = kiosk.post(f"{path}/refunds", cancellation | {"amount": rest, "refundable": rest})

    assert (first.status, first.json["status"]) == (201, "REFUNDED"), first
    assert (stale.status, stale.json["code"], stale.json["refundable"]) == (412, "refundable-changed", rest)
    assert (second.status, second.json["status"]) == (201, "REFUNDED"), second
    assert kiosk.get("/v1/wallet").json["balance"]["amount"] == before
    assert kiosk.get(f"{path}/receipt").json["refunded"] == total
    shown = kiosk.get(f"{path}/refunds").json
    assert (len(shown["items"]), shown["refunded"], shown["refundable"]["amount"]) == (2, total, 0)
    assert kiosk.pay(bill).json["status"] == "COMPLETED"  # The bill is open again.

    def told() -> bool | None:
        lookup = platform.call("POST", "/v1/transaction-lookups", {"token": payment["transaction_token"]})
        return [step["text"] for step in lookup.json["steps"]].count("Money was given back") == 2 or None

    eventually(told, 30, "the public is told")
