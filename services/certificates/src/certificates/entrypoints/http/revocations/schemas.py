"""The documents of revocations. The examples work against the sandbox as it stands."""

from marshmallow import Schema, fields, validate

from certificates.domain.revocations.revocation import REASONS, Standing
from certificates.entrypoints.http.documents import LabelSchema
from servicekit.fields import Text
from servicekit.text import Remarks

LONGEST_REMARKS = 1_000
DECISIONS = {"confirm": True, "refuse": False}

PROPOSAL_EXAMPLE = {"reason": "issued-in-error", "remarks": "The register has no such entry."}
DECISION_EXAMPLE = {"decision": "confirm", "remarks": "Register seen."}


class RevocationProposalSchema(Schema):
    """An officer's proposal to revoke a certificate."""

    reason = fields.String(required=True, validate=validate.OneOf([reason.value for reason in REASONS]))
    remarks = Text(
        Remarks(LONGEST_REMARKS), required=True, metadata={"description": "Kept with it, for officers and auditors."}
    )


class RevocationDecisionSchema(Schema):
    """Another officer's decision on it."""

    decision = fields.String(required=True, validate=validate.OneOf(list(DECISIONS)))
    remarks = Text(
        Remarks(LONGEST_REMARKS), required=True, metadata={"description": "Kept with it, for officers and auditors."}
    )


class RevocationActSchema(Schema):
    """What an officer did."""

    designation = fields.Nested(LabelSchema, required=True)
    remarks = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


class CertificateRevocationSchema(Schema):
    """A proposed revocation, and what became of it."""

    revocation_id = fields.String(required=True)
    certificate_id = fields.String(required=True)
    reason = fields.String(required=True, metadata={"x-extensible-enum": [reason.value for reason in REASONS]})
    reason_says = fields.Nested(LabelSchema, required=True)
    standing = fields.String(required=True, metadata={"x-extensible-enum": [standing.value for standing in Standing]})
    proposed = fields.Nested(RevocationActSchema, required=True)
    decided = fields.Nested(RevocationActSchema, required=True, allow_none=True)


class RevocationListSchema(Schema):
    """The revocations of a certificate, oldest first."""

    items = fields.List(fields.Nested(CertificateRevocationSchema), required=True)
