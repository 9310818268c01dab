"""The document of a decision. The example works against the sandbox as it stands."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from certificates.domain.applications.application import Decision
from servicekit.fields import Code, Text
from servicekit.http import Coded
from servicekit.text import Remarks

LONGEST_REMARKS = 1_000
DECISIONS = {"approve": Decision.APPROVED, "reject": Decision.REJECTED, "send_back": Decision.SENT_BACK}

DECISION_EXAMPLE = {"decision": "approve", "remarks": "Documents seen and in order.", "step": "approval"}


class DecisionSchema(Schema):
    """An officer's decision on the step in hand."""

    decision = fields.String(required=True, validate=validate.OneOf(list(DECISIONS)))
    reason = Code(
        r"[a-z][a-z0-9-]{1,39}",
        longest=40,
        metadata={
            "description": "Why it is refused: a code of `refusal_reasons` of GET /v1/application-types/{code}, which "
            "the applicant is told in both languages; see-remarks unless given. An approval has none."
        },
    )
    remarks = Text(
        Remarks(LONGEST_REMARKS),
        metadata={
            "description": "Kept in the audit trail; required unless the decision is approve. The applicant is told "
            "those of a refusal."
        },
    )
    step = Code(
        r"[A-Za-z0-9_-]{1,40}",
        longest=40,
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
        if data["decision"] != "approve" and "remarks" not in data:
            raise ValidationError(Coded("required", "Say why: a refusal needs remarks."), "remarks")
