"""The applicant takes an application back, before it is decided."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from certificates.domain.applications.application import (
    ACTS_OF_APPLICANTS,
    Act,
    Application,
    ApplicationWithdrawn,
    Change,
    Happening,
    HistoryEntry,
    NotAllowedNow,
    State,
    line_key,
)
from certificates.domain.sla.calendar import civil_date
from certificates.domain.types.application_type import ApplicationType, WithdrawalRule


def refund_on_withdrawal(
    application: Application, history: Sequence[HistoryEntry], application_type: ApplicationType, today: date
) -> tuple[int, WithdrawalRule | None]:
    """The paise that go back if it is withdrawn today, and the rule that says so or says not; None where none does."""
    rule = application_type.withdrawal_rule_on(today)
    if rule is None or not rule.fee_returned or application.payment_id is None:
        return 0, rule
    decided = any(line.what is Happening.DECIDED for line in history)
    return (0 if rule.undecided_only and decided else application.fee.paise), rule


def withdraw(
    application: Application,
    *,
    history: Sequence[HistoryEntry],
    at: datetime,
    event_id: str,
    application_type: ApplicationType,
) -> Change:
    """The application after its withdrawal, which is final. Raises NotAllowedNow.

    A payment that comes afterwards is refused as any that is not due, and so goes back.
    """
    if Act.WITHDRAW not in ACTS_OF_APPLICANTS.get(application.state, ()):
        raise NotAllowedNow(application.state)
    refund, rule = refund_on_withdrawal(application, history, application_type, civil_date(at))
    withdrawn = replace(
        application,
        state=State.WITHDRAWN,
        updated_at=at,
        version=application.version + 1,
        events_told=application.events_told + 1,
    )
    entry = HistoryEntry(
        key=line_key(withdrawn),
        application_id=application.id,
        what=Happening.WITHDRAWN,
        at=at,
        state_before=application.state,
        state_after=withdrawn.state,
        step=application.step,
        payment_id=application.payment_id,
        paise=refund if application.payment_id else None,
    )
    return Change(withdrawn, entry, ApplicationWithdrawn(event_id, withdrawn, refund, rule))
