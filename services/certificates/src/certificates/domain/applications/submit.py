"""A citizen submits an application."""

from collections.abc import Mapping
from datetime import datetime

from certificates.domain.applications.application import (
    Application,
    ApplicationSubmitted,
    Change,
    Happening,
    HistoryEntry,
    State,
    line_key,
)
from certificates.domain.likenesses.likeness import likeness_keys
from certificates.domain.sla.calendar import WorkingCalendar
from certificates.domain.types.application_type import ApplicationType, FeeRule
from certificates.domain.types.form import FormValue


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
    person_id: str | None = None,
    assistance_id: str | None = None,
    agreed_once: str | None = None,
    at: datetime,
    event_id: str,
    calendar: WorkingCalendar,
) -> Change:
    """A new application; its form was checked before. Without a fee it goes to verification at once."""
    first_step = application_type.steps[0]
    free = fee.paise == 0
    application = Application(
        id=application_id,
        transaction_token=transaction_token,
        type_code=application_type.code,
        district_code=district_code,
        applicant=applicant,
        likeness=likeness_keys(application_type, applicant),
        client_id=client_id,
        kiosk_id=kiosk_id,
        person_id=person_id,
        assistance_id=assistance_id,
        agreed_once=agreed_once,
        fee=fee,
        state=State.IN_VERIFICATION if free else State.FEE_DUE,
        step=first_step.name,
        department=first_step.department,
        # The officer's days are counted from the payment: before it there is nothing to work on.
        due_on=calendar.due_on(at, first_step.working_days) if free else None,
        submitted_at=at,
        updated_at=at,
        version=1,
        events_told=1,
    )
    entry = HistoryEntry(
        key=line_key(application),
        application_id=application.id,
        what=Happening.SUBMITTED,
        at=at,
        state_before=None,
        state_after=application.state,
    )
    return Change(application, entry, ApplicationSubmitted(event_id, application))
