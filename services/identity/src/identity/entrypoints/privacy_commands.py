"""The command line of retention and of the register of breaches. None of it prints personal data."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager

import typer

from identity.bootstrap import Identity
from servicekit.instants import rfc3339, utc_now


def add_privacy_commands(app: typer.Typer, opened: Callable[[], AbstractContextManager[Identity]]) -> None:
    """`identity retention` and `identity breaches`; `opened` gives the application for one of them."""

    @app.command("retention")
    def retention() -> None:
        """Print how long each collection is kept and by which order; 1 if one of the database has no row."""
        with opened() as identity:
            rows, strangers = identity.privacy.retention.all(), identity.privacy.retention.without_a_row()
        for row in rows:
            time = f"{row.days} days after {row.field}" if row.days else row.field or "-"
            typer.echo(f"{row.collection:<24} {row.ends:<12} {time:<32} {row.order or 'unset'}")
        for name in strangers:
            typer.echo(f"{name}: nobody said how long it is kept; give it a row in retention.json", err=True)
        raise typer.Exit(1 if strangers else 0)

    @app.command("breaches")
    def breaches() -> None:
        """Print the register of breaches, a JSON object a line: what is due, what was done; 1 if any is overdue."""
        at = utc_now()
        with opened() as identity:
            register = identity.privacy.breaches.all()
        for breach in register:
            shown = {
                "breach_id": breach.id,
                "nature": breach.nature,
                "aware_at": rfc3339(breach.aware_at),
                "detailed_due_at": rfc3339(breach.detailed_due_at),
                "detailed_told_at": breach.detailed_told_at and rfc3339(breach.detailed_told_at),
                "overdue": breach.is_overdue(at),
                "persons": breach.persons,
            }
            typer.echo(json.dumps(shown))
        raise typer.Exit(1 if any(breach.is_overdue(at) for breach in register) else 0)
