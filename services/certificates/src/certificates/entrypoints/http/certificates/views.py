"""Certificates as plain dictionaries for the schemas to dump."""

from typing import Any

from certificates.application.certificates.read_certificates import Reason, Verdict
from certificates.domain.certificates.certificate import Certificate, document_uri


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
        "document": certificate.document,
    }


def verification(verdict: Verdict) -> dict[str, Any]:
    """The answer to the public: as little as possible, never parents, birth date or address."""
    answer: dict[str, Any] = {"valid": verdict.reason is None, "reason": verdict.reason}
    if verdict.certificate is not None:
        expired = verdict.reason is Reason.EXPIRED
        answer["certificate"] = {
            "certificate_number": verdict.certificate.number,
            "application_type": verdict.certificate.type_code,
            "issued_on": verdict.certificate.issued_on,
            "district_code": verdict.certificate.district_code,
            "status": "EXPIRED" if expired else verdict.certificate.status.value,
        }
    return answer
