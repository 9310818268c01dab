"""Receipts: one per payment, because it is part of the payment and its number is made from the payment's token."""

from dataclasses import dataclass
from datetime import datetime

from billing.domain.calendar import civil_day, financial_year


@dataclass(frozen=True)
class Receipt:
    """The proof a payer takes home. `number` is unique and cannot be guessed from another receipt's."""

    number: str
    issued_at: datetime


def receipt_number(transaction_token: str, at: datetime) -> str:
    """`EM-2627-7K3M…`: the financial year (IST) and the token's 12 random characters with their check character."""
    return f"EM-{financial_year(civil_day(at))}-{transaction_token.removeprefix('EM')}"
