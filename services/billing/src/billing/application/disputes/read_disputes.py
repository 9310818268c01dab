"""Reading disputes, as far as the caller may see their payments, with the cause where the record tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from billing.application.disputes.errors import DisputeNotFound
from billing.application.disputes.ports import Disputes
from billing.application.payments.errors import PaymentNotFound
from billing.application.payments.ports import Payments
from billing.application.refunds.read_refunds import belonging_of
from billing.domain.calendar import civil_day
from billing.domain.disputes.causes import Cause, cause_of
from billing.domain.disputes.dispute import Dispute, DisputeCode
from billing.domain.tariff.billers import Biller
from servicekit.access import Belonging, Reach


@dataclass(frozen=True)
class DisputeReader:
    """Answers questions about disputes."""

    payments: Payments
    disputes: Disputes
    codes: Mapping[str, DisputeCode]
    billers: Mapping[str, Biller]

    def get(self, dispute_id: str, reach: Reach) -> Dispute:
        """A dispute within reach. Raises DisputeNotFound for any other, as for one that does not exist."""
        dispute = self.disputes.get(dispute_id)
        if dispute is None or not reach.covers(_belonging(dispute)):
            raise DisputeNotFound("There is no dispute with this id.")
        return dispute

    def of(self, payment_id: str, reach: Reach) -> Sequence[Dispute]:
        """The disputes of a payment within reach. Raises PaymentNotFound."""
        payment = self.payments.get(payment_id)
        if payment is None or not reach.covers(belonging_of(payment)):
            raise PaymentNotFound("There is no payment with this id.")
        return self.disputes.of_payment(payment_id)

    def page(self, reach: Reach, *, is_open: bool, after: tuple[datetime, str] | None, limit: int) -> Sequence[Dispute]:
        """Those within reach, that were opened first in front."""
        return self.disputes.page(reach, is_open=is_open, after=after, limit=limit)

    def cause(self, dispute: Dispute, at: datetime) -> Cause | None:
        """What the payment's record says by now; None of a code whose cause no record tells."""
        code = self.codes.get(dispute.code)
        payment = self.payments.get(dispute.payment_id) if code and code.is_explained else None
        if payment is None:
            return None
        holder = self.payments.paying(payment.bill_key)
        return cause_of(
            payment,
            other_payment=holder is not None and holder.payment_id != payment.payment_id,
            renumbered_on=self._renumbered_on(payment.biller_id, payment.customer_params, at),
        )

    def _renumbered_on(self, biller_id: str, params: Mapping[str, str], at: datetime) -> date | None:
        biller = self.billers.get(biller_id)
        if biller is None or not biller.customer_params:
            return None
        known = biller.renumbered.get(params.get(biller.customer_params[0].name, ""))
        return known.from_day if known and known.from_day <= civil_day(at) else None


def _belonging(dispute: Dispute) -> Belonging:
    return Belonging(
        client_id=dispute.client_id,
        kiosk_id=dispute.kiosk_id,
        person_id=dispute.person_id,
        district_code=dispute.district_code,
    )
