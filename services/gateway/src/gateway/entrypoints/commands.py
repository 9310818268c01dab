"""The gateway's own commands beside the chassis' (api, worker, relay, prepare …)."""

import json
import os
from collections.abc import Iterator, Set
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from gateway.application.release_routes import ReleaseRefused, ReleaseRoutes
from gateway.application.route_register import EVERYTHING, Entry, asked_for
from gateway.bootstrap import Gateway, bootstrap
from gateway.settings import GatewaySettings
from servicekit.errors import DependencyUnavailable
from servicekit.mongo import Mongo
from servicekit.service.processes import load_settings

commands = typer.Typer()

EXIT_REFUSED = 2
EXIT_UNAVAILABLE = 69


@contextmanager
def _gateway() -> Iterator[Gateway]:
    settings = load_settings(GatewaySettings)
    with Mongo(settings.mongodb_uri, settings.mongodb_database, settings.mongodb_timeout_seconds) as mongo:
        try:
            yield bootstrap(settings, mongo)
        except ReleaseRefused as error:
            typer.echo(f"{settings.service_name}: {error}", err=True)
            raise typer.Exit(EXIT_REFUSED) from None
        except DependencyUnavailable as error:
            typer.echo(f"{settings.service_name}: {error.detail}", err=True)
            raise typer.Exit(EXIT_UNAVAILABLE) from None


@commands.command("routes")
def list_routes(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """List who has which route, what is refused to whom and why, and what to do about it. Changes nothing."""
    with _gateway() as gateway:
        rows = _rows(gateway)
    if as_json:
        typer.echo(json.dumps(rows))
        return
    table = Table("Service", "Route", "State", "Why", "What to do")
    for row in rows:
        table.add_row(row["service"], row["route"], row["state"], row["because"], row["mend"])
    Console(width=None if os.isatty(1) else 200).print(table)


@commands.command("release-routes")
def release_routes(
    service: Annotated[str, typer.Argument(help="Whose routes.")],
    route: Annotated[list[str] | None, typer.Option(help="Only this one, as `gateway routes` writes it.")] = None,
    place: Annotated[bool, typer.Option("--place", help="Only where its files come from: it moves.")] = False,
) -> None:
    """Let a service give up its routes: it was removed, it moved, or another takes them over. Exit 2 when refused."""
    with _gateway() as gateway:
        gateway.routes.look()
        released = gateway.release_routes(ReleaseRoutes(service, route or [], place, gateway.routes.published()))
    for entry in released:
        typer.echo(f"{service} gave up {entry.method} {entry.path}")
    if place or not route:
        typer.echo(f"{service} gave up the place its files come from")


def _rows(gateway: Gateway) -> list[dict[str, Any]]:
    settlement = gateway.routes.look()
    served = {entry for service in settlement.services for entry in asked_for(service)}
    rows = [_row(e.service, f"{e.method} {e.path}", _state(e, served)) for e in settlement.register.entries]
    rows += [
        _row(r.service, r.route, "refused" if r.owner else "waiting", r.because, r.mend) for r in settlement.refusals
    ]
    rows += [
        _row(stem, "all of its routes", "unusable", "; ".join(problems), "mend the document; the last good one holds")
        for stem, problems in gateway.routes.unusable.items()
    ]
    return sorted(rows, key=lambda row: (row["service"], row["route"]))


def _state(entry: Entry, served: Set[Entry]) -> str:
    """`kept` is what the service had and does not publish now. The gateway's own routes are in no file."""
    if entry.method == EVERYTHING:
        return "prefix"
    own = entry.service == GatewaySettings.service_name
    return "in force" if own or entry in served else "kept"


def _row(service: str, route: str, state: str, because: str = "", mend: str = "") -> dict[str, Any]:
    return {"service": service, "route": route, "state": state, "because": because, "mend": mend}
