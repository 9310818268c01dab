"""An officer decides the step in hand."""

from dataclasses import replace
from datetime import datetime

from certificates.domain.applications.application import (
    Application,
    ApplicationDecided,
    Change,
    Decision,
    Happening,
    HistoryEntry,
    NotAwaitingDecision,
    NotThisOfficers,
    State,
    line_key,
)
from certificates.domain.officer import Officer
from certificates.domain.sla.calendar import WorkingCalendar
from certificates.domain.types.application_type import ApplicationType


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

    Approval of the last step ends the application with the certificate `certificate_id`, which is issued elsewhere
    (`application.certificates.issue_certificate`); of another step, it begins the next one.
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
        key=line_key(decided),
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
