"""An officer decides the step in hand; approval of the last step issues the certificate."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from certificates.application.applications.errors import ApplicationNotFound
from certificates.application.applications.ports import Applications, Changes, NumberTaken, VersionMoved
from certificates.application.certificates.issue_certificate import IssueCertificate, IssueCertificateHandler
from certificates.application.officers.errors import (
    AlreadyDecided,
    AnotherOfficerRequired,
    AnotherPostRequired,
    FeeNotPaid,
)
from certificates.domain.applications.application import (
    Change,
    DecidedAnotherStep,
    Decision,
    NotAwaitingDecision,
    NotThisOfficers,
    NotThisPosts,
    RefusalReason,
    State,
)
from certificates.domain.applications.decide import decide
from certificates.domain.certificates.certificate import CertificateIssued
from certificates.domain.officer import Officer
from certificates.domain.rulebook import SEE_REMARKS, Rulebook
from certificates.domain.types.application_type import Step
from servicekit.errors import Conflict, FieldProblem, NotFound, NotPermitted, StaleVersion, ValidationFailed
from servicekit.idempotency import Claim, Once
from servicekit.versions import Precondition

# A number is in use about once in ten million draws; several times in a row the random source must be broken.
NUMBERS_TRIED = 3


@dataclass(frozen=True, kw_only=True)
class DecideApplication:
    """The command; ids and time are minted by the route.

    `step`, unless None, is the step the officer looked at. `reason`, unless None, is the code of a refusal's reason; an
    approval has none. `precondition` says which version of the application it may be.
    """

    application_id: str
    officer: Officer
    decision: Decision
    reason: str | None
    remarks: str | None
    step: str | None
    precondition: Precondition
    certificate_id: str
    decided_event_id: str
    issued_event_id: str
    at: datetime
    request_id: str
    claim: Claim


@dataclass(frozen=True)
class DecideApplicationHandler:
    """Decides by compare-and-set: of two officers who decide at once, exactly one succeeds."""

    rulebook: Rulebook
    applications: Applications
    issue_certificate: IssueCertificateHandler

    def __call__(self, command: DecideApplication) -> Once[str]:
        """Safe to repeat with the same claim: the first decision stands, and its application is the answer again.

        Raises ValidationFailed for a reason that does not exist, ApplicationNotFound (also when the application is
        another officer's), AlreadyDecided, FeeNotPaid, AnotherOfficerRequired, AnotherPostRequired, StaleVersion,
        IdempotencyKeyReused.
        """
        try:
            return self._decide(command)
        except (NotFound, Conflict, NotPermitted, StaleVersion):
            # The same request may have made this decision before.
            replay = self.applications.find(command.claim)
            if replay is None:
                raise
            return replay

    def _decide(self, command: DecideApplication) -> Once[str]:
        application = self.applications.get(command.application_id)
        if application is None:
            raise _not_found()
        application_type = self.rulebook.types[application.type_code]
        try:
            change = decide(
                application,
                # Read after the application: a line that came in between moved the version, and nothing is written.
                history=self.applications.history(application.id),
                officer=command.officer,
                decision=command.decision,
                reason=self._reason(command),
                remarks=command.remarks,
                certificate_id=command.certificate_id,
                at=command.at,
                event_id=command.decided_event_id,
                application_type=application_type,
                calendar=self.rulebook.calendar,
            )
        except NotThisOfficers as error:
            raise _not_found() from error
        except NotAwaitingDecision as error:
            if error.state is State.FEE_DUE:
                raise FeeNotPaid("The fee of this application has not been paid yet.") from error
            raise _already_decided() from error
        except (DecidedAnotherStep, NotThisPosts) as error:
            if command.step not in (None, application.step):
                raise _already_decided() from error
            if isinstance(error, NotThisPosts):
                raise _another_post(application_type.step(application.step), command.officer) from error
            raise AnotherOfficerRequired(
                "You decided another step of this application; the step in hand is for another officer."
            ) from error
        if command.step not in (None, application.step):
            raise _already_decided()
        command.precondition.check(application.version)
        for _ in range(NUMBERS_TRIED - 1):
            with suppress(NumberTaken):
                return self._write(command, change)
        return self._write(command, change)

    def _reason(self, command: DecideApplication) -> RefusalReason | None:
        if command.decision is Decision.APPROVED:
            return None
        code = command.reason or SEE_REMARKS
        label = self.rulebook.refusal_reasons.get(code)
        if label is None:
            known = ", ".join(self.rulebook.refusal_reasons)
            problem = FieldProblem("/reason", "not-allowed", f"Must be one of: {known}.", f"इनमें से एक दें: {known}।")
            raise ValidationFailed("There is no such reason of a refusal.", errors=[problem])
        return RefusalReason(code, label)

    def _write(self, command: DecideApplication, change: Change) -> Once[str]:
        # Signed before the transaction, which may be run several times.
        issued = self._issued(command, change) if change.application.certificate_id else None

        def effect(changes: Changes) -> None:
            changes.save(change, command.request_id, issued)

        try:
            return self.applications.once(command.claim, change.application.id, effect)
        except VersionMoved as error:
            raise _already_decided() from error

    def _issued(self, command: DecideApplication, change: Change) -> CertificateIssued:
        return self.issue_certificate(
            IssueCertificate(
                application=change.application,
                signer=command.officer.designation,
                certificate_id=command.certificate_id,
                event_id=command.issued_event_id,
                at=command.at,
            )
        )


def _another_post(step: Step, officer: Officer) -> AnotherPostRequired:
    en, hi = ", ".join(post.name.en for post in step.posts), ", ".join(post.name.hi for post in step.posts)
    yours = officer.designation
    return AnotherPostRequired(
        f"This step is decided by: {en}. Your post is: {yours.en}.",
        detail_hi=f"इस चरण पर निर्णय करने वाला पद: {hi}। आपका पद: {yours.hi}।",
        step=step.name,
        posts=[{"en": post.name.en, "hi": post.name.hi} for post in step.posts],
    )


def _not_found() -> ApplicationNotFound:
    return ApplicationNotFound("There is no such application in your department and districts.")


def _already_decided() -> AlreadyDecided:
    return AlreadyDecided("This step is decided; read the application to see how it stands.")
