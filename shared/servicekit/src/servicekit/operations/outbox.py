"""`<service> outbox …`: what people on call have published again.

Wrong input ends with one line on standard error and exit code 2, and changes nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NoReturn

import typer
from pymongo.errors import PyMongoError

from servicekit.broker.topology import Topology
from servicekit.events import outbox
from servicekit.events.addresses import exchange_of
from servicekit.mongo.client import Mongo
from servicekit.operations.throttle import Throttle, progress
from servicekit.settings import ServiceSettings

EXIT_WRONG_INPUT = 2
EXIT_UNAVAILABLE = 69
EXIT_INTERRUPTED = 130
# The relay publishes rows in the order of their age, so what is sent again goes before what happens now; at this rate,
# a fraction of what relay and consumers take, live events wait for moments only.
DEFAULT_RATE = 500.0

DryRun = Annotated[bool, typer.Option("--dry-run", help="Count them only.")]


@dataclass(frozen=True)
class OutboxCommands:
    """The sub-commands of one service."""

    topology: Topology
    load_settings: Callable[[], Any]
    connect: Callable[[ServiceSettings], Mongo]

    def cli(self) -> typer.Typer:
        """The commands, to be added to the service's own."""
        app = typer.Typer(no_args_is_help=True, help="What was or is to be published, for operators.")
        app.command("resend-unroutable", help="Have events that no queue took published again.")(
            self._resend_unroutable
        )
        app.command("resend", help="Have events that were sent published again: a queue has lost them.")(self._resend)
        return app

    def _resend_unroutable(self, dry_run: DryRun = False) -> None:
        with self._database() as mongo:
            count = outbox.unroutable(mongo.db) if dry_run else outbox.resend_unroutable(mongo.db)
        self._say(f"{count} event(s) {'would be' if dry_run else 'will be'} published again")

    def _resend(
        self,
        since: Annotated[str, typer.Option(help="Those sent from this instant on, such as 2026-11-25T09:30:00+05:30.")],
        event: Annotated[str, typer.Option("--type", help="Those of this type only.")] = "",
        rate: Annotated[float, typer.Option(help="How many a second at most.")] = DEFAULT_RATE,
        dry_run: DryRun = False,
    ) -> None:
        if event and event not in self.topology.publishes:
            known = ", ".join(self.topology.publishes) or "nothing"
            self._end(f"{self.topology.service} does not publish {event}; it publishes {known}", EXIT_WRONG_INPUT)
        if not 0 < rate < float("inf"):
            self._end(f"--rate must be above 0, not {rate:g}", EXIT_WRONG_INPUT)
        instant = self._instant(since)
        with self._database() as mongo:
            rows = outbox.SentRows(mongo, exchange_of(self.topology.service), instant, event or None)
            total = rows.count()
            if dry_run:
                self._say(f"{total} event(s) would be published again")
                return
            done, ended = 0, 0
            try:
                with progress(total, "sending again", "made pending") as advance:
                    throttle = Throttle(rate / rows.batch)
                    for count in rows.resend():
                        done += count
                        advance(count)
                        throttle.keep()
            except KeyboardInterrupt:
                ended = EXIT_INTERRUPTED
            except PyMongoError as error:
                ended = EXIT_UNAVAILABLE
                typer.echo(f"the database did not answer ({type(error).__name__})", err=True)
        self._say(f"{done} event(s) will be published again")
        if ended:
            self._end("not all; run it again: an event that goes twice is known as a duplicate", ended)

    def _instant(self, text: str) -> datetime:
        """The instant that a person typed; ends the command when it is none or lies too far back."""
        instant = None
        with suppress(ValueError):
            instant = datetime.fromisoformat(text)
        if instant is None or instant.tzinfo is None:
            form = "an instant with its offset from UTC, such as 2026-11-25T09:30:00+05:30"
            self._end(f"--since must be {form}, not {text}", EXIT_WRONG_INPUT)
        now = datetime.now(UTC)
        kept_since = now - timedelta(seconds=outbox.SENT_ROWS_KEPT_SECONDS)
        if instant > now:
            self._end(f"--since must not be in the future; now it is {_shown(now)}", EXIT_WRONG_INPUT)
        if instant < kept_since:
            # Older rows are gone, so the command refuses rather than claim to have sent everything. Rounded up, so that
            # the instant it names is accepted.
            named = _shown(kept_since + timedelta(minutes=1))
            self._end(f"what was sent before {named} is no longer kept; begin there", EXIT_WRONG_INPUT)
        return instant

    @contextmanager
    def _database(self) -> Iterator[Mongo]:
        settings = self.load_settings()
        try:
            with self.connect(settings) as mongo:
                yield mongo
        except PyMongoError as error:
            self._end(f"the database does not answer: {type(error).__name__}", EXIT_UNAVAILABLE)

    def _say(self, line: str) -> None:
        typer.echo(f"{self.topology.service}: {line}")

    def _end(self, line: str, code: int) -> NoReturn:
        typer.echo(f"{self.topology.service}: {line}", err=True)
        raise typer.Exit(code)


def _shown(instant: datetime) -> str:
    return instant.isoformat(timespec="minutes").replace("+00:00", "Z")
