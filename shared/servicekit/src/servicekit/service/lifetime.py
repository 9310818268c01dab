"""How the long-running processes run: gunicorn for the api; worker and relay with signals, a probe server and a lease.

Everything that holds a connection or a thread is made after fork.
"""

import gc
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import prometheus_client
import structlog
from gunicorn.app.base import BaseApplication

from servicekit.settings import ServiceSettings

log = structlog.get_logger(__name__)

# Longer than the longest deadline a caller can ask for (60 s): a request is never cut by its own server.
REQUEST_TIMEOUT_SECONDS = 75
GRACEFUL_TIMEOUT_SECONDS = 65
# The gateway keeps its connections; it must not meet one that we closed a moment ago.
KEEP_ALIVE_SECONDS = 75
BACKLOG = 1024
MEMORY_BACKED_FOLDER = "/dev/shm"  # noqa: S108 gunicorn's heartbeat file must not touch a disk


class ApiServer(BaseApplication):
    """gunicorn with one worker process of many threads: scaled by instances, so that a probe speaks for one process."""

    def __init__(self, settings: ServiceSettings, load: Callable[[], Any], finish: Callable[[], None]) -> None:
        """``load`` makes the WSGI callable after fork; ``finish`` runs in that process as it ends."""
        self._settings = settings
        self._load = load
        self._finish = finish
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": f"{self._settings.http_host}:{self._settings.http_port}",
            "workers": 1,
            "worker_class": "servicekit.http.server_errors.ProblemWorker",
            "threads": self._settings.http_threads,
            "timeout": REQUEST_TIMEOUT_SECONDS,
            "graceful_timeout": GRACEFUL_TIMEOUT_SECONDS,
            "keepalive": KEEP_ALIVE_SECONDS,
            "backlog": BACKLOG,
            "header_map": "refuse",
            # It would write a socket to the working directory, which is read-only in a container.
            "control_socket_disable": True,
            "worker_tmp_dir": MEMORY_BACKED_FOLDER if Path(MEMORY_BACKED_FOLDER).is_dir() else None,
            "loglevel": "warning",
            "worker_exit": lambda _server, _worker: self._finish(),
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Called in the worker process, after fork."""
        app = self._load()
        # What was made so far stays as long as the process: the collector need not look through it again and again.
        gc.collect()
        gc.freeze()
        return app


def run_until_stopped(run: Callable[[], object], stop: Callable[[], None]) -> None:
    """Runs ``run`` in this thread until it returns; SIGTERM and SIGINT call ``stop`` from another thread.

    Signal handlers only set an event: ``stop`` takes locks, which a handler in the same thread could hold already.
    """
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())

    def watch() -> None:
        asked.wait()
        stop()

    threading.Thread(target=watch, name="stopper", daemon=True).start()
    run()


def serve_probes(settings: ServiceSettings, ready: Callable[[], None]) -> None:
    """Answers ``/livez``, ``/readyz`` and ``/metrics`` on the probe port from a daemon thread.

    ``ready`` raises when the process cannot work now. Raises OSError when the port is taken.
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

    server = make_server(
        settings.http_host, settings.probe_port, app, server_class=_ProbeServer, handler_class=_SilentHandler
    )
    threading.Thread(target=server.serve_forever, name="probes", daemon=True).start()


def holder_name() -> str:
    """A name for this process as the holder of leases, never used twice."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"


class _ProbeServer(WSGIServer):
    daemon_threads = True
    request_queue_size = 16


class _SilentHandler(WSGIRequestHandler):
    timeout = 5  # A prober that says nothing must not hold the only thread.

    def log_message(self, format: str, *args: Any) -> None:
        """Probes come every few seconds; they are not news."""
