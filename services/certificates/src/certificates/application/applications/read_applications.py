"""Reading applications, as far as the caller may see them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from certificates.application.applications.errors import ApplicationNotFound, TransactionNotFound
from certificates.application.applications.ports import (
    ApplicationQueries,
    Applications,
    Position,
    Selection,
)
from certificates.application.viewer import Viewer
from certificates.domain.applications.application import (
    BESIDE,
    Application,
    ApplicationDecided,
    ApplicationExpired,
    ApplicationResubmitted,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    Decision,
    Happening,
    HistoryEntry,
    State,
)
from certificates.domain.certificates.certificate import CertificateIssued
from certificates.domain.officers.officer import Officer
from certificates.domain.rulebook import Rulebook
from servicekit.errors import FieldProblem, ValidationFailed

_EVENTS = {
    Happening.SUBMITTED: ApplicationSubmitted.type,
    Happening.DECIDED: ApplicationDecided.type,
    Happening.RESUBMITTED: ApplicationResubmitted.type,
    Happening.WITHDRAWN: ApplicationWithdrawn.type,
    Happening.EXPIRED: ApplicationExpired.type,
}


@dataclass(frozen=True)
class TransactionEvent:
    """One event about the application, by its published name."""

    type: str
    at: datetime


@dataclass(frozen=True)
class ApplicationReader:
    """Answers questions about applications, as far as the viewer may see them."""

    rulebook: Rulebook
    applications: Applications
    queries: ApplicationQueries

    def get(self, application_id: str, viewer: Viewer) -> tuple[Application, list[HistoryEntry]]:
        """The application, and the lines of its changes, oldest first: one for each version.

        What an officer remarked on approving is for officers. Raises ApplicationNotFound, also when the viewer may
        not see it.
        """
        application = self.applications.get(application_id)
        if application is None or not viewer.may_see(
            self.rulebook.types[application.type_code],
            district_code=application.district_code,
            client_id=application.client_id,
            kiosk_id=application.kiosk_id,
            person_id=application.person_id,
        ):
            raise ApplicationNotFound("There is no such application among those you may see.")
        changes = [line for line in self.applications.history(application_id) if line.what not in BESIDE]
        # A line of a later version than the one that was read is left out: the ETag stands for both.
        changes = changes[: application.version]
        return application, [_shown_to(viewer, line) for line in changes]

    def beside(self, application_id: str) -> list[HistoryEntry]:
        """What happened beside an application that the viewer was shown, to money or above the office; oldest first."""
        return [line for line in self.applications.history(application_id) if line.what in BESIDE]

    def page(
        self,
        viewer: Viewer,
        *,
        states: frozenset[State] | None,
        district_code: str | None,
        after: Position | None,
        limit: int,
        type_code: str | None = None,
        due_by: date | None = None,
    ) -> tuple[Sequence[Application], Position | None]:
        """One page, the earliest due date first, and the position after which the next page begins (None at the end).

        An officer gets the queue of their department and districts, by default what awaits a decision; of that, what is
        for their post. A kiosk gets what was lodged there, a portal its own.
        Raises ValidationFailed for a district that does not exist.
        """
        if district_code is not None and district_code not in self.rulebook.districts:
            problem = FieldProblem("?district_code", "unknown", "Must be the LGD code of a district of Rajasthan.")
            raise ValidationFailed("There is no such district.", errors=[problem])
        selection = replace(self._selection(viewer, states, district_code), type_code=type_code, due_by=due_by)
        applications = self.queries.page(selection, after, limit + 1)
        if len(applications) <= limit:
            return applications, None
        last = applications[limit - 1]
        return applications[:limit], Position(last.due_on.isoformat() if last.due_on else "", last.id)

    def transaction(self, token: str) -> tuple[Application, list[TransactionEvent]]:
        """The application with this transaction token, and the events published about it, oldest first.

        For the gateway, which checks itself whose it is. Raises TransactionNotFound.
        """
        application = self.queries.by_token(token)
        if application is None:
            raise TransactionNotFound("No application has this token.")
        events = []
        for entry in self.applications.history(application.id):
            if entry.what in _EVENTS:
                events.append(TransactionEvent(_EVENTS[entry.what], entry.at))
            if entry.certificate_id is not None:
                events.append(TransactionEvent(CertificateIssued.type, entry.at))
        return application, events

    def _selection(self, viewer: Viewer, states: frozenset[State] | None, district_code: str | None) -> Selection:
        requested = None if district_code is None else frozenset({district_code})
        queue = frozenset({State.IN_VERIFICATION})
        if viewer.officer is not None:
            states = states or queue
        without = (
            steps_of_other_posts(self.rulebook, viewer.officer)
            if viewer.officer is not None and states == queue
            else frozenset()
        )
        return Selection(reach=viewer.reach, districts=requested, states=states, without=without)


def steps_of_other_posts(rulebook: Rulebook, officer: Officer) -> frozenset[tuple[str, str]]:
    """The steps (type's code, step's name) of the officer's department that neither their post nor a charge decides."""
    return frozenset(
        (application_type.code, step.name)
        for application_type in rulebook.types.values()
        for step in application_type.steps
        if step.department == officer.department
        and not any(officer.holds_a_post_of(step, district_code) for district_code in officer.districts)
    )


def _shown_to(viewer: Viewer, line: HistoryEntry) -> HistoryEntry:
    told = viewer.officer is not None or line.decision is not Decision.APPROVED
    return line if told else replace(line, remarks=None)
