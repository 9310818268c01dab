"""Commands by which two people end a break on a terminal, as the routes do (ADR 0060).

Who they are an access token says, as over HTTP: a typed name would let one person be two, and be a third one there.
"""

import os
from collections.abc import Callable

import typer
from rich.console import Console
from rich.table import Table

from billing.application.breaks.approve_ending import ApproveEnding
from billing.application.breaks.propose_ending import ProposeEnding
from billing.application.breaks.read_breaks import BreakShown
from billing.bootstrap import Billing
from billing.domain.breaks.ending import Ending
from billing.domain.money import rupees
from servicekit.access import Role
from servicekit.errors import ServiceError
from servicekit.ids import public_id
from servicekit.instants import rfc3339, utc_now
from servicekit.operations import operators

EXIT_REFUSED, EXIT_UNAVAILABLE = 2, 69
SHOWN_AT_MOST = 200


def list_breaks(billing: Billing) -> None:
    """Print the open breaks, those that are due first in front."""
    at = utc_now()
    rows = billing.breaks.page(is_open=True, after=None, limit=SHOWN_AT_MOST)
    table = Table("Break", "Owner", "Open for", "Due", "What")
    for row in rows:
        late = " (late)" if at > row.due_at else ""
        age = f"{(at - row.opened_at).total_seconds() // 3600:.0f} h"
        table.add_row(row.break_id, row.owner, age, rfc3339(row.due_at) + late, row.detail)
    Console(width=160).print(table if rows else "billing: no open break")


def show_break(billing: Billing, break_id: str) -> None:
    """Print one break, what can be done, and what its proposal books."""
    _told(lambda: _print(billing.breaks.get(break_id, utc_now())))


def propose_ending(billing: Billing, break_id: str, ending: Ending, reference: str | None, evidence: str) -> None:
    """Propose how a break ends, and print what it books; nothing is booked yet."""
    by = _person(billing)
    command = ProposeEnding(break_id, public_id("prp"), ending, reference, evidence, by, utc_now())
    _told(lambda: _print(billing.propose_ending(command)))


def approve_ending(billing: Billing, break_id: str, proposal_id: str) -> None:
    """Approve a proposal of somebody else: it is booked with that."""
    command = ApproveEnding(break_id, proposal_id, _person(billing), utc_now())
    _told(lambda: _print(billing.approve_ending(command)))


def _person(billing: Billing) -> str:
    """Whose token it is: the id that the routes know the person by."""
    settings = billing.settings
    try:
        return operators.operator(
            os.environ.get(operators.TOKEN_VARIABLE, ""),
            jwks_url=settings.jwks_url,
            issuer=settings.issuer,
            scope="payments:write",
            roles={Role.STATE_ADMIN},
        )
    except operators.NotAnOperator as error:
        typer.echo(f"billing: {error}", err=True)
        raise typer.Exit(EXIT_REFUSED) from None
    except operators.IdentityAway as error:
        typer.echo(f"billing: {error}", err=True)
        raise typer.Exit(EXIT_UNAVAILABLE) from None


def _told(act: Callable[[], None]) -> None:
    try:
        act()
    except ServiceError as error:
        typer.echo(f"billing: {error}", err=True)
        raise typer.Exit(EXIT_REFUSED) from None


def _print(shown: BreakShown) -> None:
    row, proposal, booking = shown.row, shown.row.proposal, shown.booking
    typer.echo(f"{row.break_id}: {'open' if row.is_open else f'resolved, {row.resolved_by}'}; {row.detail}")
    if row.is_open:
        typer.echo(f"can be ended by: {', '.join(shown.endings) or 'nothing now; look again'}")
    if proposal is None or not row.is_open:
        return
    typer.echo(f"proposal {proposal.proposal_id}: {proposal.ending}, filed as {proposal.evidence}")
    if booking is None:
        typer.echo("it does not stand any more: propose again")
        return
    typer.echo(f"it becomes {booking.state}" if booking.state else "it only closes the break")
    for leg in (leg for entry in booking.entries for leg in entry.legs):
        typer.echo(f"  {leg.account}  {rupees(leg.paise)}")
