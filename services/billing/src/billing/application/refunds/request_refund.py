"""Ask for money back. At each step, what is durable if the process dies there:

1. Who asks, the payment and the amount are checked.               Nothing.
2. One transaction: key, refund, its amount reserved on the payment.     The intent; the sweeper goes on with it.
3. The provider is asked, outside any transaction (a wallet: nobody).    As 2; the sweeper inquires first.
4. One transaction: outcome, ledger, wallet, event.                Everything.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from billing.application.payments.errors import PaymentNotFound
from billing.application.payments.ports import Payments
from billing.application.refunds.drive_refund import DriveRefund, DriveRefundHandler
from billing.application.refunds.errors import (
    NotRefundable,
    RefundableChanged,
    RefundNotFound,
    RefundNotPermitted,
    refund_refused,
)
from billing.application.refunds.ports import Refunds
from billing.application.refunds.read_refunds import belonging_of
from billing.domain.money import rupees
from billing.domain.payments.pace import Pace
from billing.domain.payments.payment import Payment, State
from billing.domain.payments.saga import Attempt
from billing.domain.refunds.refund import (
    CANCELLED,
    Destination,
    Refund,
    RefundMove,
    RefundState,
    destinations,
    same_business_day,
)
from servicekit.access import Reach
from servicekit.errors import DependencyTimeout, DependencyUnavailable, ServiceError
from servicekit.faults import crash_point
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True)
class RequestRefund:
    """`refund_id` and `at` are minted by the caller. `refundable_paise` is what who asks expects to be refundable.

    `of_administration` says that the administration asks; else it is for a centre's own day. No destination: the usual.
    `cause` names the happening that it answers, where it answers one: then the sweeper begins it.
    """

    refund_id: str
    payment_id: str
    paise: int
    refundable_paise: int
    reason: str
    destination: Destination | None
    client_id: str
    reach: Reach
    of_administration: bool
    request_id: str
    claim: Claim
    at: datetime
    cause: str | None = None


@dataclass(frozen=True)
class RequestRefundHandler:
    """A repeat with the same claim gives the first refund, as it is by then."""

    payments: Payments
    refunds: Refunds
    drive_refund: DriveRefundHandler
    pace: Pace

    def __call__(self, command: RequestRefund) -> Once[Refund]:
        """The refund as far as it came within the caller's deadline.

        Raises PaymentNotFound, RefundNotPermitted, NotRefundable, RefundableChanged, WalletNotOpen, ValidationFailed
        and IdempotencyKeyReused. Nothing is raised once the intent is stored.
        """
        if earlier := self.refunds.find_claim(command.claim):
            return self._stored(earlier)
        payment = self.payments.get(command.payment_id)
        if payment is None or not command.reach.covers(belonging_of(payment)):
            raise PaymentNotFound("There is no payment with this id.")
        try:
            intent = self.intent(command, payment)
        except ServiceError:
            # A twin of this request may have taken it meanwhile: what was refundable for both is not any more.
            if earlier := self.refunds.find_claim(command.claim):
                return self._stored(earlier)
            raise
        begun = self.refunds.begin(command.claim, intent, payment)
        if begun.replayed:
            return self._stored(begun)
        refund = self._stored(begun).value
        # The intent is stored, so the answer is "accepted" at least: the sweeper goes on.
        with suppress(DependencyTimeout, DependencyUnavailable):
            refund = self.drive_refund(DriveRefund(refund, Attempt.FIRST))
        crash_point("A2")
        return Once(refund, replayed=False)

    def _stored(self, once: Once[str]) -> Once[Refund]:
        refund = self.refunds.get(once.value)
        if refund is None:
            raise RefundNotFound("The refund made with this key is no longer kept.")
        return Once(refund, replayed=once.replayed)

    def intent(self, command: RequestRefund, payment: Payment) -> Refund:
        """The refund that may be begun; nothing is stored. Raises what a request does."""
        if payment.state is not State.COMPLETED:
            raise NotRefundable("Only a completed payment can be refunded.", payment_state=payment.state.value)
        if payment.application_id is not None:
            # The application would go on without its fee, and nobody could pay it again.
            raise NotRefundable(
                "This is the fee of an application; it is given back when the department refuses it, or by the rule of "
                "a withdrawal.",
                payment_state=payment.state.value,
            )
        cancels = payment.kiosk_id and command.reason == CANCELLED and same_business_day(payment, command.at)
        if not (cancels or command.of_administration):
            raise RefundNotPermitted(
                "A centre cancels a payment on the day it was completed; ask the district administration for others."
            )
        if command.refundable_paise != payment.refundable_paise:
            raise refundable_changed(payment)
        if command.paise > payment.refundable_paise:
            most, most_hi = rupees(payment.refundable_paise), rupees(payment.refundable_paise)
            raise refund_refused(
                "/amount/amount",
                "amount-too-high",
                f"At most {most} of this payment can be refunded.",
                f"इस भुगतान के अधिकतम {most_hi} वापस किए जा सकते हैं।",
            )
        usual = destinations(payment)
        if not (command.of_administration or payment.by_wallet):
            usual = (Destination.SOURCE,)  # a citizen's own money goes back to the citizen
        if command.destination is not None and command.destination not in usual:
            raise refund_refused(
                "/destination",
                "not-of-this-payment",
                f"Money of this payment can go to: {', '.join(usual)}.",
                f"इस भुगतान की राशि यहाँ जा सकती है: {', '.join(usual)}।",
            )
        return new_refund(
            payment,
            refund_id=command.refund_id,
            client_id=command.client_id,
            paise=command.paise,
            destination=command.destination or usual[0],
            reason=command.reason,
            request_id=command.request_id,
            at=command.at,
            pace=self.pace,
            cause=command.cause,
            resume_at=command.at if command.cause else None,
        )


def refundable_changed(payment: Payment) -> RefundableChanged:
    """The problem of an expectation that is no longer so."""
    detail = f"{rupees(payment.refundable_paise)} of this payment can be refunded."
    return RefundableChanged(detail, refundable={"amount": payment.refundable_paise, "currency": "INR"})


def new_refund(
    payment: Payment,
    *,
    refund_id: str,
    client_id: str,
    paise: int,
    destination: Destination,
    reason: str,
    request_id: str,
    at: datetime,
    pace: Pace,
    cause: str | None = None,
    resume_at: datetime | None = None,
) -> Refund:
    """A refund whose debits are not fixed yet: the store does so when it reserves the amount."""
    return Refund(
        refund_id=refund_id,
        payment_id=payment.payment_id,
        client_id=client_id,
        kiosk_id=payment.kiosk_id,
        authorisation_id=payment.authorisation_id,
        paise=paise,
        destination=destination,
        reason=reason,
        cause=cause,
        debits=(),
        request_id=request_id,
        state=RefundState.REQUESTED,
        version=1,
        history=(RefundMove(RefundState.REQUESTED, at),),
        created_at=at,
        deadline_at=at + pace.deadline,
        resume_at=resume_at or at + pace.grace,
    )
