"""The whole platform, or its database and broker alone, as one object: for `make run`, tests and benchmarks."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

import urllib3

from emitra_local import ports, rabbitmq
from emitra_local.environments import Environments
from emitra_local.infrastructure import Infrastructure
from emitra_local.problems import CannotStart
from emitra_local.processes import end_all
from emitra_local.secret_store import SecretStore
from emitra_local.service_command import write_programs
from emitra_local.service_programs import GATEWAY, Configured, ServicePrograms, port_names
from emitra_local.stack_folder import (
    LEFTOVER_GRACE_SECONDS,
    STOP_TIMEOUT_SECONDS,
    TEST_STATE,
    abandoned_test_stacks,
    mark_of,
    remember_elsewhere,
    stop_running,
    take_lock,
)
from emitra_local.supervision import PLATFORM, Program, Supervisor

# Ten Python services on two busy cores need some ten seconds; a minute means that something is wrong.
READY_TIMEOUT_SECONDS = 60
# A program that ended so often while everything it needs is up will not start at all.
STARTS_THAT_MEAN_BROKEN = 5
PARALLEL_COMMANDS = os.cpu_count() or 2

SIMULATORS = {"biller-simulator": "emitra-biller-simulator", "psp-simulator": "emitra-psp-simulator"}

Stage = Callable[[str], AbstractContextManager[object]]


def _silent(_: str) -> AbstractContextManager[object]:
    return nullcontext()


@dataclass
class Stack:
    """Everything a stack starts lives under `state`; several run side by side.

    `gateway_port` None picks a free one. `disposable` (tests): nothing outlives stop(), which is then quick; MongoDB
    takes fail points. `prefix` keeps databases and virtual host apart on servers that MONGODB_URI or AMQP_URL name.
    `with_services` False starts MongoDB and RabbitMQ only. `mongodb_members` is the size of the private replica set.
    `before_services` is called when MongoDB and RabbitMQ answer and no service has touched them yet; `configured` may
    give the programs of services another environment. Tests of an upgrade restore the former release by them.
    Use it as a context manager, or start() and stop(); from the main thread.
    """

    root: Path
    state: Path
    gateway_port: int | None = None
    disposable: bool = False
    prefix: str = ""
    with_services: bool = True
    mongodb_members: int = 1
    before_services: Callable[[Infrastructure], None] | None = None
    configured: Configured = lambda _, env: env
    stage: Stage = _silent
    say: Callable[[str], None] = lambda _: None

    def __post_init__(self) -> None:
        self.root, self.state = self.root.resolve(), self.state.resolve()
        self.environments = Environments(self.root, self.say)
        self._mark = mark_of(self.state)
        self.supervisor = Supervisor(self.state, self._mark)
        self.services: dict[str, ServicePrograms] = {}
        self._infrastructure: Infrastructure | None = None
        self._programs: dict[str, Program] = {}
        self._lock: TextIO | None = None

    def start(self) -> None:
        """Start everything and return when it is ready to serve. Cleans up first after a stack that was killed here.

        Raises CannotStart, with everything stopped again.
        """
        self._lock = take_lock(self.state)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything this stack started and nothing else; returns when it has ended. Repeatable."""
        if self._lock is None:
            return
        try:
            self.supervisor.stop(STOP_TIMEOUT_SECONDS)
            end_all(self._mark, LEFTOVER_GRACE_SECONDS)
            if self.disposable and self._infrastructure:
                self._infrastructure.forget(list(self.services))
        finally:
            if self.disposable:
                shutil.rmtree(self.state, ignore_errors=True)
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def infrastructure(self) -> Infrastructure:
        """Where MongoDB and RabbitMQ are; known once start() has begun."""
        if self._infrastructure is None:
            raise RuntimeError("the stack was not started")
        return self._infrastructure

    @property
    def gateway_url(self) -> str:
        return self.services[GATEWAY].url

    @property
    def run_info(self) -> dict[str, Any]:
        """What `.local/run.json` says: gateway_url, docs_url, and identity's sandbox clients, people and officers."""
        urls: dict[str, Any] = {"gateway_url": self.gateway_url, "docs_url": f"{self.gateway_url}/docs"}
        sandbox = self.services["identity"].own_state / "sandbox.json"
        return urls | dict(json.loads(sandbox.read_text()))

    @property
    def infrastructure_env(self) -> dict[str, str]:
        """What service tests need: MONGODB_URI, AMQP_URL and RABBITMQ_MANAGEMENT_URL (an administrator's)."""
        return {
            "MONGODB_URI": self.infrastructure.mongodb_uri,
            "AMQP_URL": self.infrastructure.amqp_url,
            "RABBITMQ_MANAGEMENT_URL": self.infrastructure.management_url,
        }

    @property
    def simulator_urls(self) -> dict[str, str]:
        """By program name, e.g. {"biller-simulator": "http://127.0.0.1:20123", …}."""
        return {name: f"http://127.0.0.1:{self.ports[name]}" for name in SIMULATORS}

    def env_of(self, service: str, process: str) -> dict[str, str]:
        """The whole environment of a service's process; a process started with it counts as this stack's own."""
        return self.services[service].env(process)

    def program_names(self) -> list[str]:
        """Every program, e.g. "billing-relay", "mongod", "biller-simulator"."""
        return list(self._programs)

    def pid(self, program: str) -> int:
        """The pid of a running program, 0 while it is down. An API's is gunicorn's parent process."""
        return int(self.supervisor.program_info(program)["pid"])

    def stop_program(self, program: str) -> None:
        """Stop a program until start_program; returns when it has ended."""
        self.supervisor.stop_program(program)

    def start_program(self, program: str, env: Mapping[str, str] | None = None) -> None:
        """Start a stopped program, with `env` (e.g. CRASH_POINT) on top of its own this time and at its restarts."""
        described = self._programs[program]
        self.supervisor.set_environment(
            Program(described.name, described.group, described.argv, described.env | dict(env or {}))
        )
        self.supervisor.start_program(program)

    def restart_program(self, program: str, env: Mapping[str, str] | None = None) -> None:
        """stop_program, then start_program; await_ready says when it serves again."""
        self.stop_program(program)
        self.start_program(program, env)

    def rabbitmqctl(self, *arguments: str) -> str:
        """Run rabbitmqctl on the private node and return what it printed. Raises CannotStart when it fails."""
        return rabbitmq.control(self._programs["rabbitmq"], *arguments)

    def await_ready(self, programs: Sequence[str] | None = None) -> None:
        """Wait until the named programs (by default all of the platform, simulators included) answer their probes.

        Raises CannotStart with the end of the log of the first one that does not.
        """
        waiting = {name: url for name, url in self._ready_urls().items() if programs is None or name in programs}
        deadline = time.monotonic() + READY_TIMEOUT_SECONDS
        starts: dict[str, set[int]] = {name: set() for name in waiting}
        with urllib3.PoolManager(timeout=2, retries=False) as http:
            while waiting:
                for name, url in list(waiting.items()):
                    with suppress(urllib3.exceptions.HTTPError):
                        if http.request("GET", url).status == 200:
                            del waiting[name]
                            continue
                    starts[name].add(int(self.supervisor.program_info(name)["start"]))
                    if len(starts[name]) >= STARTS_THAT_MEAN_BROKEN or time.monotonic() > deadline:
                        log = self.supervisor.log_tail(name)
                        raise CannotStart(f"{name} does not become ready. The end of its log:\n{log}")
                time.sleep(0.1 if waiting else 0)

    # ---- starting, step by step

    def _start(self) -> None:
        leftover = end_all(self._mark, LEFTOVER_GRACE_SECONDS)
        if leftover:
            self.say(f"ended {leftover} processes that a killed stack had left behind")
        self.services, self._programs = {}, {}
        self.secrets = SecretStore(self.state / "secrets.json")
        self.ports = self._choose_ports()
        self._infrastructure = Infrastructure(
            self.environments, self.state, self.secrets, os.environ, self.prefix, self.disposable, self.ports
        )
        with self.stage("MongoDB and RabbitMQ started"):
            # A database that is thrown away need not be closed in order.
            quickly = "KILL" if self.disposable else "TERM"
            self._add([replace(program, stop_signal=quickly) for program in self.infrastructure.programs()])
            self.supervisor.describe(list(self._programs.values()))
            self.supervisor.start()
        if self.with_services:
            with self.stage("Python environments of the services there"):
                self.environments.ensure_all(package.folder.name for package in self.environments.workspace.services)
                self.services = {service.name: service for service in self._services()}
        with self.stage("MongoDB takes writes"):
            self.infrastructure.await_mongodb()
        if self.with_services:
            remember_elsewhere(self.state, self.infrastructure.kept_on_named_servers(list(self.services)))
            if self.before_services:
                self.infrastructure.await_rabbitmq()
                self.before_services(self.infrastructure)
            self._start_services()
        else:
            with self.stage("RabbitMQ answers"):
                self.infrastructure.await_rabbitmq()

    def _start_services(self) -> None:
        new = [service for service in self.services.values() if not service.prepared]
        if new:
            with self.stage("databases prepared"):
                _at_once(lambda service: service.prepare(seeds_shown=not self.disposable), new)
            if not self.disposable:
                for service in new:
                    service.show_seeds()
        routes = self.state / "routes"
        routes.mkdir(exist_ok=True)
        for service in self.services.values():
            service.publish_route(routes, self.say)
        programs = [service.program(process) for service in self.services.values() for process in service.processes]
        self._add([*self._simulators(), *programs])
        self.supervisor.describe(list(self._programs.values()))
        write_programs(self.state, list(self.services))
        self.supervisor.add_group(PLATFORM)
        # While RabbitMQ is still starting: APIs hold no broker connection, and the others wait for it. But the first
        # time there is no topology on it yet, without which these would end.
        later = [name for name in self._platform() if new and name.endswith(("-worker", "-relay"))]
        for name in self._platform():
            if name not in later:
                self.supervisor.start_program(name)
        with self.stage("RabbitMQ answers, topology loaded"):
            self.infrastructure.await_rabbitmq()
            _at_once(ServicePrograms.load_topology, new)
            for service in new:
                service.mark_prepared()
        with self.stage(f"{len(self._platform())} processes ready"):
            for name in later:
                self.supervisor.start_program(name)
            self.await_ready()

    def _choose_ports(self) -> dict[str, int]:
        names = Infrastructure.port_names(os.environ, self.mongodb_members)
        if self.with_services:
            names += list(SIMULATORS)
            for service in self.environments.workspace.services:
                names += port_names(service.folder.name)
        chosen = ports.remembered_ports(self.state / "ports.json", names)
        if self.gateway_port is not None:
            if not ports.is_free(self.gateway_port):
                holder = ports.holder_of(self.gateway_port)
                raise CannotStart(
                    f"Port {self.gateway_port} on 127.0.0.1 is taken{' by ' + holder if holder else ''}, and the "
                    "gateway needs it.\nChoose another one: make run GATEWAY_PORT=8081"
                )
            chosen[f"{GATEWAY}-http"] = self.gateway_port
        return chosen

    def _services(self) -> Iterator[ServicePrograms]:
        packages = self.environments.workspace.services
        places = {}
        for package in packages:
            name = package.folder.name
            places[f"{name.replace('-', '_')}_url"] = f"http://127.0.0.1:{self.ports[f'{name}-http']}"
        places |= {
            "biller_url": self.simulator_urls["biller-simulator"],
            "psp_url": self.simulator_urls["psp-simulator"],
        }
        places["routes_dir"] = str(self.state / "routes")
        for package in packages:
            yield ServicePrograms(
                package,
                self.environments,
                self.infrastructure,
                self.secrets,
                self.state,
                self.ports,
                places,
                self._mark,
                self.configured,
            )

    def _simulators(self) -> Iterator[Program]:
        folder = self.state / "simulators"
        folder.mkdir(exist_ok=True)
        env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONUNBUFFERED": "1",
            "CALLBACK_SECRET": self.secrets.secret("biller-callbacks"),
        }
        for name, command in SIMULATORS.items():
            argv = [str(self.environments.program("local", command)), "--port", str(self.ports[name])]
            yield Program(name, PLATFORM, [*argv, "--state", str(folder / f"{name}.journal")], env, stop_seconds=5)

    def _add(self, programs: Sequence[Program]) -> None:
        self._programs |= {program.name: program for program in programs}

    def _platform(self) -> list[str]:
        return [name for name, program in self._programs.items() if program.group == PLATFORM]

    def _ready_urls(self) -> dict[str, str]:
        simulators = {name: f"{url}/livez" for name, url in self.simulator_urls.items()} if self.services else {}
        return simulators | {
            f"{service.name}-{process}": service.ready_url(process)
            for service in self.services.values()
            for process in service.processes
        }


def disposable_stack(root: Path, **settings: Any) -> Stack:
    """A stack for tests: own folder, ports, database and virtual host names, and nothing of it left after stop().
    What earlier ones left that were killed is removed first."""
    for state in abandoned_test_stacks(root):
        stop_running(state)
        shutil.rmtree(state, ignore_errors=True)
    name = secrets.token_hex(3)
    return Stack(root, root / ".local" / f"{TEST_STATE}{name}", disposable=True, prefix=f"t{name}_", **settings)


def _at_once(do: Callable[[ServicePrograms], None], services: Sequence[ServicePrograms]) -> None:
    with ThreadPoolExecutor(PARALLEL_COMMANDS) as pool:
        for _ in pool.map(do, services):
            pass
