"""The documents of certificates, their verification and keys."""

from marshmallow import Schema, fields, validate

from certificates.application.certificates.read_certificates import Reason
from certificates.entrypoints.http.documents import LONGEST_DOCUMENT


class CertificateSchema(Schema):
    certificate_id = fields.String(required=True)
    certificate_number = fields.String(required=True)
    uri = fields.String(required=True, metadata={"description": "The document's URI in DigiLocker's form."})
    application_id = fields.String(required=True)
    application_type = fields.String(required=True)
    district_code = fields.String(required=True)
    issued_on = fields.Date(required=True)
    valid_until = fields.Date(required=True, allow_none=True)
    status = fields.String(required=True)
    document = fields.String(required=True, metadata={"description": "The signed paper: a compact JWS (Ed25519)."})


class VerificationRequestSchema(Schema):
    document = fields.String(required=True, validate=validate.Length(1, LONGEST_DOCUMENT))


class VerifiedCertificateSchema(Schema):
    certificate_number = fields.String(required=True)
    application_type = fields.String(required=True)
    issued_on = fields.Date(required=True)
    district_code = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["VALID", "EXPIRED", "REVOKED"]))


class VerificationSchema(Schema):
    valid = fields.Boolean(required=True)
    reason = fields.Enum(Reason, by_value=True, required=True, allow_none=True)
    certificate = fields.Nested(
        VerifiedCertificateSchema, metadata={"description": "Only when we signed the document."}
    )


class KeySetSchema(Schema):
    keys = fields.List(fields.Dict(), required=True, metadata={"description": "Public JWKs (RFC 7517)."})
