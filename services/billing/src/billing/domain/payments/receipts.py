"""Receipts: one per payment, because it is part of the payment and its number is made from the payment's token."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

IST = timezone(timedelta(hours=5, minutes=30), "IST")
_FINANCIAL_YEAR_BEGINS_IN = 4  # April (General Clauses Act 1897, s. 3(21))


@dataclass(frozen=True)
class Receipt:
    """The proof a payer takes home. `number` is unique and cannot be guessed from another receipt's."""

    number: str
    issued_at: datetime


def civil_day(at: datetime) -> date:
    """The day it is in India: fee orders, due dates and financial years go by it."""
    return at.astimezone(IST).date()


def financial_year(day: date) -> str:
    """`2627` for any day from 2026-04-01 to 2027-03-31."""
    first = day.year if day.month >= _FINANCIAL_YEAR_BEGINS_IN else day.year - 1
    return f"{first % 100:02d}{(first + 1) % 100:02d}"


def receipt_number(transaction_token: str, at: datetime) -> str:
    """`EM-2627-7K3M…`: the financial year (IST) and the token's 12 random characters with their check character."""
    return f"EM-{financial_year(civil_day(at))}-{transaction_token.removeprefix('EM')}"
