"""An officer decides the step in hand; approval of the last step issues the certificate."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from certificates.application.applications.ports import Applications, Changes, NumberTaken, VersionMoved
from certificates.application.certificates.issue_certificate import (
    IssueCertificate,
    IssueCertificateHandler,
    record_not_in_force,
)
from certificates.application.officers.ports import Takings
from certificates.application.officers.rights import already_decided, check_may_decide, check_not_taken, not_found
from certificates.domain.applications.application import (
    Ask,
    Change,
    Decision,
    RefusalReason,
)
from certificates.domain.applications.decide import decide
from certificates.domain.certificates.certificate import CertificateIssued, NotInForce
from certificates.domain.officers.officer import Officer
from certificates.domain.rulebook import SEE_REMARKS, Rulebook
from certificates.domain.types.application_type import ApplicationType
from servicekit.errors import Conflict, FieldProblem, NotFound, NotPermitted, StaleVersion, ValidationFailed
from servicekit.idempotency import Claim, Once
from servicekit.versions import Precondition

# A number is in use about once in ten million draws; several times in a row the random source must be broken.
NUMBERS_TRIED = 3


@dataclass(frozen=True)
class NamedAsk:
    """A field (or a group) or a document that is asked for anew, and the code of the reason."""

    reason: str
    field: str | None = None
    document: str | None = None


@dataclass(frozen=True, kw_only=True)
class DecideApplication:
    """The command; ids and time are minted by the route.

    `step`, unless None, is the step the officer looked at. `reason`, unless None, is the code of a refusal's reason; an
    approval has none. `asks` say what is asked for anew when it is sent back; without any all is. `precondition` says
    which version of the application it may be.
    """

    application_id: str
    officer: Officer
    decision: Decision
    reason: str | None
    remarks: str | None
    step: str | None
    asks: Sequence[NamedAsk] = ()
    precondition: Precondition
    certificate_id: str
    decided_event_id: str
    issued_event_id: str
    ended_event_ids: tuple[str, str]
    at: datetime
    request_id: str
    claim: Claim


@dataclass(frozen=True)
class DecideApplicationHandler:
    """Decides by compare-and-set: of two officers who decide at once, exactly one succeeds."""

    rulebook: Rulebook
    applications: Applications
    issue_certificate: IssueCertificateHandler
    takings: Takings

    def __call__(self, command: DecideApplication) -> Once[str]:
        """Safe to repeat with the same claim: the first decision stands, and its application is the answer again.

        Raises ValidationFailed for a reason, a field or a document that does not exist, ApplicationNotFound (also when
        the application is another officer's), AlreadyDecided, FeeNotPaid, AnotherOfficerRequired, AnotherPostRequired,
        TakenByAnother, RecordNotInForce, StaleVersion, IdempotencyKeyReused.
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
            raise not_found()
        application_type = self.rulebook.types[application.type_code]
        # Read after the application: a line that came in between moved the version, and nothing is written.
        history = self.applications.history(application.id)
        step = application_type.step(application.step)
        check_may_decide(application, step, command.officer, history, command.step)
        check_not_taken(self.takings.in_force([application.id], command.at).get(application.id), command.officer)
        change = decide(
            application,
            history=history,
            officer=command.officer,
            decision=command.decision,
            reason=self._reason(command),
            remarks=command.remarks,
            asks=self._asks(command, application_type),
            certificate_id=command.certificate_id,
            at=command.at,
            event_id=command.decided_event_id,
            application_type=application_type,
            calendar=self.rulebook.calendar,
        )
        command.precondition.check(application.version)
        for _ in range(NUMBERS_TRIED - 1):
            with suppress(NumberTaken):
                return self._write(command, change)
        return self._write(command, change)

    def _reason(self, command: DecideApplication) -> RefusalReason | None:
        if command.decision is Decision.APPROVED:
            return None
        code = command.reason or SEE_REMARKS
        if code not in self.rulebook.refusal_reasons:
            raise ValidationFailed("There is no such reason of a refusal.", errors=[self._strange_reason("/reason")])
        return RefusalReason(code, self.rulebook.refusal_reasons[code])

    def _asks(self, command: DecideApplication, application_type: ApplicationType) -> list[Ask]:
        asked = {asked.name for asked in application_type.asked}
        papers = {paper.code for paper in application_type.documents}
        problems = []
        for place, ask in enumerate(command.asks):
            if ask.field not in {None, *asked}:
                problems.append(_strange(f"/asks/{place}/field", sorted(asked)))
            if ask.document not in {None, *papers}:
                problems.append(_strange(f"/asks/{place}/document", sorted(papers)))
            if ask.reason not in self.rulebook.refusal_reasons:
                problems.append(self._strange_reason(f"/asks/{place}/reason"))
        if problems:
            raise ValidationFailed("What is asked for anew is not of this type.", errors=problems)
        labels = self.rulebook.refusal_reasons
        return [Ask(RefusalReason(a.reason, labels[a.reason]), a.field, a.document) for a in command.asks]

    def _strange_reason(self, pointer: str) -> FieldProblem:
        return _strange(pointer, self.rulebook.refusal_reasons)

    def _write(self, command: DecideApplication, change: Change) -> Once[str]:
        # Signed before the transaction, which may be run several times.
        issued = self._issued(command, change) if change.application.certificate_id else None

        def effect(changes: Changes) -> None:
            changes.save(change, command.request_id, issued)

        try:
            return self.applications.once(command.claim, change.application.id, effect)
        except NotInForce as error:
            raise record_not_in_force() from error
        except VersionMoved as error:
            raise already_decided(self.applications.get(change.application.id) or change.application) from error

    def _issued(self, command: DecideApplication, change: Change) -> CertificateIssued:
        return self.issue_certificate(
            IssueCertificate(
                application=change.application,
                signer=change.entry.designation or command.officer.designation,
                certificate_id=command.certificate_id,
                event_id=command.issued_event_id,
                ended_event_ids=command.ended_event_ids,
                at=command.at,
            )
        )


def _strange(pointer: str, known: Iterable[str]) -> FieldProblem:
    names = ", ".join(known)
    return FieldProblem(pointer, "not-allowed", f"Must be one of: {names}.", f"इनमें से एक दें: {names}।")
