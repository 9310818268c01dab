"""The service's own commands beside the chassis' (api, worker, relay, prepare …)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from certificates.application.attachments.reseal_attachments import ResealAttachments
from certificates.bootstrap import SHIPPED_TYPES, Certificates, bootstrap, lint_types, load_types
from certificates.settings import CertificatesSettings
from servicekit.mongo import Mongo
from servicekit.settings import SettingsError

commands = typer.Typer()

EXIT_BROKEN_TYPES = 1
EXIT_NO_FOLDER = 2


@contextmanager
def _certificates() -> Iterator[Certificates]:
    try:
        settings = CertificatesSettings.load(os.environ)
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(78) from None
    with Mongo(settings.mongodb_uri, settings.mongodb_database, settings.mongodb_timeout_seconds) as mongo:
        yield bootstrap(settings, mongo)


@commands.command("reseal-attachments")
def reseal_attachments() -> None:
    """Seal every attachment's key by the first of ATTACHMENT_KEYS; then the others can go. May be repeated."""
    with _certificates() as certificates:
        resealed = certificates.reseal_attachments(ResealAttachments())
    typer.echo(f"{resealed} sealed anew; no attachment needs another key than the first")


@commands.command("lint-types")
def check_types(
    folder: Annotated[Path, typer.Argument(help="A folder of types; without it, those that are shipped.")] = (
        SHIPPED_TYPES
    ),
    alone: Annotated[
        bool, typer.Option("--alone", help="The folder stands in for the shipped types (APPLICATION_TYPES_DIR).")
    ] = False,
) -> None:
    """Say everything that is wrong with the files of application types, each with its line; exit 1 if anything is."""
    if not folder.is_dir():
        typer.echo(f"{folder}: is no folder", err=True)
        raise typer.Exit(EXIT_NO_FOLDER)
    shipped = {} if alone or folder.resolve() == SHIPPED_TYPES else load_types(SHIPPED_TYPES, [])
    problems = lint_types(folder, shipped)
    for problem in problems:
        typer.echo(problem)
    if problems:
        raise typer.Exit(EXIT_BROKEN_TYPES)
    typer.echo(f"{folder}: {len(list(folder.glob('*.toml')))} type(s), nothing is wrong")
