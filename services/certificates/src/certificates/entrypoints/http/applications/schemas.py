"""The documents of applications. Examples work against the sandbox as they stand."""

from enum import StrEnum

from marshmallow import Schema, fields, validate

from certificates.domain.applications.application import Decision, State
from certificates.domain.types.check import MOST_ROWS
from certificates.domain.types.form import LONGEST_TEXT
from certificates.entrypoints.http.documents import FeeAmountSchema, LabelSchema, lgd_code
from servicekit.fields import Code
from servicekit.http import CursorText

# A page fills a screen at a counter; the largest is the platform's limit for all lists.
PAGE_SIZE = 50
LARGEST_PAGE = 200
MOST_ATTACHMENTS = 30

APPLICATION_EXAMPLE = {
    "application_type": "domicile",
    "district_code": "102",
    "applicant": {
        "name": "Test Citizen One",
        "name_hi": "परीक्षण नागरिक एक",
        "father_name": "Test Father One",
        "date_of_birth": "1990-08-15",
        "address": "12, Sandbox Marg, Jaipur",
    },
}


class StateAsReleased(StrEnum):
    """`state` as clients of before November 2026 know it: a list that was closed, and so stays as it is."""

    FEE_DUE = "FEE_DUE"
    IN_VERIFICATION = "IN_VERIFICATION"
    ISSUED = "ISSUED"
    REJECTED = "REJECTED"
    SENT_BACK = "SENT_BACK"


class HappeningAsReleased(StrEnum):
    """`what` of the lines of `history`, closed in the same way; `course` of the standing has all."""

    SUBMITTED = "submitted"
    FEE_PAID = "fee_paid"
    FEE_PAID_AGAIN = "fee_paid_again"
    FEE_PAID_SHORT = "fee_paid_short"
    DECIDED = "decided"


# What the form's fields may hold; the type says which, and within which bounds.
FORM_VALUES = [
    {"type": "string", "maxLength": LONGEST_TEXT},
    {"type": "integer"},
    {"type": "null"},
    {"type": "array", "items": {"type": "object"}, "maxItems": MOST_ROWS},
]


class NamedAttachmentSchema(Schema):
    """An upload that is one of the papers."""

    code = Code(
        r"[A-Za-z0-9_-]{1,40}", longest=40, required=True, metadata={"description": "Of the type's `documents`."}
    )
    attachment_id = Code(
        r"att_[0-9a-f]{32}", longest=36, required=True, metadata={"description": "From POST /v1/attachments, READY."}
    )


class SubmitSchema(Schema):
    """An application, as it is submitted."""

    application_type = Code(r"[A-Za-z0-9_-]{1,40}", longest=40, required=True)
    district_code = lgd_code(required=True)
    applicant = fields.Dict(
        keys=fields.String(),
        values=fields.Raw(allow_none=True, metadata={"anyOf": FORM_VALUES}),
        required=True,
        validate=validate.Length(max=100),
        metadata={
            "description": "The form of the type: GET /v1/application-types/{code}, form.fields; a group of "
            "form.groups is a list of its rows."
        },
    )
    attachments = fields.List(
        fields.Nested(NamedAttachmentSchema),
        load_default=list,
        validate=validate.Length(max=MOST_ATTACHMENTS),
        metadata={"description": "The papers as files; what is not attached is shown at the counter."},
    )
    draft_id = Code(
        r"drf_[0-9a-f]{32}",
        longest=36,
        metadata={"description": "The draft that this was, which is then deleted; its form is not read."},
    )


RESUBMISSION_EXAMPLE = {"applicant": {"address": "14, Sandbox Marg, Jaipur"}}


class ResubmissionSchema(Schema):
    """The answers to what was asked for anew."""

    applicant = fields.Dict(
        keys=fields.String(),
        values=fields.Raw(allow_none=True, metadata={"anyOf": FORM_VALUES}),
        load_default=dict,
        validate=validate.Length(max=100),
        metadata={
            "description": "Of the form only what is answered anew: what `asked` of GET …/standing leaves open; null "
            "takes an answer out. What is not here stays as it is."
        },
    )
    attachments = fields.List(
        fields.Nested(NamedAttachmentSchema),
        load_default=list,
        validate=validate.Length(max=MOST_ATTACHMENTS),
        metadata={"description": "The documents that were asked for, as files, beside those that are there."},
    )


