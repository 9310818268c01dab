"""`emitra-contracts`: compare the contracts with the last release, release them, and print them."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import yaml

from emitra_contracts import gate
from emitra_contracts.asyncapi import platform_document
from emitra_contracts.catalogue import accepted, clients, envelope_schema, events, released_examples, schema, sunsets
from emitra_contracts.released import (
    RELEASED,
    contracts_of_today,
    damaged_files,
    event_tables,
    release,
    released_contracts,
)

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

Root = Annotated[Path, typer.Option(help="The repository.", exists=True, file_okay=False)]


@app.command("check")
def check_contracts(root: Root = Path()) -> None:
    """Compare today's events and APIs with the released ones. Fail over a breaking change, and name whom it breaks."""
    if not RELEASED.exists():  # a comparison with an empty release passes
        typer.echo(f"{RELEASED} is missing: `make release-contracts` writes it the first time.")
        raise typer.Exit(1)
    broken = _findings(root)
    if broken:
        typer.echo(gate.report(broken))
        raise typer.Exit(1)
    typer.echo("Nothing that was released is broken.")


@app.command("release")
def release_contracts(root: Root = Path()) -> None:
    """Make today's events and APIs the released ones, and add today's new examples to the released ones."""
    broken = _findings(root)
    if broken:
        typer.echo(gate.report(broken))
        typer.echo("\nNothing was released.")
        raise typer.Exit(1)
    added = release(contracts_of_today(root), root)
    for path in added:
        typer.echo(f"added {path}")
    typer.echo(f"Released; {len(added)} new examples.")


@app.command("asyncapi")
def print_asyncapi() -> None:
    """Read the services' AsyncAPI documents from standard input, with `---` between them, and print the platform's."""
    document = platform_document(yaml.load_all(sys.stdin, yaml.CSafeLoader))
    typer.echo(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110), nl=False)


@app.command("schemas")
def print_schemas() -> None:
    """Print the schemas of the envelope and of every event as one JSON object, by the name of the event."""
    contracts = {"envelope": envelope_schema(), **{event: schema(event) for event in events()}}
    typer.echo(json.dumps(contracts, ensure_ascii=False, indent=1))


def _findings(root: Path) -> list[gate.Finding]:
    readers = gate.Readers(event_tables(root), clients())
    examples = {name: example for event in events() for name, example in released_examples(event).items()}
    today = datetime.now(UTC).date()
    broken = gate.findings(released_contracts(), contracts_of_today(root), readers, sunsets(), on=today)
    return [
        *gate.unaccepted(broken, accepted()),
        *gate.damage_findings(damaged_files(), readers),
        *gate.example_findings(examples, readers),
    ]


if __name__ == "__main__":
    app()
