"""The double-entry ledger: an entry is one immutable fact whose legs sum to zero; a correction is a new entry.

Sign: a positive leg credits an account (it is owed that much more, or holds that much more of others' money), a
negative leg debits it. A wallet's balance is thus the plain sum of its legs.

A hold is a pending entry: money leaves the wallet for an account of held money, and exactly one later entry
resolves it, by posting to those who are paid or by voiding back to where it came from.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from billing.domain.ledger.accounts import SANDBOX_BANK, wallet_account, wallet_owner


class Kind(StrEnum):
    """What an entry is."""

    HOLD = "hold"
    POST = "post"
    VOID = "void"
    CAPTURE = "capture"
    REFUND = "refund"
    FUNDING = "funding"
    TOP_UP = "top-up"
    SETTLEMENT = "settlement"
    PENALTY = "penalty"


# A payment has at most one of each, for ever: its id is made of the payment's and the kind. Of the others a payment may
# have several (two partial refunds), each with the id of its own act.
ONCE_PER_PAYMENT = frozenset({Kind.HOLD, Kind.POST, Kind.VOID, Kind.CAPTURE})


@dataclass(frozen=True)
class Leg:
    """One account's part of an entry, in paise; never zero."""

    account: str
    paise: int


@dataclass(frozen=True)
class JournalEntry:
    """One entry. `entry_id` is its natural key, so that writing it twice is refused by the store.

    `resolves` names the hold that this entry posts or voids; it too is unique.
    """

    entry_id: str
    kind: Kind
    at: datetime
    legs: tuple[Leg, ...]
    payment_id: str | None = None
    kiosk_id: str | None = None
    resolves: str | None = None
    top_up_id: str | None = None

    def __post_init__(self) -> None:
        if len(self.legs) < 2 or any(leg.paise == 0 for leg in self.legs):
            raise ValueError("an entry has at least two legs and none of them is zero")
        if sum(leg.paise for leg in self.legs) != 0:
            raise ValueError(f"the legs of {self.entry_id} do not sum to zero")


def wallet_changes(entry: JournalEntry) -> dict[str, int]:
    """What `entry` does to each centre's available money, paise: the one source of the stored figure, so it folds.

    Posting a hold changes none: the money left the wallet when it was held.
    """
    changes: dict[str, int] = {}
    for leg in entry.legs:
        kiosk_id = wallet_owner(leg.account)
        if kiosk_id is not None:
            changes[kiosk_id] = changes.get(kiosk_id, 0) + leg.paise
    return changes


def sandbox_funding(kiosk_id: str, paise: int, at: datetime) -> JournalEntry:
    """Play money for a sandbox wallet. Its key names the centre only: a centre is funded once."""
    return JournalEntry(
        entry_id=f"sandbox-funding:{kiosk_id}",
        kind=Kind.FUNDING,
        at=at,
        legs=(Leg(SANDBOX_BANK, -paise), Leg(wallet_account(kiosk_id), paise)),
        kiosk_id=kiosk_id,
    )
