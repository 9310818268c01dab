"""MongoDB and RabbitMQ for one stack: those the user names in the environment, else private ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError, ServerSelectionTimeoutError

from emitra_local import mongodb, rabbitmq
from emitra_local.environments import Environments
from emitra_local.problems import CannotStart
from emitra_local.secret_store import SecretStore
from emitra_local.supervision import Program

# A server that does not answer within this is not there; a replica set elects a primary within it.
SERVER_TIMEOUT_MS = 10_000


@dataclass
class Infrastructure:
    """Where the database and the broker are, and the processes that have to run for that.

    Private ones keep their data under `data`. `prefix` keeps this stack's databases, virtual host and users apart from
    others' on a shared server.
    """

    environments: Environments
    data: Path
    secrets: SecretStore
    environ: Mapping[str, str]
    prefix: str
    failpoints: bool
    ports: Mapping[str, int]

    @staticmethod
    def port_names(environ: Mapping[str, str], mongodb_members: int) -> list[str]:
        """The ports that private servers need; none for a server that `environ` names."""
        private_mongodb = [] if "MONGODB_URI" in environ else mongodb.member_names(mongodb_members)
        private_rabbitmq = [] if "AMQP_URL" in environ else list(rabbitmq.PORTS)
        return private_mongodb + private_rabbitmq

    @property
    def mongodb_uri(self) -> str:
        return self.environ.get("MONGODB_URI") or mongodb.uri(list(self._mongod_ports.values()))

    @property
    def amqp_url(self) -> str:
        """The administrator's, on this stack's virtual host."""
        return self._on_vhost(self._administrator_at)

    @property
    def management_url(self) -> str:
        if "AMQP_URL" in self.environ:
            if not self.environ.get("RABBITMQ_MANAGEMENT_URL"):
                raise CannotStart(
                    "AMQP_URL is set, so RABBITMQ_MANAGEMENT_URL must be set too: an administrator's, such as\n"
                    "  export RABBITMQ_MANAGEMENT_URL=http://guest:guest@127.0.0.1:15672\n"
                    "or unset AMQP_URL, and a private RabbitMQ is started."
                )
            return self.environ["RABBITMQ_MANAGEMENT_URL"]
        port = self.ports["rabbitmq-management"]
        return f"http://{rabbitmq.ADMINISTRATOR}:{self._administrator_password}@127.0.0.1:{port}"

    @property
    def broker_check_url(self) -> str:
        """The management API without credentials: each service asks it as its own user."""
        at = urlsplit(self.management_url)
        return f"{at.scheme}://{at.netloc.rpartition('@')[2]}"

    @property
    def vhost(self) -> str:
        return f"{self.prefix}emitra"

    def database_of(self, service: str) -> str:
        return f"{self.prefix}{service}"

    def user_of(self, service: str) -> str:
        return f"{self.vhost}.{service}"

    def amqp_url_of(self, service: str) -> str:
        """A service's own user on this stack's virtual host; its `topology --apply` makes the user."""
        login = f"{quote(self.user_of(service), safe='')}:{self.secrets.secret(f'broker-{service}')}"
        return self._on_vhost(f"{login}@{self._administrator_at.rpartition('@')[2]}")

    def programs(self) -> list[Program]:
        programs: list[Program] = []
        if self._mongod_ports:
            binary = mongodb.mongod_binary(self.environments)
            for name, port in self._mongod_ports.items():
                home = self.data / name
                programs.append(mongodb.mongod_program(name, binary, home, port, failpoints=self.failpoints))
        if "rabbitmq" in self.ports:
            ports = dict(self.ports)
            programs += rabbitmq.rabbitmq_programs(self.data / "rabbitmq", ports, self._administrator_password)
        return programs

    def await_mongodb(self) -> None:
        """Wait until MongoDB takes writes. Raises CannotStart."""
        if self._mongod_ports:
            mongodb.await_primary(list(self._mongod_ports.values()))
            return
        with self._named_mongodb() as client:
            # `hello` is answered to anybody; listing our databases asks for the login too.
            hello = client.admin.command("hello")
            client.admin.command("listDatabases", nameOnly=True, authorizedDatabases=True)
        if "setName" not in hello:
            raise CannotStart("MONGODB_URI leads to a server that is not a replica set, so it has no transactions.")

    def await_rabbitmq(self) -> None:
        """Wait until RabbitMQ answers, and make this stack's virtual host. Raises CannotStart."""
        self.management.await_answer()
        administrator = unquote(self._administrator_at.rpartition("@")[0].partition(":")[0]) or "guest"
        self.management.make_vhost(self.vhost, administrator)

    @cached_property
    def management(self) -> rabbitmq.Management:
        return rabbitmq.Management(self.management_url)

    def kept_on_named_servers(self, services: list[str]) -> list[str]:
        """What is made for these services on servers that are not this stack's own, a line per server; no passwords."""
        kept = []
        if not self._mongod_ports:
            databases = ", ".join(self.database_of(service) for service in services)
            kept.append(f"databases {databases} on {urlsplit(self.mongodb_uri).netloc.rpartition('@')[2]}")
        if "rabbitmq" not in self.ports:
            users = ", ".join(self.user_of(service) for service in services)
            kept.append(f"virtual host {self.vhost} and users {users} on {urlsplit(self.amqp_url).hostname}")
        return kept

    def forget(self, services: list[str]) -> None:
        """Delete this stack's databases, users and virtual host from servers that are not its own. Repeatable."""
        if not self._mongod_ports:
            with self._named_mongodb() as client:
                for service in services:
                    client.drop_database(self.database_of(service))
        if "rabbitmq" not in self.ports:
            self.management.delete("vhosts", self.vhost)
            for service in services:
                self.management.delete("users", self.user_of(service))

    @contextmanager
    def _named_mongodb(self) -> Iterator[MongoClient[dict[str, Any]]]:
        """The server that MONGODB_URI names. Raises CannotStart, never with the URI in it: it may have a password."""
        try:
            client: MongoClient[dict[str, Any]] = MongoClient(self.mongodb_uri, timeoutMS=SERVER_TIMEOUT_MS)
        except (PyMongoError, ValueError) as error:
            raise CannotStart(
                f"MONGODB_URI is not a connection string that the driver can read ({type(error).__name__}).\n"
                "  export MONGODB_URI='mongodb://user:password@host:27017/?replicaSet=rs0'\n"
                "with @ : / % in the user or password written as %40 %3A %2F %25; or unset MONGODB_URI, and a private "
                "MongoDB is started."
            ) from error
        try:
            with client:
                yield client
        except PyMongoError as error:
            servers = ", ".join(f"{host}:{port}" for host, port in client.topology_description.server_descriptions())
            raise CannotStart(
                f"MONGODB_URI names {servers}, and {_said(error)}.\nStart that server or correct MONGODB_URI; or unset "
                "it, and a private MongoDB is started."
            ) from error

    @property
    def _mongod_ports(self) -> dict[str, int]:
        """Of the private replica set's members, the first one first; empty when the database is another's."""
        return {name: port for name, port in self.ports.items() if name.startswith("mongod")}

    @property
    def _administrator_at(self) -> str:
        """user:password@host:port of the broker."""
        if "AMQP_URL" in self.environ:
            return urlsplit(self.environ["AMQP_URL"]).netloc
        return f"{rabbitmq.ADMINISTRATOR}:{self._administrator_password}@127.0.0.1:{self.ports['rabbitmq']}"

    def _on_vhost(self, netloc: str) -> str:
        given = urlsplit(self.environ.get("AMQP_URL", "amqp:"))
        return urlunsplit((given.scheme, netloc, f"/{quote(self.vhost, safe='')}", given.query, ""))

    @property
    def _administrator_password(self) -> str:
        return self.secrets.secret("broker-administrator")


def _said(error: PyMongoError) -> str:
    """What went wrong at a server, without its own words: they may quote what was sent to it."""
    if isinstance(error, ServerSelectionTimeoutError):
        return f"no server that can be used answered there in {SERVER_TIMEOUT_MS // 1_000} s"
    if isinstance(error, OperationFailure):
        return f"it refused us ({(error.details or {}).get('codeName', error.code)})"
    return f"the connection failed ({type(error).__name__})"
