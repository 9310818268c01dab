"""A client of the platform as its users write one: HTTP through the gateway, tokens, keys, and patience."""

import json
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

import urllib3

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


def new_key() -> str:
    return uuid.uuid4().hex


@dataclass
class Answer:
    """A response, read."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.raw))

    def __repr__(self) -> str:
        return f"<{self.status} {self.raw[:400]!r}>"


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
                return Client(self, known["client_id"], known["client_secret"], known.get("kiosk_id"))
        raise LookupError(f"no sandbox client {name}")

    def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        sent = dict(headers or {})
        data: bytes | None = None
        if isinstance(body, bytes):
            data = body
        elif body is not None:
            data = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        response = self.http.request(method, self.run_info["gateway_url"] + path, body=data, headers=sent)
        return Answer(response.status, response.headers, response.data)


@dataclass
class Client:
    """One machine client with its own token."""

    platform: Platform
    client_id: str
    client_secret: str
    kiosk_id: str | None
    _token: str = ""

    @property
    def token(self) -> str:
        if not self._token:
            answer = self.sign_in()
            assert answer.status == 200, answer
            self._token = answer.json["access_token"]
        return self._token

    def sign_in(self, **headers: str) -> Answer:
        """The answer to asking for a token of all the client's scopes."""
        basic = b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        return self.platform.call(
            "POST",
            "/v1/oauth2/token",
            urlencode({"grant_type": "client_credentials"}).encode(),
            {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded", **headers},
        )

    def get(self, path: str, **headers: str) -> Answer:
        return self.platform.call("GET", path, headers={"Authorization": f"Bearer {self.token}", **headers})

    def post(self, path: str, body: Any, key: str | None = None, **headers: str) -> Answer:
        sent = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key or new_key(), **headers}
        return self.platform.call("POST", path, body, sent)

    def fetch_bill(self, consumer: str = "100000000001", biller: str = "JVVNL") -> dict[str, Any]:
        """The first bill of a consumer."""
        answer = self.post("/v1/bill-fetches", {"biller_id": biller, "customer_params": {"k_number": consumer}})
        assert answer.status == 201, answer
        return dict(answer.json["bills"][0])

    def pay(self, bill: Mapping[str, Any], key: str | None = None, **changes: Any) -> Answer:
        body = {"bill_id": bill["bill_id"], "amount": bill["amount"], "mode": "WALLET", **changes}
        return self.post("/v1/payments", body, key)

    def payment_when(self, payment_id: str, status: str, timeout_seconds: float = 20) -> dict[str, Any]:
        """The payment once it has the status."""

        def look() -> dict[str, Any] | None:
            answer = self.get(f"/v1/payments/{payment_id}")
            found = answer.json if answer.status == 200 else {}
            return found if found.get("status") == status else None

        return eventually(look, timeout_seconds, f"payment {payment_id} is {status}")

    def transaction_when(self, token: str, status: str, timeout_seconds: float = 20) -> dict[str, Any]:
        """The transaction in the gateway's view once it has the status."""

        def look() -> dict[str, Any] | None:
            answer = self.get(f"/v1/transactions/{token}")
            found = answer.json if answer.status == 200 else {}
            return found if found.get("status") == status else None

        return eventually(look, timeout_seconds, f"transaction {token} is {status}")


def eventually(check: Callable[[], T | None], timeout_seconds: float = 20, what: str = "it") -> T:
    """The first true answer of `check`. Raises AssertionError when there is none in time."""
    give_up_at = time.monotonic() + timeout_seconds
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < give_up_at, f"not within {timeout_seconds} s: {what}; the last answer was {found!r}"
        time.sleep(POLL_SECONDS)
