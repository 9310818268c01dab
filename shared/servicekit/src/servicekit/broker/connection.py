"""The consumer's connection: kombu's AMQP transport, extended where kombu and py-amqp mean to be.

That is a transport class for `kombu.Connection`, whose connection class opens a socket transport of its own, and a
frame handler among the transport's options.
"""

from collections.abc import Callable
from struct import unpack_from
from typing import Any

import kombu
from amqp.exceptions import UnexpectedFrame
from amqp.method_framing import frame_handler
from amqp.transport import SSLTransport, TCPTransport
from kombu.transport import pyamqp

HEARTBEAT_SECONDS = 10
CONNECT_TIMEOUT_SECONDS = 5
# Without a limit py-amqp waits for an answer for ever: a frozen broker would hold this process, even at closing the
# connection.
ANSWER_TIMEOUT_SECONDS = 5
# Some dozen messages in one system call.
READ_AHEAD_BYTES = 16_384

Frame = tuple[int, int, bytes]  # type, channel, payload
_FRAME_START = ">BHI"  # type, channel, size of the payload
_FRAME_START_BYTES = 7
_FRAME_END = 0xCE
# The type of the frame that holds a message's properties, behind their class, a weight and the size of the body.
_CONTENT_HEADER = 2
_PROPERTIES_AT = 12
_NO_PROPERTIES = b"\0\0"


def connection_to(amqp_url: str) -> kombu.Connection:
    """A connection for consuming, not yet established; its `clone()` gives another one like it."""
    return kombu.Connection(
        amqp_url,
        transport=_Transport,
        ssl=amqp_url.startswith("amqps:"),
        heartbeat=HEARTBEAT_SECONDS,
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        transport_options={
            "read_timeout": ANSWER_TIMEOUT_SECONDS,
            "write_timeout": ANSWER_TIMEOUT_SECONDS,
            "frame_handler": tolerant_frame_handler,
        },
    )


def tolerant_frame_handler(connection: Any, on_method: Callable[..., Any]) -> Callable[[Frame], bool]:
    """py-amqp's, except that a message whose properties are not UTF-8 has none: it then looks like a stranger's.

    py-amqp would raise in the middle of reading from the broker. The connection would end, everything taken would come
    back with it, again and again, until the broker parks all of it.
    """
    handle: Callable[[Frame], bool] = frame_handler(connection, on_method)

    def on_frame(frame: Frame) -> bool:
        try:
            return handle(frame)
        except UnicodeDecodeError:
            frame_type, channel, payload = frame
            if frame_type != _CONTENT_HEADER:
                raise
            return handle((frame_type, channel, payload[:_PROPERTIES_AT] + _NO_PROPERTIES))

    return on_frame


class ReadAhead:
    """Takes what there is from the socket at once: one system call for many messages instead of nine for each.

    To be put in front of one of py-amqp's transports.
    """

    sock: Any
    connected: bool
    _ahead = b""  # what was read and not yet given out
    _next_at = 0  # where the next frame begins in it

    def read_frame(self) -> Frame:
        """The next frame. Raises TimeoutError when the rest of it is late; asked again, it goes on from there."""
        while (end := self._end_of_frame()) is None:
            self._ahead, self._next_at = self._ahead[self._next_at :] + self._receive(), 0
        if self._ahead[end] != _FRAME_END:
            raise UnexpectedFrame(f"a frame ends with {self._ahead[end]:#04x}")
        frame_type, channel, _ = unpack_from(_FRAME_START, self._ahead, self._next_at)
        payload = self._ahead[self._next_at + _FRAME_START_BYTES : end]
        self._next_at = end + 1
        return frame_type, channel, payload

    @property
    def has_frame(self) -> bool:
        """Whether the next frame has been read already."""
        return self._end_of_frame() is not None

    def _end_of_frame(self) -> int | None:
        if len(self._ahead) < self._next_at + _FRAME_START_BYTES:
            return None
        _, _, size = unpack_from(_FRAME_START, self._ahead, self._next_at)
        end: int = self._next_at + _FRAME_START_BYTES + size
        return end if end < len(self._ahead) else None

    def _receive(self) -> bytes:
        try:
            received: bytes = self.sock.recv(READ_AHEAD_BYTES)
        except BlockingIOError as error:  # So the kernel says that the read timeout is over.
            raise TimeoutError("the broker does not answer") from error
        if not received:
            self.connected = False
            raise ConnectionResetError("the broker closed the connection")
        return received


class _TCPTransport(ReadAhead, TCPTransport):
    pass


class _TLSTransport(ReadAhead, SSLTransport):
    pass


class _Connection(pyamqp.Connection):
    def Transport(self, host: str, connect_timeout: float, ssl: Any = False, *timeouts: Any, **options: Any) -> Any:  # noqa: N802 as py-amqp calls it
        """The transport over a socket or over TLS, not yet connected."""
        read_timeout, write_timeout = timeouts
        kind = _TLSTransport if ssl else _TCPTransport
        return kind(host, connect_timeout, ssl=ssl, read_timeout=read_timeout, write_timeout=write_timeout, **options)

    def drain_events(self, timeout: float | None = None) -> None:
        """Waits for one event, as py-amqp does; with a `timeout` it takes with it whatever else came in the same read.

        Without one py-amqp itself waits for an answer, and is not ready yet for what may come right behind it.
        """
        super().drain_events(timeout)
        while timeout is not None and self.connected and self.transport.has_frame:
            self.on_inbound_frame(self.transport.read_frame())


class _Transport(pyamqp.Transport):
    Connection = _Connection
