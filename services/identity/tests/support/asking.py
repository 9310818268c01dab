"""Asking the token endpoint, and reading what it answers."""

import base64
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

TOKEN = "/v1/oauth2/token"
FORM = "application/x-www-form-urlencoded"
GRANT = {"grant_type": "client_credentials"}


def basic(client_id: str, secret: str) -> dict[str, str]:
    """The header of HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def ask(client: FlaskClient, form: dict[str, Any] | str, headers: dict[str, str] | None = None) -> TestResponse:
    """POST a form to the token endpoint."""
    return client.post(TOKEN, data=form, headers=headers, content_type=FORM)


def ask_as(client: FlaskClient, known: dict[str, Any], form: dict[str, Any] | str = "") -> TestResponse:
    """POST as a client of the sandbox file, with HTTP Basic."""
    return ask(client, form or GRANT, basic(known["client_id"], known["client_secret"]))


def body_of(answer: TestResponse) -> dict[str, Any]:
    """The answer's JSON object."""
    assert isinstance(answer.json, dict), answer.text
    return answer.json


def assert_oauth_problem(answer: TestResponse, status: int, error: str) -> dict[str, Any]:
    """A problem document that is an RFC 6749 §5.2 error too, and may not be cached; returns it."""
    problem = body_of(answer)
    assert (answer.status_code, problem["error"]) == (status, error), problem
    assert answer.content_type == "application/json"  # RFC 6749 §5.2
    assert answer.headers["Cache-Control"] == "no-store"
    assert problem["error_description"] == problem["detail"]
    # RFC 6749 §5.2: printable ASCII without the double quote and the backslash.
    assert all(" " <= each <= "~" and each not in '"\\' for each in problem["error_description"])
    return problem
