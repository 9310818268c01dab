"""The service's own commands beside the chassis' (api, relay, prepare …)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from revenue_courts.application.load_courts import LoadCourts
from revenue_courts.bootstrap import RevenueCourts, bootstrap, courts_of
from revenue_courts.settings import RevenueCourtsSettings
from servicekit.mongo import Mongo
from servicekit.service.processes import load_settings

commands = typer.Typer()

EXIT_WRONG_FILE = 1
MOST_BYTES = 10_000_000


@contextmanager
def _revenue_courts() -> Iterator[RevenueCourts]:
    settings = load_settings(RevenueCourtsSettings)
    with Mongo(settings.mongodb_uri, settings.mongodb_database, settings.mongodb_timeout_seconds) as mongo:
        yield bootstrap(settings, mongo)


@commands.command("load-courts")
def load_courts(
    file: Annotated[Path, typer.Argument(help="A CSV file in UTF-8 with the columns of adapters/data/courts.csv.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
) -> None:
    """Load courts as the department gives them: all of the file or, with one wrong line, nothing; exit 1 then.

    A repeat changes nothing. A court that is not in the file stays; one that ends gets its last day in `ends`.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            _refuse(f"{file}: is larger than {MOST_BYTES:,} bytes; divide it")
        text = content.decode("utf-8-sig")
    except OSError as error:
        _refuse(f"{file}: {error.strerror}")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        _refuse(f"{file}: line {line}: is not UTF-8; save it again with that encoding")
    courts, problems = courts_of(text)
    if problems:
        _refuse("\n".join(f"{file}: {problem}" for problem in problems))
    with _revenue_courts() as services:
        done = services.load_courts(LoadCourts(courts, dry_run))
    would = "would be " if dry_run else ""
    typer.echo(
        f"{len(courts)} courts: {done.added} {would}added, {done.changed} {would}changed, {done.unchanged} as they were"
    )


def _refuse(told: str) -> NoReturn:
    typer.echo(told, err=True)
    raise typer.Exit(EXIT_WRONG_FILE)
