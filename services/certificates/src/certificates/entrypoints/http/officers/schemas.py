"""The document of a decision. The example works against the sandbox as it stands."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from certificates.application.officers.decide_application import NamedAsk
from certificates.domain.applications.application import Decision
from servicekit.fields import Code, Text
from servicekit.http import Coded
from servicekit.text import Remarks

LONGEST_REMARKS = 1_000
MOST_ASKS = 30
DECISIONS = {"approve": Decision.APPROVED, "reject": Decision.REJECTED, "send_back": Decision.SENT_BACK}

DECISION_EXAMPLE = {"decision": "approve", "remarks": "Documents seen and in order.", "step": "approval"}


class AskSchema(Schema):
    """One thing that is asked for anew, and why."""

    field = Code(r"[a-z][a-z0-9_]{0,39}", longest=40, metadata={"description": "A field or a group of the form."})
    document = Code(r"[a-z][a-z0-9-]{1,39}", longest=40, metadata={"description": "A code of the type's `documents`."})
    reason = Code(
        r"[a-z][a-z0-9-]{1,39}",
        longest=40,
        required=True,
        metadata={"description": "A code of `refusal_reasons`, which the applicant is told in both languages."},
    )

    @validates_schema(skip_on_field_errors=True)
    def is_one_thing(self, data: dict[str, Any], **_: Any) -> None:
        """A field, or a document."""
        if ("field" in data) is ("document" in data):
            raise ValidationError(Coded("one-of", "Give a field or a document, one of them."), "field")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> NamedAsk:
        """What the use case takes."""
        return NamedAsk(**data)


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
    asks = fields.List(
        fields.Nested(AskSchema),
        load_default=list,
        validate=validate.Length(max=MOST_ASKS),
        metadata={
            "description": "With send_back: what is asked for anew. Only these fields and documents are then open, and "
            "what depends on them; without any the whole form is."
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
        if data["decision"] != "send_back" and data["asks"]:
            raise ValidationError(Coded("not-allowed", "Things are asked for by send_back only; leave it out."), "asks")
        named = [(ask.field, ask.document) for ask in data["asks"]]
        if len(named) != len(set(named)):
            raise ValidationError(Coded("repeated", "Ask for each thing once."), "asks")
        if data["decision"] != "approve" and "remarks" not in data:
            raise ValidationError(Coded("required", "Say why: a refusal needs remarks."), "remarks")
