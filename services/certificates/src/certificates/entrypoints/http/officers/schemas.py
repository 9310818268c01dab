"""The documents of officers. The examples work against the sandbox as they stand."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from certificates.application.officers.decide_application import NamedAsk
from certificates.domain.applications.application import Decision
from certificates.domain.officers.bulk import MOST_ITEMS, BulkItem
from certificates.entrypoints.http.applications.schemas import LARGEST_PAGE, PAGE_SIZE, ApplicationSummarySchema
from certificates.entrypoints.http.documents import LabelSchema, lgd_code
from servicekit.fields import Code, Text
from servicekit.http import Coded, CursorText
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


class QueueQuerySchema(Schema):
    """What of the queue."""

    application_type = Code(r"[A-Za-z0-9_-]{1,40}", longest=40)
    district_code = lgd_code()
    due_by = fields.Date(metadata={"description": "Only what is due on that day or before."})
    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(1, LARGEST_PAGE))
    cursor = CursorText(metadata={"description": "`next` of the page before."})


class TakenSchema(Schema):
    """Who has a case in hand."""

    by_you = fields.Boolean(required=True)
    post = fields.Nested(LabelSchema, required=True)
    until = fields.String(required=True, metadata={"format": "date-time"})


class WaitingSchema(ApplicationSummarySchema):
    """A case that waits for a decision."""

    since = fields.String(required=True, metadata={"format": "date-time", "description": "When it came to the desk."})
    working_days_waited = fields.Integer(required=True)
    working_days_left = fields.Integer(required=True, allow_none=True, metadata={"description": "After today."})
    late = fields.Boolean(required=True)
    taken = fields.Nested(TakenSchema, required=True, allow_none=True)


class QueueSchema(Schema):
    """A page of the queue."""

    items = fields.List(fields.Nested(WaitingSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class QueueCountSchema(Schema):
    """What waits at one desk."""

    application_type = fields.String(required=True)
    step = fields.String(required=True)
    district_code = fields.String(required=True)
    waiting = fields.Integer(required=True)
    late = fields.Integer(required=True)
    due_today = fields.Integer(required=True)
    oldest_since = fields.String(required=True, metadata={"format": "date-time"})


class QueueCountsSchema(Schema):
    """The desks at which something waits, that of the longest wait first."""

    items = fields.List(fields.Nested(QueueCountSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class TakingSchema(Schema):
    """A case that you have in hand."""

    application_id = fields.String(required=True)
    step = fields.String(required=True)
    until = fields.String(required=True, metadata={"format": "date-time"})


class ReleaseSchema(Schema):
    """A case that you do not have in hand."""

    application_id = fields.String(required=True)


BULK_EXAMPLE = {"items": [{"application_id": "app_01a2117a73e07c0fa29ee9f787e4850a", "step": "approval"}]}


class BulkItemRequestSchema(Schema):
    """One case."""

    application_id = Code(r"app_[0-9a-f]{32}", longest=36, required=True)
    step = Code(
        r"[A-Za-z0-9_-]{1,40}", longest=40, required=True, metadata={"description": "The step that you looked at."}
    )
    version = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 1_000_000),
        metadata={"description": "The version that you looked at: another one is refused (`stale-version`)."},
    )

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> BulkItem:
        """What the use case takes."""
        return BulkItem(**data)


class BulkDecisionRequestSchema(Schema):
    """Cases to approve; what is refused or sent back has reasons of its own, and so goes alone."""

    items = fields.List(fields.Nested(BulkItemRequestSchema), required=True, validate=validate.Length(1, MOST_ITEMS))
    remarks = Text(Remarks(LONGEST_REMARKS), metadata={"description": "Kept in the audit trail of each."})


class BulkOutcomeSchema(Schema):
    """What became of a case."""

    application_id = fields.String(required=True)
    step = fields.String(required=True)
    outcome = fields.String(required=True, metadata={"x-extensible-enum": ["waiting", "decided", "refused"]})
    code = fields.String(required=True, allow_none=True, metadata={"description": "The problem's code, if refused."})
    detail = fields.String(required=True, allow_none=True)
    detail_hi = fields.String(required=True, allow_none=True)
    certificate_id = fields.String(required=True, allow_none=True)


class BulkDecisionSchema(Schema):
    """An approval of many cases, and how far it is."""

    id = fields.String(required=True)
    done = fields.Boolean(required=True)
    total = fields.Integer(required=True)
    decided = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    made_at = fields.String(required=True, metadata={"format": "date-time"})
    done_at = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})
    items = fields.List(
        fields.Nested(BulkOutcomeSchema), required=True, metadata={"description": "In the order given."}
    )


CHARGE_EXAMPLE = {"from_on": "2031-01-06", "until_on": "2031-01-10"}


class HandOverSchema(Schema):
    """For how long, and to whom."""

    from_on = fields.Date(required=True, metadata={"description": "The first day in India, today or later."})
    until_on = fields.Date(required=True, metadata={"description": "The last day, it included; 90 days at most."})
    to_officer_id = Code(
        r"per_[0-9a-f]{32}",
        longest=36,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The officer who has it; none: you are absent, and those have it who stand in by rule."
        },
    )


class ChargeSchema(Schema):
    """A charge."""

    charge_id = fields.String(required=True)
    handed_over_by_you = fields.Boolean(required=True, metadata={"description": "False: you have it."})
    post = fields.Nested(LabelSchema, required=True)
    districts = fields.List(fields.String(), required=True)
    to_officer_id = fields.String(required=True, allow_none=True)
    to_posts = fields.List(fields.String(), required=True, metadata={"description": "Who has it by rule."})
    from_on = fields.Date(required=True)
    until_on = fields.Date(required=True)
    ended_at = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})


class ChargesSchema(Schema):
    """Charges."""

    items = fields.List(fields.Nested(ChargeSchema), required=True)
    next = fields.String(required=True, allow_none=True)
