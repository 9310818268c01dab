"""One foreign HTTP API spoken in JSON: bounded in time and size, never retried, and exact about what is known."""

import json
import time
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    NewConnectionError,
    TimeoutError,
)

from servicekit.deadlines import LEAST_USEFUL_SECONDS, seconds_left
from servicekit.errors import DependencyTimeout
from servicekit.observability.calls import outgoing_call

# A biller's longest honest answer (a list of bills) is a few KiB.
MAX_RESPONSE_BYTES = 256 * 1024
# A connection is made within this or the other side is down: it is a neighbour, not the far end of the world.
CONNECT_TIMEOUT_SECONDS = 2.0
# What is kept of the caller's deadline for recording the outcome: one transaction at its usual worst.
RESERVED_SECONDS = 1.0
_CHUNK_BYTES = 16 * 1024


class NotSent(Exception):
    """Certainly nothing arrived: no connection was made, or there was no time left to make one."""

    def __init__(self, detail: str, *, out_of_time: bool = False) -> None:
        super().__init__(detail)
        self.out_of_time = out_of_time


class NoAnswer(Exception):
    """It may have arrived, and no usable answer came back. `out_of_time` tells silence from nonsense."""

    def __init__(self, detail: str, *, out_of_time: bool = False) -> None:
        super().__init__(detail)
        self.out_of_time = out_of_time


@dataclass(frozen=True)
class Reply:
    """A well-formed answer: its status and its JSON object."""

    status: int
    document: dict[str, Any]

    @property
    def error(self) -> str | None:
        """The slug of an answer that says in form `{"error": slug}` that the request was not accepted."""
        slug = self.document.get("error")
        return slug if isinstance(slug, str) and slug else None


class JsonClient:
    """Make one per API and process, after the fork; threads share its connections."""

    def __init__(self, base_url: str, *, timeout_seconds: float, connections: int, name: str = "partner") -> None:
        """`name` is what metrics and traces call it."""
        self._name = name
        self._base = urllib3.util.parse_url(base_url)
        self._timeout_seconds = timeout_seconds
        self._pool = urllib3.connection_from_url(base_url, maxsize=connections, block=False, retries=False)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Reply:
        """The answer to one request, whatever its status. Raises NotSent or NoAnswer."""
        try:
            seconds = seconds_left(self._timeout_seconds + RESERVED_SECONDS) - RESERVED_SECONDS
        except DependencyTimeout as error:
            raise NotSent("no time left", out_of_time=True) from error
        if seconds < LEAST_USEFUL_SECONDS:
            raise NotSent("no time left", out_of_time=True)
        ends_at = time.monotonic() + seconds
        timeout = urllib3.Timeout(connect=min(CONNECT_TIMEOUT_SECONDS, seconds), read=seconds)
        headers: dict[str, str] = {"Accept": "application/json"}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        with outgoing_call(self._name, method, headers) as call:
            status, document = self._exchange(method, path, content, headers, timeout, ends_at)
            call.status = status
        return Reply(status, document)

    def _exchange(
        self,
        method: str,
        path: str,
        content: bytes | None,
        headers: dict[str, str],
        timeout: urllib3.Timeout,
        ends_at: float,
    ) -> tuple[int, dict[str, Any]]:
        try:
            response = self._pool.urlopen(
                method,
                (self._base.path or "").rstrip("/") + path,
                body=content,
                headers=headers,
                timeout=timeout,
                retries=False,
                redirect=False,
                preload_content=False,
            )
            raw = _read(response, ends_at)
        except (NewConnectionError, ConnectTimeoutError, LocationParseError) as error:
            raise NotSent(type(error).__name__) from error
        except TimeoutError as error:
            raise NoAnswer("no answer in time", out_of_time=True) from error
        except (HTTPError, OSError) as error:
            raise NoAnswer(type(error).__name__) from error
        return response.status, _object(raw)


def _read(response: urllib3.BaseHTTPResponse, ends_at: float) -> bytes:
    """The body, however slowly it drips: the read timeout alone would start anew with each byte."""
    raw = b""
    try:
        while chunk := response.read1(_CHUNK_BYTES):
            raw += chunk
            if len(raw) > MAX_RESPONSE_BYTES:
                response.close()
                raise NoAnswer("the answer is too large")
            if time.monotonic() > ends_at:
                response.close()
                raise NoAnswer("the answer did not end in time", out_of_time=True)
    finally:
        response.release_conn()
    return raw


def _object(raw: bytes) -> dict[str, Any]:
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise NoAnswer("the answer is not JSON") from error
    if not isinstance(document, dict):
        raise NoAnswer("the answer is not a JSON object")
    return document
