"""What the use cases of top-ups need from outside, named by the need."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from billing.domain.payments.answers import Answer
from billing.domain.top_ups.saga import TopUpChange
from billing.domain.top_ups.top_up import TopUp
from servicekit.idempotency import Claim, Once


class ChargeProvider(Protocol):
    """The provider, as it takes money at once. Idempotent on the top-up's id; never raises for a network."""

    def charge(self, top_up: TopUp) -> Answer:
        """Have the money taken; SUCCESS refers to the provider's own charge."""

    def find_charge(self, top_up: TopUp) -> Answer:
        """What became of it; NOT_SENT here means only that nobody could be asked."""


class TopUps(Protocol):
    """The top-ups, with what of the journal, wallets, breaks and events changes together with them."""

    def find_claim(self, claim: Claim) -> Once[str] | None:
        """What an earlier request with this key made. Raises IdempotencyKeyReused."""

    def begin(self, claim: Claim, top_up: TopUp) -> Once[str]:
        """Store a new top-up, once per claim. Raises IdempotencyKeyReused, WalletNotOpen."""

    def record(self, before: TopUp, change: TopUpChange) -> bool:
        """Store a move, if `before` is still how the top-up stands; False when somebody else moved or took it."""

    def get(self, top_up_id: str) -> TopUp | None:
        """One top-up."""

    def of_kiosk(self, kiosk_id: str, *, before: tuple[datetime, str] | None, limit: int) -> Sequence[TopUp]:
        """A centre's, the latest first; `before` is when the last one of the page before was made, and its id."""

    def take_due(self, at: datetime, resume_at: datetime) -> TopUp | None:
        """Take one top-up whose time has come and set when it is looked at next; as that of payments."""
