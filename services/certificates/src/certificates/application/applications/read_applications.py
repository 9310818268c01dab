"""Reading applications, as far as the caller may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from certificates.application.applications.errors import ApplicationNotFound, TransactionNotFound
from certificates.application.applications.ports import (
    ApplicationQueries,
    Applications,
    Position,
    Selection,
)
from certificates.application.viewer import Viewer
from certificates.domain.applications.application import Application, Happening, State
from certificates.domain.rulebook import Rulebook
from servicekit.errors import FieldProblem, ValidationFailed


@dataclass(frozen=True)
class TransactionEvent:
    """One event about the application, by its published name."""

    type: str
    at: datetime


@dataclass(frozen=True)
class ApplicationReader:
    """Answers every question about applications."""

    rulebook: Rulebook
    applications: Applications
    queries: ApplicationQueries

    def get(self, application_id: str, viewer: Viewer) -> Application:
        """The application. Raises ApplicationNotFound, also when the viewer may not see it."""
        found = self.applications.get(application_id)
        if found is None or not viewer.may_see(
            self.rulebook.types[found.type_code],
            district_code=found.district_code,
            client_id=found.client_id,
            kiosk_id=found.kiosk_id,
        ):
            raise ApplicationNotFound("There is no such application among those you may see.")
        return found

    def page(
        self,
        viewer: Viewer,
        *,
        state: State | None,
        district_code: str | None,
        after: Position | None,
        limit: int,
    ) -> tuple[Sequence[Application], Position | None]:
        """One page, oldest due date first, and where the next one begins (None at the end).

        An officer gets the queue of the own department and districts, by default what awaits a decision;
        anybody else what they made. Raises ValidationFailed for a district that does not exist.
        """
        if district_code is not None and district_code not in self.rulebook.districts:
            problem = FieldProblem("?district_code", "unknown", "Must be the LGD code of a district of Rajasthan.")
            raise ValidationFailed("There is no such district.", errors=[problem])
        found = self.queries.page(_selection(viewer, state, district_code), after, limit + 1)
        if len(found) <= limit:
            return found, None
        last = found[limit - 1]
        return found[:limit], Position(last.due_on.isoformat() if last.due_on else "", last.id)

    def transaction(self, token: str) -> tuple[Application, list[TransactionEvent]]:
        """The application a transaction token stands for, and the events told about it, oldest first.

        For the gateway, which checks the owner itself. Raises TransactionNotFound.
        """
        found = self.queries.by_token(token)
        if found is None:
            raise TransactionNotFound("No application has this token.")
        events = []
        for entry in self.queries.history(found.id):
            if entry.what is Happening.SUBMITTED:
                events.append(TransactionEvent("application.submitted.v1", entry.at))
            if entry.what is Happening.DECIDED:
                events.append(TransactionEvent("application.decided.v1", entry.at))
            if entry.certificate_id is not None:
                events.append(TransactionEvent("certificate.issued.v1", entry.at))
        return found, events


def _selection(viewer: Viewer, state: State | None, district_code: str | None) -> Selection:
    asked = None if district_code is None else frozenset({district_code})
    if viewer.officer is not None:
        own = viewer.officer.districts
        return Selection(
            department=viewer.officer.department,
            districts=own if asked is None else own & asked,
            state=state or State.IN_VERIFICATION,
        )
    if viewer.kiosk_id is not None:
        return Selection(kiosk_id=viewer.kiosk_id, districts=asked, state=state)
    return Selection(client_id=viewer.client_id, districts=asked, state=state)
