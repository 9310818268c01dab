"""Issue the certificate of an application whose last step was approved: number, content, signature."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from certificates.application.certificates.errors import RecordNotInForce
from certificates.application.certificates.find_record import find_record
from certificates.application.certificates.ports import Certificates, SignatureInvalid, Signatures
from certificates.domain.applications.application import Application
from certificates.domain.certificates.certificate import (
    Certificate,
    CertificateIssued,
    CertificateRevoked,
    CertificateSuperseded,
    Ending,
    EndReason,
    NotInForce,
    Status,
    ended,
    paper,
    valid_until,
)
from certificates.domain.certificates.number import RANDOM_BITS, certificate_number
from certificates.domain.label import Label
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.calendar import civil_date
from certificates.domain.types.amend import amended
from certificates.domain.types.application_type import ApplicationType
from certificates.domain.types.form import FormValue


@dataclass(frozen=True, kw_only=True)
class IssueCertificate:
    """The command; `application` is the one after the approval. Ids and time are minted by the route.

    `signer` is the designation of the officer who approved the last step. `ended_event_ids` are for the events of the
    certificate in whose place the new one stands, if there is one.
    """

    application: Application
    signer: Label
    certificate_id: str
    event_id: str
    ended_event_ids: tuple[str, str]
    at: datetime


@dataclass(frozen=True)
class IssueCertificateHandler:
    """Makes the certificate. Nothing is written here: the certificate is stored in the transaction of the decision.

    `random_bits(n)` draws n bits that nobody can guess. `test` marks the certificates of the sandbox.
    """

    rulebook: Rulebook
    certificates: Certificates
    signatures: Signatures
    random_bits: Callable[[int], int]
    test: bool

    def __call__(self, command: IssueCertificate) -> CertificateIssued:
        """A certificate with a new number at each call; a number that is never stored is not used up.

        An act that changes a certificate of ours makes a new one of that one's type, with all its facts.
        Raises RecordNotInForce.
        """
        application = command.application
        application_type = self.rulebook.types[application.type_code]
        old = self._to_be_changed(application, application_type)
        if old is None:
            return CertificateIssued(
                command.event_id,
                self._certificate(command, application_type, application.applicant, application.district_code),
            )
        of = self.rulebook.types[old.type_code]
        facts = self._changed_facts(old, application, application_type, of)
        new = self._certificate(command, of, facts, old.district_code, old.number)
        try:
            before = ended(old, Ending(EndReason.SUPERSEDED, command.at, new.id, new.number))
        except NotInForce as error:
            raise record_not_in_force() from error
        revoked, superseded = command.ended_event_ids
        return CertificateIssued(
            command.event_id,
            new,
            supersedes=(CertificateRevoked(revoked, before), CertificateSuperseded(superseded, before)),
        )

    def _to_be_changed(self, application: Application, application_type: ApplicationType) -> Certificate | None:
        record = application_type.record
        return find_record(self.certificates, record, application.applicant) if record and record.amends else None

    def _changed_facts(
        self, old: Certificate, application: Application, application_type: ApplicationType, of: ApplicationType
    ) -> Mapping[str, FormValue]:
        assert application_type.record is not None
        try:
            holder = self.signatures.verify(old.document)["holder"]
        except SignatureInvalid as error:
            raise record_not_in_force() from error
        return amended(holder, application_type.record, application.applicant, of)

    def _certificate(
        self,
        command: IssueCertificate,
        of: ApplicationType,
        facts: Mapping[str, FormValue],
        district_code: str,
        supersedes: str | None = None,
    ) -> Certificate:
        application = command.application
        number = certificate_number(of.prefix, self.random_bits(RANDOM_BITS))
        content = paper(
            facts,
            of,
            number=number,
            district=self.rulebook.districts[district_code],
            signer=command.signer,
            issued_at=command.at,
            test=self.test,
            supersedes=supersedes,
        )
        issued_on = civil_date(command.at)
        return Certificate(
            id=command.certificate_id,
            number=number,
            application_id=application.id,
            transaction_token=application.transaction_token,
            type_code=of.code,
            district_code=district_code,
            client_id=application.client_id,
            kiosk_id=application.kiosk_id,
            person_id=application.person_id,
            issued_at=command.at,
            issued_on=issued_on,
            valid_until=valid_until(of, issued_on),
            status=Status.VALID,
            document=self.signatures.sign(content),
        )


def record_not_in_force() -> RecordNotInForce:
    """The refusal of a change to what ended before."""
    return RecordNotInForce(
        "The certificate was revoked, or has a new one in its place.",
        detail_hi="यह प्रमाण पत्र रद्द हो चुका है, या इसके स्थान पर नया जारी हो चुका है।",
    )
