"""The nemesis: every few seconds a random part of the platform is killed, stopped for a while, or made to misbehave."""

import heapq
import os
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from random import Random

import urllib3

from emitra_local.stack import SIMULATORS, Stack
from tests.nemesis.history import History, Strike
from tests.support.platform import eventually
from tests.support.programs import BACK_WITHIN_SECONDS

# Between two strikes at a program of ours: starting one takes a core a second or two, and payments need the rest.
STRIKE_EVERY_SECONDS = (3.0, 5.0)
# RabbitMQ takes eight to start, and all that hang on it start afresh; without MongoDB nobody pays.
STRIKE_A_SERVER_EVERY_SECONDS = (45.0, 75.0)
TWO_AT_ONCE = 0.2
SERVERS = ("mongod", "rabbitmq")
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
    """Its strikes follow from the seed and from what runs at the moment. `run` undoes all it did before it returns."""

    def __init__(self, stack: Stack, seed: int, history: History) -> None:
        self._stack = stack
        self._random = Random(f"{seed}:nemesis")
        self._elapsed = history.elapsed
        self._undo: list[tuple[float, str, Callable[[], None]]] = []
        """When to undo what was done to which part; a heap."""
        self._ended: dict[str, int] = {}
        """The pid that was told to end last, by part."""
        self.strikes: list[Strike] = []
        """When, what, and to which part."""

    def run(self, stopping: threading.Event) -> None:
        strike_at, server_at = self._soon(STRIKE_EVERY_SECONDS), self._soon(STRIKE_A_SERVER_EVERY_SECONDS)
        try:
            while True:
                next_at = min([strike_at, server_at, *(at for at, _, _ in self._undo[:1])])
                if stopping.wait(max(0.0, next_at - self._elapsed())):
                    return
                while self._undo and self._undo[0][0] <= self._elapsed():
                    heapq.heappop(self._undo)[2]()
                if self._elapsed() >= strike_at:
                    for _ in range(2 if self._random.random() < TWO_AT_ONCE else 1):
                        self._strike_any(server=False)
                    strike_at = self._soon(STRIKE_EVERY_SECONDS)
                if self._elapsed() >= server_at:
                    self._strike_any(server=True)
                    server_at = self._soon(STRIKE_A_SERVER_EVERY_SECONDS)
        finally:
            self.undo()

    def strike(self, part: str, what: str) -> None:
        """At a part that runs; `what` is KILLED, ENDED, STOPPED or, for a simulator, one of MISBEHAVIOUR."""
        if what in MISBEHAVIOUR:
            self._misbehave(part, what)
        else:
            # An API is gunicorn's parent and its child; told to end, the parent sees to the child itself.
            alone = what == ENDED or part in SERVERS
            self._signal(part, what, os.kill if alone else os.killpg)

    def undo(self) -> None:
        """Undo every strike that is not over; what was ended has another process afterwards. Repeatable.

        Raises AssertionError when one is not started again.
        """
        while self._undo:
            heapq.heappop(self._undo)[2]()
        while self._ended:
            part, pid = self._ended.popitem()
            new = partial(self._has_another_pid, part, pid)
            eventually(new, BACK_WITHIN_SECONDS, f"{part} is started again")

    def _strike_any(self, *, server: bool) -> None:
        """At something that runs and has nothing the matter with it; or at nothing, when there is no such part."""
        struck = {part for _, part, _ in self._undo}
        running = [
            program["name"]
            for program in self._stack.supervisor.all_programs()
            if program["statename"] == "RUNNING"
            and program["name"] not in struck
            and program["name"] != "epmd"
            and (program["name"] in SERVERS) is server
        ]
        if not running:
            return
        part = self._random.choice(sorted(running))
        kinds = [KILLED, STOPPED] if server else [KILLED, ENDED, STOPPED]
        self.strike(part, self._random.choice([*kinds, *(MISBEHAVIOUR if part in SIMULATORS else ())]))

    def _signal(self, part: str, what: str, send: Callable[[int, int], None]) -> None:
        pid = self._stack.pid(part)
        if not pid:  # ended by itself just now; 0 would be this very process
            return
        with suppress(ProcessLookupError):
            send(pid, {KILLED: signal.SIGKILL, ENDED: signal.SIGTERM, STOPPED: signal.SIGSTOP}[what])
            if what == STOPPED:
                seconds = self._random.uniform(*STOPPED_SECONDS[part.rpartition("-")[2]])
                self._later(seconds, part, lambda: self._continue(pid, send))
            else:
                self._ended[part] = pid
            self._struck(what, part)

    def _has_another_pid(self, part: str, pid: int) -> bool:
        return self._stack.pid(part) not in {0, pid}

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
        self.strikes.append((self._elapsed(), what, part))

    def _later(self, seconds: float, part: str, undo: Callable[[], None]) -> None:
        heapq.heappush(self._undo, (self._elapsed() + seconds, part, undo))

    def _soon(self, between: tuple[float, float]) -> float:
        return self._elapsed() + self._random.uniform(*between)
