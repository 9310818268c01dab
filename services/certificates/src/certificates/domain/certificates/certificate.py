"""A certificate: how long it is valid, and what is printed on it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from certificates.domain.label import Label
from certificates.domain.sla.calendar import civil_date, months_later
from certificates.domain.types.application_type import ApplicationType
from certificates.domain.types.form import FormValue

# DigiLocker's document URI is issuer-DOCTYPE-docid; this is the platform's issuer id in that form.
ISSUER = "in.gov.rajasthan.emitra"


class Status(StrEnum):
    """Whether a certificate is in force. That it has expired is not stored: its last day says so."""

    VALID = "VALID"
    REVOKED = "REVOKED"


class EndReason(StrEnum):
    """Why a certificate ended before its last day, spelled as in the event `certificate.revoked.v1`."""

    ISSUED_IN_ERROR = "issued-in-error"
    OBTAINED_BY_FRAUD = "obtained-by-fraud"
    COURT_ORDER = "court-order"
    SUPERSEDED = "superseded"


END_REASONS = {
    EndReason.ISSUED_IN_ERROR: Label("It was issued in error", "यह त्रुटि से जारी हुआ था"),
    EndReason.OBTAINED_BY_FRAUD: Label("It was obtained by fraud", "यह छल से प्राप्त किया गया था"),
    EndReason.COURT_ORDER: Label("A court ordered it", "न्यायालय के आदेश से"),
    EndReason.SUPERSEDED: Label("A new certificate stands in its place", "इसके स्थान पर नया प्रमाण पत्र जारी हुआ है"),
}


@dataclass(frozen=True)
class Ending:
    """Why and when a certificate ended; `successor_id` and `successor_number` are of the one in its place, or None."""

    reason: EndReason
    at: datetime
    successor_id: str | None = None
    successor_number: str | None = None


class NotInForce(Exception):
    """The certificate ended before: it was revoked, or another one stands in its place."""


@dataclass(frozen=True)
class District:
    """A district by its LGD code."""

    code: str
    name: Label


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """An issued certificate; `document` is the signed paper, a compact JWS. `valid_until` is its last day.

    `ending` is there of what is REVOKED. Of what was revoked before November 2026 nobody recorded why.
    """

    id: str
    number: str
    application_id: str
    transaction_token: str
    type_code: str
    district_code: str
    client_id: str
    kiosk_id: str | None
    issued_at: datetime
    issued_on: date
    valid_until: date | None
    status: Status
    document: str
    person_id: str | None = None
    ending: Ending | None = None

    @property
    def superseded(self) -> bool:
        """Whether another certificate stands in its place."""
        return self.ending is not None and self.ending.reason is EndReason.SUPERSEDED

    def in_force_on(self, day: date) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.status is Status.VALID and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True)
class CertificateRevoked:
    """Becomes `certificate.revoked.v1`; `certificate` is as it is afterwards, with its ending."""

    type: ClassVar[str] = "certificate.revoked.v1"

    event_id: str
    certificate: Certificate


@dataclass(frozen=True)
class CertificateSuperseded:
    """Becomes `certificate.superseded.v1`; `certificate` is the old one, with its ending."""

    type: ClassVar[str] = "certificate.superseded.v1"

    event_id: str
    certificate: Certificate


@dataclass(frozen=True)
class CertificateIssued:
    """Becomes `certificate.issued.v1`; `supersedes` is what it stands in the place of, as that is afterwards."""

    type: ClassVar[str] = "certificate.issued.v1"

    event_id: str
    certificate: Certificate
    supersedes: tuple[CertificateRevoked, CertificateSuperseded] | None = None

    @property
    def told_of_the_old(self) -> tuple[CertificateRevoked | CertificateSuperseded, ...]:
        """The events of the certificate in whose place it stands."""
        return self.supersedes or ()


def ended(certificate: Certificate, ending: Ending) -> Certificate:
    """The certificate after its end. Raises NotInForce; an expired one may end too."""
    if certificate.status is not Status.VALID:
        raise NotInForce
    return replace(certificate, status=Status.REVOKED, ending=ending)


def valid_until(application_type: ApplicationType, issued_on: date) -> date | None:
    """The last day on which a certificate issued on `issued_on` is valid; None when it is valid for ever."""
    months = application_type.validity_months
    return None if months is None else months_later(issued_on, months)


def document_uri(doctype: str, number: str) -> str:
    """The certificate's URI in DigiLocker's form; the number has no hyphens there, because they separate the parts."""
    return f"{ISSUER}-{doctype}-{number.replace('-', '')}"


def paper(
    holder: Mapping[str, FormValue],
    application_type: ApplicationType,
    *,
    number: str,
    district: District,
    signer: Label,
    issued_at: datetime,
    test: bool,
    supersedes: str | None = None,
) -> dict[str, Any]:
    """What is printed on the certificate, and nothing else: the payload that is signed, in plain JSON values.

    `holder` are the facts, of which it has those that the type prints. `signer` is the designation of the officer who
    approved the last step. `test` marks certificates of the sandbox. `supersedes` is the number of the certificate in
    whose place it stands, if there is one.
    """
    issued_on = civil_date(issued_at)
    until = valid_until(application_type, issued_on)
    printed = {field.name for field in application_type.form if field.on_certificate}
    content: dict[str, Any] = {
        "iss": ISSUER,
        "uri": document_uri(application_type.doctype, number),
        "number": number,
        "type": application_type.code,
        "title": {"en": application_type.title.en, "hi": application_type.title.hi},
        "holder": {name: value for name, value in holder.items() if name in printed},
        "district": {"code": district.code, "en": district.name.en, "hi": district.name.hi},
        "issued_on": issued_on.isoformat(),
        "valid_until": None if until is None else until.isoformat(),
        "signed_by": {"en": signer.en, "hi": signer.hi},
    }
    if supersedes:
        content["supersedes"] = supersedes
    if test:
        content["test"] = True
    return content


def qr_content(content: Mapping[str, Any], application_type: ApplicationType) -> dict[str, Any]:
    """What the QR of a paper holds: of all that is printed on it, what tells it from another paper.

    `content` is that of `paper`. Members are as there, but `district` is its code alone, and `valid_until` is left out
    where a certificate is valid for ever.
    """
    same = {
        name: content[name] for name in ("iss", "number", "type", "issued_on", "valid_until", "test") if name in content
    }
    return {
        **{name: value for name, value in same.items() if value is not None},
        "district": content["district"]["code"],
        "holder": {name: value for name, value in content["holder"].items() if name in application_type.holder},
    }


def holder_initials(content: Mapping[str, Any], application_type: ApplicationType) -> tuple[str, ...]:
    """The initials of each of those whom the certificate is about; `content` is that of `paper` or of `qr_content`."""
    holder = content.get("holder", {})
    return tuple(initials(holder[name]) for name in application_type.holder if name in holder)


def initials(name: str) -> str:
    """`T. C. O.` of Test Citizen One: of each word the first letter, in its own script and without vowel signs."""
    letters = (next(filter(str.isalpha, word), "") for word in name.split())
    return " ".join(f"{letter}." for letter in letters if letter)
