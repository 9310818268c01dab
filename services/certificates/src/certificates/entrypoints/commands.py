"""The service's own commands beside the chassis' (api, worker, relay, prepare …)."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from marshmallow import ValidationError

from certificates.application.attachments.reseal_attachments import ResealAttachments
from certificates.application.certificates.ports import LONGEST_DOCUMENT
from certificates.application.certificates.read_certificates import Reason, signed_content, standing_by_dates
from certificates.bootstrap import SHIPPED_TYPES, Certificates, bootstrap, lint_types, load_types, public_keys
from certificates.domain.label import Label
from certificates.settings import CertificatesSettings
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.service.processes import load_settings

commands = typer.Typer()

EXIT_BROKEN_TYPES = 1
EXIT_NO_FOLDER = 2
EXIT_NOT_VALID = 1
EXIT_NO_KEYS = 2

# What somebody is told who holds a paper against its QR.
_SAID = {
    Reason.LINK: Label(
        "this is an address, and no QR of ours; do not open it", "यह एक वेब पता है, हमारा क्यूआर नहीं; इसे न खोलें"
    ),
    Reason.NOT_A_CERTIFICATE: Label("this is no QR of a certificate", "यह किसी प्रमाण पत्र का क्यूआर नहीं है"),
    Reason.UNKNOWN_KEY: Label(
        "none of these keys signed it: it is another's, or the keys are old",
        "इन में से किसी कुंजी ने हस्ताक्षर नहीं किए: यह किसी और का है, या कुंजियाँ पुरानी हैं",
    ),
    Reason.SIGNATURE_INVALID: Label("forged: the signature is not of this text", "जाली: हस्ताक्षर इस पाठ के नहीं हैं"),
    Reason.EXPIRED: Label("it was valid and has expired", "यह मान्य था, अवधि समाप्त हो चुकी है"),
    Reason.CLOCK: Label(
        "it is from a day to come: look at this machine's clock", "यह आने वाले दिन का है: इस मशीन की घड़ी देखें"
    ),
}


@contextmanager
def _certificates() -> Iterator[Certificates]:
    settings = load_settings(CertificatesSettings)
    with Mongo(settings.mongodb_uri, settings.mongodb_database, settings.mongodb_timeout_seconds) as mongo:
        yield bootstrap(settings, mongo)


@commands.command("reseal-attachments")
def reseal_attachments() -> None:
    """Seal the key of every attachment and draft by the first of ATTACHMENT_KEYS; then the others can go."""
    with _certificates() as certificates:
        resealed = certificates.reseal_attachments(ResealAttachments())
    typer.echo(f"{resealed} sealed anew; nothing needs another key than the first")


@commands.command("verify-qr")
def verify_qr(
    keys: Annotated[Path, typer.Option(help="A file with the answer of GET /v1/certificate-keys.")],
    text: Annotated[str, typer.Argument(help="What a scanner read; without it, it is read from the input.")] = "",
) -> None:
    """Say whether the text of a QR, or a document, is signed by one of the keys; without a line, without the service.

    What it says is printed, to be compared with the paper; exit 1 if it is not valid. Nothing is opened.
    """
    try:
        trusted = public_keys(keys.read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError) as error:
        typer.echo(f"{keys}: {_one_line(error)}", err=True)
        raise typer.Exit(EXIT_NO_KEYS) from None
    # White space, as scanning and copying put it there, does not count.
    content = signed_content("".join((text or sys.stdin.read(LONGEST_DOCUMENT + 1)).split()), trusted)
    reason = content if isinstance(content, Reason) else _by_dates(content)
    if not isinstance(content, Reason):
        typer.echo(json.dumps(content, ensure_ascii=False, indent=2))
    if reason:
        typer.echo(f"not valid ({reason.value}): {_SAID[reason].en}\nमान्य नहीं: {_SAID[reason].hi}", err=True)
        raise typer.Exit(EXIT_NOT_VALID)
    typer.echo("valid, unless it was revoked since\nमान्य, यदि इसके बाद रद्द न किया गया हो", err=True)


def _by_dates(content: Mapping[str, Any]) -> Reason | None:
    try:
        until = content.get("valid_until")
        issued_on = date.fromisoformat(content["issued_on"])
        return standing_by_dates(issued_on, date.fromisoformat(until) if until else None, utc_now())
    except (KeyError, TypeError, ValueError):
        return Reason.NOT_A_CERTIFICATE


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


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
