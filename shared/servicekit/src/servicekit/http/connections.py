"""A caller's connection, held in memory on both sides, so that no thread ever waits for a caller.

The worker's loop (`worker`) fills `incoming` and empties `outgoing`; a thread gets a request when it is whole.
"""

import io
import math
import re
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from gunicorn.http.body import Body, ChunkedReader
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader

from servicekit.errors import MalformedRequest
from servicekit.http.body import MAX_BODY_BYTES
from servicekit.http.lifecycle import DEFAULT_TIMEOUT_MS, TIMEOUT_HEADER, timeout_ms

# First line and headers; an access token, the longest of them, has at most 4 KiB.
MOST_HEAD_BYTES = 32 * 1024
# What the sizes of chunks may add to a body of the largest size.
MOST_BYTES_OF_SIZES = 32 * 1024
RECEIVED_AT_ONCE = 64 * 1024

_END_OF_HEAD = b"\r\n\r\n"
_LONGEST_CHUNK_LINE = 8190
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")


class BodyAwaited(BaseException):
    """The application reads a body that has not arrived: it is asked again, from the beginning, when the body is whole.

    Not an Exception: no handler of the application's may answer it.
    """


class _AwaitedBody:
    """The body of a request of which only the head is here: who may not pass is refused without waiting for it.

    The application sets `most_bytes` where it reads more of this request than of others.
    """

    begun_at: float
    most_bytes = MAX_BODY_BYTES

    def read(self, _size: int = -1) -> bytes:
        """Ends the application."""
        raise BodyAwaited

    readline = readinto = __next__ = read

    def __iter__(self) -> Any:
        return self


class _WholeBody(io.BytesIO):
    """A body that is all here."""

    begun_at: float


class _Outgoing:
    """What a thread takes for the socket: what the caller does not take at once is left for the loop to send."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.waiting = bytearray()

    def sendall(self, content: bytes) -> None:
        """Sends what goes without waiting. Raises OSError when the caller is gone."""
        if not self.waiting:
            with suppress(BlockingIOError):
                content = content[self._sock.send(content) :]
        self.waiting += content

    def shutdown(self, _how: int) -> None:
        """Not the thread's business; gunicorn takes the error for a caller that is gone and leaves it to the loop."""
        raise OSError("the loop closes connections")

    def close(self) -> None:
        """Likewise."""


