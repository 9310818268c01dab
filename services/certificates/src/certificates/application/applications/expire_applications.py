"""Applications that waited for people too long expire."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from certificates.application.applications.ports import Applications, VersionMoved
from certificates.domain.applications.application import Application
from certificates.domain.applications.expire import expire
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.calendar import IST
from servicekit.ids import event_id

AT_ONCE = 100


@dataclass(frozen=True)
class ExpireApplications:
    """The command: those whose last day is over at `at`."""

    at: datetime
    request_id: str


@dataclass(frozen=True)
class ExpireApplicationsHandler:
    """Ends what nobody paid or answered in time. May be cut off anywhere, and run by several at once."""

    rulebook: Rulebook
    applications: Applications

    def __call__(self, command: ExpireApplications) -> int:
        """How many expired. What was paid or answered at this moment stays."""
        expired = 0
        for state, terms in self.rulebook.terms.items():
            for term in terms:
                # Of the time before the term nothing expires; what is over exactly, `expire` says.
                since = datetime.combine(term.effective_from, time(), IST)
                before = command.at - timedelta(days=term.days)
                after = None
                while waiting := self.applications.waiting(state, since, before, after, AT_ONCE):
                    expired += sum(self._expire(application, command) for application in waiting)
                    after = waiting[-1]
        return expired

    def _expire(self, application: Application, command: ExpireApplications) -> bool:
        change = expire(application, terms=self.rulebook.terms, at=command.at, event_id=event_id())
        if change is None:
            return False
        try:
            self.applications.move(change, command.request_id)
        except VersionMoved:
            return False
        return True
