"""An application and how it moves: FEE_DUE → IN_VERIFICATION → ISSUED, REJECTED or SENT_BACK; never backwards."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from certificates.domain.officer import Officer
from certificates.domain.sla.calendar import WorkingCalendar
from certificates.domain.types.application_type import ApplicationType, FeeRule, FormValue


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

    event_id: str
    application: Application


@dataclass(frozen=True)
class ApplicationDecided:
    """Becomes `application.decided.v1`; `application` is as it was after the decision."""

    event_id: str
    application: Application
    step: str
    decision: Decision
    officer_id: str
    decided_at: datetime


@dataclass(frozen=True)
class FeeRefused:
    """Becomes `fee.refused.v1`; `application` is as it stays, `paise` what reached the department."""

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


def submit(
    *,
    application_id: str,
    transaction_token: str,
    application_type: ApplicationType,
    fee: FeeRule,
    district_code: str,
    applicant: Mapping[str, FormValue],
    client_id: str,
    kiosk_id: str | None,
    at: datetime,
    event_id: str,
    calendar: WorkingCalendar,
) -> Change:
    """A new application with a form that was checked. Without a fee it goes to verification at once."""
    first = application_type.steps[0]
    free = fee.paise == 0
    application = Application(
        id=application_id,
        transaction_token=transaction_token,
        type_code=application_type.code,
        district_code=district_code,
        applicant=applicant,
        client_id=client_id,
        kiosk_id=kiosk_id,
        fee=fee,
        state=State.IN_VERIFICATION if free else State.FEE_DUE,
        step=first.name,
        department=first.department,
        # The officer's days run from the fee: until it is paid there is nothing to work on.
        due_on=calendar.due_on(at, first.working_days) if free else None,
        submitted_at=at,
        updated_at=at,
        version=1,
        events_told=1,
    )
    entry = HistoryEntry(
        key=_key(application),
        application_id=application.id,
        what=Happening.SUBMITTED,
        at=at,
        state_before=None,
        state_after=application.state,
    )
    return Change(application, entry, ApplicationSubmitted(event_id, application))


def receive_payment(
    application: Application,
    *,
    payment_id: str,
    paise: int,
    at: datetime,
    refused_event_id: str,
    refused_at: datetime,
    application_type: ApplicationType,
    calendar: WorkingCalendar,
) -> Change | RefusedPayment | None:
    """A payment for this application that completed `at`.

    Returns the change to IN_VERIFICATION; or the refusal, when the fee was paid before, or there is none, or this is
    less (billing, which has the money, is told); or None, when this very payment is the fee already.
    """
    if payment_id == application.payment_id:
        return None
    told = HistoryEntry(
        key=f"{application.id}:payment:{payment_id}",
        application_id=application.id,
        what=Happening.FEE_PAID_AGAIN,
        at=at,
        state_before=application.state,
        state_after=application.state,
        payment_id=payment_id,
        paise=paise,
    )

    def refused(entry: HistoryEntry, reason: Refusal) -> RefusedPayment:
        return RefusedPayment(entry, FeeRefused(refused_event_id, application, payment_id, paise, reason, refused_at))

    if application.state is not State.FEE_DUE:
        return refused(told, Refusal.PAID_TWICE if application.payment_id else Refusal.NOTHING_DUE)
    if paise < application.fee.paise:
        return refused(replace(told, what=Happening.FEE_PAID_SHORT), Refusal.PAID_SHORT)
    step = application_type.step(application.step)
    moved = replace(
        application,
        state=State.IN_VERIFICATION,
        payment_id=payment_id,
        due_on=calendar.due_on(at, step.working_days),
        updated_at=at,
        version=application.version + 1,
    )
    return Change(moved, replace(told, key=_key(moved), what=Happening.FEE_PAID, state_after=State.IN_VERIFICATION))


def decide(
    application: Application,
    *,
    officer: Officer,
    decision: Decision,
    remarks: str | None,
    certificate_id: str,
    at: datetime,
    event_id: str,
    application_type: ApplicationType,
    calendar: WorkingCalendar,
) -> Change:
    """An officer's decision on the step in hand.

    Approval of the last step issues the certificate `certificate_id`; of another step, it begins the next one.
    Raises NotThisOfficers before it looks at the state, so that a stranger learns nothing; NotAwaitingDecision.
    """
    step = application_type.step(application.step)
    if not officer.may_decide(step, application.district_code):
        raise NotThisOfficers
    if application.state is not State.IN_VERIFICATION:
        raise NotAwaitingDecision(application.state)
    decided = replace(
        application, updated_at=at, version=application.version + 1, events_told=application.events_told + 1
    )
    following = application_type.step_after(step.name)
    if decision is Decision.REJECTED:
        decided = replace(decided, state=State.REJECTED)
    elif decision is Decision.SENT_BACK:
        decided = replace(decided, state=State.SENT_BACK)
    elif following is None:
        decided = replace(decided, state=State.ISSUED, certificate_id=certificate_id)
    else:
        decided = replace(
            decided,
            step=following.name,
            department=following.department,
            due_on=calendar.due_on(at, following.working_days),
        )
    entry = HistoryEntry(
        key=_key(decided),
        application_id=application.id,
        what=Happening.DECIDED,
        at=at,
        state_before=application.state,
        state_after=decided.state,
        step=step.name,
        decision=decision,
        officer_id=officer.id,
        remarks=remarks,
        certificate_id=decided.certificate_id,
    )
    return Change(decided, entry, ApplicationDecided(event_id, decided, step.name, decision, officer.id, at))


def _key(application: Application) -> str:
    """One history line per version, by its key alone."""
    return f"{application.id}:{application.version}"
