"""The command line of a service: its processes, what can be printed of it, and what people on call run."""

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer
from pymongo.errors import OperationFailure
from rich.console import Console
from rich.table import Table

from servicekit.broker.admin import BrokerRefused, apply, read
from servicekit.broker.asyncapi import asyncapi_document, asyncapi_yaml
from servicekit.broker.comparison import differences
from servicekit.broker.retirement import retire
from servicekit.mongo import Mongo, wrong_settings
from servicekit.observability import configure_logging
from servicekit.operations.backup import BackupCommands
from servicekit.operations.dead_letters import DeadLettersCommands
from servicekit.operations.outbox import OutboxCommands
from servicekit.service.declaration import Service
from servicekit.service.processes import EXIT_UNAVAILABLE, load_settings, run_api, run_relay, run_worker
from servicekit.settings import describe


def command_line(service: Service) -> typer.Typer:
    """The service's command line: api, worker, relay, prepare, topology, openapi and so on, and its own commands."""
    return _Commands(service).cli()


@dataclass(frozen=True)
class _Commands:
    """The sub-commands of one service."""

    service: Service

    def cli(self) -> typer.Typer:
        """All of them, and the service's own."""
        service = self.service
        settings = partial(load_settings, service.settings)
        # add_completion=False: an operator's shell is not ours to touch. Plain tracebacks: they go to the log.
        app = typer.Typer(
            name=service.name, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
            help=f"The {service.name} service of e-Mitra, version {service.version}.",
        )  # fmt: skip
        app.callback()(lambda: _log_on_standard_error(service.name))
        app.command("api", help="Serve HTTP (gunicorn).")(lambda: run_api(service))
        app.command("worker", help="Consume events, record dead letters, run the time-driven jobs.")(
            lambda: run_worker(service)
        )
        app.command("relay", help="Publish the outbox.")(lambda: run_relay(service))
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
        if service.consumes:
            letters = DeadLettersCommands(service.topology, service.consumes, settings, service.connect)
            app.add_typer(letters.cli(), name="dead-letters")
        outbox_commands = OutboxCommands(service.topology, settings, service.connect)
        app.add_typer(outbox_commands.cli(), name="outbox")
        backups = BackupCommands(service.topology, service.consumes, settings, service.connect)
        app.add_typer(backups.cli(), name="backup")
        if service.commands is not None:
            app.registered_commands += service.commands.registered_commands
        return app

    def _print_processes(self) -> None:
        typer.echo(" ".join(self.service.processes))

    def _print_events(self) -> None:
        typer.echo(self.service.event_table(), nl=False)

    def _prepare(self) -> None:
        settings = load_settings(self.service.settings)
        with self.service.connect(settings) as mongo:
            self.service.prepare_database(mongo)
            for sentence in _settings_to_mend(mongo):
                typer.echo(f"warning: {sentence}", err=True)
        typer.echo(f"{self.service.name}: database {settings.mongodb_database} is prepared")

    def _topology(
        self,
        load: Annotated[bool, typer.Option("--apply", help="Load them into the broker, then check.")] = False,
        check: Annotated[bool, typer.Option("--check", help="Print what the broker has otherwise; 1 if any.")] = False,
        leave: Annotated[
            bool, typer.Option("--retire", help="Unbind, then delete what is empty; print what is left, 1 if any.")
        ] = False,
        management_url: Annotated[
            str, typer.Option(envvar="RABBITMQ_MANAGEMENT_URL", help="With an administrator's credentials.")
        ] = "",
        check_url: Annotated[
            str, typer.Option(envvar="BROKER_CHECK_URL", help="For --check: the same without credentials.")
        ] = "",
        amqp_url: Annotated[str, typer.Option(envvar="AMQP_URL", help="What the service itself uses.")] = "",
    ) -> None:
        if not (load or check or leave):
            typer.echo(json.dumps(self.service.topology.definitions(), indent=2))
            return
        read_at = management_url or check_url
        needed = {"RABBITMQ_MANAGEMENT_URL": management_url if load or leave else read_at, "AMQP_URL": amqp_url}
        missing = [name for name, value in needed.items() if not value]
        if missing:
            raise typer.BadParameter(f"this needs {' and '.join(missing)} in the environment or as options")
        try:
            if leave:
                self._show(retire(self.service.topology, management_url, amqp_url), "gone from the broker")
                return
            if load:
                apply(self.service.topology, management_url, amqp_url)
            different = differences(self.service.topology, read(read_at, amqp_url, patient=True))
        except BrokerRefused as error:
            typer.echo(f"{self.service.name}: the broker refused: {error}", err=True)
            raise typer.Exit(EXIT_UNAVAILABLE) from None
        done = "loaded" if load else "as it should be"
        self._show(different, f"topology {done} ({len(self.service.topology.queues)} queues)")

    def _show(self, sentences: Sequence[str], done: str) -> None:
        for sentence in sentences:
            typer.echo(f"{self.service.name}: {sentence}", err=True)
        if sentences:
            raise typer.Exit(1)
        typer.echo(f"{self.service.name}: {done}")

    def _openapi(self) -> None:
        typer.echo(self.service.openapi(), nl=False)

    def _asyncapi(self) -> None:
        typer.echo(asyncapi_yaml(asyncapi_document(self.service.topology, self.service.version)), nl=False)

    def _settings(self, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
        if as_json:
            names = ("variable", "meaning", "default", "secret")
            rows = [dict(zip(names, row, strict=True)) for row in describe(self.service.settings)]
            typer.echo(json.dumps(rows, default=str))
            return
        table = Table("Variable", "Meaning", "Default")
        for env, help_text, default, secret in describe(self.service.settings):
            shown = "(required)" if default is None else default
            table.add_row(env, help_text + (" (secret)" if secret else ""), shown)
        Console().print(table)


def _log_on_standard_error(service_name: str) -> None:
    """What a command does is logged like what a process does; on standard output are its answers, for programs too."""
    level = os.environ.get("LOG_LEVEL", "INFO").upper()
    # A level that is none is told by whoever reads the settings.
    configure_logging(level if level in logging.getLevelNamesMapping() else "INFO", service_name, "command")


def _settings_to_mend(mongo: Mongo) -> list[str]:
    try:
        return wrong_settings(mongo)
    except OperationFailure as error:
        return [f"The server's settings were not looked at ({error.code}); grant the user the role clusterMonitor."]
