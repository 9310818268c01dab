"""The service's own commands beside the chassis' (api, worker, relay, prepare …)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from certificates.application.attachments.reseal_attachments import ResealAttachments
from certificates.bootstrap import Certificates, bootstrap
from certificates.settings import CertificatesSettings
from servicekit.mongo import Mongo
from servicekit.settings import SettingsError

commands = typer.Typer()


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
