"""The document of a decision. The example works against the sandbox as it stands."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from certificates.domain.applications.application import Decision
from servicekit.http import Coded

LONGEST_REMARKS = 1_000
DECISIONS = {"approve": Decision.APPROVED, "reject": Decision.REJECTED, "send_back": Decision.SENT_BACK}

DECISION_EXAMPLE = {"decision": "approve", "remarks": "Documents seen and in order.", "step": "approval"}


class DecisionSchema(Schema):
    """An officer's decision on the step in hand."""

    decision = fields.String(required=True, validate=validate.OneOf(list(DECISIONS)))
    reason = fields.String(
        validate=validate.Length(1, 40),
        metadata={
            "description": "Why it is refused: a code of `refusal_reasons` of GET /v1/application-types/{code}, which "
            "the applicant is told in both languages; see-remarks unless given. An approval has none."
        },
    )
    remarks = fields.String(
        validate=validate.Length(1, LONGEST_REMARKS),
        metadata={
            "description": "Kept in the audit trail; required unless the decision is approve. The applicant is told "
            "those of a refusal."
        },
    )
    step = fields.String(
        validate=validate.Length(1, 40),
        metadata={
            "description": "The step you looked at. If it is no longer in hand the decision is refused (409), so "
            "that a second click never decides the next step."
        },
    )

    @validates_schema(skip_on_field_errors=True)
    def a_refusal_has_a_reason(self, data: dict[str, Any], **_: Any) -> None:
        """Section 4 of the Guaranteed Delivery Act 2011: the reasons of a refusal are recorded and given."""
        if data["decision"] == "approve" and "reason" in data:
            raise ValidationError(Coded("not-allowed", "A reason belongs to a refusal; leave it out."), "reason")
        if data["decision"] != "approve" and not data.get("remarks", "").strip():
            raise ValidationError(Coded("required", "Say why: a refusal needs remarks."), "remarks")
