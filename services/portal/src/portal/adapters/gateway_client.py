"""The gateway's API over HTTP, with the portal's own client token."""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import structlog
import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

from portal.application.ports import Answer
from servicekit.deadlines import seconds_left
from servicekit.errors import DependencyTimeout, DependencyUnavailable
from servicekit.observability.calls import outgoing_call

Credentials = tuple[str, str]

# What the pages read and nothing more: a portal that is broken into can neither pay nor apply with its token.
SCOPES = ("applications:read", "billers:read", "kiosks:read")
# The portal's client in `identity seed-sandbox`.
SANDBOX_CLIENT = "portal-sandbox"
# A neighbour answers the connection within this, or it is down.
CONNECT_TIMEOUT_SECONDS = 2.0
# A token is replaced so long before it ends: the slowest page takes less.
TOKEN_MARGIN_SECONDS = 60
# Pages that ask at the same time; HTTP_THREADS is 32 by default.
CONNECTIONS = 32

_log = structlog.get_logger(__name__)


class GatewayClient:
    """Implements application.ports.Platform. Threads share it. Make it after a fork."""

    def __init__(self, url: str, credentials: Callable[[], Credentials], timeout_seconds: float) -> None:
        """`credentials` is asked for each new token, so that a changed secret needs no restart."""
        self._url = url.rstrip("/")
        self._credentials = credentials
        self._timeout_seconds = timeout_seconds
        self._http = urllib3.PoolManager(maxsize=CONNECTIONS, retries=False)
        self._turn = threading.Lock()
        self._token, self._token_ends_at = "", 0.0

    def application_types(self) -> Sequence[Answer]:
        return _items("list_application_types", self._known("list_application_types", "/v1/application-types"))

    def application_type(self, code: str) -> Answer | None:
        return self._one("get_application_type", f"/v1/application-types/{quote(code, safe='')}")

    def billers(self) -> Sequence[Answer]:
        return _items("list_billers", self._known("list_billers", "/v1/billers"))

    def nearest_centres(self, latitude: float, longitude: float, count: int) -> Answer:
        query = urlencode({"lat": latitude, "lon": longitude, "limit": count})
        return self._known("find_nearest_kiosks", f"/v1/kiosks/nearest?{query}")

    # ---- asking as anybody: without a token, so that the gateway counts it as anybody's

    def service_charges(self) -> Answer:
        return self._read("list_service_charges", self._send("GET", "/v1/service-charges", {}))

    def districts(self) -> Sequence[Answer]:
        return _items("list_places", self._read("list_places", self._send("GET", "/v1/places", {})))

    def pin_places(self, pin: str) -> Answer:
        return self._read("list_places", self._send("GET", f"/v1/places?{urlencode({'pin': pin})}", {}))

    def transaction(self, token: str) -> Answer | None:
        response = self._send("POST", "/v1/transaction-lookups", {}, json.dumps({"token": token}))
        # Any other 404 is a gateway that has no such operation yet, and says nothing of the token.
        unknown = response.status == 404 and b'"no-such-transaction"' in response.data
        return None if unknown else self._read("look_up_transaction", response)

    def verification_of_text(self, text: str) -> Answer:
        response = self._send("POST", "/v1/certificate-text-verifications", {}, json.dumps({"text": text}))
        return self._read("verify_certificate_text", response)

    def verification_of_pdf(self, pdf: bytes) -> Answer:
        response = self._send("POST", "/v1/certificate-pdf-verifications", {}, pdf, "application/pdf")
        return self._read("verify_certificate_pdf", response)

    def verification_of_number(self, number: str, issued_on: date) -> Answer | None:
        asked = json.dumps({"certificate_number": number, "issued_on": issued_on.isoformat()})
        response = self._send("POST", "/v1/certificate-number-verifications", {}, asked)
        return None if response.status == 422 else self._read("verify_certificate_number", response)

    # ---- asking

    def _known(self, operation: str, path: str) -> Answer:
        answer = self._one(operation, path)
        if answer is None:
            raise _unusable(operation, "not there")
        return answer

    def _one(self, operation: str, path: str) -> Answer | None:
        response = self._send("GET", path, self._authorization())
        if response.status == 401:  # keys or clients changed under us: once with a new token
            self._token_ends_at = 0.0
            response = self._send("GET", path, self._authorization())
        return None if response.status == 404 else self._read(operation, response)

    def _read(self, operation: str, response: urllib3.BaseHTTPResponse) -> Answer:
        if response.status != 200:
            # The status alone: the answer may repeat what a person typed.
            _log.warning("gateway_refused", operation=operation, status=response.status)
            raise _unusable(operation, f"status {response.status}")
        try:
            document = json.loads(response.data)
        except ValueError as error:
            raise _unusable(operation, "not JSON") from error
        if not isinstance(document, dict):
            raise _unusable(operation, "not an object")
        return document

    def _send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: str | bytes | None = None,
        kind: str = "application/json",
    ) -> urllib3.BaseHTTPResponse:
        seconds = seconds_left(self._timeout_seconds)
        sent = {
            "Accept": "application/json",
            "Emitra-Timeout-Ms": str(max(1, round(seconds * 1000))),
            **({"Content-Type": kind} if body is not None else {}),
            **headers,
        }
        timeout = urllib3.Timeout(connect=min(CONNECT_TIMEOUT_SECONDS, seconds), read=seconds)
        try:
            with outgoing_call("gateway", method, sent) as call:
                response = self._http.request(
                    method, self._url + path, headers=sent, body=body, timeout=timeout, redirect=False
                )
                call.status = response.status
            return response
        except ReadTimeoutError as error:
            raise DependencyTimeout("The gateway did not answer in time.") from error
        except HTTPError as error:
            raise DependencyUnavailable("The gateway cannot be reached.") from error

    # ---- who the portal is

    def _authorization(self) -> dict[str, str]:
        with self._turn:  # one asks, the others wait for the same token
            if time.monotonic() >= self._token_ends_at:
                self._take_token()
            return {"Authorization": f"Bearer {self._token}"}

    def _take_token(self) -> None:
        basic = urllib3.make_headers(basic_auth=":".join(self._credentials()))
        form = urlencode({"grant_type": "client_credentials", "scope": " ".join(SCOPES)})
        response = self._send("POST", "/v1/oauth2/token", basic, form, "application/x-www-form-urlencoded")
        granted = self._read("issue_token", response)
        try:
            self._token = str(granted["access_token"])
            self._token_ends_at = time.monotonic() + float(granted["expires_in"]) - TOKEN_MARGIN_SECONDS
        except (KeyError, TypeError, ValueError) as error:
            raise _unusable("issue_token", "no token") from error


def sandbox_credentials(file: Path) -> Credentials:
    """The portal's client in the file of `identity seed-sandbox`. Raises DependencyUnavailable without."""
    try:
        clients: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["clients"]
        mine = next(client for client in clients if client["name"] == SANDBOX_CLIENT)
        return mine["client_id"], mine["client_secret"]
    except (OSError, ValueError, LookupError, TypeError, StopIteration) as error:
        raise DependencyUnavailable("The sandbox file does not show the portal's client yet.") from error


def _items(operation: str, answer: Answer) -> Sequence[Answer]:
    items = answer.get("items")
    if not isinstance(items, list):
        raise _unusable(operation, "no items")
    return items


def _unusable(operation: str, why: str) -> DependencyUnavailable:
    return DependencyUnavailable(f"The gateway's answer to {operation} cannot be used: {why}.")
