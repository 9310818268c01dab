"""Print a receipt: each print is counted, and all but the first are marked as duplicates."""

from dataclasses import dataclass
from datetime import datetime

from billing.application.payments.errors import NoReceiptYet
from billing.application.payments.read_payments import PaymentReader
from billing.application.receipts.ports import Copies
from billing.domain.payer import Payer
from billing.domain.payments.payment import Payment
from billing.domain.receipts.copies import Copy
from servicekit.faults import crash_point
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True)
class PrintReceipt:
    """`copy_id` and `at` are minted by the caller."""

    copy_id: str
    payment_id: str
    payer: Payer
    claim: Claim
    at: datetime


@dataclass(frozen=True)
class PrintReceiptHandler:
    """A repeat with the same claim gives the same copy: paper that jammed is asked for with a new one."""

    payments: PaymentReader
    copies: Copies

    def __call__(self, command: PrintReceipt) -> tuple[Payment, Once[Copy]]:
        """The payment with its copy. Raises PaymentNotFound, NoReceiptYet, IdempotencyKeyReused."""
        payment = self.payments.get(command.payment_id, command.payer)
        if payment.receipt is None:
            raise NoReceiptYet("The payment is not completed.")
        copy = self.copies.add(command.claim, command.copy_id, payment, command.at)
        crash_point("B2")
        return payment, copy
