"""A biller simulator in this process, asked through Flask's test client."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from emitra_simulators.callbacks import Callbacks

# 2026-11-23 12:00 IST.
NOON = 1_795_415_400.0


class RecordedCallbacks(Callbacks):
    """Records what would be sent; the sending itself is tested with a real process."""

    def __init__(self) -> None:
        self.recorded: list[tuple[str, str]] = []

    def send_out_of_order(self, url: str, request_id: str) -> None:
        self.recorded.append((url, request_id))


@dataclass
class BillerUnderTest:
    client: FlaskClient
    slept: list[float] = field(default_factory=list)
    callbacks: RecordedCallbacks = field(default_factory=RecordedCallbacks)

    def fetch(self, number: str, biller_id: str = "JVVNL", parameter: str = "k_number") -> TestResponse:
        body = {"biller_id": biller_id, "customer_params": {parameter: number}}
        return self.client.post("/bill-fetches", json=body)

    def payment(self, number: str, request_id: str = "pay_1:post", **changes: Any) -> dict[str, Any]:
        """The body that pays the newest bill of a K number in full."""
        bill = self.fetch(number).get_json()["bills"][-1]
        body = {
            "request_id": request_id,
            "biller_id": "JVVNL",
            "bill_ref": bill["bill_ref"],
            "customer_params": {"k_number": number},
            "amount_paise": bill["amount_paise"],
        }
        return body | changes

    def pay(self, number: str, request_id: str = "pay_1:post", **changes: Any) -> TestResponse:
        return self.client.post("/payments", json=self.payment(number, request_id, **changes))

    def inquire(self, request_id: str = "pay_1:post") -> TestResponse:
        return self.client.get(f"/payments/{request_id}")

    def advance(self, seconds: float) -> None:
        assert self.client.post("/control/clock", json={"advance_seconds": seconds}).status_code == 200

    def audit(self) -> list[dict[str, Any]]:
        payments: list[dict[str, Any]] = self.client.get("/control/payments").get_json()["payments"]
        return payments


StartBiller = Callable[..., BillerUnderTest]
