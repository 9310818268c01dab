"""gunicorn, as every api process runs it. Whatever holds a connection or a thread is made after the fork."""

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from servicekit.settings import ServiceSettings

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
        """`load` makes the WSGI callable after fork; `finish` runs in that process as it ends."""
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
