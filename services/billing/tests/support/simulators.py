"""The biller network and the payment service provider as real processes, and what a test asks of them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import urllib3

CALLBACK_SECRET = "a-callback-secret-that-only-tests-use"
_START_SECONDS = 20


@dataclass(frozen=True)
class Simulator:
    """One running simulator."""

    url: str

    def faults(self, **changes: Any) -> None:
        """Set faults; see the simulator's own documentation."""
        self._post("/control/faults", changes)

    def advance(self, seconds: float) -> None:
        """Move the simulated clock forward."""
        self._post("/control/clock", {"advance_seconds": seconds})

    def payments(self, request_id: str) -> list[dict[str, Any]]:
        """What it accepted under one request id."""
        answer = urllib3.request("GET", f"{self.url}/control/payments?request_id={request_id}", timeout=5)
        found: list[dict[str, Any]] = answer.json()["payments"]
        return found

    def refunds(self, request_id: str) -> list[dict[str, Any]]:
        """What it gave back under one request id."""
        answer = urllib3.request("GET", f"{self.url}/control/refunds?request_id={request_id}", timeout=5)
        found: list[dict[str, Any]] = answer.json()["payments"]
        return found

    def charges(self, request_id: str) -> list[dict[str, Any]]:
        """What it charged under one request id."""
        answer = urllib3.request("GET", f"{self.url}/control/charges?request_id={request_id}", timeout=5)
        found: list[dict[str, Any]] = answer.json()["payments"]
        return found

    def _post(self, path: str, body: dict[str, Any]) -> None:
        answer = urllib3.request("POST", self.url + path, json=body, timeout=5)
        assert answer.status == 200, answer.data


@contextmanager
def simulator(kind: str) -> Iterator[Simulator]:
    """A `biller` or `psp` simulator in a process of its own, on a free port, gone afterwards."""
    program = f"from emitra_simulators.server import {kind}_simulator as main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "CALLBACK_SECRET": CALLBACK_SECRET},
    )
    try:
        assert process.stdout is not None
        announced = process.stdout.readline()  # ends with the pipe if the process does
        assert " ready on " in announced, f"the {kind} simulator did not start: {announced!r}"
        yield Simulator(announced.rsplit(" ", 1)[1].strip())
    finally:
        process.terminate()
        process.wait(_START_SECONDS)
        if process.stdout:
            process.stdout.close()


def signed(body: dict[str, Any], secret: str = CALLBACK_SECRET) -> tuple[bytes, str]:
    """A callback's bytes and its signature, as the biller network makes them."""
    from billing.application.payments.accept_callback import signature_of

    raw = json.dumps(body).encode()
    return raw, signature_of(raw, secret)
