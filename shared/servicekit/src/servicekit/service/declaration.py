"""A service, declared: its settings, its parts and its table of events. The chassis runs it.

``main = Service(...).cli()`` gives a team the whole command line: api, worker, relay, prepare, topology, openapi,
asyncapi, settings, and whatever commands of its own it adds.
"""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any

import prometheus_client
import structlog
import typer
from flask import Flask
from pymongo import IndexModel
from pymongo.database import Database
from pymongo.errors import PyMongoError
from rich.console import Console
from rich.table import Table

from servicekit.broker.admin import BrokerRefused, apply, read
from servicekit.broker.asyncapi import asyncapi_document, asyncapi_yaml
from servicekit.broker.comparison import differences
from servicekit.broker.consumer import ConsumerProcess, UnusableTopology, WorkerDied, run_beside
from servicekit.broker.events_log import EventsLog
from servicekit.broker.relay import Relay
from servicekit.broker.relay_store import RelayInDoubt
from servicekit.broker.topology import Consumer, Order, Topology
from servicekit.broker.watch import TopologyWatch
from servicekit.events import inbox, outbox
from servicekit.events.dead_letters import COLLECTION as DEAD_LETTERS
from servicekit.events.dead_letters import INDEXES as DEAD_LETTERS_INDEXES
from servicekit.events.dead_letters import ParkedGauges, Recorder
from servicekit.events.handling import Handling
from servicekit.events.ordering import Fetch
from servicekit.events.redelivery import Redelivery
from servicekit.http.app import create_app
from servicekit.http.blueprint import Blueprint
from servicekit.http.openapi import openapi_yaml
from servicekit.mongo import Mongo, idempotency
from servicekit.observability import configure_logging, configure_tracing
from servicekit.operations.dead_letters import DeadLettersCommands
from servicekit.operations.outbox import OutboxCommands
from servicekit.service.jobs import Job, join_jobs, start_jobs
from servicekit.service.lifetime import ApiServer, holder_name, run_until_stopped, serve_probes
from servicekit.settings import ServiceSettings, SettingsError, describe

log = structlog.get_logger(__name__)

# sysexits.h: a configuration error, a service that is not there. Supervisors restart either; people tell them apart.
EXIT_BAD_SETTINGS = 78
EXIT_UNAVAILABLE = 69

_CHASSIS_INDEXES: Mapping[str, Sequence[IndexModel]] = {
    outbox.COLLECTION: outbox.INDEXES,
    inbox.COLLECTION: inbox.INDEXES,
    idempotency.COLLECTION: idempotency.INDEXES,
    DEAD_LETTERS: DEAD_LETTERS_INDEXES,
}


