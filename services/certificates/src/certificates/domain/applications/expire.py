"""What waits for its applicant too long expires: an application whose fee nobody pays, or that nobody answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from certificates.domain.applications.application import (
    Application,
    ApplicationExpired,
    Change,
    Happening,
    HistoryEntry,
    State,
    line_key,
)
from certificates.domain.label import Label
from certificates.domain.sla.calendar import civil_date


@dataclass(frozen=True)
class Term:
    """How many days people have; for what begins from `effective_from` on, until the next term."""

    effective_from: date
    days: int
    order: Label


def term_on(terms: Sequence[Term], day: date) -> Term | None:
    """The term in force on `day`; `terms` are in order of date. None when there is none: it never ends."""
    return next((term for term in reversed(terms) if term.effective_from <= day), None)


def last_day(terms: Sequence[Term], begun_at: datetime) -> tuple[date, Term] | None:
    """The last day on which people can do what began to be waited for at `begun_at`, and the term that says so."""
    begun_on = civil_date(begun_at)
    term = term_on(terms, begun_on)
    return None if term is None else (begun_on + timedelta(days=term.days), term)


def expire(
    application: Application, *, terms: Mapping[State, Sequence[Term]], at: datetime, event_id: str
) -> Change | None:
    """The application after its term, which is final; None while it is not over, or where nobody waits for people.

    It began to wait when it came into its state: that was its last change.
    """
    end = last_day(terms.get(application.state, ()), application.updated_at)
    if end is None or civil_date(at) <= end[0]:
        return None
    expired = replace(
        application,
        state=State.EXPIRED,
        updated_at=at,
        version=application.version + 1,
        events_told=application.events_told + 1,
    )
    entry = HistoryEntry(
        key=line_key(expired),
        application_id=application.id,
        what=Happening.EXPIRED,
        at=at,
        state_before=application.state,
        state_after=expired.state,
        step=application.step,
    )
    return Change(expired, entry, ApplicationExpired(event_id, expired, application.state))
