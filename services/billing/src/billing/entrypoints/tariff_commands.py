"""Commands for files of billers and orders: what is wrong in them, and what a draft order would change."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from billing.application.tariff.rehearse_order import RehearseOrder
from billing.bootstrap import Billing, check_biller_files, read_order_file
from billing.domain.calendar import EARLIEST_DAY, LATEST_DAY
from billing.domain.money import rupees
from billing.domain.tariff.fees import FeeSchedule, NoRateInForce
from billing.domain.tariff.rehearsal import Rehearsal, Sums

EXIT_WRONG_FILE = 1
# The centres that would gain or lose most.
MOST_KIOSKS = 10


def lint_billers(
    folder: Annotated[Path, typer.Argument(help="A folder as BILLERS_DIR names one.", exists=True, file_okay=False)],
) -> None:
    """Say what is wrong in departments' biller files, with file and line; exit 1 if anything is. Needs no database."""
    right, problems = check_biller_files(folder)
    _say(problems)
    typer.echo(f"billing: {right} biller(s) of the folder are right")
    if problems:
        raise typer.Exit(EXIT_WRONG_FILE)


def read_draft(path: Path) -> FeeSchedule:
    """The schedule of a draft order's file. Says what is wrong with it, and exits 1."""
    schedule, problems = read_order_file(path)
    if schedule is None:
        _say(problems)
        raise typer.Exit(EXIT_WRONG_FILE)
    return schedule


def first_of_month(month: str) -> date:
    """The first day of a month written as 2026-10. Raises typer.BadParameter."""
    try:
        first = date.fromisoformat(f"{month}-01")
        if len(month) != len("2026-10") or not EARLIEST_DAY <= first <= LATEST_DAY:
            raise ValueError
        return first
    except ValueError:
        raise typer.BadParameter("write a month as 2026-10", param_hint="--month") from None


def rehearse(billing: Billing, draft: FeeSchedule, month: date) -> None:
    """Print who would have paid and earned what in that month."""
    try:
        rehearsal = billing.rehearse_order(RehearseOrder(draft.rates, month))
    except NoRateInForce as error:
        typer.echo(f"The month cannot be recomputed: {error}", err=True)
        raise typer.Exit(EXIT_WRONG_FILE) from None
    console = Console(width=140)
    console.print(_table(rehearsal))
    if rehearsal.charged_otherwise:
        console.print(
            f"{rehearsal.charged_otherwise} payment(s) were charged otherwise than by the order of their day."
        )
    changed = [(kiosk, paise) for kiosk, paise in rehearsal.kiosks.items() if paise]
    for kiosk, paise in sorted(changed, key=lambda row: (-abs(row[1]), row[0]))[:MOST_KIOSKS]:
        console.print(f"{kiosk} would have earned {rupees(abs(paise))} {'more' if paise > 0 else 'less'}")
    console.print(f"{len(changed)} centre(s) would have earned otherwise. Nothing was changed.")


def _table(rehearsal: Rehearsal) -> Table:
    table = Table("Kind of bill", "Payments", "Who", "Was", "Would be", "Difference", title="Rehearsal")
    for category, before in sorted(rehearsal.before.items()):
        after = rehearsal.after[category]
        for first, (who, was, would_be) in enumerate(_rows(before, after)):
            name, count = (category, str(before.payments)) if first == 0 else ("", "")
            table.add_row(name, count, who, rupees(was), rupees(would_be), rupees(would_be - was))
    return table


def _rows(before: Sums, after: Sums) -> list[tuple[str, int, int]]:
    def pairs(what: str, was: Mapping[str, int], would_be: Mapping[str, int]) -> list[tuple[str, int, int]]:
        return [(f"{name} {what}", was.get(name, 0), would_be.get(name, 0)) for name in sorted({*was, *would_be})]

    return pairs("pay", before.pay, after.pay) + pairs("earns", before.earn, after.earn)


def _say(problems: Sequence[str]) -> None:
    for problem in problems:
        typer.echo(problem, err=True)
