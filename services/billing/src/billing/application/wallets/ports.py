"""What the use cases of wallets need from outside, named by the need."""

from datetime import datetime
from typing import Protocol

from billing.domain.ledger.entries import JournalEntry


class NewWallets(Protocol):
    """Wallets, inside one transaction."""

    def open(self, kiosk_id: str, *, credit_limit_paise: int, approved_at: datetime) -> None:
        """Open an approved centre's wallet, or approve one that the sandbox opened first. A repeat changes nothing."""


class SandboxWallets(Protocol):
    """Wallets of play money."""

    def fund(self, kiosk_id: str, entry: JournalEntry) -> bool:
        """Write the entry, once, into the wallet, which is opened if need be; False when it was written before."""
