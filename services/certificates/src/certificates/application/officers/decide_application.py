"""An officer decides the step in hand; the last approval issues the certificate."""

from dataclasses import dataclass
from datetime import datetime

from certificates.application.applications.errors import AlreadyDecided, ApplicationNotFound, FeeNotPaid
from certificates.application.applications.ports import (
    Applications,
    Changes,
    NumberTaken,
    Signatures,
    VersionMoved,
)
from certificates.application.certificates.certificate_numbers import new_certificate_number
from certificates.domain.applications import application as rules
from certificates.domain.certificates.certificate import Certificate, CertificateIssued, Status, paper, valid_until
from certificates.domain.officer import Officer
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.calendar import civil_date
from servicekit.errors import Conflict, NotFound
from servicekit.idempotency import Claim, Once

# A number is taken about once in ten million times; twice running means that the random source is broken.
NUMBERS_TRIED = 3


@dataclass(frozen=True, kw_only=True)
class DecideApplication:
    """The command; ids and time are minted by the route. `step`, if given, is the one the officer looked at."""

    application_id: str
    officer: Officer
    decision: rules.Decision
    remarks: str | None
    step: str | None
    certificate_id: str
    decided_event_id: str
    issued_event_id: str
    at: datetime
    request_id: str
    claim: Claim


@dataclass(frozen=True)
class DecideApplicationHandler:
    """Decides by compare-and-set, so that of two officers at once exactly one wins. `test` marks the paper."""

    rulebook: Rulebook
    applications: Applications
    signatures: Signatures
    test: bool

    def __call__(self, command: DecideApplication) -> Once[str]:
        """Safe to repeat with the same claim: the first decision stands and is answered again.

        Raises ApplicationNotFound (also for another office's application), AlreadyDecided, FeeNotPaid,
        IdempotencyKeyReused.
        """
        try:
            return self._decide(command)
        except (NotFound, Conflict):
            # This very decision may have been made by the first try of the same request.
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
            change = rules.decide(
                application,
                officer=command.officer,
                decision=command.decision,
                remarks=command.remarks,
                certificate_id=command.certificate_id,
                at=command.at,
                event_id=command.decided_event_id,
                application_type=application_type,
                calendar=self.rulebook.calendar,
            )
        except rules.NotThisOfficers as error:
            raise _not_found() from error
        except rules.NotAwaitingDecision as error:
            if error.state is rules.State.FEE_DUE:
                raise FeeNotPaid("The fee of this application has not been paid yet.") from error
            raise _already_decided() from error
        if command.step not in (None, application.step):
            raise _already_decided()
        return self._write(command, change)

    def _write(self, command: DecideApplication, change: rules.Change) -> Once[str]:
        for number_tried in range(1, NUMBERS_TRIED + 1):
            # Signed before the transaction begins: its callback may run several times.
            issued = self._issued(command, change) if change.application.certificate_id else None

            def effect(changes: Changes, issued: CertificateIssued | None = issued) -> None:
                changes.save(change, command.request_id, issued)

            try:
                return self.applications.once(command.claim, change.application.id, effect)
            except VersionMoved as error:
                raise _already_decided() from error
            except NumberTaken:
                if number_tried == NUMBERS_TRIED:
                    raise
        raise AssertionError("unreachable")

    def _issued(self, command: DecideApplication, change: rules.Change) -> CertificateIssued:
        application = change.application
        application_type = self.rulebook.types[application.type_code]
        number = new_certificate_number(application_type.prefix)
        content = paper(
            application,
            application_type,
            number=number,
            district=self.rulebook.districts[application.district_code],
            issued_at=command.at,
            test=self.test,
        )
        issued_on = civil_date(command.at)
        certificate = Certificate(
            id=command.certificate_id,
            number=number,
            application_id=application.id,
            transaction_token=application.transaction_token,
            type_code=application.type_code,
            district_code=application.district_code,
            client_id=application.client_id,
            kiosk_id=application.kiosk_id,
            issued_at=command.at,
            issued_on=issued_on,
            valid_until=valid_until(application_type, issued_on),
            status=Status.VALID,
            document=self.signatures.sign(content),
        )
        return CertificateIssued(command.issued_event_id, certificate)


def _not_found() -> ApplicationNotFound:
    return ApplicationNotFound("There is no such application in your department and districts.")


def _already_decided() -> AlreadyDecided:
    return AlreadyDecided("This step is decided; read the application to see how it stands.")
