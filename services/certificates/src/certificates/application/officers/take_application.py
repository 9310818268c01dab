"""An officer takes a case in hand, or takes it for longer."""

from dataclasses import dataclass
from datetime import datetime

from certificates.application.applications.ports import Applications
from certificates.application.officers.ports import Takings
from certificates.application.officers.rights import check_may_decide, check_not_taken, not_found
from certificates.domain.officers.officer import Officer
from certificates.domain.officers.taking import TAKEN_FOR, Taking
from certificates.domain.rulebook import Rulebook


@dataclass(frozen=True)
class TakeApplication:
    """The command."""

    application_id: str
    officer: Officer
    at: datetime


@dataclass(frozen=True)
class TakeApplicationHandler:
    """Of two officers who take at once one has it. The application does not change: its ETag stays."""

    rulebook: Rulebook
    applications: Applications
    takings: Takings

    def __call__(self, command: TakeApplication) -> Taking:
        """Safe to repeat: it is then taken for longer.

        Raises ApplicationNotFound, FeeNotPaid, AlreadyDecided, AnotherOfficerRequired, AnotherPostRequired,
        TakenByAnother.
        """
        application = self.applications.get(command.application_id)
        if application is None:
            raise not_found()
        step = self.rulebook.types[application.type_code].step(application.step)
        check_may_decide(application, step, command.officer, self.applications.history(application.id), None)
        taking = self.takings.take(
            Taking(
                application_id=application.id,
                officer_id=command.officer.id,
                designation=command.officer.designation,
                step=step.name,
                taken_at=command.at,
                until=command.at + TAKEN_FOR,
            )
        )
        check_not_taken(taking, command.officer)
        return taking
