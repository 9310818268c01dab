"""The service, declared, and its command line."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from kiosk_registry import __version__
from kiosk_registry.application.load_centres import LoadCentres
from kiosk_registry.bootstrap import INDEXES, KIOSK_APPROVED, bootstrap
from kiosk_registry.entrypoints.api import blueprint
from kiosk_registry.entrypoints.progress import progress
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.ids import public_id
from servicekit.service import Service, command_line
from servicekit.service.processes import load_settings

CENTRES_OF_THE_STATE = 40_000
# 99,999 codes for Jaipur, which has a tenth of all centres.
MOST_CENTRES = 1_000_000

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
    settings = load_settings(SERVICE)
    with SERVICE.connect(settings) as mongo:
        SERVICE.prepare_database(mongo)
        registry = bootstrap(settings, mongo)
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


SERVICE = Service(
    name="kiosk-registry",
    version=__version__,
    settings=KioskRegistrySettings,
    bootstrap=bootstrap,
    blueprints=[blueprint],
    publishes=[KIOSK_APPROVED],
    indexes=INDEXES,
    commands=commands,
    ids={
        "ksk_": "a centre",
        "lsp_": "a local service provider",
        "pen_": "a penalty",
        "req_": "a run of load-centres, as what its events follow from",
    },
)
main = command_line(SERVICE)
