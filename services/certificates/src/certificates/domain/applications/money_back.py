"""Money of a payment for an application came back to the payer; the application itself does not move."""

from datetime import datetime

from certificates.domain.applications.application import Application, Happening, HistoryEntry


def money_back(application: Application, *, refund_id: str, payment_id: str, paise: int, at: datetime) -> HistoryEntry:
    """The line that tells the applicant; its key is the refund's, so that a repeat adds none."""
    return HistoryEntry(
        key=f"{application.id}:refund:{refund_id}",
        application_id=application.id,
        what=Happening.MONEY_RETURNED,
        at=at,
        state_before=application.state,
        state_after=application.state,
        payment_id=payment_id,
        paise=paise,
    )
