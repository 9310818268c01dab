"""Issue the certificate of an application whose last step was approved: number, content, signature."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from certificates.application.certificates.ports import Signatures
from certificates.domain.applications.application import Application
from certificates.domain.certificates.certificate import Certificate, CertificateIssued, Status, paper, valid_until
from certificates.domain.certificates.number import RANDOM_BITS, certificate_number
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.calendar import civil_date
from certificates.domain.types.label import Label


@dataclass(frozen=True, kw_only=True)
class IssueCertificate:
    """The command; `application` is the one after the approval. Ids and time are minted by the route.

    `signer` is the designation of the officer who approved the last step.
    """

    application: Application
    signer: Label
    certificate_id: str
    event_id: str
    at: datetime


@dataclass(frozen=True)
class IssueCertificateHandler:
    """Makes the certificate. Nothing is written here: the certificate is stored in the transaction of the decision.

    `random_bits(n)` draws n bits that nobody can guess. `test` marks the certificates of the sandbox.
    """

    rulebook: Rulebook
    signatures: Signatures
    random_bits: Callable[[int], int]
    test: bool

    def __call__(self, command: IssueCertificate) -> CertificateIssued:
        """A certificate with a new number at each call; a number that is never stored is not used up."""
        application = command.application
        application_type = self.rulebook.types[application.type_code]
        number = certificate_number(application_type.prefix, self.random_bits(RANDOM_BITS))
        content = paper(
            application,
            application_type,
            number=number,
            district=self.rulebook.districts[application.district_code],
            signer=command.signer,
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
            person_id=application.person_id,
            issued_at=command.at,
            issued_on=issued_on,
            valid_until=valid_until(application_type, issued_on),
            status=Status.VALID,
            document=self.signatures.sign(content),
        )
        return CertificateIssued(command.event_id, certificate)
