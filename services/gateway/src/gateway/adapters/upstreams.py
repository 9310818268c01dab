"""Calling the services: bounded connections to each, no redirects, at most one repeat, one deadline for all of it."""

import threading
import time
from collections import OrderedDict
from http.client import HTTPConnection, HTTPException, HTTPResponse

from gateway.adapters.connections import ConnectionPool, PoolExhausted, Unreachable
from gateway.application.calls import Answer, Forwarded
from gateway.application.errors import AnswerLost, ServiceBusy, ServiceTimeout, ServiceUnreachable
from servicekit.observability.calls import outgoing_call

# How long a request waits for one of the service's connections. Short, because a waiting request holds a thread that
# requests to other services could use.
POOL_WAIT_SECONDS = 0.25
# With less than this left the service could not do anything useful (it refuses below 100 ms itself).
LEAST_USEFUL_SECONDS = 0.1
LARGEST_ANSWER_BYTES = 8 * 1024 * 1024
RETRY_AFTER_SECONDS = 2
# Addresses come from the route files; more than this many at once means that something rewrites them.
MOST_POOLS = 64
SAFE_METHODS = frozenset({"GET", "HEAD"})
IDEMPOTENT_METHODS = frozenset({"PUT", "DELETE"})  # RFC 9110, 9.2.2

_CHUNK_BYTES = 64 * 1024


class Upstreams:
    """The services' connections. Thread-safe; make it after the fork."""

    def __init__(self, connections: int) -> None:
        """`connections` bounds the requests that one service may have in hand from this process."""
        self._connections = connections
        self._pools: OrderedDict[str, ConnectionPool] = OrderedDict()
        self._lock = threading.Lock()

    def send(self, request: Forwarded) -> Answer:
        """The service's answer, whatever its status.

        Sends a GET or HEAD again, once, when the connection failed; a POST with an Idempotency-Key again, once, only
        when no connection could be made, so that nothing is ever done twice by us. Raises ServiceUnreachable and
        ServiceBusy (nothing was done), ServiceTimeout and AnswerLost (not known whether it was).
        """
        try:
            return self._send(request)
        except ServiceUnreachable:
            if not (request.keyed or request.method in SAFE_METHODS):
                raise
        except AnswerLost:
            if request.method not in SAFE_METHODS:
                raise
        return self._send(request)

    def close(self) -> None:
        """Closes the idle connections."""
        with self._lock:
            while self._pools:
                self._pools.popitem()[1].close()

    def _send(self, request: Forwarded) -> Answer:
        left = request.ends_at - time.monotonic()
        if left < LEAST_USEFUL_SECONDS:
            raise ServiceTimeout(
                f"Less than 100 ms were left to ask {request.service}, so it was not asked. {_repeat(request)}"
            )
        pool = self._pools.get(request.base_url) or self._pool(request.base_url)
        try:
            connection = pool.lend(min(POOL_WAIT_SECONDS, left), left)
        except PoolExhausted as error:
            raise ServiceBusy(
                f"{request.service} has as many requests in hand as it takes. Nothing was done; repeat the request.",
                retry_after_seconds=RETRY_AFTER_SECONDS,
            ) from error
        except Unreachable as error:
            raise ServiceUnreachable(
                f"{request.service} could not be reached. Nothing was done; repeat the request in a moment.",
                retry_after_seconds=RETRY_AFTER_SECONDS,
            ) from error
        reusable = False
        try:
            with outgoing_call(request.service, request.method, request.headers, request.route) as call:
                answer, reusable = _exchange(connection, request)
                call.status = answer.status
            return answer
        except TimeoutError as error:
            raise ServiceTimeout(f"{request.service} did not answer in the time allowed. {_repeat(request)}") from error
        except (HTTPException, OSError) as error:
            raise AnswerLost(
                f"{request.service}'s answer did not arrive whole. {_repeat(request)}",
                retry_after_seconds=RETRY_AFTER_SECONDS,
            ) from error
        finally:
            pool.take_back(connection, reusable=reusable)

    def _pool(self, base_url: str) -> ConnectionPool:
        with self._lock:
            if base_url not in self._pools:
                if len(self._pools) >= MOST_POOLS:
                    self._pools.popitem(last=False)[1].close()
                self._pools[base_url] = ConnectionPool(base_url, self._connections)
            return self._pools[base_url]


def _exchange(connection: HTTPConnection, request: Forwarded) -> tuple[Answer, bool]:
    """The answer, and whether the connection may be used again.

    Raises TimeoutError past the deadline, HTTPException or OSError when the answer is broken.
    """
    connection.request(request.method, request.target, request.body, request.headers)
    response = connection.getresponse()
    body = _read(connection, response, request.ends_at)
    answer = Answer(response.status, response.getheaders(), body)
    reusable = not response.will_close
    response.close()
    return answer, reusable


def _read(connection: HTTPConnection, response: HTTPResponse, ends_at: float) -> bytes:
    chunks: list[bytes] = []
    size = 0
    # `length` is what is still to come, None when only the end of the stream or of the chunks tells.
    while response.length != 0 and (chunk := response.read1(_CHUNK_BYTES)):
        chunks.append(chunk)
        size += len(chunk)
        if size > LARGEST_ANSWER_BYTES:
            raise HTTPException(f"more than {LARGEST_ANSWER_BYTES} bytes")
        left = ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:  # http.client lets go of it once an answer without a length has begun
            connection.sock.settimeout(left)
    if response.length:
        raise HTTPException("the connection ended before the answer")
    return b"".join(chunks)


def _repeat(request: Forwarded) -> str:
    if request.keyed:
        return "Repeat it with the same Idempotency-Key: it will be done once only."
    if request.method in SAFE_METHODS:
        return "Repeat it, or allow more time in Emitra-Timeout-Ms (at most 60000)."
    if request.method in IDEMPOTENT_METHODS:
        return "Send it again: twice is as good as once."
    return "Look whether it was done before you repeat it."
