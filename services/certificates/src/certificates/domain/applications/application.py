"""An application: FEE_DUE → IN_VERIFICATION → ISSUED, REJECTED or SENT_BACK; never backwards.

The acts that move it are modules of their own: `submit`, `pay`, `decide`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from certificates.domain.types.application_type import FeeRule, FormValue


class State(StrEnum):
    """Where an application is."""

    FEE_DUE = "FEE_DUE"
    IN_VERIFICATION = "IN_VERIFICATION"
    ISSUED = "ISSUED"
    REJECTED = "REJECTED"
    SENT_BACK = "SENT_BACK"


class Decision(StrEnum):
    """What an officer says about one step, in the words of the event `application.decided.v1`."""

    APPROVED = "approved"
    REJECTED = "rejected"
    SENT_BACK = "sent_back"


class Happening(StrEnum):
    """What the history tells. A payment that changes nothing is told too: somebody's money is in it."""

    SUBMITTED = "submitted"
    FEE_PAID = "fee_paid"
    FEE_PAID_AGAIN = "fee_paid_again"
    FEE_PAID_SHORT = "fee_paid_short"
    DECIDED = "decided"


class Refusal(StrEnum):
    """Why a payment is not the fee, in the words of the event `fee.refused.v1`."""

    PAID_SHORT = "paid-short"
    PAID_TWICE = "paid-twice"
    NOTHING_DUE = "nothing-due"


class NotAwaitingDecision(Exception):
    """The application is in a state that nobody decides; `state` says which."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.state = state


class NotThisOfficers(Exception):
    """The step belongs to another department, role or district."""


@dataclass(frozen=True, kw_only=True)
class Application:
    """One citizen's application.

    `applicant` is personal data: it goes to the store and onto the paper, nowhere else. `fee` is what was due on
    the day of submission and stays so. `version` counts every change from 1; `events_told` counts the events
    about it, which is their sequence. `step` is the one in hand, or the last one that was decided.
    """

    id: str
    transaction_token: str
    type_code: str
    district_code: str
    applicant: Mapping[str, FormValue]
    client_id: str
    kiosk_id: str | None
    fee: FeeRule
    state: State
    step: str
    department: str
    due_on: date | None
    submitted_at: datetime
    updated_at: datetime
    version: int
    events_told: int
    payment_id: str | None = None
    certificate_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """One line of the audit trail, written once and never changed. `key` is unique: a repeat adds no line."""

    key: str
    application_id: str
    what: Happening
    at: datetime
    state_before: State | None
    state_after: State
    step: str | None = None
    decision: Decision | None = None
    officer_id: str | None = None
    remarks: str | None = None
    payment_id: str | None = None
    paise: int | None = None
    certificate_id: str | None = None


@dataclass(frozen=True)
class ApplicationSubmitted:
    """Becomes `application.submitted.v1`."""

    type: ClassVar[str] = "application.submitted.v1"

    event_id: str
    application: Application


@dataclass(frozen=True)
class ApplicationDecided:
    """Becomes `application.decided.v1`; `application` is as it was after the decision."""

    type: ClassVar[str] = "application.decided.v1"

    event_id: str
    application: Application
    step: str
    decision: Decision
    officer_id: str
    decided_at: datetime


@dataclass(frozen=True)
class FeeRefused:
    """Becomes `fee.refused.v1`; `application` is as it stays, `paise` what reached the department."""

    type: ClassVar[str] = "fee.refused.v1"

    event_id: str
    application: Application
    payment_id: str
    paise: int
    reason: Refusal
    refused_at: datetime


@dataclass(frozen=True)
class RefusedPayment:
    """A payment that moves nothing: the history line, and the event by which its money is returned."""

    entry: HistoryEntry
    event: FeeRefused


@dataclass(frozen=True)
class Change:
    """An application after a change, the history line that tells it, and the event, if others are told."""

    application: Application
    entry: HistoryEntry
    event: ApplicationSubmitted | ApplicationDecided | None = None


def line_key(application: Application) -> str:
    """The key of the history line that tells this version: one for each."""
    return f"{application.id}:{application.version}"
