"""Acts that a partner's file has to list: captures, refunds and top-ups by the provider, bills by their billers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from billing.domain.ledger.accounts import PSP_CLEARING, biller_of
from billing.domain.ledger.entries import JournalEntry, Kind
from billing.domain.settlement.day_files import PROVIDER


@dataclass(frozen=True, slots=True)
class Act:
    """One act in the ledger, of a payment or a top-up (`payment_id` is its id).

    `source` (the provider, or a biller's id) has to list it, under the entry's id.
    """

    entry_id: str
    source: str
    paise: int
    payment_id: str
    at: datetime


def acts_of(entry: JournalEntry) -> Iterator[Act]:
    """The acts of an entry that partners know of. A refund to a wallet is known to nobody else."""
    about = entry.payment_id or entry.top_up_id
    if about is None:
        return
    for leg in entry.legs:
        if entry.kind is Kind.POST and (biller_id := biller_of(leg.account)):
            yield Act(entry.entry_id, biller_id, leg.paise, about, entry.at)
        if leg.account == PSP_CLEARING and entry.kind in (Kind.CAPTURE, Kind.REFUND, Kind.TOP_UP):
            yield Act(entry.entry_id, PROVIDER, abs(leg.paise), about, entry.at)


def owed_by(entry: JournalEntry) -> Iterator[Act]:
    """What an entry adds to, or (below zero) takes from, what billers are owed: their part of settlements."""
    if entry.payment_id is None or entry.kind not in (Kind.POST, Kind.REFUND):
        return
    for leg in entry.legs:
        if biller_id := biller_of(leg.account):
            yield Act(entry.entry_id, biller_id, leg.paise, entry.payment_id, entry.at)
