"""Reading payments, as far as the caller may see them."""

from dataclasses import dataclass

from billing.application.ownership import owns
from billing.application.payments.errors import PaymentNotFound, TransactionNotFound
from billing.application.payments.ports import Payments
from billing.domain.payer import Payer
from billing.domain.payments.payment import Payment


@dataclass(frozen=True)
class PaymentReader:
    """Answers questions about payments."""

    payments: Payments

    def get(self, payment_id: str, payer: Payer) -> Payment:
        """A payment of this payer's. Raises PaymentNotFound for any other, as for one that does not exist."""
        payment = self.payments.get(payment_id)
        if payment is None or not owns(payer, payment.payer):
            raise PaymentNotFound("There is no payment with this id.")
        return payment

    def by_token(self, token: str) -> Payment:
        """The payment a transaction token stands for, for the gateway. Raises TransactionNotFound."""
        payment = self.payments.by_token(token)
        if payment is None:
            raise TransactionNotFound("No payment carries this token.")
        return payment
