"""Steps that were not decided on their last day are escalated."""

from dataclasses import dataclass
from datetime import datetime

from certificates.application.applications.ports import Applications
from certificates.domain.applications.escalate import escalate
from certificates.domain.sla.calendar import civil_date
from servicekit.ids import event_id

AT_ONCE = 100


@dataclass(frozen=True)
class EscalateApplications:
    """The command: those that are late at `at`."""

    at: datetime
    request_id: str


@dataclass(frozen=True)
class EscalateApplicationsHandler:
    """Tells each delay once. May be cut off anywhere, and run by several at once."""

    applications: Applications

    def __call__(self, command: EscalateApplications) -> int:
        """How many were escalated; what is decided at this moment is not."""
        escalated = 0
        while late := self.applications.late(civil_date(command.at), AT_ONCE):
            for application in late:
                escalation = escalate(application, at=command.at, event_id=event_id())
                if escalation is not None:
                    escalated += self.applications.escalate(application, escalation, command.request_id)
        return escalated