class PayWithSchema(Schema):
    """What POST /v1/bill-fetches needs in order to fetch the fee as a bill."""

    biller_id = fields.String(required=True)
    customer_params = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class FeeDueSchema(FeeAmountSchema):
    """The fee of the day of submission."""

    head = fields.String(required=True)
    order = fields.String(required=True)
    order_hi = fields.String(required=True)
    pay_with = fields.Nested(
        PayWithSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Send this to POST /v1/bill-fetches, then pay; null when nothing is due."},
    )


class ApplicationSummarySchema(Schema):
    """An application, as lists show it."""

    application_id = fields.String(required=True)
    transaction_token = fields.String(required=True)
    application_type = fields.String(required=True)
    district_code = fields.String(required=True)
    kiosk_id = fields.String(required=True, allow_none=True)
    state = fields.Enum(
        StateAsReleased,
        by_value=fields.String,
        required=True,
        metadata={"description": "As `status`; REJECTED also where it was withdrawn or has expired."},
    )
    status = fields.String(
        required=True,
        metadata={
            "description": "How far it is. The list grows.",
            "x-extensible-enum": [state.value for state in State],
        },
    )
    fee = fields.Nested(FeeDueSchema, required=True)
    step = fields.String(required=True, metadata={"description": "The step in hand, or the last one decided."})
    department = fields.String(required=True, metadata={"description": "The department whose step it is."})
    due_on = fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "Last working day for the step; null while unpaid, and while it is sent back."},
    )
    certificate_id = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)
    submitted_at = fields.String(required=True, metadata={"format": "date-time"})
    updated_at = fields.String(required=True, metadata={"format": "date-time"})


class ReasonSchema(LabelSchema):
    """Why an application was rejected or sent back, to be shown to the applicant."""

    code = fields.String(required=True)


class HistoryLineSchema(Schema):
    """One change of the application; `what` says which of the optional members it has."""

    what = fields.Enum(HappeningAsReleased, by_value=fields.String, required=True)
    at = fields.String(required=True, metadata={"format": "date-time"})
    state = fields.Enum(
        StateAsReleased, by_value=fields.String, required=True, metadata={"description": "The state from then on."}
    )
    payment_id = fields.String(metadata={"description": "The payment accepted as the fee."})
    step = fields.String(metadata={"description": "The step that was decided."})
    decision = fields.Enum(Decision, by_value=fields.String)
    reason = fields.Nested(ReasonSchema, metadata={"description": "Of a refusal."})
    remarks = fields.String(
        metadata={"description": "The officer's words: those of a refusal; an officer sees those of an approval too."}
    )
    decided_by = fields.Nested(LabelSchema, metadata={"description": "The post of the officer who decided."})


class ApplicationSchema(ApplicationSummarySchema):
    """An application with its form and what has happened to it."""

    applicant = fields.Dict(keys=fields.String(), required=True, metadata={"description": "The form as submitted."})
    history = fields.List(
        fields.Nested(HistoryLineSchema),
        required=True,
        metadata={
            "description": "The submission, the fee and the decisions, oldest first. Payments that were not accepted "
            "are told by billing; GET …/standing has every change in `course`."
        },
    )


class ApplicationQuerySchema(Schema):
    """Which applications to list."""

    state = fields.Enum(StateAsReleased, by_value=fields.String)
    district_code = lgd_code()
    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(1, LARGEST_PAGE))
    cursor = CursorText(metadata={"description": "`next` of the page before."})


class ApplicationsSchema(Schema):
    """A page of applications."""

    items = fields.List(fields.Nested(ApplicationSummarySchema), required=True)
    next = fields.String(required=True, allow_none=True)
