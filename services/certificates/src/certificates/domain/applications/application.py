"""An application. It goes from FEE_DUE to IN_VERIFICATION, then to ISSUED or REJECTED; SENT_BACK is between.

Each act that moves it is a module of its own: `submit`, `pay`, `decide`, `resubmit`, `withdraw`, `expire`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from certificates.domain.label import Label
from certificates.domain.types.application_type import FeeRule, WithdrawalRule
from certificates.domain.types.form import FormValue


class State(StrEnum):
    """How far an application has come."""

    FEE_DUE = "FEE_DUE"
    IN_VERIFICATION = "IN_VERIFICATION"
    ISSUED = "ISSUED"
    REJECTED = "REJECTED"
    SENT_BACK = "SENT_BACK"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class Act(StrEnum):
    """What somebody may do with an application, as clients are told."""

    PAY = "pay"
    RESUBMIT = "resubmit"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    REJECT = "reject"
    SEND_BACK = "send_back"


# Where nothing is named, nothing can be done any more.
ACTS_OF_APPLICANTS: Mapping[State, tuple[Act, ...]] = {
    State.FEE_DUE: (Act.PAY, Act.WITHDRAW),
    State.IN_VERIFICATION: (Act.WITHDRAW,),
    State.SENT_BACK: (Act.RESUBMIT, Act.WITHDRAW),
}
ACTS_OF_OFFICERS: Mapping[State, tuple[Act, ...]] = {
    State.IN_VERIFICATION: (Act.APPROVE, Act.REJECT, Act.SEND_BACK),
}


class Decision(StrEnum):
    """An officer's decision on one step, spelled as in the event `application.decided.v1`."""

    APPROVED = "approved"
    REJECTED = "rejected"
    SENT_BACK = "sent_back"


class Happening(StrEnum):
    """What a history line records. A payment that changes nothing is recorded too, because it is somebody's money."""

    SUBMITTED = "submitted"
    FEE_PAID = "fee_paid"
    FEE_PAID_AGAIN = "fee_paid_again"
    FEE_PAID_SHORT = "fee_paid_short"
    DECIDED = "decided"
    RESUBMITTED = "resubmitted"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    MONEY_RETURNED = "money_returned"
    ESCALATED = "escalated"


# What happens beside the application, to somebody's money or above the office: these lines record no change of it.
BESIDE = (Happening.FEE_PAID_AGAIN, Happening.FEE_PAID_SHORT, Happening.MONEY_RETURNED, Happening.ESCALATED)


class Refusal(StrEnum):
    """Why a payment is not accepted as the fee, spelled as in the event `fee.refused.v1`."""

    PAID_SHORT = "paid-short"
    PAID_TWICE = "paid-twice"
    NOTHING_DUE = "nothing-due"


class NotAllowedNow(Exception):
    """This cannot be done in the state in which the application is; `state` says which."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.state = state


class NotThisOfficers(Exception):
    """The step belongs to another department, role or district."""


class DecidedAnotherStep(Exception):
    """The officer decided another step of this application: two steps are two people's word."""


class NotThisPosts(Exception):
    """The step is for officers of other posts."""


@dataclass(frozen=True)
class RefusalReason:
    """Why an application is rejected or sent back, in words that the applicant is told."""

    code: str
    label: Label


@dataclass(frozen=True)
class Ask:
    """What an officer asks for anew, and why: a field (or a group) of the form, or one of the type's documents."""

    reason: RefusalReason
    field: str | None = None
    document: str | None = None


