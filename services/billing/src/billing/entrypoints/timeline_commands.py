"""The command that shows one payment's money as a readable timeline."""

import typer
from rich.console import Console
from rich.table import Table

from billing.application.payments.errors import PaymentNotFound
from billing.application.timeline.errors import TimelineChanged
from billing.application.timeline.read_timeline import Timeline, Viewer
from billing.bootstrap import Billing
from billing.domain.calendar import IST
from billing.domain.money import rupees
from billing.entrypoints.http.timeline.views import says
from servicekit.access import EVERYTHING
from servicekit.instants import utc_now

EXIT_NOT_SHOWN = 1


def show(billing: Billing, payment_id: str) -> None:
    """Print the timeline of a payment. Exits 1 where there is none, or where it is not what it was."""
    try:
        timeline = billing.timelines.of(payment_id, Viewer(EVERYTHING), utc_now())
    except PaymentNotFound:
        typer.echo(f"There is no payment {payment_id}.", err=True)
        raise typer.Exit(EXIT_NOT_SHOWN) from None
    except TimelineChanged as error:
        typer.echo(f"{error.detail} Hops that differ: {', '.join(error.members['hops'])}", err=True)
        raise typer.Exit(EXIT_NOT_SHOWN) from None
    console = Console(width=160)
    console.print(_table(timeline))
    console.print(f"Head: {timeline.chain.head}")


def _table(timeline: Timeline) -> Table:
    payment = timeline.payment
    where = payment.kiosk_id or "portal"
    title = f"{payment.payment_id}: {rupees(payment.total_paise)} to {payment.biller_id}, {payment.mode} at {where}"
    table = Table("When (IST)", "What", "Means", "Between", title=title)
    for hop in timeline.hops:
        legs = ", ".join(f"{leg.account} {rupees(leg.paise)}" for leg in hop.legs)
        at = hop.at.astimezone(IST).isoformat(" ", "milliseconds").removesuffix("+05:30")
        table.add_row(at, f"{hop.kind} {hop.name}", says(hop)[0], legs)
    return table
