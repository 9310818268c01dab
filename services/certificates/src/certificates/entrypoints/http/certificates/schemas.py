"""The documents of certificates, their verification and keys."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from certificates.application.certificates.ports import LONGEST_DOCUMENT
from certificates.application.certificates.read_certificates import Reason
from certificates.domain.certificates.certificate import EndReason
from certificates.domain.certificates.number import read_certificate_number
from certificates.entrypoints.http.documents import LabelSchema
from servicekit.fields import Coded, PrintedCode

# DOM-7K2M9QX4TB-T, with as many spaces as people put into it.
LONGEST_NUMBER = 64
# As released: a list of values that is closed stays as it is.
REASONS_OF_DOCUMENTS = ["not-a-certificate", "signature-invalid", "unknown-number", "revoked", "expired"]


class SuccessorSchema(Schema):
    """The certificate that stands in the place of another one."""

    certificate_id = fields.String(required=True)
    certificate_number = fields.String(required=True)


class CertificateEndSchema(Schema):
    """Why a certificate ended before its last day."""

    reason = fields.String(required=True, metadata={"x-extensible-enum": [reason.value for reason in EndReason]})
    reason_says = fields.Nested(LabelSchema, required=True)
    at = fields.AwareDateTime(required=True)
    superseded_by = fields.Nested(SuccessorSchema, required=True, allow_none=True)


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
    ended = fields.Nested(
        CertificateEndSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null of what is in force. REVOKED is also what has another one in its place."},
    )
    document = fields.String(required=True, metadata={"description": "The signed paper: a compact JWS (Ed25519)."})


class VerificationRequestSchema(Schema):
    """A document, of which anybody asks whether it is valid."""

    document = PrintedCode(longest=LONGEST_DOCUMENT, required=True, validate=validate.Length(min=1))


class VerifiedCertificateSchema(Schema):
    """What the public is told of a certificate: no personal data."""

    certificate_number = fields.String(required=True)
    application_type = fields.String(required=True)
    issued_on = fields.Date(required=True)
    valid_until = fields.Date(
        required=True, allow_none=True, metadata={"description": "Its last day; null for what is valid for ever."}
    )
    district_code = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["VALID", "EXPIRED", "REVOKED"]))
    initials = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Of each person whom it is about, such as T. C. O.; empty where it names none."},
    )


class CertificateQrSchema(Schema):
    """The QR for a certificate's paper."""

    text = fields.String(required=True, metadata={"description": "What it holds: a compact JWS (Ed25519)."})
    svg = fields.String(
        required=True, metadata={"description": "Its drawing, an SVG document sized to be printed as it is."}
    )


class VerificationSchema(Schema):
    """Whether the document is valid, and if not, why."""

    valid = fields.Boolean(required=True)
    reason = fields.String(required=True, allow_none=True, validate=validate.OneOf(REASONS_OF_DOCUMENTS))
    certificate = fields.Nested(
        VerifiedCertificateSchema, metadata={"description": "Only when we signed the document."}
    )


class CertificateNumber(PrintedCode):
    """A certificate's number as somebody types it from a paper."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        number = read_certificate_number(super()._deserialize(value, attr, data, **kwargs))
        if number is None:
            raise ValidationError(
                Coded(
                    "no-such-number",
                    "No certificate can have this number: a letter or a digit is wrong. Compare it with the paper.",
                    "ऐसी संख्या किसी प्रमाण पत्र की नहीं हो सकती: कोई अक्षर या अंक ग़लत है। इसे काग़ज़ से मिलाएँ।",
                )
            )
        return number


class NumberVerificationRequestSchema(Schema):
    """A certificate's number and the day it was issued on, both as printed on the paper."""

    certificate_number = CertificateNumber(longest=LONGEST_NUMBER, required=True)
    issued_on = fields.Date(required=True)


class TextVerificationRequestSchema(Schema):
    """The text of a QR as a scanner read it, or that of a document."""

    text = PrintedCode(longest=LONGEST_DOCUMENT, required=True, validate=validate.Length(min=1))


class CheckedCertificateSchema(Schema):
    """Whether a certificate is valid, and if not, why."""

    valid = fields.Boolean(required=True)
    reason = fields.String(
        required=True, allow_none=True, metadata={"x-extensible-enum": [reason.value for reason in Reason]}
    )
    certificate = fields.Nested(
        VerifiedCertificateSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null unless we signed it and know it."},
    )
    superseded_by = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The number of the certificate that stands in its place, if one does."},
    )


class KeySetSchema(Schema):
    """The public keys (RFC 7517)."""

    keys = fields.List(fields.Dict(), required=True, metadata={"description": "Public JWKs (RFC 7517)."})
