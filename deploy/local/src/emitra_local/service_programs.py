"""What each service is run with on one machine: its settings, its processes, and the commands that prepare it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from emitra_local import service_settings
from emitra_local.environments import Environments
from emitra_local.generated import published_document
from emitra_local.infrastructure import Infrastructure
from emitra_local.problems import CannotStart
from emitra_local.processes import MARK
from emitra_local.secret_store import SecretStore
from emitra_local.supervision import Program
from emitra_local.workspace import Package

# A drain ends before this: gunicorn's own grace is longer, for callers that are not on this machine.
STOP_SECONDS = 15
# Seeding 40,000 centres takes seconds; a command that hangs must not hold the terminal for ever.
COMMAND_TIMEOUT_SECONDS = 300
GATEWAY = "gateway"
# The key pair with which the gateway vouches for a caller to the services behind it.
INTERNAL_TOKEN_KEY = "internal-token"  # noqa: S105 - a name, not a secret

# The environment that a program runs with, given its name (`billing-api`) and what this launcher would run it with.
Configured = Callable[[str, dict[str, str]], dict[str, str]]


def port_names(service: str) -> list[str]:
    return [f"{service}-http", *(f"{service}-{process}-probe" for process in ("api", "worker", "relay"))]


@dataclass
class ServicePrograms:
    """One service of the stack."""

    package: Package
    environments: Environments
    infrastructure: Infrastructure
    secrets: SecretStore
    state: Path
    ports: Mapping[str, int]
    places: Mapping[str, str]
    mark: str
    configured: Configured

    @property
    def name(self) -> str:
        return self.package.folder.name

    @property
    def own_state(self) -> Path:
        """The folder that the service's own file calls {state_dir}."""
        folder = self.state / "services" / self.name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports[f'{self.name}-http']}"

    @property
    def executable(self) -> Path:
        return self.environments.program(self.name, self.name)

    @cached_property
    def settings(self) -> service_settings.ServiceSettings:
        return service_settings.read(
            self.package.folder, {**self.places, "state_dir": str(self.own_state)}, self.secrets
        )

    def env(self, process: str = "api") -> dict[str, str]:
        """The whole environment of one process: nothing of the user's own leaks in, so nothing undeclared is needed."""
        probe = "relay" if process == "relay" else "worker"
        common = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.own_state),
            "LC_ALL": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "ENVIRONMENT": "sandbox",
            "MONGODB_URI": self.infrastructure.mongodb_uri,
            "MONGODB_DATABASE": self.infrastructure.database_of(self.name),
            "AMQP_URL": self.infrastructure.amqp_url_of(self.name),
            "BROKER_CHECK_URL": self.infrastructure.broker_check_url,
            "JWKS_URL": f"{self.places['identity_url']}/.well-known/jwks.json",
            "ISSUER": self.places["gateway_url"],
            "INTERNAL_TOKEN_JWKS": self.secrets.ed25519_public_jwks(INTERNAL_TOKEN_KEY),
            "CURSOR_SECRET": self.secrets.secret(f"cursor-{self.name}"),
            # For `make restart`: a second API stands in at the same port.
            "HTTP_REUSE_PORT": "true",
            "HTTP_PORT": str(self.ports[f"{self.name}-http"]),
            "PROBE_PORT": str(self.ports[f"{self.name}-{probe}-probe"]),
            "API_PROBE_PORT": str(self.ports[f"{self.name}-api-probe"]),
        }
        passed_on = {
            name: os.environ[name] for name in ("LOG_LEVEL", "OTEL_EXPORTER_OTLP_ENDPOINT") if os.environ.get(name)
        }
        env = common | passed_on | self.settings.env | {MARK: self.mark}
        return self.configured(f"{self.name}-{process}", env)

    def program(self, process: str) -> Program:
        return Program(
            f"{self.name}-{process}", self.name, [str(self.executable), process], self.env(process), STOP_SECONDS
        )

    def ready_url(self, process: str) -> str:
        """Where the process was told to answer; an API without a port for its probes answers them beside the rest."""
        env = self.env(process)
        port = env.get("API_PROBE_PORT", env["HTTP_PORT"]) if process == "api" else env["PROBE_PORT"]
        return f"http://127.0.0.1:{port}/readyz"

    @property
    def has_pages(self) -> bool:
        """Whether people open it at an address of its own: its document has no operation for the gateway."""
        document = self.package.folder / "openapi.yaml"
        return document.exists() and bool(re.search(r"^paths: \{\}$", document.read_text(), re.MULTILINE))

    def publish_route(self, folder: Path, say: Callable[[str], None]) -> None:
        """Put the service's OpenAPI document and its address where the gateway reads its routes."""
        document = self.package.folder / "openapi.yaml"
        if self.name == GATEWAY:
            return
        if not document.exists():
            say(f"{self.name} has no openapi.yaml, so the gateway has no route to it (CONTRIBUTING.md, Add a service)")
            return
        if self.has_pages:
            return
        # The address first: a document without one is a route to nowhere.
        _replace(folder / f"{self.name}.url", self.url + "\n")
        _replace(folder / f"{self.name}.yaml", published_document(document.read_text(), self.package.folder))

    @property
    def prepared(self) -> bool:
        """Whether this very code has prepared this stack's own database and broker before."""
        return "mongod" in self.ports and "rabbitmq" in self.ports and self._record.get("code") == self._code

    @property
    def processes(self) -> list[str]:
        """The processes the service runs as; known once `prepare` has run."""
        return list(self._record["processes"])

    def prepare(self, *, seeds_shown: bool) -> None:
        """Indexes, validators and seeds; `seeds_shown` leaves those with progress to show_seeds(). Repeatable."""
        self.command("prepare")
        self._record["processes"] = self.command("processes").split()
        for seed in self.settings.seeds:
            if not (seeds_shown and seed.progress):
                self.command(*seed.args)

    def show_seeds(self) -> None:
        """Run the seeds whose progress a person wants to see. Repeatable."""
        for seed in self.settings.seeds:
            if seed.progress:
                self.command(*seed.args, shown=True)

    def load_topology(self) -> None:
        """Exchanges, queues, the service's own broker user and its permissions. Repeatable."""
        self.command("topology", "--apply", env={"RABBITMQ_MANAGEMENT_URL": self.infrastructure.management_url})

    def mark_prepared(self) -> None:
        """Remember that all of it was done, so that the next start need not repeat it."""
        self._record["code"] = self._code
        _replace(self._record_file, json.dumps(self._record))

    def command(self, *arguments: str, env: Mapping[str, str] | None = None, shown: bool = False) -> str:
        """Run one of the service's commands to its end and return what it printed, unless it is `shown`.

        Raises CannotStart with its last lines when it fails.
        """
        try:
            finished = subprocess.run(
                [str(self.executable), *arguments],
                env=self.env() | dict(env or {}) | ({"TERM": os.environ.get("TERM", "dumb")} if shown else {}),
                cwd=self.own_state,
                stdin=subprocess.DEVNULL,
                stdout=None if shown else subprocess.PIPE,
                stderr=None if shown else subprocess.PIPE,
                text=True,
                check=False,
                timeout=COMMAND_TIMEOUT_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise CannotStart(f"`{self.name} {' '.join(arguments)}` did not finish in {error.timeout:.0f} s") from error
        if finished.returncode:
            output = "\n".join(((finished.stdout or "") + (finished.stderr or "")).splitlines()[-15:])
            raise CannotStart(f"`{self.name} {' '.join(arguments)}` failed with {finished.returncode}:\n{output}")
        return finished.stdout or ""

    @property
    def _record_file(self) -> Path:
        return self.own_state / "prepared.json"

    @cached_property
    def _record(self) -> dict[str, Any]:
        with suppress(FileNotFoundError, ValueError):
            return dict(json.loads(self._record_file.read_text()))
        return {}

    @cached_property
    def _code(self) -> str:
        """A digest that changes with anything that could make preparing come out differently."""
        digest = hashlib.sha256(repr((self.settings, self.infrastructure.vhost)).encode())
        closure, _ = self.environments.workspace.closure(self.package)
        files = [self.environments.lock_of(self.name)]
        files += [file for package in closure for file in package.source.rglob("*") if file.suffix != ".pyc"]
        for file in sorted(files):
            status = file.stat()
            if not file.is_dir():
                digest.update(f"{file} {status.st_size} {status.st_mtime_ns}\n".encode())
        return digest.hexdigest()


def _replace(file: Path, text: str) -> None:
    beside = file.with_name(f".{file.name}.new")
    beside.write_text(text)
    beside.replace(file)
