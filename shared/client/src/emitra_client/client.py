"""One client of the platform and the answers it gets, over HTTP through the gateway."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import urllib3

# Longer than the gateway itself takes for a call (30 s unless asked for less).
CALL_TIMEOUT_SECONDS = 35
CONNECTIONS = 32
SIGN_IN = "/v1/oauth2/token"


class UnexpectedAnswer(Exception):
    """The platform answered, and not as it should have; the text says to which call, and what."""


def new_key() -> str:
    """An idempotency key: one for each thing to be done, and the same one for every try of it."""
    return uuid.uuid4().hex


@dataclass(frozen=True)
class Answer:
    """A response, read. `call` is the request's method and path."""

    call: str
    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body. Raises ValueError when it is not a JSON object."""
        return dict(json.loads(self.raw))

    def expect(self, *statuses: int) -> Self:
        """Itself. Raises UnexpectedAnswer when the status is none of these."""
        if self.status not in statuses:
            said = self.raw[:800].decode(errors="replace")
            raise UnexpectedAnswer(f"{self.call} answered {self.status}: {said}")
        return self

    def __repr__(self) -> str:
        return f"<{self.call}: {self.status} {self.raw[:400]!r}>"


def _connections() -> urllib3.PoolManager:
    # Never repeated by itself: only the caller knows whether the key is the same.
    return urllib3.PoolManager(maxsize=CONNECTIONS, retries=False, timeout=CALL_TIMEOUT_SECONDS)


@dataclass
class Client:
    """A machine client with its own token; without a `client_id`, anybody.

    Every method raises urllib3.exceptions.HTTPError when no answer came: then nobody knows whether the call had its
    effect, and the same key finds out.
    """

    gateway_url: str
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    http: urllib3.PoolManager = field(default_factory=_connections, repr=False)
    _token: str = field(default="", repr=False)

    @property
    def token(self) -> str:
        """The access token; asked for when it is first needed. Raises UnexpectedAnswer when there is none to be had."""
        if not self._token:
            self.renew_token()
        return self._token

    @property
    def signed_in(self) -> bool:
        """Whether it has a token; it may have expired."""
        return bool(self._token)

    def renew_token(self) -> None:
        """Asks for a new token. Raises UnexpectedAnswer when there is none to be had; the old one then stays."""
        self._token = str(self.sign_in().expect(200).json["access_token"])

    def sign_in(self, **headers: str) -> Answer:
        """The answer to asking for a token of all the client's scopes (client credentials: RFC 6749, 4.4)."""
        credentials = urllib3.make_headers(basic_auth=f"{self.client_id}:{self.client_secret}")
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.call("POST", SIGN_IN, b"grant_type=client_credentials", {**credentials, **form, **headers})

    def get(self, path: str, **headers: str) -> Answer:
        """The answer to reading `path`."""
        return self.call("GET", path, headers={**self._credentials(), **headers})

    def post(self, path: str, body: Any, key: str | None = None, **headers: str) -> Answer:
        """The answer to a POST under `key`, a new one unless given; `body` is sent as JSON, or as it is if bytes."""
        return self.call("POST", path, body, {**self._credentials(), "Idempotency-Key": key or new_key(), **headers})

    def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """The answer to a request as it is: without token or key unless they are among `headers`."""
        sent = dict(headers or {})
        content: bytes | None = None
        if isinstance(body, bytes):
            content = body
        elif body is not None:
            content = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        response = self.http.request(method, self.gateway_url + path, body=content, headers=sent)
        return Answer(f"{method} {path}", response.status, response.headers, response.data)

    def _credentials(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.client_id else {}
