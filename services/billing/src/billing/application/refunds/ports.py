"""What the use cases of refunds need from outside, named by the need."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from billing.domain.payments.answers import Answer
from billing.domain.payments.payment import Payment
from billing.domain.refunds.refund import Refund
from billing.domain.refunds.saga import RefundChange
from servicekit.idempotency import Claim, Once


class RefundProvider(Protocol):
    """The payment service provider, as it gives back. Idempotent on the refund's id; never raises for a network."""

    def refund(self, refund: Refund) -> Answer:
        """Have the money sent back; SUCCESS refers to the provider's own refund."""

    def find_refund(self, refund: Refund) -> Answer:
        """What became of it; NOT_SENT here means only that nobody could be asked."""


class Refunds(Protocol):
    """The refunds, with what of their payments, the journal, wallets, breaks and events changes together with them."""

    def find_claim(self, claim: Claim) -> Once[str] | None:
        """What an earlier request with this key made. Raises IdempotencyKeyReused."""

    def begin(self, claim: Claim, refund: Refund, payment: Payment) -> Once[str]:
        """Store a new refund and reserve its amount on the payment, once per claim; fixes its debits.

        Raises IdempotencyKeyReused, WalletNotOpen where it is to go to a wallet that a centre does not have, and
        RefundableChanged when `payment` is not how it stands.
        """

    def record(self, before: Refund, change: RefundChange) -> bool:
        """Store a move, if `before` is still how the refund stands; False when somebody else moved or took it."""

    def get(self, refund_id: str) -> Refund | None:
        """One refund."""

    def of_payment(self, payment_id: str) -> Sequence[Refund]:
        """A payment's refunds, in the order in which they began."""

    def take_due(self, at: datetime, resume_at: datetime) -> Refund | None:
        """Take one refund whose time has come and set when it is looked at next; as that of payments."""


class AutomaticRefunds(Protocol):
    """Refunds that answer a happening, inside one transaction."""

    def payment(self, payment_id: str) -> Payment | None:
        """The payment as it stands in this transaction."""

    def answered(self, cause: str) -> bool:
        """Whether the cause has a refund."""

    def begin(self, refund: Refund, payment: Payment) -> None:
        """Store a refund, whose cause has none, and reserve its amount; `payment` was read here."""
