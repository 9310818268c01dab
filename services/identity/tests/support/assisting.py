"""A counter whose operator acts for people, and the phones of those people, as far as a test needs them."""

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from tests.support.asking import ask, basic, body_of
from tests.support.signing_in import Phone, any_mobile
from werkzeug.test import TestResponse

from servicekit.http import Actor, Person
from servicekit.testing import internal_headers

SCOPES = ("assistances:read", "assistances:write")
SUPPORT = ("cases:read", "cases:write")
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ASSISTANCE_TYPE = "urn:emitra:params:oauth:token-type:assistance"
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"
OPERATOR = Person("per_operator_1", "operator")


def messages(phone: Phone, mobile: str) -> list[str]:
    """The texts that came to a number, the oldest first."""
    sent = json.loads(phone.file.read_text()) if phone.file.exists() else []
    return [message["text"] for message in sent if message["mobile"] == mobile and "text" in message]


@dataclass
class Counter:
    """The software of a centre: a client of the sandbox, perhaps with an operator who signed in."""

    http: FlaskClient
    client: dict[str, Any]
    phone: Phone
    person: Person | None = None
    actor: Actor | None = None
    mobile: str = field(default_factory=any_mobile)

    @property
    def headers(self) -> dict[str, str]:
        """What the gateway sends for it."""
        return internal_headers(
            "identity",
            client_id=self.client["client_id"],
            kiosk_id=self.client.get("kiosk_id"),
            scopes=SCOPES,
            person=self.person,
            actor=self.actor,
        )

    def post(self, path: str, body: Any = None, key: str | None = None) -> TestResponse:
        """A call through the gateway."""
        headers = self.headers | {"Idempotency-Key": key or secrets.token_hex(16)}
        return self.http.post(path, json=body, headers=headers)

    def asks(self, key: str | None = None, **changes: Any) -> TestResponse:
        """For a bill of the person at `mobile`, unless the test says otherwise; None leaves a member out."""
        body = {"mobile": self.mobile, "act": {"code": "pay-bill"}}
        if changes.get("act", body["act"]) == body["act"]:
            body |= {"identifier": "JVVNL", "amount": {"amount": 152500, "currency": "INR"}}
        body |= changes
        return self.post("/v1/assistances", {name: value for name, value in body.items() if value is not None}, key)

    @property
    def code(self) -> str:
        """What the person reads out."""
        return str(re.findall(r"\b[0-9]{6}\b", messages(self.phone, self.mobile)[-1])[0])

    def consents(self, assistance_id: str, code: str | None = None) -> TestResponse:
        """Hand in a code."""
        return self.post(f"/v1/assistances/{assistance_id}/consents", {"code": code or self.code})

    def agreed(self, **changes: Any) -> str:
        """The id of an assistance that the person agreed to."""
        asked = self.asks(**changes)
        assert asked.status_code == 201, asked.text
        assistance_id = str(body_of(asked)["assistance_id"])
        answer = self.consents(assistance_id)
        assert answer.status_code == 200, answer.text
        return assistance_id

    def exchanges(self, assistance_id: str, **changes: str | None) -> TestResponse:
        """Ask for the token to act by."""
        form: dict[str, str | None] = {
            "grant_type": EXCHANGE,
            "subject_token": assistance_id,
            "subject_token_type": ASSISTANCE_TYPE,
        }
        sent = {name: value for name, value in (form | changes).items() if value is not None}
        return ask(self.http, sent, basic(self.client["client_id"], self.client["client_secret"]))

    def token(self, assistance_id: str, **changes: str | None) -> str:
        """The token to act by."""
        answer = self.exchanges(assistance_id, **changes)
        assert answer.status_code == 200, answer.text
        return str(body_of(answer)["access_token"])

    def introspects(self, token: str) -> dict[str, Any]:
        """What identity says of a token of its own."""
        answer = self.http.post(
            "/v1/oauth2/introspect",
            data={"token": token},
            headers=basic(self.client["client_id"], self.client["client_secret"]),
        )
        return body_of(answer)


def link_in(text: str) -> str:
    """The path of the link in a notice."""
    return str(re.findall(r"https://api\.emitra\.example(/v1/not-me/[A-Za-z0-9_-]{43})", text)[0])


CounterOf = Callable[..., Counter]
