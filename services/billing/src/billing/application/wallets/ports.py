"""What the use cases of wallets need from outside, named by the need."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from billing.domain.ledger.entries import JournalEntry
from billing.domain.ledger.penalties import Penalty
from billing.domain.ledger.statement import DayOfWallet, Statement
from billing.domain.ledger.wallet import Wallet


class NewWallets(Protocol):
    """Wallets, inside one transaction."""

    def open(self, kiosk_id: str, *, credit_limit_paise: int, approved_at: datetime) -> None:
        """Open an approved centre's wallet, or approve one that the sandbox opened first. A repeat changes nothing."""


class SandboxWallets(Protocol):
    """Wallets of play money."""

    def fund(self, kiosk_id: str, entry: JournalEntry) -> bool:
        """Write the entry, once, into the wallet, which is opened if need be; False when it was written before."""


class Penalties(Protocol):
    """Penalties, inside one transaction."""

    def take(self, penalty: Penalty) -> bool:
        """Write its entry, once, into the wallet, which is opened if need be; False when it was written before, or
        there is nothing to write.
        """


class Wallets(Protocol):
    """Wallets as they stand."""

    def wallet(self, kiosk_id: str) -> Wallet | None:
        """A centre's wallet, or None."""


class Statements(Protocol):
    """A wallet's money over days, as the journal has it."""

    def statement(
        self, kiosk_id: str, begin: datetime, end: datetime, *, after: tuple[datetime, str] | None, limit: int
    ) -> Statement:
        """Up to `limit` lines from `begin` until before `end`; `after` is the last line of the part before."""

    def days(self, kiosk_id: str, first: date, last: date) -> Sequence[DayOfWallet]:
        """Each day in India from `first` to `last`, both of them included."""


@dataclass(frozen=True)
class Fall:
    """A wallet's own money fell below the limit: `available_paise` was left, which may be below 0."""

    kiosk_id: str
    district_code: str | None
    at: datetime
    available_paise: int
    limit_paise: int


class Falls(Protocol):
    """Falls of wallets below the limit that nobody was told of."""

    def next_untold(self) -> Fall | None:
        """The oldest."""

    def tell(self, fall: Fall, event_id: str, request_id: str) -> bool:
        """Tell of it by an event and forget it; False when somebody else did, or another fall came."""
