"""The nemesis: every few seconds a random part of the platform is killed, stopped for a while, or made to misbehave."""

import heapq
import os
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random

import urllib3

from emitra_local.stack import SIMULATORS, Stack
from emitra_local.supervision import INFRASTRUCTURE
from tests.nemesis.history import History, Strike

# Between two strikes at a program of ours: starting one takes a core a second or two, and payments need the rest.
STRIKE_EVERY_SECONDS = (3.0, 5.0)
# RabbitMQ takes eight to start, and all that hang on it start afresh; without MongoDB nobody pays.
STRIKE_A_SERVER_EVERY_SECONDS = (45.0, 75.0)
TWO_AT_ONCE = 0.2
# Up to longer than a lease (15 s) and a publisher's patience for a confirm (10 s).
STOPPED_SECONDS = {
    "api": (0.5, 5.0),
    "worker": (1.0, 20.0),
    "relay": (1.0, 20.0),
    "simulator": (0.5, 10.0),
    "mongod": (0.5, 4.0),
    "rabbitmq": (2.0, 15.0),
}
MISBEHAVES_SECONDS = (2.0, 6.0)
CONTROL_TIMEOUT_SECONDS = 2
# How a biller or the provider misbehaves. Hanging outlasts billing's patience (8 s on one machine).
MISBEHAVIOUR: dict[str, dict[str, object]] = {
    "slow": {"latency_ms": 1_500},
    "refuses to serve": {"fail_next": 25, "operations": ["fetch", "payment", "inquiry"]},
    "answers too late": {"hang_next": 10, "hang_seconds": 10, "operations": ["payment"]},
    "takes it and is silent": {"drop_response_next": 25},
}
WELL_BEHAVED = {"latency_ms": 0, "fail_next": 0, "hang_next": 0, "drop_response_next": 0}
KILLED, ENDED, STOPPED = "killed by SIGKILL", "ended by SIGTERM", "stopped and continued"


class Nemesis:
    """Its strikes follow from the seed and from what runs at the moment. `run` undoes all it did when it returns."""

    def __init__(self, stack: Stack, seed: int, history: History) -> None:
        self._stack = stack
        self._random = Random(f"{seed}:nemesis")
        self._now = history.now
        self._undo: list[tuple[float, str, Callable[[], None]]] = []
        """When to undo what was done to which part; a heap."""
        self.strikes: list[Strike] = []
        """When, what, and to which part."""

    def run(self, stopping: threading.Event) -> None:
        strike_at, server_at = self._soon(STRIKE_EVERY_SECONDS), self._soon(STRIKE_A_SERVER_EVERY_SECONDS)
        try:
            while True:
                next_at = min([strike_at, server_at, *(at for at, _, _ in self._undo[:1])])
                if stopping.wait(max(0.0, next_at - self._now())):
                    return
                while self._undo and self._undo[0][0] <= self._now():
                    heapq.heappop(self._undo)[2]()
                if self._now() >= strike_at:
                    for _ in range(2 if self._random.random() < TWO_AT_ONCE else 1):
                        self._strike(server=False)
                    strike_at = self._soon(STRIKE_EVERY_SECONDS)
                if self._now() >= server_at:
                    self._strike(server=True)
                    server_at = self._soon(STRIKE_A_SERVER_EVERY_SECONDS)
        finally:
            for _, _, undo in self._undo:
                undo()
            self._undo.clear()

    def _strike(self, *, server: bool) -> None:
        """At something that runs and has nothing the matter with it; or at nothing, when there is no such part."""
        struck = {part for _, part, _ in self._undo}
        running = {
            each["name"]: each["pid"]
            for each in self._stack.supervisor.all_programs()
            if each["statename"] == "RUNNING"
            and each["name"] not in struck
            and each["name"] != "epmd"
            and (each["group"] == INFRASTRUCTURE) is server
        }
        if not running:
            return
        part = self._random.choice(sorted(running))
        kinds = [KILLED, STOPPED] if server else [KILLED, ENDED, STOPPED]
        what = self._random.choice([*kinds, *(MISBEHAVIOUR if part in SIMULATORS else ())])
        if what in MISBEHAVIOUR:
            self._misbehave(part, what)
        else:
            # An API is gunicorn's parent and its child; told to end, the parent sees to the child itself.
            self._signal(part, running[part], what, os.kill if server or what == ENDED else os.killpg)

    def _signal(self, part: str, pid: int, what: str, send: Callable[[int, int], None]) -> None:
        with suppress(ProcessLookupError):
            send(pid, {KILLED: signal.SIGKILL, ENDED: signal.SIGTERM, STOPPED: signal.SIGSTOP}[what])
            if what == STOPPED:
                seconds = self._random.uniform(*STOPPED_SECONDS[part.rpartition("-")[2]])
                self._later(seconds, part, lambda: self._continue(pid, send))
            self._struck(what, part)

    def _misbehave(self, part: str, what: str) -> None:
        with suppress(urllib3.exceptions.HTTPError):
            self._control(part, MISBEHAVIOUR[what])
            self._later(self._random.uniform(*MISBEHAVES_SECONDS), part, lambda: self._behave(part))
            self._struck(what, part)

    def _continue(self, pid: int, send: Callable[[int, int], None]) -> None:
        with suppress(ProcessLookupError):
            send(pid, signal.SIGCONT)

    def _behave(self, part: str) -> None:
        with suppress(urllib3.exceptions.HTTPError):  # nothing to undo in one that was started afresh
            self._control(part, WELL_BEHAVED)

    def _control(self, part: str, faults: Mapping[str, object]) -> None:
        url = self._stack.simulator_urls[part] + "/control/faults"
        answer = urllib3.request("POST", url, json=faults, timeout=CONTROL_TIMEOUT_SECONDS, retries=False)
        assert answer.status == 200, answer.data

    def _struck(self, what: str, part: str) -> None:
        self.strikes.append((self._now(), what, part))

    def _later(self, seconds: float, part: str, undo: Callable[[], None]) -> None:
        heapq.heappush(self._undo, (self._now() + seconds, part, undo))

    def _soon(self, between: tuple[float, float]) -> float:
        return self._now() + self._random.uniform(*between)
