"""Prove that money was tendered: at once, and for as long as the payment is kept."""

from dataclasses import dataclass
from datetime import datetime

from billing.application.payments.read_payments import PaymentReader
from billing.application.receipts.check_receipt import ReceiptChecker
from billing.application.tenders.errors import NotTendered
from billing.application.timeline.ports import Seal
from billing.domain.payer import Payer
from billing.domain.payments.payment import Payment
from billing.domain.tenders.proof import is_tendered, statement_of


@dataclass(frozen=True)
class TenderProof:
    """`jws` signs what `domain.tenders.proof` says of the payment."""

    payment: Payment
    account_ends_with: str
    jws: str


@dataclass(frozen=True)
class TenderProver:
    """Makes proofs. Nothing is stored: what is signed is read from the payment, whose tender never changes."""

    payments: PaymentReader
    receipts: ReceiptChecker
    seal: Seal

    def of(self, payment_id: str, payer: Payer, at: datetime) -> TenderProof:
        """Raises PaymentNotFound for a payment that is not this payer's, NotTendered, and DependencyUnavailable while
        there is no key."""
        payment = self.payments.get(payment_id, payer)
        if not is_tendered(payment):
            raise NotTendered(
                "No money is set aside for the biller by this payment.", payment_status=payment.state.value
            )
        ending = self.receipts.ending_of(payment)
        return TenderProof(payment, ending, self.seal.sign("tender", statement_of(payment, ending, at)))
