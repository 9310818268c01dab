"""The simulators as processes of their own, asked over real HTTP."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
import urllib3

from emitra_simulators.callbacks import signature

SECRET = "a sandbox secret"
PATIENCE_SECONDS = 20


class Simulator:
    def __init__(self, command: str, *options: str) -> None:
        code = f"from emitra_simulators.server import {command}; {command}()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"CALLBACK_SECRET": SECRET},
        )
        self.http = urllib3.PoolManager(retries=False, timeout=PATIENCE_SECONDS)
        assert self.process.stdout is not None
        first_line = self.process.stdout.readline()
        self.url = first_line.strip().rpartition(" ")[2]

    def post(self, path: str, body: object) -> Any:
        return self.http.request("POST", self.url + path, json=body).json()

    def get(self, path: str) -> Any:
        return self.http.request("GET", self.url + path).json()

    def payment(self, number: str, request_id: str) -> dict[str, Any]:
        consumer = {"biller_id": "JVVNL", "customer_params": {"k_number": number}}
        bill = self.post("/bill-fetches", consumer)["bills"][0]
        members = {"request_id": request_id, "bill_ref": bill["bill_ref"], "amount_paise": bill["amount_paise"]}
        return consumer | members

    def end(self, with_signal: signal.Signals) -> tuple[int, str]:
        self.http.clear()
        self.process.send_signal(with_signal)
        _, errors = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, errors


Start = Callable[..., Simulator]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Simulator] = []

    def start(command: str, *options: str) -> Simulator:
        started.append(Simulator(command, *options))
        return started[-1]

    yield start
    for simulator in started:
        simulator.http.clear()
        simulator.process.kill()
        simulator.process.communicate(timeout=PATIENCE_SECONDS)


def test_what_a_killed_biller_had_accepted_is_known_to_the_next(start: Start, tmp_path: Path) -> None:
    options = ("--port", "0", "--state", str(tmp_path / "biller.jsonl"))
    first = start("biller_simulator", *options)
    body = first.payment("100000000001", "pay_1:post")
    assert first.post("/payments", body)["status"] == "SUCCESS"
    assert first.end(signal.SIGKILL)[0] == -signal.SIGKILL

    second = start("biller_simulator", *options)
    assert second.get("/payments/pay_1:post")["status"] == "SUCCESS"
    second.post("/payments", body)
    [row] = second.get("/control/payments")["payments"]
    assert row["times_received"] == 2


def test_a_dropped_answer_closes_the_connection_after_the_payment_was_recorded(start: Start) -> None:
    biller = start("biller_simulator", "--port", "0")
    body = biller.payment("100000000001", "pay_1:post")
    biller.post("/control/faults", {"drop_response_next": 1})
    with pytest.raises(urllib3.exceptions.ProtocolError):
        biller.post("/payments", body)
    assert biller.get("/payments/pay_1:post")["status"] == "SUCCESS"
    assert biller.post("/payments", body)["status"] == "SUCCESS"


def test_many_callers_at_once_get_one_payment_per_request_id(start: Start) -> None:
    biller = start("biller_simulator", "--port", "0")
    bodies = [biller.payment("200000000001", f"pay_{number}") for number in range(20)]
    answers: Queue[str] = Queue()

    def call() -> None:
        for body in bodies:
            answers.put(biller.post("/payments", body)["biller_reference"])

    callers = [threading.Thread(target=call) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(PATIENCE_SECONDS)
    rows = biller.get("/control/payments")["payments"]
    assert [row["times_received"] for row in rows] == [8] * 20
    assert len({answers.get_nowait() for _ in range(160)}) == 20


def test_callbacks_come_three_times_out_of_order_and_signed(start: Start) -> None:
    received: Queue[tuple[str, bytes]] = Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()
            received.put((self.headers["X-Signature"], body))

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            biller = start("biller_simulator", "--port", "0")
            body = biller.payment("100000000009", "pay_1:post")
            url = f"http://127.0.0.1:{server.server_port}/callbacks"
            assert biller.post("/payments", body | {"callback_url": url})["status"] == "SUCCESS"
            calls = [received.get(timeout=PATIENCE_SECONDS) for _ in range(3)]
        finally:
            server.shutdown()
            thread.join()
    assert [json.loads(body) for _, body in calls] == [
        {"request_id": "pay_1:post", "status": "SUCCESS", "sequence": 3},
        {"request_id": "pay_1:post", "status": "PENDING", "sequence": 1},
        {"request_id": "pay_1:post", "status": "PENDING", "sequence": 2},
    ]
    assert [given for given, _ in calls] == [signature(SECRET.encode(), body) for _, body in calls]


def test_a_hanging_request_neither_blocks_others_nor_the_stopping(start: Start) -> None:
    biller = start("biller_simulator", "--port", "0")
    body = biller.payment("100000000004", "pay_1:post")
    caller = urllib3.PoolManager(retries=False, timeout=0.5)
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        caller.request("POST", biller.url + "/payments", json=body)
    caller.clear()
    assert biller.get("/payments/pay_1:post")["status"] == "PENDING"
    code, errors = biller.end(signal.SIGTERM)
    assert code == 0
    assert "Traceback" not in errors


def test_the_provider_authorises_and_captures_over_http(start: Start, tmp_path: Path) -> None:
    psp = start("psp_simulator", "--port", "0", "--state", str(tmp_path / "psp.jsonl"))
    body = {"request_id": "pay_1:auth", "amount_paise": 5000, "mode": "CARD", "instrument": "tok_sandbox_ok"}
    authorisation = psp.post("/authorisations", body)
    capture = psp.post(f"/authorisations/{authorisation['authorisation_id']}/captures", {"request_id": "pay_1:cap"})
    assert capture["status"] == "CAPTURED"
    assert psp.end(signal.SIGINT)[0] == 0


def test_a_taken_port_is_named_at_once(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = start("biller_simulator", "--port", port)
        _, errors = refused.process.communicate(timeout=PATIENCE_SECONDS)
    assert refused.process.returncode == 1
    assert f"127.0.0.1:{port}" in errors
    assert "--port" in errors
    assert "Traceback" not in errors


def test_a_state_file_in_use_is_named(start: Start, tmp_path: Path) -> None:
    state = str(tmp_path / "biller.jsonl")
    start("biller_simulator", "--port", "0", "--state", state)
    refused = start("biller_simulator", "--port", "0", "--state", state)
    _, errors = refused.process.communicate(timeout=PATIENCE_SECONDS)
    assert (refused.process.returncode, "Traceback" in errors) == (1, False)
    assert state in errors


def test_callbacks_are_refused_without_a_secret(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "SECRET", "")
    biller = start("biller_simulator", "--port", "0")
    body = biller.payment("100000000009", "pay_1:post") | {"callback_url": "http://127.0.0.1:1/"}
    assert biller.post("/payments", body)["error"] == "no-callback-secret"
