"""`make restart`: a service that runs is started again from its files as they are now, and no request fails meanwhile.

A second API listens at the first one's port until the first is back (HTTP_REUSE_PORT), as a cluster has the new pod
before the old one goes. Events wait in their queues and outboxes for the worker and the relay.

The first takes every connection in its queue before it closes its listener. One that comes between these two, within
microseconds, is reset unless the kernel moves it to the second (net.ipv4.tcp_migrate_req=1): its request was not read.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import urllib3

from emitra_local.problems import CannotStart
from emitra_local.running_stack import command, infrastructure
from emitra_local.stack_folder import mark_of
from emitra_local.supervision import Supervisor, exec_command

READY_TIMEOUT_SECONDS = 60
# A stand-in ends as any API does: it answers what it took.
STAND_IN_STOP_SECONDS = 30
POLL_SECONDS = 0.1
PROBE_TIMEOUT_SECONDS = 2


def restart_service(root: Path, state: Path, name: str, say: Callable[[str], None]) -> None:
    """Prepares the database and the broker for the new code, then restarts the service's programs one by one.

    Its settings stay those that `make run` gave it. Raises CannotStart, with the end of its log, when the new code does
    not become ready: the old API then still serves, as long as it was the stand-in that failed.
    """
    supervisor = Supervisor(state, mark_of(state))
    if not supervisor.is_up():
        raise CannotStart("The platform is not running; `make run` starts it.")
    supervisor.attach()
    running = [program["name"] for program in supervisor.all_programs() if program["group"] == name]
    # MongoDB, RabbitMQ and the simulators are programs too, but no service's.
    services = sorted(file.name.removesuffix("-api.json") for file in (state / "programs").glob("*-api.json"))
    if name not in services or not running:
        raise CannotStart(f"SERVICE is one of {', '.join(services)}, not {name!r}.")
    with infrastructure(root, state, say) as broker:
        _refuse_failed(command(state, name, "prepare"))
        administrator = {"RABBITMQ_MANAGEMENT_URL": broker.management_url}
        _refuse_failed(command(state, name, "topology", "--apply", **administrator))
    with _stand_in(state, name):
        _again(supervisor, state, f"{name}-api")
    say(f"{name}-api is back; requests went on being answered")
    for program in running:
        if program != f"{name}-api":
            _again(supervisor, state, program)
            say(f"{program} is back")


@contextmanager
def _stand_in(state: Path, name: str) -> Iterator[None]:
    """A second API of the service at the same port, with a port of its own for its probes."""
    program = json.loads((state / "programs" / f"{name}-api.json").read_text(encoding="utf-8"))
    with socket.create_server(("127.0.0.1", 0)) as chosen:
        port = chosen.getsockname()[1]
    program["env"] |= {"API_PROBE_PORT": str(port)}
    described = state / "programs" / f"{name}-stand-in.json"
    with os.fdopen(os.open(described, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
        json.dump(program, output)
    log = state / "logs" / f"{name}-stand-in.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            exec_command(f"{name}-stand-in", state), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _await_ready(f"http://127.0.0.1:{port}/readyz", log, lambda: process.poll() is None)
        yield
    finally:
        process.terminate()
        try:
            process.wait(STAND_IN_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        described.unlink()


def _again(supervisor: Supervisor, state: Path, program: str) -> None:
    try:
        supervisor.stop_program(program)
    finally:  # also after Ctrl-C
        supervisor.start_program(program)
    env = json.loads((state / "programs" / f"{program}.json").read_text(encoding="utf-8"))["env"]
    port = env["API_PROBE_PORT" if program.endswith("-api") else "PROBE_PORT"]
    _await_ready(f"http://127.0.0.1:{port}/readyz", state / "logs" / f"{program}.log", lambda: True)


def _await_ready(url: str, log: Path, lives: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + READY_TIMEOUT_SECONDS
    with urllib3.PoolManager(timeout=PROBE_TIMEOUT_SECONDS, retries=False) as http:
        while lives() and time.monotonic() < give_up_at:
            try:
                if http.request("GET", url).status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                pass
            time.sleep(POLL_SECONDS)
    end = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
    raise CannotStart(f"{log.stem} does not become ready ({url}). The end of its log:\n{end}")


def _refuse_failed(finished: subprocess.CompletedProcess[str]) -> None:
    if finished.returncode:
        words = " ".join(map(str, finished.args[1:]))
        raise CannotStart(f"`{words}` failed with {finished.returncode}:\n{finished.stdout}{finished.stderr}")
