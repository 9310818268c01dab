"""Reading a certificate, and the question, which anybody may ask, whether a document is valid."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from certificates.application.certificates.errors import CertificateNotFound, CertificateNotTrusted
from certificates.application.certificates.ports import (
    QR,
    Certificates,
    Keys,
    NotACertificate,
    ShownPapers,
    SignatureInvalid,
    Signatures,
    UnknownKey,
)
from certificates.application.viewer import Viewer
from certificates.domain.certificates.certificate import Certificate, Status, holder_initials, qr_content
from certificates.domain.certificates.number import is_certificate_number
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.calendar import civil_date

# What phones offer to open: forged papers have QRs that lead to forged pages. With its scheme, or as people write it.
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|(?:mailto|sms|smsto|tel):)\S*|(?:[a-z0-9-]+\.)+[a-z]{2,24}(?:[/:?#]\S*)?",
    re.IGNORECASE | re.ASCII,
)
# As much as the clocks of two machines may differ.
CLOCKS_DIFFER = timedelta(minutes=5)


class Reason(StrEnum):
    """Why a certificate is not valid, or cannot be told."""

    NOT_A_CERTIFICATE = "not-a-certificate"
    SIGNATURE_INVALID = "signature-invalid"
    UNKNOWN_NUMBER = "unknown-number"
    REVOKED = "revoked"
    EXPIRED = "expired"
    # From here on such that the first operation, whose list of reasons is closed, tells as one of the others.
    LINK = "link"
    UNKNOWN_KEY = "unknown-key"
    CLOCK = "clock"
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Verdict:
    """The certificate is valid when `reason` is None. `certificate` is None unless we signed it and know it.

    `initials` are of those whom it is about.
    """

    reason: Reason | None
    certificate: Certificate | None = None
    initials: tuple[str, ...] = ()


@dataclass(frozen=True)
class CertificateReader:
    """Answers questions about certificates."""

    rulebook: Rulebook
    certificates: Certificates
    signatures: Signatures
    shown_papers: ShownPapers

    def get(self, certificate_id: str, viewer: Viewer) -> Certificate:
        """The certificate with its document. Raises CertificateNotFound, also when the viewer may not see it."""
        certificate = self.certificates.get(certificate_id)
        if certificate is None or not viewer.may_see(
            self.rulebook.types[certificate.type_code],
            district_code=certificate.district_code,
            client_id=certificate.client_id,
            kiosk_id=certificate.kiosk_id,
            person_id=certificate.person_id,
        ):
            raise CertificateNotFound("There is no such certificate among those you may see.")
        return certificate

    def qr(self, certificate_id: str, viewer: Viewer) -> str:
        """The signed text for the QR of a certificate's paper. Raises CertificateNotFound, CertificateNotTrusted."""
        text, _ = self.signed(self.get(certificate_id, viewer))
        return text

    def content(self, certificate: Certificate) -> Mapping[str, Any]:
        """What the certificate's document says. Raises CertificateNotTrusted."""
        try:
            return self.signatures.verify(certificate.document)
        except SignatureInvalid as error:
            raise CertificateNotTrusted(
                "The key that signed this certificate was withdrawn. Its holder applies for a new one."
            ) from error

    def signed(self, certificate: Certificate) -> tuple[str, Mapping[str, Any]]:
        """The text for the QR, and what the certificate's document says. Raises CertificateNotTrusted."""
        content = self.content(certificate)
        return self.signatures.sign(qr_content(content, self.rulebook.types[certificate.type_code]), QR), content

    def verify_number(self, number: str, issued_on: date, at: datetime) -> Verdict:
        """Whether there is a certificate of that number and that day, and it is in force at `at`.

        Of a number alone nothing is told: a wrong day is answered as an unknown number is.
        """
        certificate = self.certificates.by_number_and_day(number, issued_on)
        return Verdict(Reason.UNKNOWN_NUMBER) if certificate is None else self.verify(certificate.document, at)

    def verify(self, text: str, at: datetime) -> Verdict:
        """Whether a document, or what a scanner read from its QR, is ours, unchanged and in force at `at`.

        Any text gets a verdict; none is opened, whatever it names.
        """
        return self._verdict(signed_content(text, self.signatures), at)

    def verify_pdf(self, pdf: bytes, at: datetime) -> Verdict:
        """Whether a PDF is a paper under our seal, unchanged, and its certificate in force at `at`.

        Any bytes get a verdict. Raises DependencyUnavailable while too many are looked into.
        """
        return self._verdict(judged(lambda: self.signatures.verify(self.shown_papers.document(pdf))), at)

    def _verdict(self, content: Mapping[str, Any] | Reason, at: datetime) -> Verdict:
        if isinstance(content, Reason):
            return Verdict(content)
        number = content.get("number")
        known = isinstance(number, str) and is_certificate_number(number)
        certificate = self.certificates.by_number(str(number)) if known else None
        if certificate is None:
            return Verdict(Reason.UNKNOWN_NUMBER)
        told = holder_initials(content, self.rulebook.types[certificate.type_code])
        return Verdict(_standing(certificate, at), certificate, told)


def signed_content(text: str, keys: Keys) -> Mapping[str, Any] | Reason:
    """What the text says if one of the keys signed it, else why not. Nothing is opened, whatever it names."""
    if _LINK.fullmatch(text):
        return Reason.LINK
    return judged(lambda: keys.verify(text))


def judged(read: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any] | Reason:
    """What is read, or the reason why it cannot be trusted."""
    try:
        return read()
    except NotACertificate:
        return Reason.NOT_A_CERTIFICATE
    except UnknownKey:
        return Reason.UNKNOWN_KEY
    except SignatureInvalid:
        return Reason.SIGNATURE_INVALID


def standing_by_dates(issued_on: date, valid_until: date | None, at: datetime) -> Reason | None:
    """CLOCK before its day of issue, EXPIRED after its last day, else None: all that can be told without a line."""
    if civil_date(at + CLOCKS_DIFFER) < issued_on:
        return Reason.CLOCK
    return Reason.EXPIRED if valid_until is not None and civil_date(at) > valid_until else None


def _standing(certificate: Certificate, at: datetime) -> Reason | None:
    if certificate.status is Status.REVOKED:
        return Reason.SUPERSEDED if certificate.superseded else Reason.REVOKED
    return standing_by_dates(certificate.issued_on, certificate.valid_until, at)
