"""Floors that answer over HTTP, as the platform does: a small application under gunicorn, on the stack's servers."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import urllib3

from emitra_local.stack import Stack
from tests.load.measure import Load
from tests.support.platform import eventually

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def bare_endpoint(stack: Stack, application: str, path: str, *, processes: int, threads: int) -> Iterator[str]:
    """The URL of `module:make_app()`, which takes POSTs at `path`, for as long as the block runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = os.environ | {"MONGODB_URI": stack.infrastructure.mongodb_uri, "MONGODB_DATABASE": "bench_bare"}
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "-w", str(processes), "-k", "gthread"]
    command += ["--threads", str(threads), "--no-control-socket", "--log-level", "warning", application]
    with subprocess.Popen(command, cwd=ROOT, env=env) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            eventually(lambda: _answers(f"{url}{path}"), 20, "the bare endpoint answers")
            yield url
        finally:
            server.terminate()


def must_be(load: Load, status: int) -> None:
    """Ends the benchmark where anything else was answered."""
    if set(load.statuses) != {status}:
        raise SystemExit(f"the benchmark is void: answers were {load.statuses}")


def _answers(url: str) -> bool:
    try:
        return urllib3.request("GET", url, retries=False, timeout=2).status == 405
    except urllib3.exceptions.HTTPError:
        return False
