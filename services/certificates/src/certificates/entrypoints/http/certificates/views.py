"""Certificates as plain dictionaries for the schemas to dump."""

from dataclasses import replace
from typing import Any

from certificates.application.certificates.read_certificates import Reason, Verdict
from certificates.domain.certificates.certificate import END_REASONS, Certificate, Ending, document_uri


def certificate_details(certificate: Certificate, doctype: str) -> dict[str, Any]:
    """The certificate with its document, for those whom it concerns."""
    return {
        "certificate_id": certificate.id,
        "certificate_number": certificate.number,
        "uri": document_uri(doctype, certificate.number),
        "application_id": certificate.application_id,
        "application_type": certificate.type_code,
        "district_code": certificate.district_code,
        "issued_on": certificate.issued_on,
        "valid_until": certificate.valid_until,
        "status": certificate.status.value,
        "ended": certificate.ending and _ended(certificate.ending),
        "document": certificate.document,
    }


def _ended(ending: Ending) -> dict[str, Any]:
    successor = {"certificate_id": ending.successor_id, "certificate_number": ending.successor_number}
    return {
        "reason": ending.reason.value,
        "reason_says": END_REASONS[ending.reason],
        "at": ending.at,
        "superseded_by": successor if ending.successor_id else None,
    }


# What the operation from before there were QRs says for reasons that came later. It never asked what day it is here.
_AS_RELEASED = {
    Reason.LINK: Reason.NOT_A_CERTIFICATE,
    Reason.UNKNOWN_KEY: Reason.SIGNATURE_INVALID,
    Reason.CLOCK: None,
    Reason.SUPERSEDED: Reason.REVOKED,
}


def verification(verdict: Verdict) -> dict[str, Any]:
    """As released: an answer without a certificate lacks the member, and reasons are of the closed list."""
    reason = verdict.reason
    answer = checked_certificate(replace(verdict, reason=_AS_RELEASED.get(reason, reason) if reason else None))
    del answer["superseded_by"]
    return {name: value for name, value in answer.items() if name != "certificate" or value}


def checked_certificate(verdict: Verdict) -> dict[str, Any]:
    """The answer to the public: as little as possible, never a name, parents, birth date or address."""
    known = verdict.certificate
    expired = verdict.reason is Reason.EXPIRED
    return {
        "valid": verdict.reason is None,
        "reason": verdict.reason,
        "certificate": known
        and {
            "certificate_number": known.number,
            "application_type": known.type_code,
            "issued_on": known.issued_on,
            "valid_until": known.valid_until,
            "district_code": known.district_code,
            "status": "EXPIRED" if expired else known.status.value,
            "initials": verdict.initials,
        },
        "superseded_by": known and known.ending and known.ending.successor_number,
    }
