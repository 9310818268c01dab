"""The whole platform, or its database and broker alone, as one object: for `make run`, tests and benchmarks."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO, TypeVar
from xmlrpc.client import Fault

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
    delete_orphaned_memory,
    delete_test_stack,
    mark_of,
    remember_elsewhere,
    stop_running,
    take_lock,
    take_memory,
)
from emitra_local.supervision import INFRASTRUCTURE, SIMULATOR_GROUP, Program, Supervisor
from emitra_local.workspace import Package, require_name

# Ten Python services on two busy cores need some ten seconds; a minute means that something is wrong.
READY_TIMEOUT_SECONDS = 60
# Others are ready: one that needs longer than this, and than this many times what they needed, keeps nobody waiting.
PATIENCE_SECONDS, PATIENCE_FACTOR = 20, 2
# A program that ended so often while everything it needs is up will not start at all.
STARTS_THAT_MEAN_BROKEN = 5
PARALLEL_COMMANDS = os.cpu_count() or 2
PROBE_TIMEOUT_SECONDS = 2
POLL_SECONDS = 0.1

SIMULATORS = {"biller-simulator": "emitra-biller-simulator", "psp-simulator": "emitra-psp-simulator"}

Stage = Callable[[str], AbstractContextManager[object]]
T = TypeVar("T")


def _silent(_: str) -> AbstractContextManager[object]:
    return nullcontext()


@dataclass
class Stack:
    """Everything a stack starts lives under `state`; several run side by side.

    `gateway_port` None picks a free one. `disposable` (tests): nothing outlives stop(), which is then quick; MongoDB
    takes fail points. `in_memory` (tests): the private servers' data are there, if there is room. `prefix` keeps
    databases and virtual host apart on servers that MONGODB_URI or AMQP_URL name.
    `with_services` False starts MongoDB and RabbitMQ only. `mongodb_members` is the size of the private replica set.
    `before_services` is called when MongoDB and RabbitMQ answer and no service has touched them yet; `configured` may
    give the programs of services another environment. Tests of an upgrade restore the former release by them.
    `checkouts` has by name the root of another checkout from which a service runs, such as that of a release, in an
    environment of its locks. `only` names the services to start, all when empty. With `keep_going` a service that
    cannot be started is put into `broken`, with the reason, and the others go on; without, it is a reason not to start.
    Use it as a context manager, or start() and stop(); from the main thread.
    """

    root: Path
    state: Path
    gateway_port: int | None = None
    disposable: bool = False
    in_memory: bool = False
    prefix: str = ""
    with_services: bool = True
    mongodb_members: int = 1
    before_services: Callable[[Infrastructure], None] | None = None
    configured: Configured = lambda _, env: env
    checkouts: Mapping[str, Path] = field(default_factory=dict)
    only: Sequence[str] = ()
    keep_going: bool = False
    stage: Stage = _silent
    say: Callable[[str], None] = lambda _: None

    def __post_init__(self) -> None:
        self.root, self.state = self.root.resolve(), self.state.resolve()
        self.environments = Environments(self.root, self.say)
        self._mark = mark_of(self.state)
        self.supervisor = Supervisor(self.state, self._mark)
        self.services: dict[str, ServicePrograms] = {}
        self.broken: dict[str, str] = {}
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
                delete_test_stack(self.state)
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
        return f"http://127.0.0.1:{self.ports[f'{GATEWAY}-http']}"

    @property
    def run_info(self) -> dict[str, Any]:
        """What `.local/run.json` says: gateway_url, docs_url, pages (service → url), sign_in_codes and the file that
        they come from, and identity's sandbox clients, people and officers, if it ever made them here."""
        urls: dict[str, Any] = {"gateway_url": self.gateway_url, "docs_url": f"{self.gateway_url}/docs"}
        urls["pages"] = {service.name: service.url for service in self.services.values() if service.has_pages}
        urls |= {"sign_in_codes": self.sign_in_codes, "sign_in_codes_file": str(self._sign_in_codes)}
        sandbox = self.state / "services" / "identity" / "sandbox.json"
        return urls | (dict(json.loads(sandbox.read_text())) if sandbox.exists() else {})

    @property
    def sign_in_codes(self) -> list[dict[str, str]]:
        """What identity would have sent to phones, the newest last: mobile, code, at."""
        return list(json.loads(self._sign_in_codes.read_text())) if self._sign_in_codes.exists() else []

    @property
    def _sign_in_codes(self) -> Path:
        return self.state / "services" / "identity" / "sign-in-codes.json"

    @property
    def chosen(self) -> list[str]:
        """The names of the services that are to run, broken ones too."""
        return list(self.only) or self.environments.workspace.service_names

    @property
    def well(self) -> list[str]:
        """The names of the services that run."""
        return [name for name in self.chosen if name not in self.broken]

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
        self.set_environment(program, env)
        self.supervisor.start_program(program)

    def set_environment(self, program: str, env: Mapping[str, str] | None = None) -> None:
        """What a program gets when it starts next: its own environment, and `env` on top."""
        described = self._programs[program]
        self.supervisor.set_environment(
            Program(described.name, described.group, described.argv, described.env | dict(env or {}))
        )

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
        for _, why in self._not_ready(programs or self._platform()):
            raise CannotStart(why)

    def is_started(self, service: str) -> bool:
        """Whether the service came as far as having programs."""
        return bool(self._programs_of(service))

    def unready_of(self, service: str) -> list[str]:
        """The programs of a started service that do not answer their probes now."""
        with urllib3.PoolManager(timeout=PROBE_TIMEOUT_SECONDS, retries=False) as http:
            return [name for name in self._programs_of(service) if not _answers(http, self._ready_url(name))]

    def try_again(self, service: str) -> None:
        """Start a broken service from its files as they are now; it is in `broken` again when it still cannot be."""
        self.environments = Environments(self.root, self.say)
        self.broken.pop(service, None)
        try:
            self._bring_up([service])
        except (CannotStart, OSError, Fault) as error:  # RabbitMQ may be away just now: no reason to stop the others
            self.broken[service] = str(error)

    # ---- starting, step by step

    def _start(self) -> None:
        leftover = end_all(self._mark, LEFTOVER_GRACE_SECONDS)
        if leftover:
            self.say(f"ended {leftover} processes that a killed stack had left behind")
        self.services, self.broken, self._programs = {}, {}, {}
        self._refuse_unknown_services()
        self.secrets = SecretStore(self.state / "secrets.json")
        self.ports = self._choose_ports()
        data = (take_memory(self.state) if self.in_memory else None) or self.state
        self._infrastructure = Infrastructure(
            self.environments, data, self.secrets, os.environ, self.prefix, self.disposable, self.ports
        )
        with self.stage("MongoDB and RabbitMQ started"):
            # A database that is thrown away need not be closed in order.
            quickly = "KILL" if self.disposable else "TERM"
            self._add([replace(program, stop_signal=quickly) for program in self.infrastructure.programs()])
            self.supervisor.describe(list(self._programs.values()))
            self.supervisor.start()
        if self.with_services:
            with self.stage("Python environments of the services there"):
                self._describe_services(self.chosen)
        with self.stage("MongoDB takes writes"):
            self.infrastructure.await_mongodb()
        if self.with_services:
            remember_elsewhere(self.state, self.infrastructure.kept_on_named_servers(list(self.services)))
            if self.before_services:
                self.infrastructure.await_rabbitmq()
                self.before_services(self.infrastructure)
            self._add(self._simulators())
            shutil.rmtree(self.state / "routes", ignore_errors=True)  # of services that ran here before
            self._start_services(self.chosen)
        else:
            with self.stage("RabbitMQ answers"):
                self.infrastructure.await_rabbitmq()

    def _bring_up(self, names: Sequence[str]) -> None:
        self._describe_services(names)
        self._start_services(names)

    def _describe_services(self, names: Sequence[str]) -> None:
        """Make the environments of those that are not broken, and take them into `services`."""
        self._put_aside({name: fault for name, fault in self.environments.workspace.broken.items() if name in names})
        for checkout in dict.fromkeys([self.root, *self.checkouts.values()]):
            here = [
                name for name in names if self.checkouts.get(name, self.root) == checkout and name not in self.broken
            ]
            environments = self.environments
            if checkout != self.root:
                environments = Environments(checkout, self.say, self.environments.cache)
            self._put_aside(environments.not_made(here))
            for name in here:
                if name not in self.broken:
                    self.services[name] = self._service(environments.workspace.package_named(name), environments)

    def _start_services(self, names: Sequence[str]) -> None:
        """Prepare those of these services that are not broken, and start their programs; return when they are ready."""
        prepared = self._each(lambda service: service.prepared, names)
        new = [name for name, before in prepared.items() if not before]
        if new:
            with self.stage("databases prepared"):
                self._each(lambda service: service.prepare(seeds_shown=not self.disposable), new)
            if not self.disposable:
                self._each(ServicePrograms.show_seeds, new, at_once=1)
        routes = self.state / "routes"
        routes.mkdir(exist_ok=True)
        self._each(lambda service: service.publish_route(routes, self.say), names)
        programs = self._each(lambda service: [service.program(process) for process in service.processes], names)
        self._add([program for of_a_service in programs.values() for program in of_a_service])
        self.supervisor.describe(list(self._programs.values()))
        write_programs(self.state, list(self.services))
        groups = [*([] if self._is_up(SIMULATOR_GROUP) else [SIMULATOR_GROUP]), *programs]
        for group in groups:
            self.supervisor.add_group(group)
        # While RabbitMQ is still starting: APIs hold no broker connection, and the others wait for it. But the first
        # time there is no topology on it yet, without which these would end.
        started = [name for group in groups for name in self._programs_of(group)]
        later = [name for name in started if new and name.endswith(("-worker", "-relay"))]
        for name in started:
            if name not in later:
                self.supervisor.start_program(name)
        with self.stage("RabbitMQ answers, topology loaded"):
            self.infrastructure.await_rabbitmq()
            self._each(ServicePrograms.load_topology, new)
            self._each(ServicePrograms.mark_prepared, new)
        started = [name for name in started if self._programs[name].group not in self.broken]
        with self.stage(f"{len(started)} processes ready"):
            for name in later:
                if name in started:
                    self.supervisor.start_program(name)
            for name, why in self._not_ready(started):
                if name in SIMULATORS:  # no service's, and others need it
                    raise CannotStart(why)
                self._put_aside({self._programs[name].group: why})

    def _each(
        self, do: Callable[[ServicePrograms], T], names: Iterable[str], at_once: int = PARALLEL_COMMANDS
    ) -> dict[str, T]:
        """What came of it, by the service's name, for those of these services that are not broken and did not break."""
        services = [self.services[name] for name in names if name not in self.broken]
        outcomes: dict[str, T] = {}

        def attempt(service: ServicePrograms) -> None:
            try:
                outcomes[service.name] = do(service)
            except (CannotStart, OSError) as error:  # a file may be gone while somebody works on it
                self._put_aside({service.name: str(error)})

        with ThreadPoolExecutor(at_once) as pool:
            for _ in pool.map(attempt, services):
                pass
        return {service.name: outcomes[service.name] for service in services if service.name in outcomes}

    def _put_aside(self, faults: Mapping[str, str]) -> None:
        for name, fault in faults.items():
            if not self.keep_going:
                raise CannotStart(f"{name} cannot be started: {fault}")
            if name not in self.broken:
                self.broken[name] = fault
                self.say(f"{name} cannot be started; the others go on")

    def _not_ready(self, programs: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Waits until the programs answer their probes; those that do not, each with the end of its log."""
        waiting = {name: self._ready_url(name) for name in programs}
        begun = time.monotonic()
        give_up_after = dict.fromkeys(programs, float(READY_TIMEOUT_SECONDS))
        starts: dict[str, set[int]] = {name: set() for name in waiting}
        with urllib3.PoolManager(timeout=PROBE_TIMEOUT_SECONDS, retries=False) as http:
            while waiting:
                for name, url in list(waiting.items()):
                    waited = time.monotonic() - begun
                    if _answers(http, url):
                        del waiting[name]
                        if self.keep_going and name not in SIMULATORS:
                            patience = min(READY_TIMEOUT_SECONDS, max(PATIENCE_SECONDS, PATIENCE_FACTOR * waited))
                            give_up_after |= {other: patience for other in waiting if other not in SIMULATORS}
                        continue
                    starts[name].add(int(self.supervisor.program_info(name)["start"]))
                    if len(starts[name]) >= STARTS_THAT_MEAN_BROKEN or waited > give_up_after[name]:
                        del waiting[name]
                        log = self.supervisor.log_tail(name)
                        yield name, f"{name} does not become ready ({url}). The end of its log:\n{log}"
                time.sleep(POLL_SECONDS if waiting else 0)

    def _refuse_unknown_services(self) -> None:
        for name in self.only:
            require_name(name, "SERVICES")
            if name not in self.environments.workspace.service_names:
                known = ", ".join(self.environments.workspace.service_names)
                raise CannotStart(f"SERVICES: there is no services/{name}; there are {known}.")

    def _choose_ports(self) -> dict[str, int]:
        names = Infrastructure.port_names(os.environ, self.mongodb_members)
        if self.with_services:
            names += list(SIMULATORS)
            # Of those that are not started too: others are told where they would be.
            for service in self.environments.workspace.service_names:
                names += port_names(service)
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

    def _service(self, package: Package, environments: Environments) -> ServicePrograms:
        names = self.environments.workspace.service_names
        places = {f"{name.replace('-', '_')}_url": f"http://127.0.0.1:{self.ports[f'{name}-http']}" for name in names}
        places |= {
            "biller_url": self.simulator_urls["biller-simulator"],
            "psp_url": self.simulator_urls["psp-simulator"],
            "routes_dir": str(self.state / "routes"),
        }
        return ServicePrograms(
            package,
            environments,
            self.infrastructure,
            self.secrets,
            self.state,
            self.ports,
            places,
            self._mark,
            self.configured,
        )

    def _simulators(self) -> list[Program]:
        folder = self.state / "simulators"
        folder.mkdir(exist_ok=True)
        env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONUNBUFFERED": "1",
            "CALLBACK_SECRET": self.secrets.secret("biller-callbacks"),
        }
        programs = []
        for name, command in SIMULATORS.items():
            argv = [str(self.environments.program("local", command)), "--port", str(self.ports[name])]
            argv += ["--state", str(folder / f"{name}.journal")]
            programs.append(Program(name, SIMULATOR_GROUP, argv, env, stop_seconds=5))
        return programs

    def _add(self, programs: Sequence[Program]) -> None:
        """Take in programs, in place of what was in their groups."""
        groups = {program.group for program in programs}
        kept = {name: program for name, program in self._programs.items() if program.group not in groups}
        self._programs = kept | {program.name: program for program in programs}

    def _platform(self) -> list[str]:
        return [name for name, program in self._programs.items() if program.group != INFRASTRUCTURE]

    def _programs_of(self, group: str) -> list[str]:
        return [name for name, program in self._programs.items() if program.group == group]

    def _is_up(self, group: str) -> bool:
        return any(program["group"] == group for program in self.supervisor.all_programs())

    def _ready_url(self, program: str) -> str:
        if program in SIMULATORS:
            return f"{self.simulator_urls[program]}/livez"
        service = self._programs[program].group
        return self.services[service].ready_url(program.removeprefix(f"{service}-"))


def disposable_stack(root: Path, *, in_memory: bool = True, **settings: Any) -> Stack:
    """A stack for tests: own folder, ports, database and virtual host names, and nothing of it left after stop().
    What earlier ones left that were killed is removed first. Whoever measures has the servers' data on the disk."""
    for abandoned in abandoned_test_stacks(root):
        stop_running(abandoned)
        delete_test_stack(abandoned)
    delete_orphaned_memory()
    name = secrets.token_hex(3)
    state = root / ".local" / f"{TEST_STATE}{name}"
    return Stack(root, state, disposable=True, in_memory=in_memory, prefix=f"t{name}_", **settings)


def _answers(http: urllib3.PoolManager, url: str) -> bool:
    with suppress(urllib3.exceptions.HTTPError):
        return http.request("GET", url).status == 200
    return False
