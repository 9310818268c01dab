"""A person's browser and the app that sends it, as far as a test needs them."""

import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from flask import Flask
from flask.testing import FlaskClient
from tests.support.asking import FORM, ask, body_of
from tests.support.keys import BACK, ISSUER
from werkzeug.test import TestResponse

AUTHORIZE = "/v1/oauth2/authorize"
SIGN_IN = "/v1/oauth2/sign-in"
CHECK = "/v1/oauth2/sign-in/code"
ROLE = "/v1/oauth2/sign-in/role"
APP = "cli_sandbox_citizens_app"
COOKIE = "__Host-emitra-device"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def mobile_of(number: int) -> str:
    """A number that nobody else's test has, where `number` differs."""
    return f"9{number:09}"


def any_mobile() -> str:
    """A random number of India."""
    return mobile_of(secrets.randbelow(10**9))


def challenge_of(verifier: str) -> str:
    """S256 (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address, each there once."""
    return {name: value for name, (value,) in parse_qs(urlsplit(address).query, strict_parsing=True).items()}


def claims_of(http: FlaskClient, token: str, audience: str) -> dict[str, Any]:
    """What a token says, its signature verified."""
    keys = jwt.PyJWKSet.from_dict(body_of(http.get("/.well-known/jwks.json")))
    kid = jwt.get_unverified_header(token)["kid"]
    claims: dict[str, Any] = jwt.decode(token, keys[kid], algorithms=["EdDSA"], audience=audience, issuer=ISSUER)
    return claims


@dataclass
class Phone:
    """The sandbox's phone: what was sent last."""

    file: Path

    def latest(self) -> dict[str, str]:
        """The latest message."""
        return self._messages()[-1]

    def notices(self) -> list[dict[str, str]]:
        """Words that came, the latest last."""
        return [message for message in self._messages() if "text" in message]

    def _messages(self) -> list[dict[str, str]]:
        return list(json.loads(self.file.read_text())) if self.file.exists() else []


@dataclass
class Browser:
    """Keeps cookies as a browser does over TLS; fills in the forms of the pages."""

    app: Flask
    phone: Phone
    page: TestResponse | None = None
    http: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.http = self.app.test_client()

    def open(self, parameters: dict[str, str] | str) -> TestResponse:
        """Go to the authorization endpoint."""
        self.page = self.http.get(AUTHORIZE, query_string=parameters, headers=HTML, base_url="https://localhost")
        return self.page

    @property
    def ticket(self) -> str:
        """What the page has for its forms."""
        assert self.page is not None
        ticket: str = re.findall(r'name="csrf_token" value="([^"]+)"', self.page.text)[0]
        return ticket

    def send(self, path: str, **form: str) -> TestResponse:
        """Submit a form with the page's token, unless the test says another."""
        answer = self.http.post(
            path,
            data={"csrf_token": form.pop("csrf_token", None) or self.ticket, **form},
            content_type=FORM,
            headers=HTML,
            base_url="https://localhost",
        )
        if "csrf_token" in answer.text:
            self.page = answer
        return answer

    def ask_code(self, mobile: str) -> str:
        """The code that comes to the phone."""
        answer = self.send(SIGN_IN, mobile=mobile)
        assert answer.status_code == 200, answer.text
        return self.phone.latest()["code"]

    @property
    def cookie(self) -> Any:
        """The browser's cookie."""
        return self.http.get_cookie(COOKIE, domain="localhost")


@dataclass
class App:
    """An app without a secret, which does what RFC 6749, 7636 and 9207 say."""

    client_id: str = APP
    redirect_uri: str = BACK
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters with which it sends somebody; None leaves one out."""
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid kiosks:read",
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (asked | changes).items() if value is not None}

    def sign_in(self, browser: Browser, mobile: str | None = None, **changes: str | None) -> str:
        """The authorization code that comes back with somebody."""
        browser.open(self.request(**changes))
        code = browser.ask_code(mobile or any_mobile())
        answer = browser.send(CHECK, code=code)
        assert answer.status_code == 303, answer.text
        return query_of(answer.location)["code"]

    def redemption(self, code: str, /, **changes: str | None) -> dict[str, str]:
        """The form that redeems a code."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        return {name: value for name, value in (form | changes).items() if value is not None}

    def renewal(self, refresh_token: str, /, **changes: str) -> dict[str, str]:
        """The form that renews tokens."""
        return {
            "grant_type": "refresh_token", "client_id": self.client_id, "refresh_token": refresh_token, **changes
        }  # fmt: skip

    def tokens(self, browser: Browser, mobile: str | None = None, **changes: str | None) -> dict[str, Any]:
        """Everything that a sign-in gives."""
        code = self.sign_in(browser, mobile, **changes)
        answer = ask(browser.http, self.redemption(code))
        assert answer.status_code == 200, answer.text
        return body_of(answer)
