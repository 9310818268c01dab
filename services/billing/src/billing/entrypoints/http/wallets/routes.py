"""The routes of wallets."""

from datetime import datetime
from typing import Any

from flask import Response

from billing.application.wallets.errors import StatementTooLong, WalletNotOpen
from billing.bootstrap import Billing
from billing.entrypoints.http.blueprints import payments
from billing.entrypoints.http.wallets import schemas, views
from servicekit.http import COUNTER, Role, application, caller, cursor
from servicekit.instants import rfc3339, utc_now

# Who sees a centre's money: the centre, and who answers for it.
WALLET_READERS = frozenset({Role.MACHINE, *COUNTER, Role.DISTRICT_ADMIN, Role.STATE_ADMIN, Role.AUDITOR})
# A statement as a table is one document: a busy centre's month and more.
MOST_CSV_LINES = 20_000
KIOSK_ID = {
    "in": "path",
    "name": "kiosk_id",
    "description": "The centre's permanent code.",
    "schema": {"type": "string", "pattern": "^ksk_RJ[0-9]{8}$", "maxLength": 14},
    "example": "ksk_RJ10200001",
}
CSV = "text/csv"


@payments.route("/v1/wallet")
@payments.requires("wallet:read", roles=[Role.MACHINE, *COUNTER])
@payments.raises(WalletNotOpen)
@payments.response(200, schemas.WalletShownSchema)
def get_wallet() -> dict[str, Any]:
    """The wallet of the caller's centre.

    `available` may go below zero, as far as `credit_limit` lets it. While the centre is suspended or closed the wallet
    is frozen: it pays nothing and is not topped up; what was begun goes on, and refunds come in.
    """
    kiosk_id, billing, at = caller().kiosk_id, application(Billing), utc_now()
    wallet = billing.wallets.wallet(kiosk_id) if kiosk_id else None
    if wallet is None:
        raise WalletNotOpen("The caller has no wallet: it is no centre, or the centre is not approved yet.")
    return views.wallet_view(wallet, billing.wallet_limits(at), billing.centre(wallet.kiosk_id), at)


@payments.route("/v1/wallets/<kiosk_id>/statement", parameters=[KIOSK_ID])
@payments.requires("wallet:read", roles=WALLET_READERS)
@payments.raises(WalletNotOpen)
@payments.arguments(schemas.StatementQuerySchema, location="query")
@payments.response(200, schemas.StatementShownSchema)
def get_statement(query: dict[str, Any], kiosk_id: str) -> dict[str, Any]:
    """A wallet's statement.

    From one day in India until another, both included: what was there at the first instant, each movement with what it
    left, and what was there at the end. What is held for a payment has left the balance, and comes back if the payment
    fails.
    """
    first, last = schemas.days_of(query)
    statement = application(Billing).wallet_reader.statement(
        kiosk_id, caller().reach, first, last, after=_position(query), limit=query["limit"]
    )
    at = statement.lines[-1] if statement.more else None
    following = cursor().encode({"at": rfc3339(at.at), "id": at.entry_id}) if at else None
    return views.statement_view(kiosk_id, first, last, statement, following)


@payments.route("/v1/wallets/<kiosk_id>/statement-csv", parameters=[KIOSK_ID])
@payments.requires("wallet:read", roles=WALLET_READERS)
@payments.raises(WalletNotOpen, StatementTooLong)
@payments.arguments(schemas.DaysQuerySchema, location="query")
@payments.response(200, {"type": "string"}, content_type=CSV)
def get_statement_csv(query: dict[str, Any], kiosk_id: str) -> Response:
    """A wallet's statement as a table.

    As `GET /v1/wallets/{kiosk_id}/statement`, in one piece, UTF-8 with a line of names; the first line is the opening
    and the last the closing balance. Amounts are rupees with two decimals, times India's.
    """
    first, last = schemas.days_of(query)
    statement = application(Billing).wallet_reader.statement(
        kiosk_id, caller().reach, first, last, after=None, limit=MOST_CSV_LINES
    )
    if statement.more:
        raise StatementTooLong(f"These days have more than {MOST_CSV_LINES} lines: ask for fewer days.")
    response = Response(views.statement_csv(first, last, statement), content_type=f"{CSV}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{kiosk_id}-{first}-{last}.csv"'
    return response


@payments.route("/v1/wallets/<kiosk_id>/day-book", parameters=[KIOSK_ID])
@payments.requires("wallet:read", roles=WALLET_READERS)
@payments.raises(WalletNotOpen)
@payments.arguments(schemas.DaysQuerySchema, location="query")
@payments.response(200, schemas.DayBookShownSchema)
def get_day_book(query: dict[str, Any], kiosk_id: str) -> dict[str, Any]:
    """A wallet's day book.

    For each day in India, both ends included: opening and closing balance, and between them what was paid, came back of
    failed payments, was refunded and topped up.
    """
    first, last = schemas.days_of(query)
    days = application(Billing).wallet_reader.days(kiosk_id, caller().reach, first, last)
    return views.day_book_view(kiosk_id, days)


def _position(query: dict[str, Any]) -> tuple[datetime, str] | None:
    if "cursor" not in query:
        return None
    position = cursor().decode(query["cursor"])
    return datetime.fromisoformat(position["at"]), str(position["id"])