@dataclass(frozen=True)
class Service:
    """One deployable service.

    ``bootstrap(settings, mongo)`` wires and returns the application object that routes, consumers and jobs get;
    ``prepare(db)`` installs validators; ``wrap_wsgi(flask_app, application)`` may put a WSGI callable in front of
    Flask (the gateway's proxy). ``publishes`` and ``consumes`` are the service's table of events.
    """

    name: str
    version: str
    settings: type[ServiceSettings]
    bootstrap: Callable[[Any, Mongo], Any]
    blueprints: Sequence[Blueprint]
    publishes: Sequence[str] = ()
    consumes: Sequence[Consumer] = ()
    jobs: Sequence[Job] = ()
    indexes: Mapping[str, Sequence[IndexModel]] = field(default_factory=dict)
    prepare: Callable[[Database[dict[str, Any]]], None] | None = None
    wrap_wsgi: Callable[[Flask, Any], Any] | None = None
    commands: typer.Typer | None = None

    @cached_property
    def topology(self) -> Topology:
        """The broker objects this service needs."""
        return Topology(
            self.name,
            tuple(self.publishes),
            tuple((c.producer, c.event) for c in self.consumes),
            reads_log=any(c.order is Order.GAPLESS for c in self.consumes),
        )

    @property
    def processes(self) -> list[str]:
        """The processes this service runs as: a service without events has neither worker nor relay."""
        worker = ["worker"] if self.consumes or self.jobs else []
        # A consumer's retries and parked messages leave through the outbox, so it has a relay too.
        relay = ["relay"] if self.publishes or self.consumes else []
        return ["api", *worker, *relay]

    def prepare_database(self, mongo: Mongo) -> None:
        """Installs validators and indexes. Additive; a repeat changes nothing."""
        if self.prepare is not None:
            self.prepare(mongo.db)
        mongo.prepare({**_CHASSIS_INDEXES, **self.indexes})

    def flask_app(self, settings: Any, mongo: Mongo, application: Any = None) -> Flask:
        """The service's Flask application, as gunicorn serves it and as tests use it."""
        if application is None:
            application = self.bootstrap(settings, mongo)
        app = create_app(
            service_name=self.name,
            version=self.version,
            settings=settings,
            application=application,
            ready=mongo.ping,
            blueprints=self.blueprints,
        )
        if self.wrap_wsgi is not None:
            app.wsgi_app = self.wrap_wsgi(app, application)  # type: ignore[method-assign]
        return app

    def handling(
        self, mongo: Mongo, application: Any, stopping: threading.Event | None = None, fetch: Fetch | None = None
    ) -> Handling:
        """The service's message handling without a broker, as the worker and tests use it.

        ``fetch`` finds missing events again (``EventsLog.fetch``); without it they are only waited for.
        """
        return Handling(
            mongo,
            application,
            {self.topology.queue(consumer.event): consumer for consumer in self.consumes},
            Redelivery(mongo.db, self.topology),
            stopping or threading.Event(),
            fetch,
        )

    def relay(self, settings: ServiceSettings, mongo: Mongo) -> Relay:
        """The service's relay, not yet running."""
        return Relay(
            mongo,
            service=self.name,
            holder=holder_name(),
            amqp_url=settings.amqp_url,
            exchanges=self.topology.exchanges,
            confirm_timeout_seconds=settings.broker_confirm_timeout_seconds,
        )

    def cli(self) -> typer.Typer:
        """The service's command line."""
        # add_completion=False: an operator's shell is not ours to touch. Plain tracebacks: they go to the log.
        app = typer.Typer(
            name=self.name, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
            help=f"The {self.name} service of e-Mitra, version {self.version}.",
        )  # fmt: skip
        app.command("api", help="Serve HTTP (gunicorn).")(self._run_api)
        app.command("worker", help="Consume events, record dead letters, run the time-driven jobs.")(self._run_worker)
        app.command("relay", help="Publish the outbox.")(self._run_relay)
        app.command("processes", help="Print the processes this service runs as.")(self._print_processes)
        app.command("events", help="Print the table of events, as JSON.")(self._print_events)
        app.command("prepare", help="Install collections' validators and indexes; a repeat changes nothing.")(
            self._prepare
        )
        app.command("topology", help="Print this service's RabbitMQ definitions, --apply or --check them.")(
            self._topology
        )
        app.command("openapi", help="Print the OpenAPI document of the routes.")(self._openapi)
        app.command("asyncapi", help="Print the AsyncAPI document of the events.")(self._asyncapi)
        app.command("settings", help="List every setting with its default and meaning.")(self._settings)
        if self.consumes:
            letters = DeadLettersCommands(self.topology, self.consumes, self.load_settings, self.connect)
            app.add_typer(letters.cli(), name="dead-letters")
        outbox_commands = OutboxCommands(self.topology, self.load_settings, self.connect)
        app.add_typer(outbox_commands.cli(), name="outbox")
        if self.commands is not None:
            app.registered_commands += self.commands.registered_commands
        return app

    def load_settings(self) -> Any:
        """The settings from the environment; prints every problem and exits with 78 when there are any."""
        try:
            return self.settings.load(os.environ)
        except SettingsError as error:
            sys.stderr.write(f"{error}\n")
            raise SystemExit(EXIT_BAD_SETTINGS) from None

    def connect(self, settings: ServiceSettings) -> Mongo:
        """A new connection to this service's database."""
        return Mongo(settings.mongodb_uri, settings.mongodb_database, settings.mongodb_timeout_seconds)

    @contextmanager
    def _running(self, process: str, settings: ServiceSettings) -> Iterator[Mongo]:
        """Logs, traces and the database for as long as a process runs; sends the last spans at its end."""
        configure_logging(settings.log_level, self.name, process)
        provider = configure_tracing(self.name, self.version, settings)
        try:
            with self.connect(settings) as mongo:
                yield mongo
        finally:
            if provider is not None:
                provider.shutdown()

    def _run_api(self) -> None:
        settings = self.load_settings()
        in_worker = ExitStack()

        def load() -> Any:
            return self.flask_app(settings, in_worker.enter_context(self._running("api", settings)))

        sys.argv = [self.name]  # gunicorn would read our arguments as its own.
        ApiServer(settings, load, in_worker.close).run()

    def _run_worker(self) -> None:
        settings = self.load_settings()
        stopping = threading.Event()
        with self._running("worker", settings) as mongo, ExitStack() as at_end:
            watch = self._compare_topology(settings, stopping) if self.consumes else None
            application = self.bootstrap(settings, mongo)
            at_end.callback(join_jobs, start_jobs(self.jobs, mongo, application, holder_name(), stopping))
            at_end.callback(stopping.set)
            if not self.consumes:
                serve_probes(settings, mongo.ping)
                run_until_stopped(lambda: bool(stopping.wait()), stopping.set)
                return
            consumer = ConsumerProcess(
                amqp_url=settings.amqp_url,
                queues=self.topology.queues,
                handling=self.handling(mongo, application, stopping, EventsLog(settings.amqp_url, stopping).fetch),
                threads=settings.worker_threads,
                ping=mongo.ping,
            )
            # Apart from the consumer: neither waits for the other, however many messages are parked.
            recorder = ConsumerProcess(
                amqp_url=settings.amqp_url,
                queues=self.topology.parking_queues,
                handling=Recorder(mongo, stopping),
                threads=1,
            )
            prometheus_client.REGISTRY.register(ParkedGauges(mongo, self.topology))

            def stop() -> None:
                stopping.set()
                consumer.stop()

            def ready() -> None:
                consumer.ready()
                recorder.ready()
                if watch is not None:
                    watch.ready()

            serve_probes(settings, ready)
            try:
                run_until_stopped(lambda: run_beside(consumer, recorder), stop)
            except UnusableTopology as error:
                log.error("topology_unusable", reason=str(error))
                raise SystemExit(EXIT_UNAVAILABLE) from None
            except WorkerDied as error:
                log.error("worker_died", exc_info=error)
                raise SystemExit(EXIT_UNAVAILABLE) from None

    def _run_relay(self) -> None:
        settings = self.load_settings()
        with self._running("relay", settings) as mongo, ExitStack() as at_end:
            stopping = threading.Event()
            at_end.callback(stopping.set)
            watch = self._compare_topology(settings, stopping)
            relay = self.relay(settings, mongo)

            def ready() -> None:
                relay.ready()
                if watch is not None:
                    watch.ready()

            serve_probes(settings, ready)
            try:
                run_until_stopped(relay.run, relay.stop)
            except RelayInDoubt:  # Logged where it happened.
                raise SystemExit(EXIT_UNAVAILABLE) from None
            except PyMongoError as error:  # Before the first row, or at the end: whatever was not marked is sent again.
                log.error("database_unavailable", reason=type(error).__name__)
                raise SystemExit(EXIT_UNAVAILABLE) from None

    def _compare_topology(self, settings: ServiceSettings, stopping: threading.Event) -> TopologyWatch | None:
        """Exits with 69, every difference logged, when the broker is not as the topology says and tells us so.

        Returns what goes on looking until ``stopping``; nothing where the broker cannot be asked. A management API that
        does not answer keeps nobody from starting: the consumer and the relay look for what they use over AMQP
        themselves.
        """
        if not settings.broker_check_url:
            return None
        try:
            found = differences(self.topology, read(settings.broker_check_url, settings.amqp_url))
        except BrokerRefused as error:
            log.warning("topology_not_compared", reason=str(error))
            found = []
        for difference in found:
            log.error("topology_differs", difference=difference)
        if found:
            log.error("topology_refused", differences=len(found), mend=f"{self.name} topology --apply")
            raise SystemExit(EXIT_UNAVAILABLE)
        watch = TopologyWatch(self.topology, settings.broker_check_url, settings.amqp_url, stopping)
        watch.start()
        return watch

    def _print_processes(self) -> None:
        typer.echo(" ".join(self.processes))

    def _print_events(self) -> None:
        typer.echo(self.event_table(), nl=False)

    def event_table(self) -> str:
        """The table of events as JSON: what is published, and what is read of each event that is consumed."""
        consumes = [
            {
                "event": each.event,
                "producer": each.producer,
                "order": each.order and each.order.value,
                "reads": each.reads,
            }
            for each in self.consumes
        ]
        table = {"publishes": list(self.publishes), "consumes": consumes}
        return json.dumps(table, indent=2, ensure_ascii=False) + "\n"

    def _prepare(self) -> None:
        settings = self.load_settings()
        with self.connect(settings) as mongo:
            self.prepare_database(mongo)
        typer.echo(f"{self.name}: database {settings.mongodb_database} is prepared")

    def _topology(
        self,
        load: Annotated[bool, typer.Option("--apply", help="Load them into the broker, then check.")] = False,
        check: Annotated[bool, typer.Option("--check", help="Print what the broker has otherwise; 1 if any.")] = False,
        management_url: Annotated[
            str, typer.Option(envvar="RABBITMQ_MANAGEMENT_URL", help="With an administrator's credentials.")
        ] = "",
        check_url: Annotated[
            str, typer.Option(envvar="BROKER_CHECK_URL", help="For --check: the same without credentials.")
        ] = "",
        amqp_url: Annotated[str, typer.Option(envvar="AMQP_URL", help="What the service itself uses.")] = "",
    ) -> None:
        if not (load or check):
            typer.echo(json.dumps(self.topology.definitions(), indent=2))
            return
        read_at = management_url or check_url
        needed = {"RABBITMQ_MANAGEMENT_URL": management_url if load else read_at, "AMQP_URL": amqp_url}
        missing = [name for name, value in needed.items() if not value]
        if missing:
            raise typer.BadParameter(f"this needs {' and '.join(missing)} in the environment or as options")
        try:
            if load:
                apply(self.topology, management_url, amqp_url)
            found = differences(self.topology, read(read_at, amqp_url))
        except BrokerRefused as error:
            typer.echo(f"{self.name}: the broker refused: {error}", err=True)
            raise typer.Exit(EXIT_UNAVAILABLE) from None
        for difference in found:
            typer.echo(f"{self.name}: {difference}", err=True)
        if found:
            raise typer.Exit(1)
        done = "loaded" if load else "as it should be"
        typer.echo(f"{self.name}: topology {done} ({len(self.topology.queues)} queues)")

    def _openapi(self) -> None:
        typer.echo(self.openapi(), nl=False)

    def openapi(self) -> str:
        """The OpenAPI document of the routes, as YAML; needs neither settings nor a database."""
        app = create_app(
            service_name=self.name,
            version=self.version,
            settings=None,
            application=None,
            ready=lambda: None,
            blueprints=self.blueprints,
        )
        return openapi_yaml(app, self.name)

    def _asyncapi(self) -> None:
        typer.echo(asyncapi_yaml(asyncapi_document(self.topology, self.version)), nl=False)

    def _settings(self, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
        if as_json:
            names = ("variable", "meaning", "default", "secret")
            typer.echo(json.dumps([dict(zip(names, row, strict=True)) for row in describe(self.settings)], default=str))
            return
        table = Table("Variable", "Meaning", "Default")
        for env, help_text, default, secret in describe(self.settings):
            shown = "(required)" if default is None else default
            table.add_row(env, help_text + (" (secret)" if secret else ""), shown)
        Console().print(table)
