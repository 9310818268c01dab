"""Billing's own commands beside the chassis' (api, worker, relay, prepare …)."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from billing.application.books.check_books import CheckBooks
from billing.application.wallets.fund_sandbox_wallet import FundSandboxWallet
from billing.bootstrap import Billing, bootstrap
from billing.domain.breaks.ending import Ending
from billing.domain.money import rupees
from billing.entrypoints.breaks_commands import approve_ending, list_breaks, propose_ending, show_break
from billing.entrypoints.commission_documents import as_csv, as_json, statement_document
from billing.entrypoints.settlement_commands import day_of, reconcile, settle, write_file
from billing.entrypoints.tariff_commands import first_of_month, lint_billers, read_draft, rehearse
from billing.entrypoints.timeline_commands import show
from billing.settings import Settings
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.operations.throttle import progress
from servicekit.service.processes import load_settings

commands = typer.Typer()

EXIT_BROKEN_BOOKS = 1
EXIT_REFUSED = 2
MOST_SEEDED = 1_000  # one transaction each: more than any sandbox needs
_KIOSK = re.compile(r"ksk_RJ[0-9]{8}")


@contextmanager
def _billing() -> Iterator[Billing]:
    settings = load_settings(Settings)
    with Mongo(settings.mongodb_uri, settings.mongodb_database, settings.mongodb_timeout_seconds) as mongo:
        yield bootstrap(settings, mongo)


@commands.command("check-books")
def check_books(
    accounts: Annotated[bool, typer.Option(help="Print every account of the trial balance.")] = False,
    anew: Annotated[bool, typer.Option(help="Check everything, not what came since the last check.")] = False,
) -> None:
    """Check invariants I1 to I5 and I9 on this database and print the trial balance; exit 1 on a break."""
    with _billing() as billing:
        books = billing.check_books(CheckBooks(utc_now(), anew))
    console = Console(width=140)
    balances = Table("Account", "Balance", title="Trial balance")
    for account, paise in (books.balances if accounts else _by_family(books.balances)).items():
        balances.add_row(account, rupees(paise))
    balances.add_row("total", rupees(sum(books.balances.values())))
    console.print(balances)
    console.print(
        "Payments looked at:", ", ".join(f"{state} {count}" for state, count in books.states.items()) or "none"
    )
    findings = Table("Invariant", "Says", "Holds", title="Books")
    for finding in books.findings:
        findings.add_row(finding.invariant, finding.says, "no" if finding.breaks else "yes")
    console.print(findings)
    for finding in books.findings:
        for example in finding.breaks:
            console.print(f"{finding.invariant}: {example}")
    if not books.in_order:
        raise typer.Exit(EXIT_BROKEN_BOOKS)


@commands.command("seed-sandbox")
def seed_sandbox(
    paise: Annotated[int, typer.Option(help="Play money for each, in paise.", min=1)],
    kiosk: Annotated[list[str] | None, typer.Option(help="Permanent code of a centre; repeatable.")] = None,
    kiosks: Annotated[str, typer.Option(help="Consecutive codes of one district, FIRST..LAST.")] = "",
) -> None:
    """Fund sandbox wallets, each once however often this runs; opens those that are not open. Refuses when live."""
    centres = [*(kiosk or []), *_consecutive(kiosks)]
    if not centres or not all(_KIOSK.fullmatch(kiosk_id) for kiosk_id in centres):
        raise typer.BadParameter("name centres by their codes, such as ksk_RJ10200001, with --kiosk or --kiosks")
    with _billing() as billing:
        if billing.settings.environment != "sandbox":
            typer.echo("seed-sandbox makes money: it refuses unless ENVIRONMENT=sandbox", err=True)
            raise typer.Exit(EXIT_REFUSED)
        funded = sum(billing.fund_sandbox_wallet(FundSandboxWallet(kiosk_id, paise, utc_now())) for kiosk_id in centres)
    typer.echo(f"billing: {funded} wallet(s) funded with {rupees(paise)}, {len(centres) - funded} had it already")


@commands.command("reconcile")
def reconcile_day(
    day: Annotated[str, typer.Option(help="Such as 2026-11-27 (IST); yesterday by default.")] = "",
) -> None:
    """Compare a day with the files of the provider and of every biller; exit 1 where something differs. Repeatable."""
    with _billing() as billing:
        reconcile(billing, day_of(day))


@commands.command("settle")
def settle_day(day: Annotated[str, typer.Option(help="Such as 2026-11-27 (IST); yesterday by default.")] = "") -> None:
    """Pay each biller what it is owed for a day, on its working day; exit 2 if that has not come. Repeatable."""
    with _billing() as billing:
        settle(billing, day_of(day))


@commands.command("settlement-file")
def settlement_file(settlement_id: Annotated[str, typer.Argument(help="Such as stl_01930a6c….")]) -> None:
    """Print a settlement's file, whose hash the settlement and its event tell."""
    with _billing() as billing:
        write_file(billing, settlement_id)


