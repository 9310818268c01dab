"""A service's processes, as the supervisor runs them: they end when told to, with their last spans sent."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from servicekit.mongo import Mongo
from servicekit.testing import eventually
from servicekit.testing.plugin import AmqpVhost
from servicekit.testing.tokens import JWKS

from .server import lifetime

PROGRAM = """
import time
from pathlib import Path

import marshmallow
from servicekit.http import Blueprint
from servicekit.service import Job, Service, command_line
from servicekit.settings import ServiceSettings

class Settings(ServiceSettings):
    service_name = "maker"

blp = Blueprint("things")

@blp.route("/v1/things")
@blp.public("a test")
@blp.response(200)
def things():
    return {}

@blp.route("/v1/slow-things")
@blp.public("a test")
@blp.response(200)
def slow_things():
    Path("begun").touch()
    while not Path("go-on").exists():
        time.sleep(0.05)
    return {}

command_line(Service(name="maker", version="1", settings=Settings, bootstrap=lambda settings, mongo: mongo,
        blueprints=[blp],
        publishes=["thing.made.v1"], jobs=[Job("tick", 0.1, lambda mongo: mongo.ping())]))()
"""
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(db: Mongo, broker: AmqpVhost, tmp_path: Path) -> Iterator[Start]:
    """Starts a process of the service; what still runs afterwards is killed."""
    running: list[subprocess.Popen[bytes]] = []

    def run(name: str, **env: str) -> subprocess.Popen[bytes]:
        given = {
            "MONGODB_DATABASE": db.db.name,
            "AMQP_URL": broker.url,
            "INTERNAL_TOKEN_JWKS": JWKS,
            "CURSOR_SECRET": "a-cursor-secret-that-only-tests-use",
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        }
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, name], env={**os.environ, **given, **env}, cwd=tmp_path
        )
        running.append(process)
        return process

    yield run
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except ConnectionRefusedError:
        return True
    return False


def answers(port: int, path: str, timeout_seconds: float = 2) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=timeout_seconds) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_an_api_sends_its_last_spans_as_it_ends(start: Start, collector: tuple[str, list[bytes]]) -> None:
    url, received = collector
    port = free_port()
    # No span leaves by the clock: only the end sends them.
    process = start("api", HTTP_PORT=str(port), OTEL_EXPORTER_OTLP_ENDPOINT=url, OTEL_BSP_SCHEDULE_DELAY="600000")
    eventually(lambda: answers(port, "/v1/things"), timeout_seconds=30)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert b"GET /v1/things" in b"".join(received)


def test_an_api_told_to_stop_finishes_what_it_took_and_refuses_the_rest_at_once(start: Start, tmp_path: Path) -> None:
    port = free_port()
    process = start("api", HTTP_PORT=str(port))
    eventually(lambda: answers(port, "/v1/things"), timeout_seconds=30)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(answers, port, "/v1/slow-things", 30)
        eventually((tmp_path / "begun").exists)
        process.send_signal(signal.SIGTERM)
        eventually(lambda: refuses(port))
        (tmp_path / "go-on").touch()
        assert slow.result()
    assert process.wait(20) == 0


@pytest.mark.parametrize("name", ["worker", "relay"])
def test_a_process_told_to_stop_gives_its_lease_up_and_sends_its_last_spans(
    start: Start, db: Mongo, collector: tuple[str, list[bytes]], name: str
) -> None:
    url, received = collector
    lease = {"worker": "job:tick", "relay": "relay"}[name]
    process = start(
        name, PROBE_PORT=str(free_port()), OTEL_EXPORTER_OTLP_ENDPOINT=url, OTEL_BSP_SCHEDULE_DELAY="600000"
    )
    eventually(lambda: db.db.leases.find_one({"_id": lease}), timeout_seconds=30)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert db.db.leases.find_one({"_id": lease}) is None
    assert b"mongodb" in b"".join(received)


@pytest.mark.parametrize("name", ["api", "worker", "relay"])
def test_every_process_tells_of_a_wrong_setting_of_the_database(
    start: Start, db: Mongo, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    errors: list[str] = []

    def told() -> bool:
        errors.append(capfd.readouterr().err)
        return "transactionLifetimeLimitSeconds is 60" in "".join(errors)

    with lifetime(db, 60):
        start(name, PROBE_PORT=str(free_port()), HTTP_PORT=str(free_port()))
        eventually(told, timeout_seconds=30)


def test_a_relay_without_a_database_says_so_and_exits_unavailable(start: Start) -> None:
    process = start(
        "relay", PROBE_PORT=str(free_port()), MONGODB_URI=f"mongodb://127.0.0.1:{free_port()}/?directConnection=true"
    )
    assert process.wait(30) == 69
