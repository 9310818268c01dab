"""What the processes share: signals, a probe server, and a name under which they hold leases."""

import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import prometheus_client
import structlog

log = structlog.get_logger(__name__)


def run_until_stopped(run: Callable[[], object], stop: Callable[[], None]) -> None:
    """Runs `run` in this thread until it returns; SIGTERM and SIGINT call `stop` from another thread.

    Signal handlers only set an event: `stop` takes locks, which a handler in the same thread could hold already.
    """
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())

    def watch() -> None:
        asked.wait()
        stop()

    threading.Thread(target=watch, name="stopper", daemon=True).start()
    run()


def serve_probes(host: str, port: int, ready: Callable[[], None]) -> None:
    """Answers `/livez`, `/readyz` and `/metrics` on a port of their own, from threads of their own.

    So they answer whatever callers do to the other port, and no caller sees them.

    `ready` raises when the process cannot work now. Raises OSError when the port is taken.
    """
    metrics = prometheus_client.make_wsgi_app()

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            return metrics(environ, start_response)
        status, body = "404 Not Found", b"not found\n"
        if path == "/livez":
            status, body = "200 OK", b"alive\n"
        elif path == "/readyz":
            try:
                ready()
                status, body = "200 OK", b"ready\n"
            except Exception as error:  # noqa: BLE001 whatever is wrong, the answer is "not ready" and its kind
                status, body = "503 Service Unavailable", f"not ready: {type(error).__name__}\n".encode()
        start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

    server = make_server(host, port, app, server_class=_ProbeServer, handler_class=_SilentHandler)
    threading.Thread(target=server.serve_forever, name="probes", daemon=True).start()


def holder_name() -> str:
    """A name for this process as the holder of leases, never used twice."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"


class _ProbeServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 16


class _SilentHandler(WSGIRequestHandler):
    timeout = 5  # A prober that says nothing must not hold its thread for ever.

    def log_message(self, format: str, *args: Any) -> None:
        """Probes come every few seconds; they are not news."""
