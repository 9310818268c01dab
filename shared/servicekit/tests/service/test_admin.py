"""How long the broker's management API is waited for: by a process that starts briefly, by people patiently."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from servicekit.broker import admin

AMQP_URL = "amqp://taker:secret@127.0.0.1/taker"
IMPATIENT_SECONDS = 0.2


@contextmanager
def api(status: Callable[[], int]) -> Iterator[str]:
    """A management API that lists nothing, with the status that it is told for each answer; its address."""

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status())
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, *_: object) -> None:
            """Nothing: the test looks at what was received."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def busy_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """One that takes its time."""
    monkeypatch.setattr(admin, "READ_TIMEOUT_SECONDS", IMPATIENT_SECONDS)

    def slowly() -> int:
        time.sleep(2 * IMPATIENT_SECONDS)
        return 200

    with api(slowly) as address:
        yield address


def test_a_process_that_starts_does_without_what_a_busy_broker_would_say(busy_api: str) -> None:
    with pytest.raises(admin.BrokerRefused, match="ReadTimeoutError"):
        admin.read(busy_api, AMQP_URL)


def test_whoever_loads_or_checks_by_hand_waits_for_a_busy_broker(busy_api: str) -> None:
    assert admin.read(busy_api, AMQP_URL, patient=True)["queues"] == []


@pytest.fixture
def beginning_api() -> Iterator[str]:
    """That of a broker that has just begun: its first answer is 500."""
    failures = [500]
    with api(lambda: failures.pop() if failures else 200) as address:
        yield address


def test_whoever_loads_or_checks_by_hand_asks_a_broker_again_that_has_just_begun(beginning_api: str) -> None:
    assert admin.read(beginning_api, AMQP_URL, patient=True)["queues"] == []


def test_a_process_that_starts_does_not_ask_again(beginning_api: str) -> None:
    with pytest.raises(admin.BrokerRefused, match="500"):
        admin.read(beginning_api, AMQP_URL)
