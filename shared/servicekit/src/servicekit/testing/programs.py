"""Programs of Python that tests start: real processes, with a pid, an environment and an end of their own.

They are forked from a process that has imported the chassis once, and the service where preload() names it (the
"forkserver" of multiprocessing, which has no threads): a start from nothing takes seconds of CPU for imports alone.
Where a test is about how a process begins and ends, it is to start one from nothing.
"""

import atexit
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_CHASSIS = ["servicekit.service", "servicekit.http", "servicekit.broker.watch", "servicekit.events"]
_FORKS.set_forkserver_preload(_CHASSIS)


def preload(*modules: str) -> None:
    """Modules that programs find imported as well, in place of those named before; for a conftest, which is read before
    the first program starts."""
    _FORKS.set_forkserver_preload([*_CHASSIS, *modules])


class Program:
    """Runs `source` with the environment `env` alone; everything it says goes to the file `said`."""

    def __init__(self, source: str, arguments: Sequence[str], env: Mapping[str, str], said: Path) -> None:
        self._said = said
        self._process: BaseProcess = _FORKS.Process(target=_run, args=(source, [*arguments], {**env}, str(said)))
        self._process.start()

    @property
    def status(self) -> int | None:
        """None while it runs, below 0 after a signal."""
        return self._process.exitcode

    def said(self) -> list[str]:
        """The lines so far; of one that ended also its last."""
        return self._said.read_text().splitlines() if self._said.exists() else []

    def send(self, number: signal.Signals) -> None:
        """Nothing, where it has ended."""
        if self._process.pid and self.status is None:
            os.kill(self._process.pid, number)

    def wait(self, timeout_seconds: float) -> int:
        """Its status once it has ended. Raises TimeoutError."""
        self._process.join(timeout_seconds)
        if self.status is None:
            raise TimeoutError(f"it runs after {timeout_seconds} s; it said {self.said()}")
        return self.status


def run(source: str, arguments: Sequence[str], env: Mapping[str, str], timeout_seconds: float) -> tuple[int, list[str]]:
    """A Program's status, and what it said, once it has ended. Raises TimeoutError, and ends it."""
    with tempfile.TemporaryDirectory() as folder:
        program = Program(source, arguments, env, Path(folder) / "said")
        try:
            return program.wait(timeout_seconds), program.said()
        finally:
            program.send(signal.SIGKILL)


def _run(source: str, arguments: list[str], env: dict[str, str], said: str) -> None:
    out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.chdir(Path(said).parent)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["-c", *arguments]
    try:
        exec(compile(source, "<program>", "exec"), {"__name__": "__main__"})  # noqa: S102 - the test's own text
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves them out