@dataclass(frozen=True, kw_only=True)
class Application:
    """One citizen's application.

    `applicant` is personal data: it is stored and printed on the certificate, and goes nowhere else. `fee` is the
    fee that was in force on the day of submission; it never changes. `version` counts the changes, from 1.
    `events_told` counts the events published about the application, and so is the sequence of the last one. `step` is
    the step in hand, or the last one that was decided. `person_id` is the citizen whose own it is, where one applied
    signed in. `likeness` has what is compared with other applications, in order to show what may be the same.
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
    person_id: str | None = None
    assistance_id: str | None = None
    agreed_once: str | None = None
    likeness: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """One line of the audit trail, written once and never changed. `key` is unique, so that a repeat adds no line.

    `asks` are those of a decision to send back; `answered` names the fields and `attached` the documents of a
    resubmission, without what they say. `desk_days` are the working days that the desk took for its decision.
    `charge_id` and `for_officer_id` say under whose charge an officer decided who stood in for another.
    `paise` are what was paid, what came back, or, of a withdrawal, what is to come back.
    """

    key: str
    application_id: str
    what: Happening
    at: datetime
    state_before: State | None
    state_after: State
    step: str | None = None
    decision: Decision | None = None
    officer_id: str | None = None
    designation: Label | None = None
    charge_id: str | None = None
    for_officer_id: str | None = None
    reason: RefusalReason | None = None
    remarks: str | None = None
    payment_id: str | None = None
    paise: int | None = None
    certificate_id: str | None = None
    asks: tuple[Ask, ...] = ()
    answered: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    desk_days: int | None = None


@dataclass(frozen=True)
class ApplicationSubmitted:
    """Becomes `application.submitted.v1`."""

    type: ClassVar[str] = "application.submitted.v1"

    event_id: str
    application: Application


@dataclass(frozen=True)
class ApplicationDecided:
    """Becomes `application.decided.v1`; `application` is the application after the decision.

    `reason` is that of a refusal. The officer's remarks are not told: they may speak of people.
    """

    type: ClassVar[str] = "application.decided.v1"

    event_id: str
    application: Application
    step: str
    decision: Decision
    officer_id: str
    decided_at: datetime
    reason: RefusalReason | None


@dataclass(frozen=True)
class ApplicationResubmitted:
    """Becomes `application.resubmitted.v1`; `application` is the application after it."""

    type: ClassVar[str] = "application.resubmitted.v1"

    event_id: str
    application: Application


@dataclass(frozen=True)
class ApplicationWithdrawn:
    """Becomes `application.withdrawn.v1`; `refund` are the paise of the fee that go back, 0 for none.

    `rule` is the rule that says so, where there is one.
    """

    type: ClassVar[str] = "application.withdrawn.v1"

    event_id: str
    application: Application
    refund: int
    rule: WithdrawalRule | None


@dataclass(frozen=True)
class ApplicationExpired:
    """Becomes `application.expired.v1`; `state_before` says what was waited for in vain: the fee, or an answer."""

    type: ClassVar[str] = "application.expired.v1"

    event_id: str
    application: Application
    state_before: State


OfApplication = (
    ApplicationSubmitted | ApplicationDecided | ApplicationResubmitted | ApplicationWithdrawn | ApplicationExpired
)


@dataclass(frozen=True)
class FeeRefused:
    """Becomes `fee.refused.v1`; `application` is left unchanged; `paise` is what reached the department."""

    type: ClassVar[str] = "fee.refused.v1"

    event_id: str
    application: Application
    payment_id: str
    paise: int
    reason: Refusal
    refused_at: datetime


@dataclass(frozen=True)
class RefusedPayment:
    """A payment that changes nothing: its history line, and the event that asks billing to return the money."""

    entry: HistoryEntry
    event: FeeRefused


@dataclass(frozen=True)
class Change:
    """A new or changed application, the history line of the change, and its event, if one is published."""

    application: Application
    entry: HistoryEntry
    event: OfApplication | None = None


def line_key(application: Application) -> str:
    """The key of the history line of this version; every version has exactly one."""
    return f"{application.id}:{application.version}"


def last_sent_back(history: Sequence[HistoryEntry]) -> HistoryEntry | None:
    """The line of the last decision to send back; `history` is the audit trail, oldest first."""
    return next((line for line in reversed(history) if line.decision is Decision.SENT_BACK), None)
