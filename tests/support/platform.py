"""A client of the platform as its users write one: HTTP through the gateway, tokens, keys, and patience."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import urllib3

import emitra_client
from emitra_client import Answer, new_key

__all__ = ["Answer", "Client", "Platform", "eventually", "new_key"]

T = TypeVar("T")

REQUEST_TIMEOUT_SECONDS = 35
POLL_SECONDS = 0.05
# Free of anybody's data, as all applications of the sandbox.
APPLICATION = {
    "application_type": "domicile",
    "district_code": "102",
    "applicant": {
        "name": "Test Citizen One",
        "name_hi": "परीक्षण नागरिक एक",
        "father_name": "Test Father One",
        "date_of_birth": "1990-08-15",
        "address": "12, Sandbox Marg, Jaipur",
    },
}


@dataclass
class Platform:
    """The gateway, and who its sandbox clients are."""

    run_info: Mapping[str, Any]
    http: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(maxsize=32, retries=False, timeout=REQUEST_TIMEOUT_SECONDS)
    )

    def client(self, name: str) -> "Client":
        """A sandbox client by its name in `.local/run.json`."""
        for known in [*self.run_info["clients"], *self.run_info.get("officers", [])]:
            if known["name"] == name and "client_secret" in known:
                url = self.run_info["gateway_url"]
                return Client(
                    url, known["client_id"], known["client_secret"], self.http, kiosk_id=known.get("kiosk_id")
                )
        raise LookupError(f"no sandbox client {name}")

    def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Without signing in, or as the caller that the headers name."""
        return emitra_client.Client(self.run_info["gateway_url"], http=self.http).call(method, path, body, headers)


@dataclass
class Client(emitra_client.Client):
    """One sandbox client, and what tests do most."""

    kiosk_id: str | None = None

    def fetch_bill(self, consumer: str = "100000000001", biller: str = "JVVNL") -> dict[str, Any]:
        """The first bill of a consumer."""
        answer = self.post("/v1/bill-fetches", {"biller_id": biller, "customer_params": {"k_number": consumer}})
        assert answer.status == 201, answer
        return dict(answer.json["bills"][0])

    def pay(self, bill: Mapping[str, Any], key: str | None = None, **changes: Any) -> Answer:
        body = {"bill_id": bill["bill_id"], "amount": bill["amount"], "mode": "WALLET", **changes}
        return self.post("/v1/payments", body, key)

    def items(self, path: str) -> Iterator[dict[str, Any]]:
        """What is listed there, page after page: how many there are depends on which tests came before."""
        after = ""
        while True:
            page = self.get(f"{path}{after}")
            assert page.status == 200, page
            yield from page.json["items"]
            if not page.json.get("next"):
                return
            after = f"&cursor={page.json['next']}"

    def payment_when(self, payment_id: str, status: str, timeout_seconds: float = 20) -> dict[str, Any]:
        """The payment once it has the status."""

        def look() -> dict[str, Any] | None:
            answer = self.get(f"/v1/payments/{payment_id}")
            payment = answer.json if answer.status == 200 else {}
            return payment if payment.get("status") == status else None

        return eventually(look, timeout_seconds, f"payment {payment_id} is {status}")

    def transaction_when(self, token: str, status: str, timeout_seconds: float = 20) -> dict[str, Any]:
        """The transaction in the gateway's view once it has the status."""

        def look() -> dict[str, Any] | None:
            answer = self.get(f"/v1/transactions/{token}")
            transaction = answer.json if answer.status == 200 else {}
            return transaction if transaction.get("status") == status else None

        return eventually(look, timeout_seconds, f"transaction {token} is {status}")


def eventually(check: Callable[[], T | None], timeout_seconds: float = 20, what: str = "it") -> T:
    """The first true answer of `check`. Raises AssertionError when there is none in time."""
    give_up_at = time.monotonic() + timeout_seconds
    while True:
        answer = check()
        if answer:
            return answer
        assert time.monotonic() < give_up_at, f"not within {timeout_seconds} s: {what}; the last answer was {answer!r}"
        time.sleep(POLL_SECONDS)
