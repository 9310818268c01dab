"""Money of a centre on its way into its wallet. Nothing here waits, calls or stores: each method returns the next one.

A top-up is a saga of its own beside payments and refunds (ADR 0054): the provider takes the money, and the wallet is
credited in the transaction that learns of it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from billing.domain.ledger.accounts import PSP_CLEARING, wallet_account
from billing.domain.ledger.entries import JournalEntry, Kind, Leg
from billing.domain.payments.payment import IllegalMove


class TopUpState(StrEnum):
    """Where a top-up is. `UNKNOWN`: asked, and the answer has not been learnt; it is found out, never guessed."""

    REQUESTED = "REQUESTED"
    UNKNOWN = "UNKNOWN"
    CREDITED = "CREDITED"
    REFUSED = "REFUSED"
    MANUAL = "MANUAL"


_S = TopUpState
_MOVES: dict[TopUpState, frozenset[TopUpState]] = {
    _S.REQUESTED: frozenset({_S.CREDITED, _S.REFUSED, _S.UNKNOWN, _S.MANUAL}),
    _S.UNKNOWN: frozenset({_S.CREDITED, _S.REFUSED, _S.MANUAL}),
    # A pause: what follows is what could have followed before.
    _S.MANUAL: frozenset({_S.CREDITED, _S.REFUSED}),
    _S.CREDITED: frozenset(),
    _S.REFUSED: frozenset(),
}
TOP_UP_ENDED = frozenset({TopUpState.CREDITED, TopUpState.REFUSED})
# The refusal of what never reached the provider, whose own reasons are other slugs.
EXPIRED = "expired"


@dataclass(frozen=True)
class TopUpMove:
    """One line of a top-up's history."""

    state: TopUpState
    at: datetime


@dataclass(frozen=True)
class TopUp:
    """One top-up; `paise` is above 0. `version` counts its moves: each is stored only if nobody made another meanwhile.

    `client_id` asked for it. `reference` is the provider's, `refusal` its reason, or EXPIRED. `unsent`: the last
    attempt certainly did not reach the provider, so it may be made again, or given up.
    """

    top_up_id: str
    kiosk_id: str
    client_id: str
    paise: int
    mode: str
    instrument: str
    request_id: str
    state: TopUpState
    version: int
    history: tuple[TopUpMove, ...]
    created_at: datetime
    deadline_at: datetime
    resume_at: datetime | None
    attempts: int = 0
    unsent: bool = False
    reference: str | None = None
    refusal: str | None = None

    @property
    def provider_request_id(self) -> str:
        """The name under which the provider knows this top-up, however often it is asked."""
        return top_up_entry_id(self.top_up_id)

    def move(self, at: datetime, state: TopUpState, **changes: Any) -> Self:
        """The top-up in another state; an end is looked at no more. Raises IllegalMove for a move there is not."""
        if state not in _MOVES[self.state]:
            raise IllegalMove(f"{self.top_up_id}: {self.state} → {state}")
        if state in TOP_UP_ENDED:
            changes = {"resume_at": None} | changes
        return replace(
            self,
            **({"attempts": 0, "unsent": False} | changes),
            state=state,
            version=self.version + 1,
            history=(*self.history, TopUpMove(state, at)),
        )

    def entry(self, at: datetime) -> JournalEntry:
        """The provider owes us what it took; the centre has it to spend."""
        return JournalEntry(
            entry_id=self.provider_request_id,
            kind=Kind.TOP_UP,
            at=at,
            legs=(Leg(PSP_CLEARING, -self.paise), Leg(wallet_account(self.kiosk_id), self.paise)),
            kiosk_id=self.kiosk_id,
            top_up_id=self.top_up_id,
        )


def top_up_entry_id(top_up_id: str) -> str:
    """The one name of a top-up's act: of its journal entry, and at the provider."""
    return f"{top_up_id}:{Kind.TOP_UP}"
