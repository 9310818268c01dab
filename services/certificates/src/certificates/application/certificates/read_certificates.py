"""A certificate for those it concerns, and the public question whether a document is good."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from certificates.application.applications.errors import CertificateNotFound
from certificates.application.applications.ports import Certificates, NotACertificate, SignatureInvalid, Signatures
from certificates.application.certificates.certificate_numbers import is_certificate_number
from certificates.application.viewer import Viewer
from certificates.domain.certificates.certificate import Certificate, Status
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.calendar import civil_date


class Reason(StrEnum):
    """Why a document is not good."""

    NOT_A_CERTIFICATE = "not-a-certificate"
    SIGNATURE_INVALID = "signature-invalid"
    UNKNOWN_NUMBER = "unknown-number"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Verdict:
    """Good when `reason` is None. `certificate` is known only when the signature is ours."""

    reason: Reason | None
    certificate: Certificate | None = None


@dataclass(frozen=True)
class CertificateReader:
    """Answers every question about certificates."""

    rulebook: Rulebook
    certificates: Certificates
    signatures: Signatures

    def get(self, certificate_id: str, viewer: Viewer) -> Certificate:
        """The certificate with its document. Raises CertificateNotFound, also when the viewer may not see it."""
        found = self.certificates.get(certificate_id)
        if found is None or not viewer.may_see(
            self.rulebook.types[found.type_code],
            district_code=found.district_code,
            client_id=found.client_id,
            kiosk_id=found.kiosk_id,
        ):
            raise CertificateNotFound("There is no such certificate among those you may see.")
        return found

    def verify(self, document: str, at: datetime) -> Verdict:
        """Whether a document is one of ours, unchanged and in force at `at`; any text gets a verdict."""
        try:
            content = self.signatures.verify(document)
        except NotACertificate:
            return Verdict(Reason.NOT_A_CERTIFICATE)
        except SignatureInvalid:
            return Verdict(Reason.SIGNATURE_INVALID)
        number = content.get("number")
        known = isinstance(number, str) and is_certificate_number(number)
        found = self.certificates.by_number(str(number)) if known else None
        return self._standing(found, at)

    def _standing(self, found: Certificate | None, at: datetime) -> Verdict:
        if found is None:
            return Verdict(Reason.UNKNOWN_NUMBER)
        if found.status is Status.REVOKED:
            return Verdict(Reason.REVOKED, found)
        if found.valid_until is not None and civil_date(at) > found.valid_until:
            return Verdict(Reason.EXPIRED, found)
        return Verdict(None, found)
