"""kill -9 while a centre tops its wallet up: it is credited once, and the books are right. See test_crash_points."""

from typing import Any

import pytest

from emitra_local.stack import Stack
from tests.support.crash import Crash
from tests.support.invariants import assert_invariants
from tests.support.platform import Answer, Client, eventually, new_key

PAISE = 25_000


@pytest.mark.parametrize(
    "point", [pytest.param("T1", marks=pytest.mark.long), "T2"], ids=["before the provider", "after the provider"]
)
def test_t1_and_t2_api_dies_around_the_charge(stack: Stack, kiosk: Client, crash: Crash, point: str) -> None:
    before = kiosk.get("/v1/wallet").json["available"]["amount"]
    back, key = crash("billing-api", point), new_key()
    body = {"amount": {"amount": PAISE, "currency": "INR"}, "mode": "UPI", "payment_instrument": "tok_sandbox_ok"}
    path = f"/v1/wallets/{kiosk.kiosk_id}/top-ups"
    first = kiosk.post(path, body, key)
    assert first.status in {502, 503, 504}, first
    back(at_once=True)

    def again() -> Answer | None:
        answer = kiosk.post(path, body, key)
        return answer if answer.status in {200, 201, 202} else None

    top_up_id = eventually(again, 30, "the repeated request is answered").json["top_up_id"]

    def credited() -> dict[str, Any] | None:
        shown = kiosk.get(f"{path}/{top_up_id}").json
        return shown if shown["status"] == "CREDITED" else None

    eventually(credited, 60, "the wallet has the money")
    assert kiosk.get("/v1/wallet").json["available"]["amount"] == before + PAISE
    books = assert_invariants(stack)
    of_it = [row["times_received"] for row in books.charged if row["request_id"] == f"{top_up_id}:top-up"]
    assert of_it == [1]
