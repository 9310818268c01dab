"""`emitra-contracts`: compare the contracts with the last release, release them, and print them."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import yaml

from emitra_contracts import gate
from emitra_contracts.asyncapi import platform_document
from emitra_contracts.catalogue import accepted, clients, released_examples, sunsets
from emitra_contracts.folders import claims, services
from emitra_contracts.released import (
    broken_files,
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
    if not released_contracts(root).envelope:  # a comparison with an empty release passes
        typer.echo("Nothing was ever released: `make release-contracts` does it the first time.")
        raise typer.Exit(1)
    broken = _findings(root)
    if broken:
        typer.echo(gate.report(broken))
        raise typer.Exit(1)
    typer.echo("Nothing that was released is broken.")


@app.command("release")
def release_contracts(
    root: Root = Path(),
    service: Annotated[str, typer.Option(help="Only this service's contracts, e.g. billing.")] = "",
) -> None:
    """Make today's events and APIs the released ones, and add today's new examples to the released ones."""
    if service:
        _require_service(service, root)
    broken = _findings(root)
    if broken:
        typer.echo(gate.report(broken))
        typer.echo("\nNothing was released.")
        raise typer.Exit(1)
    added = release(contracts_of_today(root), root, [service] if service else [])
    for path in added:
        typer.echo(f"added {path}")
    typer.echo(f"Released; {len(added)} new examples.")


@app.command("removal")
def check_removal(service: Annotated[str, typer.Argument(help="E.g. billing.")], root: Root = Path()) -> None:
    """Who would be broken if a service were removed now. Fail if somebody, and name them."""
    _require_service(service, root)
    os.environ["EMITRA_ROOT"] = str(root.resolve())
    tables = event_tables(root, [service])
    readers = gate.Readers(tables, clients())
    consumed = gate.consumed_findings(service, contracts_of_today(root), readers)
    ends = {f"{service} {name}": day for name, day in sunsets().get(service, {}).items()}
    ends |= sunsets().get(service, {})
    today = datetime.now(UTC).date()
    broken = gate.findings(released_contracts(root), contracts_of_today(root, [service]), readers, ends, on=today)
    # What else is broken is no matter of the removal: `check` names it.
    ours = [finding for finding in broken if finding.contract.partition(" ")[0] == service]
    if consumed or ours:
        typer.echo(gate.report([*consumed, *ours]))
        raise typer.Exit(1)
    typer.echo(f"Nobody relies on {service}.")


@app.command("asyncapi")
def print_asyncapi() -> None:
    """Read the services' AsyncAPI documents from standard input, with `---` between them, and print the platform's."""
    document = platform_document(yaml.load_all(sys.stdin, yaml.CSafeLoader))
    typer.echo(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110), nl=False)


def _require_service(service: str, root: Path) -> None:
    if service not in services(root):
        typer.echo(f"There is no service {service!r}; there are {', '.join(services(root))}.")
        raise typer.Exit(2)


def _findings(root: Path) -> list[gate.Finding]:
    os.environ["EMITRA_ROOT"] = str(root.resolve())  # the catalogue is of the same repository
    unreadable = list(broken_files(root))
    without = {service for service, _ in unreadable}
    released, today = released_contracts(root, without), contracts_of_today(root, without)
    readers = gate.Readers(event_tables(root, without), clients(without))
    owners = {event: row["producer"] for event, row in {**released.catalogue, **today.catalogue}.items()}
    ends = {
        service: {name if name in owners else f"{service} {name}": day for name, day in days.items()}
        for service, days in sunsets(without).items()
    }
    every_end = {name: day for days in ends.values() for name, day in days.items()}
    meant = accepted(without)
    examples = {name: example for event in today.catalogue for name, example in released_examples(event).items()}
    broken = gate.findings(released, today, readers, every_end, on=datetime.now(UTC).date())
    named = {service: [row["contract"] for row in rows] for service, rows in meant.items() if service != "shared"}
    return [
        *gate.unreadable_findings(unreadable),
        *gate.unaccepted(broken, meant),
        *gate.damage_findings(damaged_files(root), readers),
        *gate.example_findings(examples, readers),
        *gate.quarrel_findings(claims(root), released),
        *gate.name_findings(today, released),
        *gate.foreign_findings("accepted.json", named, owners, services(root)),
        *gate.foreign_findings("sunsets.json", ends, owners, services(root)),
    ]


if __name__ == "__main__":
    app()
