"""What receipts need from outside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from billing.domain.payments.payment import Payment
from billing.domain.receipts.copies import Copy
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


class OverchargeReports(Protocol):
    """Reports of overcharging, each told by an event."""

    def add(self, report: OverchargeReport, event_id: str) -> str:
        """Keeps a report with its event and names it; the same amount again names the first report, and tells nothing.

        Raises ReportedAlready.
        """
