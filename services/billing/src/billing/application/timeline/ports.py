"""What telling the timeline needs from outside."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from billing.domain.ledger.entries import JournalEntry
from billing.domain.timeline.chain import Chain
from billing.domain.timeline.hops import Settled


class Entries(Protocol):
    """The journal, as far as it speaks of one payment."""

    def entries_of(self, payment_id: str) -> Sequence[JournalEntry]:
        """The entries of a payment."""


class SettledActs(Protocol):
    """Settlements, as far as they speak of one payment."""

    def settled_of(self, payment_id: str) -> Sequence[Settled]:
        """What closed settlements paid out of a payment, or took back."""


class Chains(Protocol):
    """The chains that were told."""

    def of(self, payment_id: str) -> Chain:
        """The payment's chain, an empty one with a new salt if nothing was told yet."""

    def keep(self, before: Chain, after: Chain) -> bool:
        """Keep a longer chain; False when another reader told something meanwhile, and nothing is kept."""


class Seal(Protocol):
    """Signs what was told."""

    def sign(self, kind: str, content: Mapping[str, Any]) -> str:
        """A compact JWS whose payload is the content as JSON; `kind` is in its header: what it is.

        Raises DependencyUnavailable while there is no key.
        """

    def public_keys(self) -> Mapping[str, Any]:
        """The public keys, as a JWK Set."""
