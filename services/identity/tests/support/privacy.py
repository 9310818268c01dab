"""Somebody who signed in, and what that person does with the own data."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from flask.testing import FlaskClient
from tests.support.signing_in import App, Browser, any_mobile
from werkzeug.test import TestResponse

from servicekit.http import Person
from servicekit.testing import internal_headers

LATER = datetime(2031, 1, 1, tzinfo=UTC)
WORDS = {"en": "Something happened", "hi": "कुछ हुआ"}


@dataclass(frozen=True)
class Somebody:
    """A person who signed in by the sandbox's app; every call is by that person's token."""

    client: FlaskClient
    person_id: str
    mobile: str
    tokens: dict[str, Any]

    def call(self, method: str, path: str, body: Any = None, **known: Any) -> TestResponse:
        """Through the gateway, as it forwards this person's requests."""
        return self.client.open(path, method=method, json=body, headers=headers(self.person_id, **known))

    def get(self, path: str) -> Any:
        """The JSON of a read that succeeds."""
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json

    def agreed(self, *purposes: str, **known: Any) -> Any:
        """The receipt of a consent to the notice in force."""
        answer = self.call("POST", "/v1/consents", consent(self.client, *purposes), **known)
        assert answer.status_code == 201, answer.text
        return answer.json

    def asks_to_be_erased(self) -> Any:
        """The request."""
        answer = self.call("POST", "/v1/privacy/erasures")
        assert answer.status_code == 202, answer.text
        return answer.json


def headers(person_id: str, **known: Any) -> dict[str, str]:
    """What the gateway sends for a citizen."""
    return internal_headers(
        "identity",
        **{
            "client_id": "cli_sandbox_citizens_app",
            "scopes": ["privacy:own"],
            "person": Person(id=person_id, role="citizen"),
            **known,
        },
    )


def somebody(client: FlaskClient, browser: Browser, mobile: str | None = None) -> Somebody:
    """Signs somebody in."""
    mobile = mobile or any_mobile()
    tokens = App().tokens(browser, mobile, scope="openid privacy:own")
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    return Somebody(client, claims["sub"], mobile, tokens)


def consent(client: FlaskClient, *purposes: str) -> dict[str, Any]:
    """The body of a consent to the notice in force."""
    notice: Any = client.get("/v1/notices/account").json
    return {
        "notice_id": "account",
        "notice_version": notice["version"],
        "notice_sha256": notice["sha256"],
        "purposes": list(purposes),
        "language": "hi",
    }


def answer(client: FlaskClient, erasure_id: str, service: str, *holds: dict[str, Any]) -> TestResponse:
    """What a service has against an erasure, by a client that may answer for it."""
    scopes = ["privacy:answers", f"erasure-answer:{service}"]
    return client.post(
        f"/v1/privacy/erasures/{erasure_id}/answers",
        json={"service": service, "holds": list(holds)},
        headers=internal_headers("identity", client_id="cli_service", scopes=scopes),
    )


def pending(until: str | None = None) -> dict[str, Any]:
    """An application that is not decided yet."""
    return {
        "reason": "application-pending",
        "subject": "app_1",
        "since": "2026-11-01T00:00:00Z",
        "until": until,
    }


def breach(**changes: Any) -> dict[str, Any]:
    """An entry of the register."""
    at = datetime.now(UTC) - timedelta(hours=2)
    texts = ("what_happened", "consequences", "measures", "safety", "contact")
    return {
        "nature": "disclosure",
        "selection": {"affected": "everybody"},
        "began_at": (at - timedelta(days=1)).isoformat(),
        "ended_at": at.isoformat(),
        "aware_at": at.isoformat(),
        **dict.fromkeys(texts, WORDS),
        **changes,
    }
