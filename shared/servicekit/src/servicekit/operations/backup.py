"""`<service> backup …`: what keeps a service's database, brings it back, and says what it then lacks.

Wrong input ends with one line on standard error and exit code 2, and changes nothing.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from bson import Timestamp
from pymongo.errors import PyMongoError

from servicekit.backup.changes import extend_log
from servicekit.backup.comparison import Compared, Lacking, compare
from servicekit.backup.dump import take_dump
from servicekit.backup.places import BackupRefused, as_json, change_logs, dumps, shown
from servicekit.backup.restore import plan, restore
from servicekit.broker.admin import BrokerRefused, Management
from servicekit.broker.event_log import logged_events
from servicekit.broker.topology import Topology
from servicekit.events.table import Consumer
from servicekit.mongo.client import Mongo
from servicekit.settings import ServiceSettings

EXIT_LACKING = 1
EXIT_WRONG_INPUT = 2
EXIT_UNAVAILABLE = 69

Folder = Annotated[Path, typer.Argument(help="The folder of this service's backups.")]
Since = Annotated[str, typer.Option(help="From this instant on, such as 2026-11-25T09:30:00+05:30.")]


@dataclass(frozen=True)
class BackupCommands:
    """The sub-commands of one service."""

    topology: Topology
    consumers: Sequence[Consumer]
    load_settings: Callable[[], Any]
    connect: Callable[[ServiceSettings], Mongo]

    def cli(self) -> typer.Typer:
        """The commands, to be added to the service's own."""
        app = typer.Typer(no_args_is_help=True, help="The database: keep it, bring it back, see what it then lacks.")
        app.command("dump", help="Write the database as it is at one instant; nothing waits for it.")(self._dump)
        app.command("log", help="Write every change since; run it every minute.")(self._log)
        app.command("list", help="List what can be brought back.")(self._list)
        app.command("restore", help="Make the database what it was. Stop the service's programs first.")(self._restore)
        app.command("compare", help="Tell which events it lacks, by the log of all events; 1 if any.")(self._compare)
        app.command("broker", help="Write the broker's definitions to a file, or load them from it.")(self._broker)
        return app

    def _dump(self, folder: Folder) -> None:
        with self._database() as mongo:
            dump = take_dump(mongo, self._service, folder)
        self._say(f"dumped {dump.documents} documents of {len(dump.collections)} collections as of {shown(dump.at)}")

    def _log(self, folder: Folder) -> None:
        with self._database() as mongo:
            log, changes = extend_log(mongo, self._service, folder)
        self._say(f"{changes} change(s) written; any instant from {shown(log.begins)} to {shown(log.ends)} is kept")

    def _list(self, folder: Folder) -> None:
        with self._told():
            for dump in dumps(folder, self._service):
                self._say(f"dump of {shown(dump.at)}: {dump.documents} documents")
            for log in change_logs(folder, self._service):
                self._say(f"changes from {shown(log.begins)} to {shown(log.ends)}: {len(log.segments)} file(s)")

    def _restore(
        self,
        folder: Folder,
        until: Annotated[
            str, typer.Option(help="As it was at the beginning of this second; without it, as the newest dump is.")
        ] = "",
        replace: Annotated[bool, typer.Option("--replace", help="Take away what the database has now.")] = False,
    ) -> None:
        at = Timestamp(int(self._instant(until, "--until").timestamp()), 0) if until else None
        with self._database() as mongo:
            chosen = plan(folder, self._service, at)
            done = restore(mongo, chosen, replace=replace)
        self._say(
            f"{done.documents} documents as they were at {shown(chosen.until)}: the dump of {shown(done.dump.at)} and "
            f"{done.changes} change(s). Next: {self._service} prepare"
        )

    def _compare(
        self,
        since: Since,
        log_url: Annotated[
            str, typer.Option(envvar="EVENTS_LOG_URL", help="AMQP, of a user that may read events.log.")
        ] = "",
        as_json_: Annotated[bool, typer.Option("--json", help="Every event, for programs.")] = False,
    ) -> None:
        instant = self._instant(since, "--since")
        if not log_url:
            self._end("EVENTS_LOG_URL is missing: an AMQP URL of a user that may read events.log", EXIT_WRONG_INPUT)
        queues = {self.topology.queue(consumer.event): consumer for consumer in self.consumers}
        with self._database() as mongo:
            told = compare(mongo, self._service, queues, logged_events(log_url, instant), instant)
        if as_json_:
            typer.echo(as_json(asdict(told)))
        else:
            self._tell(told, since)
        if told.unhandled or told.forgotten:
            raise typer.Exit(EXIT_LACKING)

    def _tell(self, told: Compared, since: str) -> None:
        self._say(f"{told.read} event(s) in the log since {since}")
        for producer in sorted({one.producer for one in told.unhandled}):
            theirs = [one for one in told.unhandled if one.producer == producer]
            self._say(f"not handled here, of {producer}: {_counted(theirs)}; {producer} outbox resend --since {since}")
        if told.forgotten:
            self._say(f"told to others and unknown here: {_counted(told.forgotten)}; --json names each")
        if not told.unhandled and not told.forgotten:
            self._say("nothing is lacking")

    def _broker(
        self,
        file: Annotated[Path, typer.Argument(help="Where the definitions are or shall be.")],
        load: Annotated[
            bool, typer.Option("--load", help="Load them; what is there and not in the file stays.")
        ] = False,
        management_url: Annotated[
            str, typer.Option(envvar="RABBITMQ_MANAGEMENT_URL", help="With an administrator's credentials.")
        ] = "",
        amqp_url: Annotated[str, typer.Option(envvar="AMQP_URL", help="Names the virtual host.")] = "",
    ) -> None:
        if not (management_url and amqp_url):
            self._end("this needs RABBITMQ_MANAGEMENT_URL and AMQP_URL", EXIT_WRONG_INPUT)
        with self._told():
            api = Management(management_url, amqp_url)
            if load:
                try:
                    definitions = json.loads(file.read_text())
                except (OSError, ValueError) as error:
                    raise BackupRefused(f"{file} cannot be read ({type(error).__name__})") from error
                api.send("PUT", f"vhosts/{api.vhost}", {})
                api.send("POST", f"definitions/{api.vhost}", definitions)
            else:
                definitions = api.definitions()
                beside = file.with_name(f".{file.name}.new")
                beside.touch(mode=0o600)
                beside.write_text(json.dumps(definitions, indent=1))
                beside.replace(file)
        parts = ", ".join(
            f"{len(definitions[kind])} {kind}" for kind in ("exchanges", "queues", "bindings", "policies")
        )
        self._say(f"{'loaded' if load else 'wrote'} {parts}")

    @property
    def _service(self) -> str:
        return self.topology.service

    def _instant(self, text: str, option: str) -> datetime:
        instant = None
        with suppress(ValueError):
            instant = datetime.fromisoformat(text)
        if instant is None or instant.tzinfo is None:
            form = "an instant with its offset from UTC, such as 2026-11-25T09:30:00+05:30"
            self._end(f"{option} must be {form}, not {text}", EXIT_WRONG_INPUT)
        return instant

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Ends the command with one line for what a person can mend."""
        try:
            yield
        except BackupRefused as error:
            self._end(str(error), EXIT_WRONG_INPUT)
        except BrokerRefused as error:
            self._end(str(error), EXIT_UNAVAILABLE)
        except PyMongoError as error:
            self._end(f"the database did not do it: {type(error).__name__} {_code(error)}".strip(), EXIT_UNAVAILABLE)

    @contextmanager
    def _database(self) -> Iterator[Mongo]:
        settings = self.load_settings()
        with self._told(), self.connect(settings) as mongo:
            yield mongo

    def _say(self, line: str) -> None:
        typer.echo(f"{self._service}: {line}")

    def _end(self, line: str, code: int) -> NoReturn:
        typer.echo(f"{self._service}: {line}", err=True)
        raise typer.Exit(code)


def _counted(events: Sequence[Lacking]) -> str:
    return ", ".join(f"{count} {event}" for event, count in sorted(Counter(one.event for one in events).items()))


def _code(error: PyMongoError) -> str:
    return str(getattr(error, "code", "") or "")
