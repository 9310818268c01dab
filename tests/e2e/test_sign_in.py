"""Somebody signs in over the gateway, in a browser without a script, and uses what they got."""

import base64
import hashlib
import json
import re
import secrets
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import urllib3
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from emitra_local.stack import Stack
from tests.support.platform import Platform, eventually

HTML = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}


class Person:
    """A person's browser, which follows no redirect by itself, and the phone beside it."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._http = urllib3.PoolManager(retries=False, timeout=20)
        self._cookie = ""
        self.mobile = f"9{secrets.randbelow(10**9):09}"

    def go(self, method: str, path: str, parameters: dict[str, str]) -> urllib3.BaseHTTPResponse:
        """A page, or the answer that leads elsewhere."""
        sent = urlencode(parameters)
        url = f"{self._stack.gateway_url}{path}" + (f"?{sent}" if method == "GET" else "")
        body = sent if method == "POST" else None
        answer = self._http.request(method, url, body=body, headers=HTML | {"Cookie": self._cookie})
        if "Set-Cookie" in answer.headers:
            self._cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return answer

    def signs_in(self, asked: dict[str, str]) -> dict[str, str]:
        """What comes back to the app with the person."""
        page = self.go("GET", "/v1/oauth2/authorize", asked)
        assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8"), page.data
        (ticket, *_) = re.findall(r'name="csrf_token" value="([^"]+)"', page.data.decode())
        assert self.go("POST", "/v1/oauth2/sign-in", {"csrf_token": ticket, "mobile": self.mobile}).status == 200
        code = eventually(
            lambda: next((c for c in reversed(self._stack.sign_in_codes) if c["mobile"] == self.mobile), None)
        )
        back = self.go("POST", "/v1/oauth2/sign-in/code", {"csrf_token": ticket, "code": code["code"]})
        if back.status == 200:
            # Whoever decides about others enrols an authenticator app, once.
            (secret,) = re.findall(r"<code>([A-Z2-7 ]{39})</code>", back.data.decode())
            key = base64.b32decode(secret.replace(" ", ""))
            app = TOTP(key, 6, SHA1(), 30, enforce_key_length=False)  # noqa: S303 - RFC 6238
            shown = app.generate(int(time.time())).decode()
            enrolment = {"csrf_token": ticket, "kind": "totp", "code": shown}
            assert self.go("POST", "/v1/oauth2/sign-in/factor-enrolment", enrolment).status == 200
            back = self.go("POST", "/v1/oauth2/sign-in/end", {"csrf_token": ticket})
        assert back.status == 303, back.data
        return {name: value for name, (value,) in parse_qs(urlsplit(back.headers["Location"]).query).items()}


@pytest.fixture
def person(stack: Stack) -> Person:
    return Person(stack)


def tokens_of(
    platform: Platform, person: Person, *, app_name: str = "citizens-app", **asked_for: str
) -> tuple[str, dict[str, Any]]:
    """The app's id, and what it gets for the code of a sign-in."""
    app = next(client for client in platform.run_info["clients"] if client["name"] == app_name)
    metadata = platform.call("GET", "/.well-known/openid-configuration").json
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(8)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    back = person.signs_in(
        {
            "response_type": "code",
            "client_id": app["client_id"],
            "redirect_uri": app["redirect_uris"][0],
            "scope": "openid billers:read",
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **asked_for,
        }
    )
    assert (back["state"], back["iss"]) == (state, metadata["issuer"])
    form = {
        "grant_type": "authorization_code",
        "client_id": app["client_id"],
        "code": back["code"],
        "redirect_uri": app["redirect_uris"][0],
        "code_verifier": verifier,
    }
    return app["client_id"], asked(platform, "/v1/oauth2/token", form)


def asked(platform: Platform, path: str, form: dict[str, str], status: int = 200) -> Any:
    answer = platform.call("POST", path, urlencode(form).encode(), {"Content-Type": HTML["Content-Type"]})
    assert answer.status == status, answer
    return answer.json


def test_a_citizen_signs_in_and_uses_the_platform_until_the_app_signs_them_out(
    platform: Platform, person: Person
) -> None:
    client_id, tokens = tokens_of(platform, person)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert platform.call("GET", "/v1/billers", headers=bearer).status == 200
    assert platform.call("GET", "/v1/applications/app_1", headers=bearer).status == 403
    claims = json.loads(base64.urlsafe_b64decode(tokens["access_token"].split(".")[1] + "=="))
    assert claims["person"]["role"] == "citizen"

    renewal = {"grant_type": "refresh_token", "client_id": client_id}
    renewed = asked(platform, "/v1/oauth2/token", renewal | {"refresh_token": tokens["refresh_token"]})
    asked(platform, "/v1/oauth2/revoke", {"client_id": client_id, "token": renewed["refresh_token"]})
    refused = asked(platform, "/v1/oauth2/token", renewal | {"refresh_token": renewed["refresh_token"]}, 400)
    assert (refused["error"], refused["code"]) == ("invalid_grant", "invalid-grant")


def test_a_wrong_code_is_told_on_the_page_and_a_page_of_another_browser_leads_nowhere(
    stack: Stack, platform: Platform, person: Person
) -> None:
    app = next(client for client in platform.run_info["clients"] if client["kind"] == "app")
    request = {
        "response_type": "code",
        "client_id": app["client_id"],
        "redirect_uri": app["redirect_uris"][0],
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
    }
    page = person.go("GET", "/v1/oauth2/authorize", request)
    (ticket, *_) = re.findall(r'name="csrf_token" value="([^"]+)"', page.data.decode())
    person.go("POST", "/v1/oauth2/sign-in", {"csrf_token": ticket, "mobile": person.mobile})
    wrong = person.go("POST", "/v1/oauth2/sign-in/code", {"csrf_token": ticket, "code": "x"})
    assert (wrong.status, "कोड सही नहीं है" in wrong.data.decode()) == (422, True)
    stranger = Person(stack).go("POST", "/v1/oauth2/sign-in/code", {"csrf_token": ticket, "code": "x"})
    assert (stranger.status, "यह साइन-इन समाप्त हो चुका है" in stranger.data.decode()) == (409, True)
    forged = person.go("GET", "/v1/oauth2/authorize", request | {"redirect_uri": "https://evil.example/"})
    assert (forged.status, "Location" in forged.headers) == (400, False)
