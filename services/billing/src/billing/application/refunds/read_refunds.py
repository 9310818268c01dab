"""Reading refunds, as far as the caller may see their payments."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing.application.payments.errors import PaymentNotFound
from billing.application.payments.ports import Payments
from billing.application.refunds.errors import RefundNotFound
from billing.application.refunds.ports import Refunds
from billing.domain.payments.payment import Payment
from billing.domain.refunds.refund import Refund
from servicekit.access import Belonging, Reach


def belonging_of(payment: Payment, department: str | None = None) -> Belonging:
    """Whose a payment is, for the platform's rule of who sees what; `department` is that of who is paid, if known."""
    return Belonging(
        client_id=payment.client_id,
        kiosk_id=payment.kiosk_id,
        person_id=payment.person_id,
        departments=[department] if department else None,
        district_code=payment.district_code,
    )


@dataclass(frozen=True)
class RefundReader:
    """Answers questions about refunds."""

    payments: Payments
    refunds: Refunds

    def get(self, refund_id: str, reach: Reach) -> Refund:
        """A refund of a payment within reach. Raises RefundNotFound for any other, as for one that does not exist."""
        refund = self.refunds.get(refund_id)
        payment = self.payments.get(refund.payment_id) if refund else None
        if refund is None or payment is None or not reach.covers(belonging_of(payment)):
            raise RefundNotFound("There is no refund with this id.")
        return refund

    def of(self, payment_id: str, reach: Reach) -> tuple[Payment, Sequence[Refund]]:
        """A payment within reach and its refunds. Raises PaymentNotFound."""
        payment = self.payments.get(payment_id)
        if payment is None or not reach.covers(belonging_of(payment)):
            raise PaymentNotFound("There is no payment with this id.")
        return payment, self.refunds.of_payment(payment_id)
