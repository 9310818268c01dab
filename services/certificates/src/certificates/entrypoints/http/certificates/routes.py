"""The routes of certificates, their verification and keys."""

from typing import Any

from certificates.application.certificates.errors import CertificateNotFound
from certificates.bootstrap import Certificates
from certificates.entrypoints.http.blueprint import WithHeaders, blueprint, viewer
from certificates.entrypoints.http.certificates import schemas, views
from servicekit.http import application
from servicekit.instants import utc_now

# Keys change rarely, and an old one stays valid beside the new one, so verifiers may keep them for an hour.
KEYS_CACHE_CONTROL = "public, max-age=3600"

_CERTIFICATE_ID = {
    "in": "path",
    "name": "certificate_id",
    "description": "Of an application that is ISSUED.",
    "example": "crt_01a2117a74f078ff95842580c1cbe108",
}


@blueprint.route("/v1/certificates/<string:certificate_id>", parameters=[_CERTIFICATE_ID])
@blueprint.requires("applications:read")
@blueprint.raises(CertificateNotFound)
@blueprint.response(200, schemas.CertificateSchema)
def get_certificate(certificate_id: str) -> dict[str, Any]:
    """A certificate with its signed document.

    For those whom it concerns: the client that applied, its centre, and officers of the district.
    """
    services = application(Certificates)
    shown = services.certificates.get(certificate_id, viewer())
    return views.certificate_details(shown, services.rulebook.types[shown.type_code].doctype)


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


@blueprint.route("/v1/certificate-keys")
@blueprint.public("public keys, to check offline")
@blueprint.response(200, schemas.KeySetSchema, headers=["Cache-Control"])
def list_certificate_keys() -> WithHeaders:
    """The public keys that verify documents offline.

    The earlier ones included: a certificate stays valid when its key is followed by another.
    """
    keys = dict(application(Certificates).signatures.public_keys())
    return keys, 200, {"Cache-Control": KEYS_CACHE_CONTROL}
