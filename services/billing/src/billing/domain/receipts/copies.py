"""Copies of a receipt: the first has a place in its centre's series of the day, every further one is a duplicate."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from billing.domain.calendar import civil_day
from billing.domain.payments.payment import Payment


class Mark(StrEnum):
    """What is printed across a copy."""

    ORIGINAL = "ORIGINAL"
    DUPLICATE = "DUPLICATE"


@dataclass(frozen=True)
class Series:
    """The receipts of one centre of one day (IST, that of the payment's completion), numbered from 1 without gaps."""

    kiosk_id: str
    day: date


@dataclass(frozen=True)
class Copy:
    """One print of a receipt; `number` counts them from 1. `serial` is the receipt's number in its series.

    A payment that no centre took has no series: nobody keeps a book of it.
    """

    copy_id: str
    payment_id: str
    number: int
    printed_at: datetime
    series: Series | None
    serial: int | None

    @property
    def mark(self) -> Mark:
        """The first is the original."""
        return Mark.ORIGINAL if self.number == 1 else Mark.DUPLICATE


def series_of(payment: Payment) -> Series | None:
    """The series of a completed payment's receipt."""
    if payment.receipt is None or payment.kiosk_id is None:
        return None
    return Series(payment.kiosk_id, civil_day(payment.receipt.issued_at))
