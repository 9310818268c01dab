"""The signing keys: by command, and by the schedule of a job that does the same."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Annotated

import structlog
import typer

from identity.application.tokens.remove_signing_key import RemoveSigningKey
from identity.application.tokens.retire_signing_keys import RetireSigningKeys
from identity.application.tokens.rotate_signing_keys import RotateSigningKeys
from identity.bootstrap import Identity
from identity.domain.tokens.signing_keys import state_of
from identity.entrypoints.http.tokens.routes import KEYS_MAX_AGE_SECONDS
from servicekit.instants import utc_now

# Verifiers keep the key set for five minutes, and a process may notice a new key some seconds late. The same again,
# because others' systems are not ours to hurry.
OVERLAP_SECONDS = 2 * KEYS_MAX_AGE_SECONDS
# Nothing waits for it: keys live for weeks. Often enough that a fresh installation can sign within seconds.
LOOK_EVERY_SECONDS = 15.0

_log = structlog.get_logger(__name__)


def keep_signing_keys(identity: Identity) -> None:
    """The job: the next key when the newest is old enough, and away with those that nobody needs. Safe to repeat.

    Where there is no key store, nothing: keys of the setting are whoever's who set it.
    """
    if not identity.vault.is_open:
        return
    at = utc_now()
    rotation = RotateSigningKeys(overlap=timedelta(seconds=OVERLAP_SECONDS), older_than=identity.signing.every, at=at)
    made, gone = identity.signing.rotate(rotation), identity.signing.retire(RetireSigningKeys(at))
    if made or gone:
        _log.info("signing_keys_changed", made=made, gone=gone)


def signing_key_commands(app: typer.Typer, opened: Callable[[], AbstractContextManager[Identity]]) -> None:
    """Adds the commands; `opened` gives the application for one of them."""

    @app.command("rotate-signing-keys")
    def rotate_signing_keys(
        after: Annotated[
            int, typer.Option(help="Seconds until they sign: by then every verifier must have seen them.", min=0)
        ] = OVERLAP_SECONDS,
        first: Annotated[
            bool, typer.Option("--first", help="Only where there are no keys yet, or no vault; they sign at once.")
        ] = False,
    ) -> None:
        """Make the next signing keys. They are published at once; the earlier ones verify until their tokens end."""
        with opened() as identity:
            if first and (not identity.vault.is_open or identity.signing.keys.stored_ids()):
                typer.echo("there are keys already, or no vault to keep them in")
                return
            made = identity.signing.rotate(RotateSigningKeys(overlap=timedelta(seconds=after), at=utc_now()))
        typer.echo("\n".join(made))

    @app.command("signing-keys")
    def signing_keys() -> None:
        """List the signing keys, and what each does now."""
        with opened() as identity:
            key_ids = identity.signing.keys.key_ids()
            for key_id in key_ids:
                typer.echo(f"{key_id}  {state_of(key_id, key_ids, utc_now())}")

    @app.command("retire-signing-keys")
    def retire_signing_keys() -> None:
        """Destroy the keys whose last token has ended; the worker does so by itself."""
        with opened() as identity:
            gone = identity.signing.retire(RetireSigningKeys(utc_now()))
        typer.echo("\n".join(f"{key_id} is destroyed" for key_id in gone) or "every key is needed")

    @app.command("remove-signing-key")
    def remove_signing_key(
        key_id: Annotated[str, typer.Argument(help="As `identity signing-keys` lists it.")],
    ) -> None:
        """Destroy a key that somebody else has: within five minutes its tokens count nowhere."""
        with opened() as identity:
            identity.signing.remove(RemoveSigningKey(key_id, utc_now()))
        typer.echo(f"{key_id} is destroyed")
