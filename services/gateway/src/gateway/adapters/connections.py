"""A bounded pool of kept HTTP/1.1 connections to one service.

http.client and not urllib3: the same request costs 0.20 ms of CPU instead of 0.35 ms, and the gateway makes one for
each of the platform's. What urllib3 would add (redirects, decoding, retry policies) must be off at a gateway anyway.
"""

import select
import threading
import time
from collections import deque
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

# In one cluster a connection is made in a millisecond; a second means that the host is gone.
CONNECT_TIMEOUT_SECONDS = 1.0
# The services keep a silent connection for 75 s (servicekit.process); one that they are about to close is not used.
LONGEST_IDLE_SECONDS = 50.0


class PoolExhausted(Exception):
    """Every connection of the pool is in use and none came back in time."""


class Unreachable(Exception):
    """No connection could be made; nothing was sent."""


class ConnectionPool:
    """At most `size` connections to `base_url`. Thread-safe; connects only when asked to."""

    def __init__(self, base_url: str, size: int) -> None:
        address = urlsplit(base_url)
        self._secure = address.scheme == "https"
        self._host, self._port = address.hostname or "", address.port
        self._free = threading.BoundedSemaphore(size)
        self._idle: deque[tuple[HTTPConnection, float]] = deque()

    def lend(self, wait_seconds: float, left_seconds: float) -> HTTPConnection:
        """An open connection whose reads and writes may take `left_seconds` each; give it back with `take_back`.

        Raises PoolExhausted after `wait_seconds`, Unreachable when no connection can be made within a second.
        """
        if not self._free.acquire(timeout=wait_seconds):
            raise PoolExhausted
        try:
            connection = self._kept() or self._made(min(CONNECT_TIMEOUT_SECONDS, left_seconds))
            connection.sock.settimeout(left_seconds)
        except OSError as error:
            self._free.release()
            raise Unreachable from error
        except BaseException:
            self._free.release()
            raise
        return connection

    def take_back(self, connection: HTTPConnection, *, reusable: bool) -> None:
        """Ends a loan; a connection with an unfinished answer in it is not reusable and is closed."""
        if reusable:
            self._idle.append((connection, time.monotonic()))
        else:
            connection.close()
        self._free.release()

    def close(self) -> None:
        """Closes the idle connections; those on loan are used to their end."""
        while self._idle:
            self._idle.pop()[0].close()

    def _kept(self) -> HTTPConnection | None:
        """The connection used last, if the service has not closed it meanwhile; older ones are let go."""
        oldest = time.monotonic() - LONGEST_IDLE_SECONDS
        while True:
            try:
                connection, since = self._idle.pop()
            except IndexError:
                return None
            if since > oldest and not _readable(connection):
                return connection
            connection.close()

    def _made(self, timeout_seconds: float) -> HTTPConnection:
        kind = HTTPSConnection if self._secure else HTTPConnection
        connection = kind(self._host, self._port, timeout=timeout_seconds)
        connection.connect()
        return connection


def _readable(connection: HTTPConnection) -> bool:
    """A connection on which something arrives though nothing was asked was closed by the other side, or is broken."""
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))
