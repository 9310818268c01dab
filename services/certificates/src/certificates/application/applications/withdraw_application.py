"""The applicant takes an application back."""

from dataclasses import dataclass
from datetime import datetime

from certificates.application.applications.errors import NotPossibleNow, members_of_refusal
from certificates.application.applications.ports import Applications, VersionMoved
from certificates.application.applications.read_applications import ApplicationReader
from certificates.application.viewer import Viewer
from certificates.domain.applications.application import ACTS_OF_APPLICANTS, Application, NotAllowedNow
from certificates.domain.applications.withdraw import withdraw
from certificates.domain.rulebook import Rulebook
from servicekit.errors import Conflict, NotFound, StaleVersion
from servicekit.idempotency import Claim, Once
from servicekit.versions import Precondition


@dataclass(frozen=True, kw_only=True)
class WithdrawApplication:
    """The command; id and time are minted by the route."""

    application_id: str
    viewer: Viewer
    precondition: Precondition
    event_id: str
    at: datetime
    request_id: str
    claim: Claim


@dataclass(frozen=True)
class WithdrawApplicationHandler:
    """Ends an application that is not decided; the type's rule says whether the fee goes back."""

    rulebook: Rulebook
    applications: Applications
    reader: ApplicationReader

    def __call__(self, command: WithdrawApplication) -> Once[str]:
        """Safe to repeat with the same claim.

        Raises ApplicationNotFound, NotPossibleNow, StaleVersion, IdempotencyKeyReused.
        """
        try:
            return self._withdraw(command)
        except (NotFound, Conflict, StaleVersion):
            # The same request may have done it before.
            replay = self.applications.find(command.claim)
            if replay is None:
                raise
            return replay

    def _withdraw(self, command: WithdrawApplication) -> Once[str]:
        application, history = self.reader.get(command.application_id, command.viewer)
        try:
            change = withdraw(
                application,
                history=history,
                at=command.at,
                event_id=command.event_id,
                application_type=self.rulebook.types[application.type_code],
            )
        except NotAllowedNow as error:
            raise _not_possible(application) from error
        command.precondition.check(application.version)
        try:
            return self.applications.once(
                command.claim, application.id, lambda changes: changes.save(change, command.request_id)
            )
        except VersionMoved as error:
            raise _not_possible(self.applications.get(application.id) or application) from error


def _not_possible(application: Application) -> NotPossibleNow:
    return NotPossibleNow(
        "The application has just moved, or has come to its end; read it again.",
        detail_hi="आवेदन अभी-अभी आगे बढ़ा है या समाप्त हो चुका है; उसे फिर से देखें।",
        **members_of_refusal(application, ACTS_OF_APPLICANTS),
    )
