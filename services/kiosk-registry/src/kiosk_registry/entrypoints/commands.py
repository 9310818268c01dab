"""The service's own commands beside the chassis' (api, relay, prepare …)."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from servicekit.ids import public_id
from servicekit.service.processes import load_settings

from kiosk_registry.application.register.load_centres import LoadCentres
from kiosk_registry.bootstrap import bootstrap
from kiosk_registry.entrypoints.progress import progress

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
    # The service is declared with its commands, so it is there only when one is called.
    from kiosk_registry.entrypoints.service import SERVICE  # noqa: PLC0415

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
