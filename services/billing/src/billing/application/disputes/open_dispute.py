"""Who paid says that something is wrong with a payment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from billing.application.disputes.errors import DisputeNotFound
from billing.application.disputes.ports import Disputes
from billing.application.payments.errors import PaymentNotFound
from billing.application.payments.ports import Payments
from billing.application.refunds.read_refunds import belonging_of
from billing.domain.calendar import civil_day
from billing.domain.disputes.dispute import Dispute, DisputeCode, DisputeMove, DisputeState, Evidence, with_evidence
from servicekit.access import Reach
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True)
class OpenDispute:
    """`dispute_id` and `at` are minted by the caller; `by` is the person, or the software of nobody's."""

    dispute_id: str
    payment_id: str
    code: str
    evidence: tuple[Evidence, ...]
    by: str
    reach: Reach
    claim: Claim
    at: datetime


@dataclass(frozen=True)
class OpenDisputeHandler:
    """A repeat with the same claim gives the first dispute, as it is by then."""

    payments: Payments
    disputes: Disputes
    codes: Mapping[str, DisputeCode]

    def __call__(self, command: OpenDispute) -> Once[Dispute]:
        """The dispute. Raises PaymentNotFound, ValidationFailed, AlreadyDisputed, IdempotencyKeyReused."""
        if earlier := self.disputes.find_claim(command.claim):
            return stored(self.disputes, earlier)
        payment = self.payments.get(command.payment_id)
        if payment is None or not command.reach.covers(belonging_of(payment)):
            raise PaymentNotFound("There is no payment with this id.")
        code = self.codes.get(command.code)
        if code is None:
            known = ", ".join(self.codes)
            detail, detail_hi = f"The codes are: {known}.", f"कोड ये हैं: {known}।"
            raise ValidationFailed(detail, errors=[FieldProblem("/code", "not-a-code", detail, detail_hi)])
        limit = code.turn_around_on(civil_day(command.at))
        dispute = Dispute(
            dispute_id=command.dispute_id,
            payment_id=payment.payment_id,
            code=code.code,
            client_id=payment.client_id,
            kiosk_id=payment.kiosk_id,
            person_id=payment.person_id,
            district_code=payment.district_code,
            state=DisputeState.OPEN,
            version=1,
            history=(DisputeMove(DisputeState.OPEN, command.at, command.by, code.code),),
            evidence=with_evidence((), command.evidence),
            due_at=command.at + limit.limit if limit else None,
        )
        return stored(self.disputes, self.disputes.open(command.claim, dispute))


def stored(disputes: Disputes, once: Once[str]) -> Once[Dispute]:
    """The dispute that a claim made. Raises DisputeNotFound where it is no longer kept."""
    dispute = disputes.get(once.value)
    if dispute is None:
        raise DisputeNotFound("The dispute made with this key is no longer kept.")
    return Once(dispute, replayed=once.replayed)
