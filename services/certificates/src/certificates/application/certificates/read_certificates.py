"""Reading a certificate, and the question, which anybody may ask, whether a document is valid."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from certificates.application.certificates.errors import CertificateNotFound
from certificates.application.certificates.ports import (
    Certificates,
    NotACertificate,
    SignatureInvalid,
    Signatures,
)
from certificates.application.viewer import Viewer
from certificates.domain.certificates.certificate import Certificate, Status
from certificates.domain.certificates.number import is_certificate_number
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.calendar import civil_date


class Reason(StrEnum):
    """Why a document is not valid."""

    NOT_A_CERTIFICATE = "not-a-certificate"
    SIGNATURE_INVALID = "signature-invalid"
    UNKNOWN_NUMBER = "unknown-number"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Verdict:
    """The document is valid when `reason` is None. `certificate` is None unless we signed the document and know it."""

    reason: Reason | None
    certificate: Certificate | None = None


@dataclass(frozen=True)
class CertificateReader:
    """Answers questions about certificates."""

    rulebook: Rulebook
    certificates: Certificates
    signatures: Signatures

    def get(self, certificate_id: str, viewer: Viewer) -> Certificate:
        """The certificate with its document. Raises CertificateNotFound, also when the viewer may not see it."""
        certificate = self.certificates.get(certificate_id)
        if certificate is None or not viewer.may_see(
            self.rulebook.types[certificate.type_code],
            district_code=certificate.district_code,
            client_id=certificate.client_id,
            kiosk_id=certificate.kiosk_id,
        ):
            raise CertificateNotFound("There is no such certificate among those you may see.")
        return certificate

    def verify(self, document: str, at: datetime) -> Verdict:
        """Whether a document is ours, unchanged and in force at `at`; any text gets a verdict."""
        try:
            content = self.signatures.verify(document)
        except NotACertificate:
            return Verdict(Reason.NOT_A_CERTIFICATE)
        except SignatureInvalid:
            return Verdict(Reason.SIGNATURE_INVALID)
        number = content.get("number")
        known = isinstance(number, str) and is_certificate_number(number)
        certificate = self.certificates.by_number(str(number)) if known else None
        return self._standing(certificate, at)

    def _standing(self, certificate: Certificate | None, at: datetime) -> Verdict:
        if certificate is None:
            return Verdict(Reason.UNKNOWN_NUMBER)
        if certificate.status is Status.REVOKED:
            return Verdict(Reason.REVOKED, certificate)
        if certificate.valid_until is not None and civil_date(at) > certificate.valid_until:
            return Verdict(Reason.EXPIRED, certificate)
        return Verdict(None, certificate)
