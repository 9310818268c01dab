"""The routes of Verifiable Credentials: a certificate's own, and what their verifiers look up."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Response

from certificates.application.certificates.errors import (
    CertificateEnded,
    CertificateNotFound,
    CertificateNotTrusted,
    CredentialsNotOffered,
    StatusListNotFound,
)
from certificates.bootstrap import Certificates
from certificates.domain.certificates.credential import LIST_TTL
from certificates.entrypoints.http.blueprint import READERS, blueprint, viewer
from certificates.entrypoints.http.certificates.routes import CERTIFICATE_ID, KEYS_CACHE_CONTROL
from servicekit.http import application, etag
from servicekit.instants import utc_now

# Verifiable Credentials Data Model 2.0, section C.2.
CREDENTIAL = "application/vc"
CONTROLLER = "application/did+ld+json"
# Half a minute here and as much in a verifier: what ended is told within the minute.
LIST_CACHE_CONTROL = f"public, max-age={int(LIST_TTL.total_seconds()) // 2}"
_OBJECT = {"type": "object", "additionalProperties": True}

LIST_ID = {
    "in": "path",
    "name": "list_id",
    "description": "As a credential names it in `credentialStatus`.",
    "example": "revocation-1",
}


@blueprint.route("/v1/certificates/<string:certificate_id>/credential", parameters=[CERTIFICATE_ID])
@blueprint.requires("applications:read", roles=READERS)
@blueprint.raises(CertificateNotFound, CertificateNotTrusted, CertificateEnded, CredentialsNotOffered)
@blueprint.response(200, _OBJECT, content_type=CREDENTIAL, headers=["Cache-Control"])
def get_certificate_credential(certificate_id: str) -> Response:
    """A certificate as a W3C Verifiable Credential (data model 2.0, proof eddsa-jcs-2022).

    For those who may read the certificate, and as long as it is in force. It says what the paper says and no more.
    """
    made = application(Certificates).credentials.credential(certificate_id, viewer(), utc_now())
    return _json(made, CREDENTIAL, {"Cache-Control": "private, no-store"})


@blueprint.route("/v1/certificate-status-lists/<string:list_id>", parameters=[LIST_ID])
@blueprint.public("anyone may check a credential that is shown to them")
@blueprint.versioned()
@blueprint.raises(StatusListNotFound, CredentialsNotOffered)
@blueprint.response(200, _OBJECT, content_type=CREDENTIAL, headers=["ETag", "Cache-Control"])
def get_certificate_status_list(list_id: str) -> Response:
    """Which certificates of a list ended, as a W3C Bitstring Status List credential.

    Anybody may ask. The places in a list are drawn at random, and nobody learns which certificate has which.
    """
    version, made = application(Certificates).credentials.status_list(list_id, utc_now())
    return _json(made, CREDENTIAL, {"ETag": etag(version), "Cache-Control": LIST_CACHE_CONTROL})


@blueprint.route("/v1/certificate-issuer/did.json")
@blueprint.public("public keys, to check offline")
@blueprint.raises(CredentialsNotOffered)
@blueprint.response(200, _OBJECT, content_type=CONTROLLER, headers=["Cache-Control"])
def get_certificate_issuer() -> Response:
    """The DID document of who issues credentials: its keys, of now and of before.

    Anybody may ask. A credential stays valid when its key is followed by another.
    """
    made = application(Certificates).credentials.controller_document()
    return _json(made, CONTROLLER, {"Cache-Control": KEYS_CACHE_CONTROL})


def _json(document: Mapping[str, Any], media_type: str, headers: Mapping[str, str]) -> Response:
    answer = Response(json.dumps(document, ensure_ascii=False), mimetype=media_type)
    answer.headers.update(headers)
    return answer
