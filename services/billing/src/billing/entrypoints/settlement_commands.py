"""Commands for days: compare one with partners' files, settle it, and write a settlement's file."""

from datetime import date, timedelta

import typer
from rich.console import Console
from rich.table import Table

from billing.application.settlement.ports import Reconciliation
from billing.application.settlement.reconcile_day import DayNotOver, ReconcileDay
from billing.application.settlement.settle_day import NotYet, SettleDay
from billing.bootstrap import Billing
from billing.domain.calendar import EARLIEST_DAY, LATEST_DAY, civil_day
from billing.domain.money import rupees
from billing.domain.settlement.settlement import Settlement, SettlementState, file_of
from servicekit.instants import utc_now

EXIT_DIFFERENCES = 1
EXIT_NOT_YET = 2


def day_of(text: str) -> date:
    """The day written so; yesterday in India for an empty text. Raises typer.BadParameter."""
    if not text:
        return civil_day(utc_now()) - timedelta(days=1)
    try:
        day = date.fromisoformat(text)
        if not EARLIEST_DAY <= day <= LATEST_DAY:
            raise ValueError
        return day
    except ValueError:
        raise typer.BadParameter("write a day as 2026-11-27", param_hint="--day") from None


def reconcile(billing: Billing, day: date) -> None:
    """Print what became of each source's file. Exits 1 where something differs, 2 where the day is not over."""
    try:
        done = billing.reconcile_day(ReconcileDay(day, utc_now()))
    except DayNotOver as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_NOT_YET) from None
    console = Console(width=140)
    console.print(_sources(done))
    if done.missing:
        console.print(f"No file of {', '.join(done.missing)}.")
    if any(one.differences or one.parked for one in done.sources):
        raise typer.Exit(EXIT_DIFFERENCES)


def settle(billing: Billing, day: date) -> None:
    """Print the settlements of a day. Exits 2 where it cannot be settled yet."""
    try:
        settled = billing.settle_day(SettleDay(day, utc_now()))
    except NotYet as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_NOT_YET) from None
    Console(width=160).print(_settlements(day, settled))


def write_file(billing: Billing, settlement_id: str) -> None:
    """Print the file of a closed settlement, of which its `file_sha256` is the hash. Exits 2 where there is none."""
    settlement = billing.settlements.get(settlement_id)
    if settlement is None or settlement.state is not SettlementState.CLOSED:
        typer.echo(f"There is no closed settlement {settlement_id}.", err=True)
        raise typer.Exit(EXIT_NOT_YET)
    for line in file_of(settlement, billing.settlements.lines(settlement_id)):
        typer.echo(line)


def _sources(done: Reconciliation) -> Table:
    table = Table("Source", "Rows", "Match", "Differ", "Parked", title=f"{done.day}, compared with partners' files")
    for one in done.sources:
        if one.rows or one.parked or one.differences:
            table.add_row(one.source, str(one.rows), str(one.matched), str(one.differences), str(one.parked))
    return table


def _settlements(day: date, settled: list[Settlement]) -> Table:
    table = Table("Settlement", "Biller", "Lines", "Gross", "Refunded", "Net", "Waiting", title=f"Settled for {day}")
    for one in settled:
        sums = (rupees(paise) for paise in (one.gross_paise, one.refunded_paise, one.net_paise))
        table.add_row(one.settlement_id, one.biller_id, str(one.lines), *sums, str(one.held_back))
    return table
