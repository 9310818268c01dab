"""What receipts need from outside."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from billing.domain.payments.payment import Payment
from billing.domain.receipts.copies import Copy
from billing.domain.receipts.printed_receipt import PrintedReceipt
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True)
class OverchargeReport:
    """That a citizen says to have paid `paid_paise` where the receipt says `total_paise`."""

    report_id: str
    payment: Payment
    paid_paise: int
    total_paise: int
    reported_at: datetime
    request_id: str


class Copies(Protocol):
    """The prints of receipts."""

    def add(self, claim: Claim, copy_id: str, payment: Payment, printed_at: datetime) -> Once[Copy]:
        """The next copy of a completed payment's receipt, once per claim; a repeat names the first.

        The first copy of a payment takes the next number of its series. Raises IdempotencyKeyReused.
        """

    def get(self, copy_id: str) -> Copy | None:
        """A copy that was counted, or None."""


class PaperSize(StrEnum):
    """A sheet, or the roll of a thermal printer."""

    A4 = "a4"
    ROLL = "80mm"


class NotPrintable(Exception):
    """The paper has letters that its font has no shape for."""


class Papers(Protocol):
    """Draws papers."""

    def __call__(self, paper: PrintedReceipt, qr_text: str, size: PaperSize) -> bytes:
        """The same bytes for the same paper, QR and size. Raises NotPrintable."""


class OverchargeReports(Protocol):
    """Reports of overcharging, each told by an event."""

    def add(self, report: OverchargeReport, event_id: str) -> str:
        """Keeps a report with its event and names it; the same amount again names the first report, and tells nothing.

        Raises ReportedAlready.
        """
