"""Decide a dispute. At each step, what is durable if the process dies there:

1. Who decides, the dispute and what is to go back are checked.    Nothing.
2. One transaction: key, decision, refund, its amount reserved.     Everything; the sweeper goes on with the refund.
"""

from dataclasses import dataclass
from datetime import datetime

from billing.application.disputes.errors import DisputeEnded, OwnDispute
from billing.application.disputes.open_dispute import stored
from billing.application.disputes.ports import Disputes
from billing.application.disputes.read_disputes import DisputeReader
from billing.application.payments.errors import PaymentNotFound
from billing.application.payments.ports import Payments
from billing.application.refunds.request_refund import RequestRefund, RequestRefundHandler
from billing.domain.disputes.dispute import Dispute, DisputeState
from billing.domain.refunds.refund import DISPUTE_UPHELD, Destination, Refund
from servicekit.access import Reach
from servicekit.errors import FieldProblem, ServiceError, ValidationFailed
from servicekit.faults import crash_point
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True)
class MoneyBack:
    """What goes back, and what who decides expects to be refundable. `refund_id` is minted by the caller."""

    refund_id: str
    paise: int
    refundable_paise: int
    destination: Destination | None


@dataclass(frozen=True)
class DecideDispute:
    """`by` is the person; `reason` a code."""

    dispute_id: str
    state: DisputeState
    reason: str
    money_back: MoneyBack | None
    by: str
    client_id: str
    reach: Reach
    request_id: str
    claim: Claim
    at: datetime


@dataclass(frozen=True)
class DecideDisputeHandler:
    """A repeat with the same claim gives the dispute as it is by then."""

    payments: Payments
    disputes: Disputes
    reader: DisputeReader
    request_refund: RequestRefundHandler

    def __call__(self, command: DecideDispute) -> Once[Dispute]:
        """The dispute, decided.

        Raises DisputeNotFound, DisputeEnded, OwnDispute, ValidationFailed, and of its refund NotRefundable,
        RefundableChanged and WalletNotOpen: then nothing is decided.
        """
        if earlier := self.disputes.find_claim(command.claim):
            return stored(self.disputes, earlier)
        try:
            once = self._decide(command)
        except ServiceError:
            # A twin of this request may have decided it meanwhile.
            if earlier := self.disputes.find_claim(command.claim):
                return stored(self.disputes, earlier)
            raise
        crash_point("E2")
        return stored(self.disputes, once)

    def _decide(self, command: DecideDispute) -> Once[str]:
        dispute = self.reader.get(command.dispute_id, command.reach)
        if not dispute.is_open:
            raise DisputeEnded("This dispute was decided; its decision stays.")
        if dispute.opened.by == command.by:
            raise OwnDispute("You opened this dispute; somebody else has to decide it.")
        payment = self.payments.get(dispute.payment_id)
        if payment is None:
            raise PaymentNotFound("There is no payment with this id.")
        refund: Refund | None = None
        if command.money_back:
            if command.state is not DisputeState.UPHELD:
                detail = "Money goes back by a dispute that is upheld."
                detail_hi = "राशि केवल स्वीकार किए गए विवाद से वापस होती है।"
                raise ValidationFailed(detail, errors=[FieldProblem("/refund", "not-upheld", detail, detail_hi)])
            back = command.money_back
            refund = self.request_refund.intent(
                RequestRefund(
                    refund_id=back.refund_id,
                    payment_id=payment.payment_id,
                    paise=back.paise,
                    refundable_paise=back.refundable_paise,
                    reason=DISPUTE_UPHELD,
                    destination=back.destination,
                    client_id=command.client_id,
                    reach=command.reach,
                    of_administration=True,
                    request_id=command.request_id,
                    claim=command.claim,
                    at=command.at,
                    cause=dispute.refund_cause,
                ),
                payment,
            )
        decided = dispute.decided(
            command.state,
            at=command.at,
            by=command.by,
            reason=command.reason,
            refund_id=refund.refund_id if refund else None,
        )
        return self.disputes.decide(command.claim, decided, refund, payment)
