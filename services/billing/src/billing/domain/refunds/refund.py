"""Money of a completed payment on its way back. Nothing here waits, calls or stores: each method returns the next one.

A refund is a saga of its own, for an ended payment stays ended (ADR 0050). What it takes of the payment is reserved on
the payment when it begins, so that all refunds together never give back more than was paid.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from billing.domain.calendar import civil_day
from billing.domain.ledger.accounts import PSP_CLEARING, wallet_account
from billing.domain.ledger.entries import JournalEntry, Kind, Leg
from billing.domain.payments.answers import Call
from billing.domain.payments.payment import IllegalMove, Payment


class RefundState(StrEnum):
    """Where a refund is. `UNKNOWN`: asked, and the answer has not been learnt; it is found out, never guessed."""

    REQUESTED = "REQUESTED"
    UNKNOWN = "UNKNOWN"
    REFUNDED = "REFUNDED"
    REFUSED = "REFUSED"
    MANUAL = "MANUAL"


_S = RefundState
_MOVES: dict[RefundState, frozenset[RefundState]] = {
    _S.REQUESTED: frozenset({_S.REFUNDED, _S.REFUSED, _S.UNKNOWN, _S.MANUAL}),
    _S.UNKNOWN: frozenset({_S.REFUNDED, _S.REFUSED, _S.MANUAL}),
    # A pause: what follows is what could have followed before.
    _S.MANUAL: frozenset({_S.REFUNDED, _S.REFUSED}),
    _S.REFUNDED: frozenset(),
    _S.REFUSED: frozenset(),
}
# Where nothing more happens. A refund that was refused gives back what it had reserved.
REFUND_ENDED = frozenset({RefundState.REFUNDED, RefundState.REFUSED})


class Destination(StrEnum):
    """Where the money goes: the wallet of the centre that took it, or the card or account that it came from."""

    WALLET = "WALLET"
    SOURCE = "SOURCE"


# Why money is given back. The first is the centre's own, within its day; those of FEES_BACK are automatic, by an event.
CANCELLED = "cancelled"
FEE_REFUSED = "fee-refused"
APPLICATION_WITHDRAWN = "application-withdrawn"
FEES_BACK = (FEE_REFUSED, APPLICATION_WITHDRAWN)
DISPUTE_UPHELD = "dispute-upheld"
REASONS = (CANCELLED, "biller-reversed", "paid-twice", DISPUTE_UPHELD, "late-success")


@dataclass(frozen=True)
class RefundMove:
    """One line of a refund's history, and the call that led to it, where one did."""

    state: RefundState
    at: datetime
    call: Call | None = None


@dataclass(frozen=True)
class Refund:
    """One refund. `version` counts its moves: each is stored only if nobody made another move meanwhile.

    `debits` are positive: what each of those who were paid gives back; they sum to `paise`, fixed when it began.
    `cause` names the one happening that it answers, so that this is answered once; None for a person's wish.
    `client_id` asked for it. `authorisation_id` and `kiosk_id` are the payment's. `reference` is the provider's.
    """

    refund_id: str
    payment_id: str
    client_id: str
    kiosk_id: str | None
    authorisation_id: str | None
    paise: int
    destination: Destination
    reason: str
    cause: str | None
    debits: tuple[Leg, ...]
    request_id: str
    state: RefundState
    version: int
    history: tuple[RefundMove, ...]
    created_at: datetime
    deadline_at: datetime
    resume_at: datetime | None
    attempts: int = 0
    unsent: bool = False
    reference: str | None = None
    refusal: str | None = None

    @property
    def provider_request_id(self) -> str:
        """The name under which the provider knows this refund, however often it is asked."""
        return refund_entry_id(self.refund_id)

    @property
    def frees_the_bill(self) -> bool:
        """Whether the bill is open again once all is given back. That of a fee is not: it would be refused again."""
        return self.reason not in FEES_BACK

    def move(self, at: datetime, state: RefundState, **changes: Any) -> Self:
        """The refund in another state; an end is looked at no more. Raises IllegalMove for a move there is not."""
        if state not in _MOVES[self.state]:
            raise IllegalMove(f"{self.refund_id}: {self.state} → {state}")
        if state in REFUND_ENDED:
            changes = {"resume_at": None} | changes
        return replace(
            self,
            **({"attempts": 0, "unsent": False} | changes),
            state=state,
            version=self.version + 1,
            history=(*self.history, RefundMove(state, at)),
        )

    def led_by(self, call: Call, since: int) -> Self:
        """The refund whose move after its `since` earlier ones was led to by this call; the same without one."""
        if len(self.history) == since:
            return self
        return replace(self, history=(*self.history[:-1], replace(self.history[-1], call=call)))

    def entry(self, at: datetime) -> JournalEntry:
        """Those who were paid give back; the wallet has it, or the provider pays it out of what it owes us."""
        to_wallet = self.destination is Destination.WALLET and self.kiosk_id
        credited = wallet_account(self.kiosk_id) if to_wallet and self.kiosk_id else PSP_CLEARING
        return JournalEntry(
            entry_id=self.provider_request_id,
            kind=Kind.REFUND,
            at=at,
            legs=(*(Leg(leg.account, -leg.paise) for leg in self.debits), Leg(credited, self.paise)),
            payment_id=self.payment_id,
            kiosk_id=self.kiosk_id,
        )


def destinations(payment: Payment) -> tuple[Destination, ...]:
    """Where money of this payment can go, the usual first. What a wallet paid goes to the wallet."""
    if payment.by_wallet:
        return (Destination.WALLET,)
    return (Destination.SOURCE, Destination.WALLET) if payment.kiosk_id else (Destination.SOURCE,)


def same_business_day(payment: Payment, at: datetime) -> bool:
    """Whether it is still the day, in India, on which the payment was completed: nothing of it is settled yet."""
    return payment.receipt is not None and civil_day(payment.receipt.issued_at) == civil_day(at)


def shares(credits: Sequence[Leg], earlier: Iterable[Leg], paise: int) -> tuple[Leg, ...]:
    """What each of those who were paid gives back of `paise`, after `earlier` debits of refunds that stand.

    In proportion to what is left to each, and exact: when everything is refunded each gave back what it got, and on the
    way nobody is paid by a refund or gives back more than they have. What rounding down leaves goes, one paisa each, to
    those who lost most by it. Raises ValueError for more than is left.
    """
    left: dict[str, int] = {}
    for leg in credits:
        left[leg.account] = left.get(leg.account, 0) + leg.paise
    for leg in earlier:
        left[leg.account] = left.get(leg.account, 0) - leg.paise
    total = sum(left.values())
    if not 0 < paise <= total:
        raise ValueError(f"{paise} of {total} paise cannot be given back")
    due = {account: had * paise // total for account, had in left.items()}
    lost_most = sorted(left, key=lambda account: -(left[account] * paise % total))
    for account in lost_most[: paise - sum(due.values())]:
        due[account] += 1
    return tuple(Leg(account, part) for account, part in due.items() if part != 0)


def refund_entry_id(refund_id: str) -> str:
    """The one name of a refund's act: of its journal entry, and at the provider."""
    return f"{refund_id}:{Kind.REFUND}"