@commands.command("commission")
def commission(
    month: Annotated[str, typer.Option(help="Such as 2026-10 (IST).")],
    kiosk: Annotated[str, typer.Option(help="Permanent code of a centre.")] = "",
    lsp: Annotated[str, typer.Option(help="Id of a local service provider: all its centres.")] = "",
    form: Annotated[str, typer.Option("--format", help="json or csv.")] = "json",
) -> None:
    """Print a month's commission, line by line, with the rule of each: `check_commission.py` recomputes it."""
    first = first_of_month(month)
    if bool(kiosk) == bool(lsp) or form not in ("json", "csv"):
        raise typer.BadParameter("name a centre with --kiosk or a provider with --lsp, and json or csv")
    with _billing() as billing:
        read = billing.commission
        lines = read.of_kiosk(kiosk, first) if kiosk else read.of_provider(lsp, first)
    document = statement_document(kiosk or lsp, first, lines)
    typer.echo(as_json(document) if form == "json" else as_csv(document), nl=form == "json")


@commands.command("show")
def show_payment(payment_id: Annotated[str, typer.Argument(help="Such as pay_01930a6c….")]) -> None:
    """Print what happened to the money of a payment, hop by hop, as GET /v1/payments/{payment_id}/timeline tells it."""
    with _billing() as billing:
        show(billing, payment_id)


@commands.command("migrate")
def migrate() -> None:
    """Fill the new names of what an older release stored; when no pod of that release is left. Repeatable."""
    with _billing() as billing:
        total, done = billing.migration.left(), 0
        with progress(total, "migrating", "migrated") as advance:
            for count in billing.migration.run():
                done += count
                advance(count)
    typer.echo(f"billing: {done} document(s) migrated, none left")


commands.command("lint-billers")(lint_billers)


@commands.command("rehearse-order")
def rehearse_order(
    draft: Annotated[Path, typer.Argument(help="A file of orders, with the draft in it.", exists=True, dir_okay=False)],
    month: Annotated[str, typer.Option(help="The month of payments, such as 2026-10 (IST).")],
) -> None:
    """Say who would have paid and earned what, had a draft order been in force in a month. Changes nothing."""
    first, schedule = first_of_month(month), read_draft(draft)
    with _billing() as billing:
        rehearse(billing, schedule, first)


@commands.command("breaks")
def breaks(
    break_id: Annotated[str | None, typer.Argument(help="One of them; left out: all that are open.")] = None,
    propose: Annotated[Ending | None, typer.Option(help="How it ends, as you found out.")] = None,
    reference: Annotated[str | None, typer.Option(help="The partner's own, with --propose done alone.")] = None,
    evidence: Annotated[str | None, typer.Option(help="Where the finding is filed; with --propose.")] = None,
    approve: Annotated[str | None, typer.Option(help="The proposal that you saw, of somebody else.")] = None,
) -> None:
    """Show what people have; propose how a break ends, which books nothing; approve it, which does.

    Who proposes and who approves are two people of the state administration: OPERATOR_TOKEN holds their access token.
    """
    if (propose or approve) and not break_id:
        raise typer.BadParameter("name the break")
    if (propose and approve) or bool(propose) != bool(evidence) or (reference and not propose):
        raise typer.BadParameter("either --propose with --evidence (and --reference where it was done), or --approve")
    with _billing() as billing:
        if break_id is None:
            list_breaks(billing)
        elif propose and evidence:
            propose_ending(billing, break_id, propose, reference, evidence)
        elif approve:
            approve_ending(billing, break_id, approve)
        else:
            show_break(billing, break_id)


def _consecutive(span: str) -> list[str]:
    """`ksk_RJ10200101..ksk_RJ10200140` as forty codes; nothing for an empty span."""
    if not span:
        return []
    first, _, last = span.partition("..")
    if not (_KIOSK.fullmatch(first) and _KIOSK.fullmatch(last)):
        raise typer.BadParameter("a span looks like ksk_RJ10200101..ksk_RJ10200140", param_hint="--kiosks")
    numbers = range(int(first[6:]), int(last[6:]) + 1)
    if not 0 < len(numbers) <= MOST_SEEDED:
        raise typer.BadParameter(f"a span holds 1 to {MOST_SEEDED} centres", param_hint="--kiosks")
    return [f"ksk_RJ{number:08d}" for number in numbers]


def _by_family(balances: Mapping[str, int]) -> dict[str, int]:
    """Accounts of one kind (every wallet, every biller) as one line."""
    families: dict[str, int] = {}
    for account, paise in balances.items():
        kind, _, _ = account.partition(":")
        name = f"{kind}:*" if kind in {"wallet", "wallet-held", "biller", "department"} else account
        families[name] = families.get(name, 0) + paise
    return families
