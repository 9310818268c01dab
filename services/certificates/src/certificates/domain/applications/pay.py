"""A payment for an application arrives: it is accepted as the fee, or refused."""

from dataclasses import replace
from datetime import datetime

from certificates.domain.applications.application import (
    Application,
    Change,
    FeeRefused,
    Happening,
    HistoryEntry,
    Refusal,
    RefusedPayment,
    State,
    line_key,
)
from certificates.domain.sla.calendar import WorkingCalendar
from certificates.domain.types.application_type import ApplicationType


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
    """What a payment for this application, completed `at`, changes.

    Returns the change to IN_VERIFICATION; or a refusal, when the fee was paid before, no fee is due, or the payment is
    less than the fee (billing holds the money and is told); or None, when this payment was accepted before.
    """
    if payment_id == application.payment_id:
        return None
    line = HistoryEntry(
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
        return refused(line, Refusal.PAID_TWICE if application.payment_id else Refusal.NOTHING_DUE)
    if paise < application.fee.paise:
        return refused(replace(line, what=Happening.FEE_PAID_SHORT), Refusal.PAID_SHORT)
    step = application_type.step(application.step)
    moved = replace(
        application,
        state=State.IN_VERIFICATION,
        payment_id=payment_id,
        due_on=calendar.due_on(at, step.working_days),
        updated_at=at,
        version=application.version + 1,
    )
    return Change(moved, replace(line, key=line_key(moved), what=Happening.FEE_PAID, state_after=State.IN_VERIFICATION))
