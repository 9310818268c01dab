"""What the use cases of disputes need from outside, named by the need."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from billing.domain.disputes.dispute import Dispute, Evidence
from billing.domain.payments.payment import Payment
from billing.domain.refunds.refund import Refund
from servicekit.access import Reach
from servicekit.idempotency import Claim, Once


class Disputes(Protocol):
    """The disputes; a decision begins its refund in its own transaction."""

    def find_claim(self, claim: Claim) -> Once[str] | None:
        """What an earlier request with this key made. Raises IdempotencyKeyReused."""

    def open(self, claim: Claim, dispute: Dispute) -> Once[str]:
        """Store a new dispute, once per claim. Raises AlreadyDisputed, IdempotencyKeyReused."""

    def add(self, dispute_id: str, evidence: Sequence[Evidence]) -> None:
        """Add evidence to an open dispute; the same again changes nothing. Raises DisputeEnded, TooMuchEvidence."""

    def decide(self, claim: Claim, dispute: Dispute, refund: Refund | None, payment: Payment) -> Once[str]:
        """Store a decision with the refund that it begins, once per claim, or neither.

        Raises DisputeEnded where somebody decided it meanwhile, and RefundableChanged and WalletNotOpen as refunds do.
        """

    def get(self, dispute_id: str) -> Dispute | None:
        """One dispute."""

    def of_payment(self, payment_id: str) -> Sequence[Dispute]:
        """A payment's disputes, in the order in which they were opened."""

    def page(self, reach: Reach, *, is_open: bool, after: tuple[datetime, str] | None, limit: int) -> Sequence[Dispute]:
        """Those within reach that were opened first in front; `after` is when the last one before was, and its id."""
