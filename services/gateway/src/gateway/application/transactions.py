"""A transaction as the view knows it: the events seen so far, and the status that follows from them.

The status is computed from the *set* of events, never stored, so that late, repeated and disordered events give
the same answer as orderly ones and none can move it backwards.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# What the latest decision makes of an application; after any other it is with the office.
DECIDED = {"rejected": "REJECTED", "sent_back": "SENT_BACK", "opened": "OPENED", "withdrawn": "WITHDRAWN"}


class Kind(StrEnum):
    PAYMENT = "payment"
    APPLICATION = "application"


@dataclass(frozen=True)
class SeenEvent:
    """One event of a transaction: `type` without its version, `at` (aware UTC) when the fact happened.

    `sequence` orders the events of one aggregate; `decision` is set on an officer's decision only.
    """

    id: str
    type: str
    at: datetime
    sequence: int
    decision: str | None = None


@dataclass(frozen=True)
class TimelineEntry:
    """One line of what has happened so far."""

    type: str
    at: datetime


@dataclass(frozen=True)
class Observation:
    """What one event tells about the transaction `token`. None means that this event does not say."""

    token: str
    kind: Kind
    reference_id: str
    owner_client_id: str
    event: SeenEvent
    kiosk_id: str | None = None
    district_code: str | None = None
    pays_for_application_id: str | None = None
    certificate_id: str | None = None
    fee_due: bool | None = None
    person_id: str | None = None


@dataclass(frozen=True)
class Transaction:
    """Everything seen of one token."""

    token: str
    kind: Kind
    reference_id: str
    owner_client_id: str
    events: tuple[SeenEvent, ...]
    kiosk_id: str | None = None
    district_code: str | None = None
    pays_for_application_id: str | None = None
    certificate_id: str | None = None
    fee_due: bool | None = None
    person_id: str | None = None

    @property
    def begun_at(self) -> datetime:
        """When the first that is known of it happened."""
        return min(event.at for event in self.events)


@dataclass(frozen=True)
class Position:
    """A place in a list of transactions, the latest begun first."""

    begun_at: datetime
    token: str


@dataclass(frozen=True)
class Standing:
    """How far a transaction is, and since when (aware UTC): a further step of an office counts anew."""

    status: str
    since: datetime


# Moves of an application, or of a case before a court, that are no decisions, and where it is then.
_MOVED_TO = {
    "case.filed": "SUBMITTED",
    "case.registered": "REGISTERED",
    "hearing.scheduled": "LISTED",
    "case.disposed": "DISPOSED",
    "application.resubmitted": "IN_VERIFICATION",
    "application.withdrawn": "WITHDRAWN",
    "application.expired": "EXPIRED",
}


def payment_standing(payment: Transaction) -> Standing:
    """COMPLETED once a completion was seen, whatever else was; a receipt is never taken back by a late failure."""
    for event_type, status in (("payment.completed", "COMPLETED"), ("payment.failed", "FAILED")):
        if instants := [event.at for event in payment.events if event.type == event_type]:
            return Standing(status, min(instants))
    return Standing("PROCESSING", payment.begun_at)


def application_standing(application: Transaction, fee_payments: Iterable[Transaction]) -> Standing:
    """ISSUED, else what the latest move says, else whether the fee is still due.

    The latest is the one with the highest sequence, not the one that arrived last.
    """
    if issued := [event.at for event in application.events if event.type == "certificate.issued"]:
        return Standing("ISSUED", min(issued))
    moves = [event for event in application.events if event.decision is not None or event.type in _MOVED_TO]
    if moves:
        latest = max(moves, key=lambda event: event.sequence)
        # One step approved: the certificate is on its way or another step follows.
        decided = DECIDED.get(latest.decision or "", "IN_VERIFICATION")
        return Standing(_MOVED_TO.get(latest.type, decided), latest.at)
    paid = [standing.since for standing in map(payment_standing, fee_payments) if standing.status == "COMPLETED"]
    if application.fee_due and not paid:
        return Standing("FEE_DUE", application.begun_at)
    return Standing("IN_VERIFICATION", min(paid, default=application.begun_at))
