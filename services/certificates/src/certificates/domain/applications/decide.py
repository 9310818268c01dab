"""An officer decides the step in hand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from certificates.domain.applications.application import (
    BESIDE,
    Application,
    ApplicationDecided,
    Ask,
    Change,
    DecidedAnotherStep,
    Decision,
    Happening,
    HistoryEntry,
    NotAllowedNow,
    NotThisOfficers,
    NotThisPosts,
    RefusalReason,
    State,
    line_key,
)
from certificates.domain.officers.officer import Officer
from certificates.domain.sla.calendar import ONE_DAY, WorkingCalendar, civil_date
from certificates.domain.types.application_type import ApplicationType, Step


def decide(
    application: Application,
    *,
    history: Sequence[HistoryEntry],
    officer: Officer,
    decision: Decision,
    reason: RefusalReason | None,
    remarks: str | None,
    asks: Sequence[Ask] = (),
    certificate_id: str,
    at: datetime,
    event_id: str,
    application_type: ApplicationType,
    calendar: WorkingCalendar,
) -> Change:
    """The application after an officer's decision on the step in hand.

    `history` is its audit trail: whoever decided one step, in whatever way, decides no other one of this application.
    `asks` say what is asked for anew when it is sent back. Approval of the last step makes the application ISSUED, with
    the id of the certificate that `application.certificates.issue_certificate` then makes; approval of another step
    starts the next step.
    Raises NotThisOfficers, before the state is looked at, so that a stranger does not learn it; NotAllowedNow;
    DecidedAnotherStep; NotThisPosts.
    """
    step = application_type.step(application.step)
    check_right(application, history=history, officer=officer, step=step)
    charge = officer.charge_for(step, application.district_code)
    decided = replace(
        application, updated_at=at, version=application.version + 1, events_told=application.events_told + 1
    )
    next_step = application_type.step_after(step.name)
    if decision is Decision.REJECTED:
        decided = replace(decided, state=State.REJECTED)
    elif decision is Decision.SENT_BACK:
        decided = replace(decided, state=State.SENT_BACK)
    elif next_step is None:
        decided = replace(decided, state=State.ISSUED, certificate_id=certificate_id)
    else:
        decided = replace(
            decided,
            step=next_step.name,
            department=next_step.department,
            due_on=calendar.due_on(at, next_step.working_days),
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
        designation=officer.signs_as(step, application.district_code),
        charge_id=charge.id if charge else None,
        for_officer_id=charge.officer_id if charge else None,
        reason=reason,
        remarks=remarks,
        certificate_id=decided.certificate_id,
        asks=tuple(asks),
        # Of what is sent back the time goes on being counted when it returns.
        desk_days=None if decision is Decision.SENT_BACK else desk_days(history, at, calendar),
    )
    return Change(decided, entry, ApplicationDecided(event_id, decided, step.name, decision, officer.id, at, reason))


def check_right(application: Application, *, history: Sequence[HistoryEntry], officer: Officer, step: Step) -> None:
    """Whether the officer may decide `step`, the one in hand.

    Raises NotThisOfficers, before the state is looked at, so that a stranger does not learn it; NotAllowedNow;
    DecidedAnotherStep; NotThisPosts.
    """
    if not officer.may_decide(step, application.district_code):
        raise NotThisOfficers
    if application.state is not State.IN_VERIFICATION:
        raise NotAllowedNow(application.state)
    if any(line.officer_id == officer.id and line.step != step.name for line in history):
        raise DecidedAnotherStep
    if not officer.holds_a_post_of(step, application.district_code):
        raise NotThisPosts


def desk_days(history: Sequence[HistoryEntry], decided_at: datetime, calendar: WorkingCalendar) -> int | None:
    """The working days for which the step in hand lay with its office until then; None when nothing says since when.

    Counted as a limit is: the day on which it came does not count, nor do the days on which it was sent back.
    """
    days, until = 0, civil_date(decided_at)
    for line in reversed(history):
        if line.decision is Decision.SENT_BACK:
            until = civil_date(line.at) - ONE_DAY
        elif line.state_after is State.IN_VERIFICATION and line.what not in BESIDE:
            days += calendar.working_days(civil_date(line.at) + ONE_DAY, until)
            if line.what is not Happening.RESUBMITTED:
                return days
    return None
