"""supervisord as a private process manager, controlled over a socket that only this user can open."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import Faults, SupervisorTransport

from emitra_local.problems import CannotStart
from emitra_local.processes import MARK

# Linux's limit for the path of a socket is 108 bytes with the closing zero.
LONGEST_SOCKET_PATH = 100
CONTROL_TIMEOUT_SECONDS = 10
# Up for as long counts as started: one that ends sooner is started again after 1 s, 2 s, 3 s …
STARTED_AFTER_SECONDS = 2
# "For ever": a service waits for its database or broker as long as they are away.
START_ATTEMPTS = 1_000_000
LOG_BYTES = 20_000_000

# The first group is stopped after all others; each service is a group of its own, so that it can be taken in by itself.
INFRASTRUCTURE, SIMULATOR_GROUP = "infrastructure", "simulators"
_EXEC_PROGRAM = Path(__file__).with_name("exec_program.py")


@dataclass(frozen=True)
class Program:
    """A process to keep up: what to run, in which group, and how long it may take to stop before it is killed."""

    name: str
    group: str
    argv: Sequence[str]
    env: dict[str, str]
    stop_seconds: int = 20
    autostart: bool = False
    stop_signal: str = "TERM"


class Supervisor:
    """One supervisord and its programs, all carrying the mark `stack_id`."""

    def __init__(self, state: Path, stack_id: str) -> None:
        self._state = state
        self._stack_id = stack_id
        self._socket = _socket_path(state)
        self._groups: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def describe(self, programs: Sequence[Program]) -> None:
        """Write the configuration. Programs' settings are files of their own, readable by this user only."""
        for folder in ("programs", "logs"):
            (self._state / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        sections = [
            f"[unix_http_server]\nfile={_value(self._socket)}\nchmod=0700",
            f"[supervisord]\nnodaemon=true\nsilent=true\nlogfile={_value(self._log('supervisord'))}\n"
            f"logfile_maxbytes={LOG_BYTES}\nlogfile_backups=1\npidfile={_value(self._state / 'supervisord.pid')}",
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
        ]
        for program in programs:
            self._groups[program.name] = program.group
            self.set_environment(program)
            sections.append(self._section(program))
        for group in dict.fromkeys(program.group for program in programs):
            members = [program.name for program in programs if program.group == group]
            priority = int(group != INFRASTRUCTURE)
            sections.append(f"[group:{group}]\nprograms={','.join(members)}\npriority={priority}")
        (self._state / "supervisord.conf").write_text("\n\n".join(sections) + "\n")

    def set_environment(self, program: Program) -> None:
        """Write what a program runs with; takes effect when it starts next."""
        description = {
            "argv": list(program.argv),
            "env": program.env | {MARK: self._stack_id},
            "cwd": str(self._state),
        }
        file = self._state / "programs" / f"{program.name}.json"
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
            json.dump(description, output)

    def start(self) -> None:
        """Start supervisord and the programs marked autostart; returns when it answers.

        It ends by itself, with all programs, when this process dies, provided that it is the main thread that calls:
        the kernel watches threads, and a passing one would take supervisord with it.
        """
        self._socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        supervisord = [
            sys.executable,
            "-m",
            "supervisor.supervisord",
            "-n",
            "-c",
            str(self._state / "supervisord.conf"),
        ]
        own = Program("supervisord", INFRASTRUCTURE, supervisord, {"PATH": os.environ.get("PATH", os.defpath)})
        self.set_environment(own)
        watched = [] if threading.current_thread() is threading.main_thread() else ["unwatched"]
        with self._log("supervisord").open("a") as log:
            self._process = subprocess.Popen(
                exec_command("supervisord", self._state, *watched),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal is for the launcher, which then stops things in order
            )
        deadline = time.monotonic() + CONTROL_TIMEOUT_SECONDS
        while not self.is_up():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise CannotStart(f"supervisord did not start:\n{self.log_tail('supervisord')}")
            time.sleep(0.02)

    def stop(self, timeout_seconds: float) -> bool:
        """Stop supervisord and its programs, the platform before the infrastructure. False when time ran out."""
        if self._process is None:
            return True
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def attach(self) -> None:
        """Know the programs of a supervisord that another process has started."""
        self._groups = {program["name"]: program["group"] for program in self.all_programs()}

    def is_up(self) -> bool:
        try:
            self._call("supervisor.getState")
        except (OSError, Fault):
            return False
        return True

    def add_group(self, group: str) -> None:
        """Take in a group that `describe` wrote after the start, in place of what was there by its name."""
        if any(program["group"] == group for program in self.all_programs()):
            self._call("supervisor.stopProcessGroup", group)
            self._call("supervisor.removeProcessGroup", group)
        self._call("supervisor.reloadConfig")
        self._call("supervisor.addProcessGroup", group)

    def start_program(self, name: str) -> None:
        """Ask for a start and return at once; one that runs already stays as it is."""
        try:
            self._call("supervisor.startProcess", self._full(name), False)
        except Fault as error:
            if error.faultCode != Faults.ALREADY_STARTED:
                raise

    def stop_program(self, name: str) -> None:
        """Stop a program and return when it has ended; one that is not running stays as it is."""
        try:
            self._call("supervisor.stopProcess", self._full(name), True)
        except Fault as error:
            if error.faultCode != Faults.NOT_RUNNING:
                raise

    def program_info(self, name: str) -> dict[str, Any]:
        """supervisord's own record: statename, pid (0 when down), start (when, epoch seconds), spawnerr …"""
        return cast("dict[str, Any]", self._call("supervisor.getProcessInfo", self._full(name)))

    def all_programs(self) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", self._call("supervisor.getAllProcessInfo"))

    def log_tail(self, name: str, lines: int = 20) -> str:
        log = self._log(name)
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(no log)"

    def _call(self, method: str, *arguments: object) -> object:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        with ServerProxy("http://127.0.0.1", transport=transport) as proxy:
            return getattr(proxy, method)(*arguments)

    def _full(self, name: str) -> str:
        if name not in self._groups:
            raise KeyError(f"no program {name!r}; there are {', '.join(sorted(self._groups))}")
        return f"{self._groups[name]}:{name}"

    def _log(self, name: str) -> Path:
        return self._state / "logs" / f"{name}.log"

    def _section(self, program: Program) -> str:
        command = shlex.join(exec_command(program.name, self._state))
        return "\n".join(
            [
                f"[program:{program.name}]",
                f"command={_value(command)}",
                f"autostart={str(program.autostart).lower()}",
                f"autorestart=true\nstartsecs={STARTED_AFTER_SECONDS}\nstartretries={START_ATTEMPTS}",
                f"stopsignal={program.stop_signal}\nstopwaitsecs={program.stop_seconds}\nkillasgroup=true",
                f"redirect_stderr=true\nstdout_logfile={_value(self._log(program.name))}",
                f"stdout_logfile_maxbytes={LOG_BYTES}\nstdout_logfile_backups=1",
            ]
        )


def exec_command(name: str, state: Path, *flags: str) -> list[str]:
    """The command that becomes the program described in `state` by this name."""
    return [sys.executable, "-IS", str(_EXEC_PROGRAM), str(state / "programs" / f"{name}.json"), *flags]


def _value(text: object) -> str:
    return str(text).replace("%", "%%")  # supervisord expands %(name)s


def _socket_path(state: Path) -> Path:
    inside = state / "supervisor.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    short = hashlib.sha256(os.fsencode(state)).hexdigest()[:12]
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/tmp/emitra-{os.getuid()}"  # noqa: S108 - made mode 0700 below
    return Path(runtime) / f"emitra-{short}" / "supervisor.sock"
