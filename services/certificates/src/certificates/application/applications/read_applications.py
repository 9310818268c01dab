"""Reading applications, as far as the caller may see them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from certificates.application.applications.errors import ApplicationNotFound, TransactionNotFound
from certificates.application.applications.ports import (
    ApplicationQueries,
    Applications,
    Position,
    Selection,
)
from certificates.application.viewer import Viewer
from certificates.domain.applications.application import (
    Application,
    ApplicationDecided,
    ApplicationSubmitted,
    Decision,
    Happening,
    HistoryEntry,
    State,
)
from certificates.domain.certificates.certificate import CertificateIssued
from certificates.domain.officer import Officer
from certificates.domain.rulebook import Rulebook
from servicekit.errors import FieldProblem, ValidationFailed

# Payments that were refused: the application is at the same version as before.
_NO_CHANGE = (Happening.FEE_PAID_AGAIN, Happening.FEE_PAID_SHORT)


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
        changes = [line for line in self.applications.history(application_id) if line.what not in _NO_CHANGE]
        # A line of a later version than the one that was read is left out: the ETag stands for both.
        changes = changes[: application.version]
        return application, [_shown_to(viewer, line) for line in changes]

    def page(
        self,
        viewer: Viewer,
        *,
        state: State | None,
        district_code: str | None,
        after: Position | None,
        limit: int,
    ) -> tuple[Sequence[Application], Position | None]:
        """One page, the earliest due date first, and the position after which the next page begins (None at the end).

        An officer gets the queue of their department and districts, by default what awaits a decision; of that, what is
        for their post. A kiosk gets what was lodged there, a portal its own.
        Raises ValidationFailed for a district that does not exist.
        """
        if district_code is not None and district_code not in self.rulebook.districts:
            problem = FieldProblem("?district_code", "unknown", "Must be the LGD code of a district of Rajasthan.")
            raise ValidationFailed("There is no such district.", errors=[problem])
        applications = self.queries.page(self._selection(viewer, state, district_code), after, limit + 1)
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
            if entry.what is Happening.SUBMITTED:
                events.append(TransactionEvent(ApplicationSubmitted.type, entry.at))
            if entry.what is Happening.DECIDED:
                events.append(TransactionEvent(ApplicationDecided.type, entry.at))
            if entry.certificate_id is not None:
                events.append(TransactionEvent(CertificateIssued.type, entry.at))
        return application, events

    def _selection(self, viewer: Viewer, state: State | None, district_code: str | None) -> Selection:
        requested = None if district_code is None else frozenset({district_code})
        if viewer.officer is not None:
            state = state or State.IN_VERIFICATION
        without = (
            self._of_other_posts(viewer.officer)
            if viewer.officer is not None and state is State.IN_VERIFICATION
            else frozenset()
        )
        return Selection(reach=viewer.reach, districts=requested, state=state, without=without)

    def _of_other_posts(self, officer: Officer) -> frozenset[tuple[str, str]]:
        return frozenset(
            (application_type.code, step.name)
            for application_type in self.rulebook.types.values()
            for step in application_type.steps
            if step.department == officer.department and not officer.holds_a_post_of(step)
        )


def _shown_to(viewer: Viewer, line: HistoryEntry) -> HistoryEntry:
    told = viewer.officer is not None or line.decision is not Decision.APPROVED
    return line if told else replace(line, remarks=None)
