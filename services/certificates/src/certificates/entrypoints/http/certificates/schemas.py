"""The documents of certificates, their verification and keys."""

from marshmallow import Schema, fields, validate

from certificates.application.certificates.ports import LONGEST_DOCUMENT
from certificates.application.certificates.read_certificates import Reason
from servicekit.fields import PrintedCode


class CertificateSchema(Schema):
    """A certificate, for those whom it concerns."""

    certificate_id = fields.String(required=True)
    certificate_number = fields.String(required=True)
    uri = fields.String(required=True, metadata={"description": "The document's URI in DigiLocker's form."})
    application_id = fields.String(required=True)
    application_type = fields.String(required=True)
    district_code = fields.String(required=True)
    issued_on = fields.Date(required=True)
    valid_until = fields.Date(required=True, allow_none=True)
    status = fields.String(required=True, validate=validate.OneOf(["VALID", "REVOKED"]))
    document = fields.String(required=True, metadata={"description": "The signed paper: a compact JWS (Ed25519)."})


class VerificationRequestSchema(Schema):
    """A document, of which anybody asks whether it is valid."""

    document = PrintedCode(longest=LONGEST_DOCUMENT, required=True, validate=validate.Length(min=1))


class VerifiedCertificateSchema(Schema):
    """What the public is told of a certificate: no personal data."""

    certificate_number = fields.String(required=True)
    application_type = fields.String(required=True)
    issued_on = fields.Date(required=True)
    district_code = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["VALID", "EXPIRED", "REVOKED"]))


class VerificationSchema(Schema):
    """Whether the document is valid, and if not, why."""

    valid = fields.Boolean(required=True)
    reason = fields.Enum(Reason, by_value=fields.String, required=True, allow_none=True)
    certificate = fields.Nested(
        VerifiedCertificateSchema, metadata={"description": "Only when we signed the document."}
    )


class KeySetSchema(Schema):
    """The public keys (RFC 7517)."""

    keys = fields.List(fields.Dict(), required=True, metadata={"description": "Public JWKs (RFC 7517)."})
