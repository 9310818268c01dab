"""The service's own commands beside the chassis' (api, relay, prepare …)."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from kiosk_registry.application.bulk.begin_export import BeginExport
from kiosk_registry.application.bulk.begin_import import BeginImport
from kiosk_registry.application.bulk.receive_piece import ReceivePiece
from kiosk_registry.application.bulk.run_import import RunImport
from kiosk_registry.application.bulk.work_operations import WorkOperations
from kiosk_registry.application.register.load_centres import LoadCentres
from kiosk_registry.bootstrap import INDEXES, KioskRegistry, bootstrap
from kiosk_registry.domain.bulk.operation import MOST_PIECE_BYTES, MOST_PIECES, Operation
from kiosk_registry.domain.live.components import COMPONENT_FORM, Floor, is_version
from kiosk_registry.domain.register.centres import Status
from kiosk_registry.entrypoints.progress import progress
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.ids import public_id
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.service.processes import load_settings
from servicekit.text import Line, Refusal

CENTRES_OF_THE_STATE = 40_000
# 99,999 codes for Jaipur, which has a tenth of all centres.
MOST_CENTRES = 1_000_000
PROBLEMS_AT_ONCE = 200
LONGEST_ORDER = 160
BATCHES_AT_ONCE = 10  # between two lines of progress

commands = typer.Typer()


@commands.command("load-centres")
def load_centres(
    districts: Annotated[
        Path | None, typer.Option(help="A file with the columns of data/districts.csv.", exists=True, dir_okay=False)
    ] = None,
    total: Annotated[
        int, typer.Option(min=1, max=MOST_CENTRES, help="Centres in all, spread by population.")
    ] = CENTRES_OF_THE_STATE,
) -> None:
    """Load the districts and the opening register of centres; a repeat adds only what is missing."""
    with _registry() as registry:
        try:
            facts = registry.districts_of(districts)
            with progress(total, Console()) as tell:
                done = registry.load_centres(LoadCentres(facts, total, public_id("req"), tell))
        except (OSError, ValueError) as error:
            raise typer.BadParameter(str(error)) from error
    there = done.total - done.added
    typer.echo(
        f"{len(facts)} districts and {done.total:,} centres are there: {done.added:,} added, "
        f"{there:,} were there before; {done.raised} kiosk.approved events raised"
    )


@commands.command("migrate")
def migrate() -> None:
    """Fill the new members of what 0.1.0 stored; when no pod of that release is left. Repeatable."""
    with _registry() as registry:
        typer.echo(f"{registry.migrate():,} centres migrated, none left")


@commands.command("require-component")
def require_component(
    component: Annotated[str, typer.Argument(help="As heartbeats name it: browser, emitra-client …")],
    least: Annotated[str, typer.Argument(help="The least version that is asked for, such as 2.10.1.")],
    order: Annotated[str, typer.Option(help="The order that asks for it, with its date.")],
) -> None:
    """Ask for a least version of what runs on the centres' machines; older ones are named where a centre is silent."""
    if not re.fullmatch(COMPONENT_FORM, component) or not is_version(least):
        raise typer.BadParameter("A component is named like emitra-client, a version up to four numbers: 2.10.1.")
    kept = Line(LONGEST_ORDER).check(order)
    if isinstance(kept, Refusal):
        raise typer.BadParameter(kept.detail)
    with _registry() as registry:
        registry.require_component(Floor(component, least, kept))
    typer.echo(f"{component} is to be {least} or newer ({kept})")


@commands.command("import-centres")
def import_centres(
    file: Annotated[Path, typer.Argument(help="A CSV file in UTF-8, as export-centres writes it.", exists=True)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would become of the rows.")] = False,
) -> None:
    """Add and change centres from a CSV file; exit 1 where rows were refused. May be repeated, and after a kill too."""
    with _registry() as registry:
        content = file.read_bytes()
        pieces = [content[at : at + MOST_PIECE_BYTES] for at in range(0, len(content), MOST_PIECE_BYTES)] or [b"\n"]
        if len(pieces) > MOST_PIECES:
            raise typer.BadParameter(f"{file} has more than {MOST_PIECES} MiB; send it as several.")
        operation_id = registry.begin_import(
            BeginImport(public_id("kop"), dry_run, len(pieces), claim=None, at=utc_now())
        ).value
        for number, piece in enumerate(pieces):
            registry.receive_piece(ReceivePiece(operation_id, number, piece))
        registry.run_import(RunImport(operation_id))
        operation = _worked(registry, operation_id)
        after = 0
        while problems := registry.operations.problems(operation_id, after, PROBLEMS_AT_ONCE):
            for _, problem in problems:
                typer.echo(
                    f"line {problem.line}, {problem.column or 'row'}: {problem.detail} ({problem.code})", err=True
                )
            after = problems[-1][0]
    counts = operation.counts
    typer.echo(
        f"{operation.rows_done:,} rows: {counts.added:,} added, {counts.changed:,} changed, "
        f"{counts.unchanged:,} unchanged, {counts.refused:,} refused{'; nothing was written' if dry_run else ''}"
    )
    if operation.failure:
        typer.echo(f"line {operation.failure.line}: {operation.failure.detail} ({operation.failure.code})", err=True)
    if operation.failure or counts.refused:
        raise typer.Exit(1)


@commands.command("export-centres")
def export_centres(
    file: Annotated[Path, typer.Argument(help="Where to write the CSV file.", dir_okay=False)],
    district: Annotated[str | None, typer.Option(help="LGD code; without it all of the state.")] = None,
    status: Annotated[Status | None, typer.Option(help="Without it all.")] = None,
) -> None:
    """Write the register to a CSV file."""
    with _registry() as registry:
        begin = BeginExport(public_id("kop"), district, status.value if status else None, claim=None, at=utc_now())
        operation = _worked(registry, registry.begin_export(begin).value)
        with file.open("wb") as written:
            for number in range(operation.pieces):
                written.write(registry.operations.exported(operation.id, number))
    typer.echo(f"{operation.rows_done:,} centres written to {file}")


@contextmanager
def _registry() -> Iterator[KioskRegistry]:
    settings = load_settings(KioskRegistrySettings)
    with Mongo(settings.mongodb_uri, settings.mongodb_database, settings.mongodb_timeout_seconds) as mongo:
        mongo.prepare(INDEXES)
        yield bootstrap(settings, mongo)


def _worked(registry: KioskRegistry, operation_id: str) -> Operation:
    """The operation at its end. Whatever was begun before it is worked on first; a worker may help."""
    while not (operation := registry.operations.get(operation_id)).done:
        registry.work_operations(WorkOperations(BATCHES_AT_ONCE, utc_now()))
        if sys.stderr.isatty():
            typer.echo(f"\r{operation.rows_done:,} rows", err=True, nl=False)
    return operation
