"""A TCP proxy on loopback that can turn into a black hole: connections stay open, and nothing passes any more."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

T = TypeVar("T")

READ_AT_ONCE = 65_536
# What a test asks of the proxy is done at once, or the proxy itself is broken.
CONTROL_TIMEOUT_SECONDS = 5
# SO_LINGER on, for no time: closing such a socket sends a reset instead of an orderly end.
RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class BlackHole:
    """Forwards connections to `port` of loopback on to `target_port`. A context manager; calls are thread-safe.

    What a black hole holds back is not lost: it passes when the hole is gone, as TCP would send it again.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="black-hole")
        self._requests_pass = asyncio.Event()
        self._answers_pass = asyncio.Event()
        self._delay_seconds = 0.0
        self._served: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.accepted = 0
        """Connections that have been made to it."""

    def swallow(self, *, answers_only: bool = False) -> None:
        """From now on nothing passes, not even the making and ending of connections; or only what the target says
        does not."""
        self._call(self._set(requests=answers_only, answers=False))

    def forward(self, *, delay_seconds: float = 0.0) -> None:
        """Everything passes, what was held back first; every piece of it `delay_seconds` late."""
        self._call(self._set(requests=True, answers=True, delay_seconds=delay_seconds))

    def reset(self) -> None:
        """End the connections there are, on both sides, the hard way; new ones are served."""
        self._call(self._reset())

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        self.forward()
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CONTROL_TIMEOUT_SECONDS)
        self._loop.close()

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(CONTROL_TIMEOUT_SECONDS)

    # On the loop ---------------------------------------------------------------------------------------------------

    async def _set(self, *, requests: bool, answers: bool, delay_seconds: float = 0.0) -> None:
        self._delay_seconds = delay_seconds
        for event, passes in ((self._requests_pass, requests), (self._answers_pass, answers)):
            if passes:
                event.set()
            else:
                event.clear()

    async def _reset(self) -> None:
        for writer in self._writers:
            with contextlib.suppress(OSError):  # it may have ended by itself
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
            writer.transport.abort()

    async def _close(self) -> None:
        self._server.close()
        for task in self._served:
            task.cancel()
        await asyncio.gather(*self._served, return_exceptions=True)

    async def _accept(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._served.add(task)
        self.accepted += 1
        self._writers.add(near_out)
        try:
            await self._requests_pass.wait()
            far_in, far_out = await asyncio.open_connection("127.0.0.1", self._target_port)
            self._writers.add(far_out)
            try:
                await asyncio.gather(
                    self._pump(near_in, far_out, self._requests_pass), self._pump(far_in, near_out, self._answers_pass)
                )
            finally:
                await self._end(far_out)
        except (OSError, asyncio.CancelledError):
            pass  # One side is gone, or the proxy closes; both sides are closed below.
        finally:
            await self._end(near_out)
            self._served.discard(task)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, passes: asyncio.Event) -> None:
        while True:
            chunk = await source.read(READ_AT_ONCE)
            if self._delay_seconds:
                await asyncio.sleep(self._delay_seconds)
            await passes.wait()
            if not chunk:
                sink.write_eof()
                return
            sink.write(chunk)
            await sink.drain()

    async def _end(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
