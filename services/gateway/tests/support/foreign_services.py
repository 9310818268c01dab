"""Real HTTP servers that stand where other teams' services stand: what the gateway meets on the wire, in threads."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar


@dataclass
class Received:
    """One request as a service got it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    after_seconds: float = 0.0
    """How long the service thinks first."""
    drip_seconds: float = 0.0
    """Pause after each byte of the body."""
    hang_up: bool = False
    """Close the connection instead of answering."""


@dataclass
class ForeignService:
    """A running server: where it is, what it got, and what it will answer (`replies`, else `reply`)."""

    url: str
    received: list[Received] = field(default_factory=list)
    reply: Callable[[Received], Reply] = lambda _: Reply()

    @property
    def last(self) -> Received:
        return self.received[-1]


@contextmanager
def foreign_service(port: int = 0) -> Iterator[ForeignService]:
    """Serves HTTP/1.1 with kept connections until the block ends."""
    state = ForeignService(url="")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            got = Received(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
            state.received.append(got)
            reply = state.reply(got)
            if reply.after_seconds:
                time.sleep(reply.after_seconds)
            if reply.hang_up:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status not in {204, 304}:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                self._write(reply)

        def _write(self, reply: Reply) -> None:
            if not reply.drip_seconds:
                self.wfile.write(reply.body)
                return
            for byte in reply.body:
                self.wfile.write(bytes([byte]))
                time.sleep(reply.drip_seconds)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server calls them so

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                # The gateway gave up on a slow or cut answer: what a test asked for.
                self.close_connection = True

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        allow_reuse_address = True
        connections: ClassVar[list[socket.socket]] = []

        def process_request(self, request: Any, client_address: Any) -> None:
            self.connections.append(request)
            super().process_request(request, client_address)

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    server = Server(("127.0.0.1", port), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        # As when a process ends: kept connections end with it.
        for connection in Server.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def unused_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
