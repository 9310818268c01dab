"""The routes of certificates, their verification and keys."""

from typing import Any

from flask import Response, request

from certificates.application.certificates.errors import (
    CertificateNotFound,
    CertificateNotTrusted,
    PaperNotPrintable,
)
from certificates.bootstrap import Certificates, qr_drawing
from certificates.entrypoints.http.blueprint import READERS, WithHeaders, blueprint, viewer
from certificates.entrypoints.http.certificates import schemas, views
from servicekit.http import application
from servicekit.instants import utc_now

# Keys change rarely, and an old one stays valid beside the new one, so verifiers may keep them for an hour.
KEYS_CACHE_CONTROL = "public, max-age=3600"
PDF = "application/pdf"
# The largest paper of ours, with names of 200 letters and time-stamps, has a fifth of it.
MOST_PDF_BYTES = 1024 * 1024
_PDF_FILE = {"type": "string", "format": "binary"}

CERTIFICATE_ID = {
    "in": "path",
    "name": "certificate_id",
    "description": "Of an application that is ISSUED.",
    "example": "crt_01a2117a74f078ff95842580c1cbe108",
}


@blueprint.route("/v1/certificates/<string:certificate_id>", parameters=[CERTIFICATE_ID])
@blueprint.requires("applications:read", roles=READERS)
@blueprint.raises(CertificateNotFound)
@blueprint.response(200, schemas.CertificateSchema)
def get_certificate(certificate_id: str) -> dict[str, Any]:
    """A certificate with its signed document.

    For those whom it concerns: the client that applied, its centre, and officers of the district.
    """
    services = application(Certificates)
    shown = services.certificates.get(certificate_id, viewer())
    return views.certificate_details(shown, services.rulebook.types[shown.type_code].doctype)


@blueprint.route("/v1/certificates/<string:certificate_id>/qr", parameters=[CERTIFICATE_ID])
@blueprint.requires("applications:read", roles=READERS)
@blueprint.raises(CertificateNotFound, CertificateNotTrusted)
@blueprint.response(200, schemas.CertificateQrSchema)
def get_certificate_qr(certificate_id: str) -> dict[str, Any]:
    """The QR for a certificate's paper: the signed text that it holds, and its drawing.

    For those who may read the certificate. The text is what is printed on the paper and no more.
    """
    text = application(Certificates).certificates.qr(certificate_id, viewer())
    return {"text": text, "svg": qr_drawing(text)}


@blueprint.route("/v1/certificates/<string:certificate_id>/pdf", parameters=[CERTIFICATE_ID])
@blueprint.requires("applications:read", roles=READERS)
@blueprint.raises(CertificateNotFound, CertificateNotTrusted, PaperNotPrintable)
@blueprint.response(200, _PDF_FILE, content_type=PDF, headers=["Cache-Control"])
def get_certificate_pdf(certificate_id: str) -> Response:
    """A certificate's paper: one or more pages of A4 in Hindi and English, with the QR.

    For those who may read the certificate. It is made of the signed document, the same bytes each time. That of a
    certificate that was revoked or superseded says so across each page.
    """
    response = Response(application(Certificates).papers.pdf(certificate_id, viewer()), mimetype=PDF)
    response.headers["Content-Disposition"] = f'attachment; filename="{certificate_id}.pdf"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.route("/v1/certificate-verifications", methods=["POST"])
@blueprint.public("anyone may check a certificate that is shown to them")
@blueprint.repeatable("a question: nothing is kept")
@blueprint.arguments(schemas.VerificationRequestSchema, example={"document": "eyJ.eyJ.c2ln"})
@blueprint.response(200, schemas.VerificationSchema)
def verify_certificate(body: dict[str, Any]) -> dict[str, Any]:
    """Whether a document is a certificate of ours, unchanged and in force.

    Anybody may ask; nothing is kept.
    """
    return views.verification(application(Certificates).certificates.verify(body["document"], utc_now()))


@blueprint.route("/v1/certificate-number-verifications", methods=["POST"])
@blueprint.public("anyone may check a certificate that is shown to them")
@blueprint.repeatable("a question: nothing is kept")
@blueprint.arguments(
    schemas.NumberVerificationRequestSchema,
    example={"certificate_number": "DOM-7K2M9QX4TB-T", "issued_on": "2026-11-26"},
)
@blueprint.response(200, schemas.CheckedCertificateSchema)
def verify_certificate_number(body: dict[str, Any]) -> dict[str, Any]:
    """Whether there is a certificate of this number and day of issue, and it is in force.

    Anybody may ask; nothing is kept. A number that is not known and a day that is wrong have the same answer.
    """
    verdict = application(Certificates).certificates.verify_number(
        body["certificate_number"], body["issued_on"], utc_now()
    )
    return views.checked_certificate(verdict)


@blueprint.route("/v1/certificate-text-verifications", methods=["POST"])
@blueprint.public("anyone may check a certificate that is shown to them")
@blueprint.repeatable("a question: nothing is kept")
@blueprint.arguments(schemas.TextVerificationRequestSchema, example={"text": "eyJ.eyJ.c2ln"})
@blueprint.response(200, schemas.CheckedCertificateSchema)
def verify_certificate_text(body: dict[str, Any]) -> dict[str, Any]:
    """Whether the text of a QR, or of a document, is a certificate of ours, unchanged and in force.

    Anybody may ask; nothing is kept. Any text gets an answer; an address in it is never opened.
    """
    return views.checked_certificate(application(Certificates).certificates.verify(body["text"], utc_now()))


@blueprint.route("/v1/certificate-pdf-verifications", methods=["POST"])
@blueprint.public("anyone may check a certificate that is shown to them")
@blueprint.repeatable("a question: nothing is kept")
@blueprint.reads_up_to(MOST_PDF_BYTES)
@blueprint.doc(requestBody={"required": True, "content": {PDF: {"schema": {**_PDF_FILE, "maxLength": MOST_PDF_BYTES}}}})
@blueprint.response(200, schemas.CheckedCertificateSchema)
def verify_certificate_pdf() -> dict[str, Any]:
    """Whether a PDF is a certificate's paper under our seal, unchanged and in force.

    Anybody may ask; nothing is kept. Any bytes get an answer; nothing that is in them is opened or run.
    """
    return views.checked_certificate(application(Certificates).certificates.verify_pdf(request.get_data(), utc_now()))


@blueprint.route("/v1/certificate-keys")
@blueprint.public("public keys, to check offline")
@blueprint.response(200, schemas.KeySetSchema, headers=["Cache-Control"])
def list_certificate_keys() -> WithHeaders:
    """The public keys that verify documents offline.

    The earlier ones included: a certificate stays valid when its key is followed by another.
    """
    keys = dict(application(Certificates).signatures.public_keys())
    return keys, 200, {"Cache-Control": KEYS_CACHE_CONTROL}
