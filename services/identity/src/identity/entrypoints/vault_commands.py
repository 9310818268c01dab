"""The command line of the vault: its keys, its audit. None of it ever prints a number."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from identity.application.vault.erase_identifier import EraseIdentifier
from identity.application.vault.errors import NoKeyStore
from identity.application.vault.reencrypt_records import ReencryptRecords
from identity.application.vault.reindex_records import ReindexRecords
from identity.application.vault.remove_key import RemoveKey
from identity.application.vault.rotate_keys import RotateKeys
from identity.bootstrap import Identity
from identity.domain.people.definitions import PERSON_ID
from identity.domain.vault.keys import KeyUse
from identity.domain.vault.records import EraseReason, Erasure, Reading
from servicekit.instants import rfc3339, utc_now

# A replica notices a new key at once or within half a minute; a mounted secret takes some two minutes to get there.
OVERLAP_SECONDS = 300
AUDIT_DAYS = 30


def vault_commands(opened: Callable[[], AbstractContextManager[Identity]]) -> typer.Typer:
    """The commands below `identity vault`; `opened` gives the application for one of them."""
    app = typer.Typer(no_args_is_help=True, help="The vault's keys, and who read what.")

    @app.command("rotate-keys")
    def rotate_keys(
        use: Annotated[KeyUse, typer.Option(help="wrap: closes records; index: finds them again.")] = KeyUse.WRAP,
        after: Annotated[
            int, typer.Option(help="Seconds until it is used: by then every process must have seen it.", min=0)
        ] = OVERLAP_SECONDS,
        first: Annotated[
            bool,
            typer.Option(
                "--first", help="Make the first keys of a new vault; does nothing where there are keys, or no vault."
            ),
        ] = False,
    ) -> None:
        """Add a key. Then: `reencrypt` (wrap) or `reindex` (index), and `remove-key` for the old one."""
        with opened() as identity:
            overlap = timedelta(seconds=after)
            try:
                made = identity.vault.rotate_keys(RotateKeys(use=use, overlap=overlap, first_only=first, at=utc_now()))
            except NoKeyStore:
                if not first:
                    raise
                # What sets a sandbox up runs with the settings of an earlier release, too.
                typer.echo("VAULT_KEY_STORE is not set: there is no vault here")
                return
        typer.echo("\n".join(made) if made else "there are keys already")

    @app.command("keys")
    def keys() -> None:
        """List the keys: what each does now, and how many records need it."""
        with opened() as identity:
            for key in identity.vault.read.key_states(utc_now()):
                typer.echo(f"{key.key_id}  {key.state:<8}  {key.records} records")

    @app.command("reencrypt")
    def reencrypt() -> None:
        """Seal every record that an older key closed anew; may be interrupted and repeated."""
        with opened() as identity:
            changed = identity.vault.reencrypt(ReencryptRecords(utc_now()))
        typer.echo(f"{changed} records are sealed anew")

    @app.command("reindex")
    def reindex() -> None:
        """Give every record an index under every index key and no other; may be interrupted and repeated."""
        with opened() as identity:
            done = identity.vault.reindex(ReindexRecords())
        typer.echo(f"{done.changed} records are indexed anew")
        for reference in done.twice:
            typer.echo(f"{reference}: another record has the same number; erase one of the two", err=True)
        raise typer.Exit(1 if done.twice else 0)

    @app.command("remove-key")
    def remove_key(key_id: Annotated[str, typer.Argument(help="As `identity vault keys` lists it.")]) -> None:
        """Destroy a key that no record needs."""
        with opened() as identity:
            identity.vault.remove_key(RemoveKey(key_id, utc_now()))
        typer.echo(f"{key_id} is destroyed")

    @app.command("erase")
    def erase(
        reference: Annotated[str, typer.Argument(help="The reference that stands for the number.")],
        reason: Annotated[EraseReason, typer.Option(help="Why.")],
        person_id: Annotated[str, typer.Option(help="On whose word: the per_ id of who decided it.")],
    ) -> None:
        """Erase a number for good; who read it stays on record."""
        if not PERSON_ID.fullmatch(person_id):
            raise typer.BadParameter("must look like per_0190ab12", param_hint="--person-id")
        with opened() as identity:
            identity.vault.erase(EraseIdentifier(reference, Erasure(reason=reason, person_id=person_id, at=utc_now())))
        typer.echo(f"the number behind {reference} is erased")

    @app.command("audit")
    def audit(
        since: Annotated[datetime | None, typer.Option(help="From this instant on, UTC; 30 days ago without.")] = None,
        until: Annotated[datetime | None, typer.Option(help="Before this instant, UTC; now without.")] = None,
        check: Annotated[
            bool, typer.Option("--check", help="Print references of which readings were taken away; 1 if any.")
        ] = False,
    ) -> None:
        """Print who read what and what for, a JSON object a line; --check looks for what was taken away."""
        at = utc_now()
        with opened() as identity:
            if check:
                _show_check(identity.vault.read.miscounted())
                return
            begin = _utc(since) if since else at - timedelta(days=AUDIT_DAYS)
            for reading in identity.vault.read.readings_between(begin, _utc(until) if until else at):
                typer.echo(json.dumps(_shown(reading)))

    return app


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=utc_now().tzinfo) if at.tzinfo is None else at


def _show_check(miscounted: Any) -> None:
    for reference in miscounted:
        typer.echo(f"{reference}: its readings are not those that were counted", err=True)
    if miscounted:
        raise typer.Exit(1)
    typer.echo("every reading that was counted is there")


def _shown(reading: Reading) -> dict[str, Any]:
    return {
        "at": rfc3339(reading.at),
        "reading_id": reading.reading_id,
        "reference": reading.reference,
        "purpose": reading.purpose,
        **vars(reading.actor),
    }
