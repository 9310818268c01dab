"""What is shown of wallets: plain dictionaries for the schemas to dump, and a table."""

import csv
from collections.abc import Sequence
from datetime import date, datetime
from io import StringIO
from typing import Any

from billing.domain.calendar import IST
from billing.domain.centres import Centre, Standing
from billing.domain.ledger.entries import Kind
from billing.domain.ledger.limits import WalletLimits
from billing.domain.ledger.statement import DayOfWallet, Statement, StatementLine
from billing.domain.ledger.wallet import Wallet
from servicekit.money import money

_FROZEN = {
    Standing.SUSPENDED: (
        "The centre is suspended: the wallet pays nothing and cannot be topped up. What was begun goes on, and refunds "
        "come in.",
        "केंद्र निलंबित है: वॉलेट से भुगतान और टॉप-अप नहीं हो सकता। जो शुरू हो चुका है वह पूरा होगा, और वापसी की राशि आती रहेगी।",
    ),
    Standing.CLOSED: (
        "The centre is closed: the wallet pays nothing and cannot be topped up. What was begun goes on, and refunds "
        "come in.",
        "केंद्र बंद है: वॉलेट से भुगतान और टॉप-अप नहीं हो सकता। जो शुरू हो चुका है वह पूरा होगा, और वापसी की राशि आती रहेगी।",
    ),
}
# A wallet is touched by no other kinds.
_LINES = {
    Kind.HOLD: ("For a payment", "भुगतान के लिए"),
    Kind.VOID: ("Back from a failed payment", "असफल भुगतान से वापस"),
    Kind.REFUND: ("Refund", "धन-वापसी"),
    Kind.TOP_UP: ("Top-up", "टॉप-अप"),
    Kind.PENALTY: ("Penalty", "दंड"),
    Kind.FUNDING: ("Play money of the sandbox", "सैंडबॉक्स की परीक्षण राशि"),
}
_OTHER = ("Correction", "सुधार")
_OF_A_DAY = {"paid": Kind.HOLD, "returned": Kind.VOID, "refunded": Kind.REFUND, "topped_up": Kind.TOP_UP}


def wallet_view(wallet: Wallet, limits: WalletLimits, centre: Centre | None, at: datetime) -> dict[str, Any]:
    """A wallet as its centre sees it."""
    low = limits.low_paise
    return {
        "kiosk_id": wallet.kiosk_id,
        "balance": money(wallet.balance_paise),
        "held": money(wallet.held_paise),
        "available": money(wallet.available_paise),
        "credit_limit": money(wallet.credit_limit_paise),
        "low_limit": _money(low),
        "is_low": low is not None and wallet.available_paise < low,
        "least_top_up": _money(limits.least_paise),
        "most_top_up": _money(limits.most_paise),
        "frozen": _frozen_view(centre, at) if centre else None,
    }


def _money(paise: int | None) -> dict[str, Any] | None:
    return None if paise is None else money(paise)


def _frozen_view(centre: Centre, at: datetime) -> dict[str, Any] | None:
    standing = centre.standing_at(at)
    if standing is Standing.OPEN:
        return None
    says, says_hi = _FROZEN[standing]
    until = centre.until if standing is Standing.SUSPENDED else None
    return {"reason": centre.reason, "until": until, "says": says, "says_hi": says_hi}


def statement_view(
    kiosk_id: str, first: date, last: date, statement: Statement, following: str | None
) -> dict[str, Any]:
    """A page of a statement."""
    return {
        "kiosk_id": kiosk_id,
        "first_on": first,
        "last_on": last,
        "opening": money(statement.opening_paise),
        "closing": money(statement.closing_paise),
        "items": [_line_view(line) for line in statement.lines],
        "next": following,
    }


def _line_view(line: StatementLine) -> dict[str, Any]:
    says, says_hi = _LINES.get(line.kind, _OTHER)
    return {
        "at": line.at,
        "kind": line.kind.value,
        "says": says,
        "says_hi": says_hi,
        "amount": money(line.paise),
        "balance": money(line.balance_paise),
        "payment_id": line.payment_id,
        "top_up_id": line.top_up_id,
    }


def statement_csv(first: date, last: date, statement: Statement) -> str:
    """A whole statement as a table."""
    table = StringIO()
    rows = csv.writer(table, lineterminator="\r\n")
    rows.writerow(["at", "what", "what_hi", "payment_id", "top_up_id", "amount", "balance"])
    rows.writerow([first.isoformat(), "Opening", "आरंभिक शेष", "", "", "", _rupees(statement.opening_paise)])
    for line in statement.lines:
        says, says_hi = _LINES.get(line.kind, _OTHER)
        at = line.at.astimezone(IST).isoformat(timespec="milliseconds")
        ids = [line.payment_id or "", line.top_up_id or ""]
        rows.writerow([at, says, says_hi, *ids, _rupees(line.paise), _rupees(line.balance_paise)])
    rows.writerow([last.isoformat(), "Closing", "अंतिम शेष", "", "", "", _rupees(statement.closing_paise)])
    return table.getvalue()


def _rupees(paise: int) -> str:
    """Rupees as a spreadsheet reads them."""
    return f"{'-' if paise < 0 else ''}{abs(paise) // 100}.{abs(paise) % 100:02d}"


def day_book_view(kiosk_id: str, days: Sequence[DayOfWallet]) -> dict[str, Any]:
    """A wallet's days."""
    return {"kiosk_id": kiosk_id, "items": [_day_view(day) for day in days], "next": None}


def _day_view(day: DayOfWallet) -> dict[str, Any]:
    others = [day.sums[kind] for kind in day.sums if kind not in _OF_A_DAY.values()]
    return {
        "on": day.day,
        "opening": money(day.opening_paise),
        **{name: _sum_view(*day.sums.get(kind, (0, 0))) for name, kind in _OF_A_DAY.items()},
        "others": _sum_view(sum(paise for paise, _ in others), sum(count for _, count in others)),
        "closing": money(day.closing_paise),
    }


def _sum_view(paise: int, count: int) -> dict[str, Any]:
    return {"amount": money(paise), "count": count}
