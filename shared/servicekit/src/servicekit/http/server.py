"""gunicorn, as every api process runs it. Whatever holds a connection or a thread is made after the fork."""

import gc
import resource
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
# Each may hold a head and a body, 100 KiB together: with all of them full a process stays within its memory.
MOST_CONNECTIONS = 2000
_OTHER_FILES = 500
MEMORY_BACKED_FOLDER = "/dev/shm"  # noqa: S108 gunicorn's heartbeat file must not touch a disk


class ApiServer(BaseApplication):
    """gunicorn with one worker process of many threads: scaled by instances, so that a probe speaks for one process."""

    def __init__(self, settings: ServiceSettings, load: Callable[[], Any], finish: Callable[[], None]) -> None:
        """`load` makes the WSGI callable after fork; `finish` runs in that process as it ends."""
        self._settings = settings
        self._load = load
        self._finish = finish
        super().__init__()
        # A connection is an open file, and many systems allow 1,024 unless asked.
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        enough = MOST_CONNECTIONS + _OTHER_FILES
        if soft != resource.RLIM_INFINITY and soft < enough:
            most = enough if hard == resource.RLIM_INFINITY else min(enough, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))

    def load_config(self) -> None:
        options = {
            "bind": f"{self._settings.http_host}:{self._settings.http_port}",
            "reuse_port": self._settings.http_reuse_port,
            "workers": 1,
            "worker_class": "servicekit.http.worker.BufferingWorker",
            "threads": self._settings.http_threads,
            "timeout": REQUEST_TIMEOUT_SECONDS,
            "graceful_timeout": GRACEFUL_TIMEOUT_SECONDS,
            "keepalive": KEEP_ALIVE_SECONDS,
            "backlog": BACKLOG,
            "worker_connections": MOST_CONNECTIONS,
            # It would write to the socket behind the worker's back.
            "sendfile": False,
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