class Connection:
    """One connection, and the request on it that is being received or handled.

    Belongs to the loop, but for `handle`'s time, when it belongs to one thread.
    """

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any) -> None:
        sock.setblocking(False)
        self.cfg = cfg
        self.socket = sock
        self.sock = _Outgoing(sock)
        self.client = client
        self.server = server
        self.incoming = bytearray()
        self.requests = 0
        # `time.monotonic` instants: when the loop does not wait for the caller any longer, and when it next looks.
        self.due = math.inf
        self.looked_at = math.inf
        self._begin()

    def _begin(self) -> None:
        self.request: Request | None = None
        self.asked = False
        self.begun_at = 0.0
        self.body_due = 0.0
        self._searched = 0
        self._length = 0
        self._next_chunk = 0
        self._closes = False
        self.chunked = False
        self.expects_continue = False
        self._awaited = _AwaitedBody()

    def has_head(self) -> bool:
        """Whether the first line and all headers are here."""
        if self._searched == 0 and self.incoming.startswith(b"\r\n"):
            # RFC 9112 section 2.2: one empty line before a request is no part of it.
            del self.incoming[:2]
        end = self.incoming.find(_END_OF_HEAD, max(0, self._searched - len(_END_OF_HEAD)))
        self._searched = len(self.incoming)
        self._length = end + len(_END_OF_HEAD)
        return end >= 0

    def read_head(self) -> None:
        """Takes the head out of what has come. Raises what gunicorn's parser raises for one that is malformed."""
        head = bytes(self.incoming[: self._length])
        del self.incoming[: self._length]
        self.requests += 1
        self.request = request = Request(self.cfg, IterUnreader([head]), self.client, self.requests)
        headers: Mapping[str, str] = dict(request.headers)
        self.chunked = "TRANSFER-ENCODING" in headers
        self._length = int(headers.get("CONTENT-LENGTH", 0))
        self._closes = request.must_close
        # The loop says 100 Continue when the body is waited for; gunicorn would say it before anything is refused.
        self.expects_continue, request._expected_100_continue = request._expected_100_continue, False
        self.begun_at = time.monotonic()
        self.body_due = self.begun_at + _allowed_ms(headers.get(TIMEOUT_HEADER.upper())) / 1000

    def is_whole(self) -> bool:
        """Whether the body is here to its end; of chunks also something that is none, for the parser to refuse."""
        return self._has_last_chunk() if self.chunked else len(self.incoming) >= self._length

    def is_too_large(self) -> bool:
        """Whether the body is larger than the application reads: until it has been asked, than it reads of most."""
        if self.chunked:
            return len(self.incoming) > self.most_bytes + MOST_BYTES_OF_SIZES
        return self._length > self.most_bytes

    @property
    def most_bytes(self) -> int:
        """How large a body of this request may be."""
        return self._awaited.most_bytes

    @property
    def is_large(self) -> bool:
        """Whether the application reads more of this request than of most."""
        return self.most_bytes > MAX_BODY_BYTES

    def wants_to_be_asked(self) -> bool:
        """Whether the caller sends its body when it is told to, and has not been told (RFC 9110 section 10.1.1)."""
        return self.expects_continue and not self.asked

    def _has_last_chunk(self) -> bool:
        while (end := self.incoming.find(b"\r\n", self._next_chunk)) >= 0:
            size = bytes(self.incoming[self._next_chunk : end]).partition(b";")[0].strip(b" \t")
            if not _CHUNK_SIZE.fullmatch(size):
                return True
            if int(size, 16) == 0:
                # Without trailers the line's own end is the first half of it.
                return self.incoming.find(_END_OF_HEAD, end) >= 0
            self._next_chunk = end + 2 + int(size, 16) + 2
            if self._next_chunk > len(self.incoming):
                return False
        return len(self.incoming) - self._next_chunk > _LONGEST_CHUNK_LINE

    def prepare(self) -> Request:
        """The request for the application, with its body if that is here.

        The connection is closed after a chunked body, whose end others may see elsewhere, and after one that was not
        read. Raises what gunicorn's parser raises for malformed chunks.
        """
        request: Any = self.request
        body: _AwaitedBody | _WholeBody
        if self.is_too_large() or not self.is_whole():
            body = self._awaited
            request.must_close = True
        elif self.chunked:
            body = _WholeBody(Body(ChunkedReader(request, IterUnreader([bytes(self.incoming)]))).read())
            request.must_close = True
        else:
            body = _WholeBody(self.incoming[: self._length])
            request.must_close = self._closes
        body.begun_at = self.begun_at
        request.body = body
        return request

    def next(self) -> None:
        """The request is answered; what has come behind it begins another."""
        del self.incoming[: self._length]
        self._begin()

    def receive(self) -> int:
        """Takes in what has come; 0 at the end. Raises OSError when the caller is gone, BlockingIOError for nothing."""
        content = self.socket.recv(RECEIVED_AT_ONCE)
        self.incoming += content
        return len(content)

    def send(self) -> bool:
        """Sends what waits, as far as the caller takes it; True when nothing is left. Raises OSError."""
        waiting = self.sock.waiting
        if waiting:
            with suppress(BlockingIOError):
                del waiting[: self.socket.send(waiting)]
        return not waiting


def _allowed_ms(given: str | None) -> int:
    try:
        return timeout_ms(given)
    except MalformedRequest:
        # The application says so.
        return DEFAULT_TIMEOUT_MS
