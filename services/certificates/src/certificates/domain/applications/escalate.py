"""A step that is not decided on its last day is escalated: once for each such day, beside the application."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from certificates.domain.applications.application import Application, Happening, HistoryEntry, State
from certificates.domain.sla.calendar import civil_date


@dataclass(frozen=True)
class StepDelayed:
    """Becomes `step.delayed.v1`."""

    type: ClassVar[str] = "step.delayed.v1"

    event_id: str
    application: Application
    due_on: date
    at: datetime

    @property
    def id(self) -> str:
        """Names the application and the day that its step missed: the next step misses a later one."""
        return f"{self.application.id}_{self.due_on}"


@dataclass(frozen=True)
class Escalation:
    """Its line of the audit trail, and the event that tells who is above; the application does not move."""

    entry: HistoryEntry
    event: StepDelayed


def escalate(application: Application, *, at: datetime, event_id: str) -> Escalation | None:
    """What a step that is late `at` leads to; None while it is in time, or does not wait for an officer."""
    due_on = application.due_on
    if application.state is not State.IN_VERIFICATION or due_on is None or civil_date(at) <= due_on:
        return None
    event = StepDelayed(event_id, application, due_on, at)
    entry = HistoryEntry(
        key=f"{application.id}:delayed:{application.step}:{due_on}",
        application_id=application.id,
        what=Happening.ESCALATED,
        at=at,
        state_before=application.state,
        state_after=application.state,
        step=application.step,
    )
    return Escalation(entry, event)
