"""The applicant answers what an officer asked for, and the same step goes on.

While an application is sent back the clock stands: no day counts from the one on which it was sent back to the one on
which it is answered. Of the days that the office had left, none is lost to it, and none is won by an office that was
late already.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from certificates.domain.applications.application import (
    BESIDE,
    Application,
    ApplicationResubmitted,
    Ask,
    Change,
    Decision,
    Happening,
    HistoryEntry,
    NotAllowedNow,
    State,
    line_key,
)
from certificates.domain.likenesses.likeness import likeness_keys
from certificates.domain.sla.calendar import ONE_DAY, WorkingCalendar, civil_date
from certificates.domain.types.application_type import ApplicationType
from certificates.domain.types.form import Condition, FormValue


@dataclass(frozen=True)
class Opened:
    """What may be answered: fields and groups of the form by name, documents by code."""

    fields: frozenset[str]
    documents: frozenset[str]


def opened(application_type: ApplicationType, asks: Sequence[Ask]) -> Opened:
    """What the asks open: each field asked for, and those that its answer may bring with it or stand in for.

    Without asks, as officers' software of before sends back, all is open.
    """
    conditions = _conditions(application_type)
    documents = frozenset(document.code for document in application_type.documents)
    if not asks:
        return Opened(frozenset(conditions), documents)
    fields = {ask.field for ask in asks if ask.field is not None}
    instead = {field.name: frozenset(field.instead_of) for field in application_type.form}
    while more := {
        name
        for name, reads in conditions.items()
        if name not in fields
        and (
            reads & fields or instead.get(name, frozenset()) & fields or any(name in instead.get(f, ()) for f in fields)
        )
    }:
        fields |= more
    return Opened(frozenset(fields), frozenset(ask.document for ask in asks if ask.document is not None))


def _conditions(application_type: ApplicationType) -> dict[str, frozenset[str]]:
    """Of each field and group, on which other fields it depends whether it is asked."""

    def reads(conditions: Collection[Condition]) -> frozenset[str]:
        return frozenset(name for condition in conditions for name in condition.reads)

    return {asked.name: reads((*asked.asked_when, *asked.required_when)) for asked in application_type.asked}


def days_left(history: Sequence[HistoryEntry], due_on: date, calendar: WorkingCalendar) -> int:
    """The working days that an office has left while the clock stands; 0 when it was late already.

    The day on which it was sent back is one of them, unless it is the one on which it came, which never counts.
    """
    sent_back_on = came_on = date.min
    for line in history:
        if line.decision is Decision.SENT_BACK:
            sent_back_on = civil_date(line.at)
        elif line.state_after is State.IN_VERIFICATION and line.what not in BESIDE:
            came_on = civil_date(line.at)
    return calendar.working_days(max(sent_back_on, came_on + ONE_DAY), due_on)


def resubmit(
    application: Application,
    *,
    history: Sequence[HistoryEntry],
    applicant: Mapping[str, FormValue],
    answered: Sequence[str],
    attached: Sequence[str],
    at: datetime,
    event_id: str,
    application_type: ApplicationType,
    calendar: WorkingCalendar,
) -> Change:
    """The application after the answers; `applicant` is the whole form with them, which was checked before.

    `history` is the audit trail. Raises NotAllowedNow.
    """
    if application.state is not State.SENT_BACK or application.due_on is None:
        raise NotAllowedNow(application.state)
    left = days_left(history, application.due_on, calendar)
    again = replace(
        application,
        state=State.IN_VERIFICATION,
        applicant=applicant,
        likeness=likeness_keys(application_type, applicant),
        due_on=calendar.due_on(at, left) if left else application.due_on,
        updated_at=at,
        version=application.version + 1,
        events_told=application.events_told + 1,
    )
    entry = HistoryEntry(
        key=line_key(again),
        application_id=application.id,
        what=Happening.RESUBMITTED,
        at=at,
        state_before=application.state,
        state_after=again.state,
        step=application.step,
        answered=tuple(answered),
        attached=tuple(attached),
    )
    return Change(again, entry, ApplicationResubmitted(event_id, again))
