"""Hops: each thing that happened to a payment's money, made of what is kept of it, always in the same words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from billing.domain.ledger.entries import JournalEntry, Leg
from billing.domain.payments.answers import Call
from billing.domain.payments.payment import FAILED, Payment, State
from billing.domain.refunds.refund import Refund, RefundState


class HopKind(StrEnum):
    """What a hop is: an answer of a partner, an entry of the ledger, a state, an event that was told, a settlement."""

    CALL = "call"
    ENTRY = "entry"
    STATE = "state"
    EVENT = "event"
    SETTLEMENT = "settlement"


# Of one instant: the answer, what it did to the ledger, the state that this led to, the event that told it.
_IN_ORDER = list(HopKind)
_BILLER_ASKS = frozenset({"pay", "inquire"})


@dataclass(frozen=True)
class Hop:
    """One hop. `hop_id` is its own for ever. `facts` are for everybody who may see the payment; `legs`, of an entry,
    are the accounts that the money went between, for those who keep accounts with us."""

    hop_id: str
    at: datetime
    kind: HopKind
    name: str
    facts: Mapping[str, str | int] = field(default_factory=dict)
    legs: tuple[Leg, ...] = ()


@dataclass(frozen=True)
class Settled:
    """That a settlement paid out what a payment owed its biller, or took back what a refund gave back of it."""

    entry_id: str
    settlement_id: str
    paise: int
    at: datetime


def hops_of(
    payment: Payment, entries: Iterable[JournalEntry], refunds: Iterable[Refund], settled: Iterable[Settled] = ()
) -> list[Hop]:
    """All hops of a payment, in order of time."""
    hops = [*_of_history(payment), *map(_of_entry, entries)]
    for refund in refunds:
        hops += _of_refund(refund)
    hops += [
        Hop(
            f"settlement:{one.entry_id}", one.at, HopKind.SETTLEMENT, "settled",
            {"settlement": one.settlement_id, "paise": one.paise},
        )
        for one in settled
    ]  # fmt: skip
    return sorted(hops, key=lambda hop: (hop.at, _IN_ORDER.index(hop.kind)))


def _of_history(payment: Payment) -> list[Hop]:
    hops: list[Hop] = []
    for number, move in enumerate(payment.history):
        if move.call:
            hops.append(_of_call(f"call:{number}", move.at, move.call))
        hops.append(Hop(f"state:{number}", move.at, HopKind.STATE, move.state.value))
        if move.state in FAILED or move.state is State.COMPLETED:
            told = "payment.completed.v1" if move.state is State.COMPLETED else "payment.failed.v1"
            hops.append(Hop(f"event:{number}", move.at, HopKind.EVENT, told))
    return hops


def _of_refund(refund: Refund) -> list[Hop]:
    hops: list[Hop] = []
    about: dict[str, str | int] = {"refund": refund.refund_id, "paise": refund.paise, "reason": refund.reason}
    for number, move in enumerate(refund.history):
        name = f"{refund.refund_id}:{number}"
        if move.call:
            hops.append(_of_call(f"call:{name}", move.at, move.call, refund=refund.refund_id))
        hops.append(Hop(f"state:{name}", move.at, HopKind.STATE, f"REFUND_{move.state.value}", about))
        if move.state is RefundState.REFUNDED:
            hops.append(Hop(f"event:{name}", move.at, HopKind.EVENT, "payment.refunded.v1", about))
    return hops


def _of_call(hop_id: str, at: datetime, call: Call, **about: str) -> Hop:
    facts: dict[str, str | int] = {
        **about,
        "asked": "biller" if call.ask in _BILLER_ASKS else "provider",
        "answer": call.outcome.value,
        "earlier": call.earlier,
    }
    return Hop(hop_id, at, HopKind.CALL, call.ask, facts)


def _of_entry(entry: JournalEntry) -> Hop:
    moved = sum(leg.paise for leg in entry.legs if leg.paise > 0)
    return Hop(f"entry:{entry.entry_id}", entry.at, HopKind.ENTRY, entry.kind.value, {"paise": moved}, entry.legs)
