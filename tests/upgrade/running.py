"""The stack that `make run` keeps up in a checkout, seen from another process: where it is, and its programs."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pika
import urllib3

from emitra_local.stack_folder import mark_of
from emitra_local.supervision import Program, Supervisor

READY_TIMEOUT_SECONDS = 60
COMMAND_TIMEOUT_SECONDS = 60
POLL_SECONDS = 0.1


@dataclass
class RunningStack:
    """What `make run` in the checkout at `root` has started. Raises OSError when nothing runs there."""

    root: Path
    supervisor: Supervisor = field(init=False)

    def __post_init__(self) -> None:
        self.state = self.root / ".local" / "run"
        self.supervisor = Supervisor(self.state, mark_of(self.state))
        self.supervisor.attach()

    @cached_property
    def run_info(self) -> dict[str, Any]:
        """What `.local/run.json` says."""
        return dict(json.loads((self.root / ".local" / "run.json").read_text()))

    @cached_property
    def ports(self) -> dict[str, int]:
        chosen = json.loads((self.state / "ports.json").read_text())
        # The gateway's is the user's choice, not the launcher's.
        return {**chosen, "gateway-http": int(self.environments["gateway-api"]["HTTP_PORT"])}

    @cached_property
    def environments(self) -> dict[str, dict[str, str]]:
        """By name of a service's program what it runs with."""
        files = sorted(self.state.glob("programs/*.json"))
        described = {file.stem: json.loads(file.read_text()) for file in files}
        return {name: program["env"] for name, program in described.items() if "MONGODB_DATABASE" in program["env"]}

    @property
    def administrator(self) -> str:
        """user:password of the broker's administrator."""
        return f"administrator:{self.secrets['secret:broker-administrator']}"

    @cached_property
    def secrets(self) -> dict[str, str]:
        return dict(json.loads((self.state / "secrets.json").read_text()))

    def url_of(self, program: str) -> str:
        return f"http://127.0.0.1:{self.ports[program]}"

    def stop(self, program: str) -> None:
        """Stop a program; returns when it has ended."""
        self.supervisor.stop_program(program)

    def start(self, program: str, **env: str) -> None:
        """Start a program, with `env` on top of its own, and wait until it is ready."""
        argv = json.loads((self.state / "programs" / f"{program}.json").read_text())["argv"]
        self.supervisor.set_environment(
            Program(program, program.rpartition("-")[0], argv, self.environments[program] | env)
        )
        self.supervisor.start_program(program)
        self.await_ready(program)

    def await_ready(self, program: str) -> None:
        """Raises TimeoutError when the program does not answer its readiness probe in time."""
        # A previous release's settings know no port for the API's probes; that it answers anything has to do.
        api = program.endswith("-api")
        port = self.environments[program]["HTTP_PORT" if api else "PROBE_PORT"]
        give_up_at = time.monotonic() + READY_TIMEOUT_SECONDS
        while time.monotonic() < give_up_at:
            try:
                answer = urllib3.request("GET", f"http://127.0.0.1:{port}/readyz", timeout=2, retries=False)
                if api or answer.status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                pass  # it is not up yet
            time.sleep(POLL_SECONDS)
        raise TimeoutError(f"{program} does not become ready")

    def stop_services(self) -> None:
        """Stop every program of every service; the database, the broker and the simulators stay."""
        for program in self.environments:
            self.stop(program)

    def command(self, service: str, *arguments: str) -> str:
        """What a command of a service printed."""
        executable = json.loads((self.state / "programs" / f"{service}-api.json").read_text())["argv"][0]
        return subprocess.run(
            [executable, *arguments],
            env=self.environments[f"{service}-api"],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=COMMAND_TIMEOUT_SECONDS,
        ).stdout

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """A channel to the broker, as its administrator."""
        url = f"amqp://{self.administrator}@127.0.0.1:{self.ports['rabbitmq']}/emitra"
        with pika.BlockingConnection(pika.URLParameters(url)) as connection:
            yield connection.channel()
