"""The documents of standing."""

from marshmallow import Schema, fields

from certificates.domain.applications.application import Act, Decision, Happening, State
from certificates.domain.sla.desk_health import Warning
from certificates.domain.types.application_type import OfficeLevel
from certificates.entrypoints.http.documents import FeeAmountSchema, LabelSchema, lgd_code


class DesksQuerySchema(Schema):
    """Where."""

    district_code = lgd_code(required=True)


class DeskDistrictSchema(LabelSchema):
    """A district."""

    code = fields.String(required=True, metadata={"description": "LGD code."})


class DeskMedianSchema(Schema):
    """How long a desk takes: a real figure of its decisions, or none and why."""

    working_days = fields.Float(
        required=True,
        allow_none=True,
        metadata={
            "description": "Half of its decisions took that long or less. The day on which a case came does not count, "
            "nor do days on which it was sent back."
        },
    )
    decisions = fields.Integer(required=True, allow_none=True, metadata={"description": "How many it is made of."})
    window_days = fields.Integer(required=True, metadata={"description": "Those of so many days before `as_of`."})
    least_decisions = fields.Integer(required=True, metadata={"description": "Of fewer none is told."})
    as_of = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})
    why_none = fields.Nested(LabelSchema, required=True, allow_none=True)


class DeskSchema(Schema):
    """An office, and the step that it decides."""

    step = fields.String(required=True)
    label = fields.Nested(LabelSchema, required=True, metadata={"description": "The step, in words."})
    office = fields.Nested(LabelSchema, required=True, metadata={"description": "The office, in words."})
    posts = fields.List(
        fields.Nested(LabelSchema),
        required=True,
        metadata={"description": "Who decides; empty: any officer of the department."},
    )
    department = fields.String(required=True)
    office_level = fields.String(
        required=True, allow_none=True, metadata={"x-extensible-enum": [level.value for level in OfficeLevel]}
    )
    jurisdiction = fields.Nested(LabelSchema, required=True, allow_none=True)
    district = fields.Nested(DeskDistrictSchema, required=True)
    working_days = fields.Integer(required=True, metadata={"description": "The limit of this step."})
    working_days_order = fields.Nested(
        LabelSchema,
        required=True,
        allow_none=True,
        metadata={"description": "What sets the limit; null: it is the office's own target."},
    )
    median = fields.Nested(DeskMedianSchema, required=True)


class DesksSchema(Schema):
    """The desks of a type in a district."""

    items = fields.List(fields.Nested(DeskSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class DeskHealthsQuerySchema(Schema):
    """Where."""

    district_code = lgd_code(required=True)


class DeskHealthSchema(Schema):
    """How a desk keeps up."""

    application_type = fields.String(required=True)
    step = fields.String(required=True)
    district_code = fields.String(required=True)
    department = fields.String(required=True)
    working_days = fields.Integer(required=True, metadata={"description": "The limit of the step."})
    waiting = fields.Integer(required=True)
    late = fields.Integer(required=True)
    oldest_since = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})
    decided = fields.Integer(required=True, metadata={"description": "In the rule's days before `as_of`."})
    warning = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "late: too many are; filling: at its own pace what waits will be.",
            "x-extensible-enum": [warning.value for warning in Warning],
        },
    )
    as_of = fields.String(required=True, metadata={"format": "date-time"})


class DeskHealthsSchema(Schema):
    """The desks of a district at which something waits or was decided lately."""

    items = fields.List(fields.Nested(DeskHealthSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class OfficerDecidedSchema(Schema):
    """How much an officer decided at a desk."""

    officer_id = fields.String(required=True, allow_none=True, metadata={"description": "Null: before it was noted."})
    decided = fields.Integer(required=True)


class OfficerDeskHealthSchema(DeskHealthSchema):
    """How a desk keeps up, and who decided."""

    officers = fields.List(fields.Nested(OfficerDecidedSchema), required=True)


class OfficerDeskHealthsSchema(Schema):
    """The desks of a district, with their officers."""

    items = fields.List(fields.Nested(OfficerDeskHealthSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class PenaltySchema(Schema):
    """What the delay costs whoever is late, as computed; the appellate authority imposes it."""

    days = fields.Integer(required=True, metadata={"description": "Of delay, by the calendar."})
    amount = fields.Nested(FeeAmountSchema, required=True)
    law = fields.Nested(LabelSchema, required=True)
    compensation = fields.Nested(
        FeeAmountSchema,
        required=True,
        allow_none=True,
        metadata={"description": "What of it is the applicant's; null: no rule was found that says how much."},
    )


class PauseSchema(Schema):
    """A time in which the office's clock stood."""

    since = fields.String(required=True, metadata={"format": "date-time"})
    until = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})


class ClockSchema(Schema):
    """The office's clock."""

    law = fields.Nested(LabelSchema, required=True)
    paused = fields.Boolean(required=True)
    why = fields.Nested(LabelSchema, required=True, allow_none=True, metadata={"description": "Why it is paused."})
    working_days_left = fields.Integer(
        required=True, allow_none=True, metadata={"description": "The office's, while it is paused; 0: it was late."}
    )
    pauses = fields.List(fields.Nested(PauseSchema), required=True)
    escalated_at = fields.String(
        required=True,
        allow_none=True,
        metadata={"format": "date-time", "description": "When the delay of this step was told to who is above."},
    )
    penalty = fields.Nested(
        PenaltySchema,
        required=True,
        allow_none=True,
        metadata={"description": "Of the step in hand, as of today; null in time, and while the clock stands."},
    )


class CodedReasonSchema(LabelSchema):
    """A reason, to be shown to the applicant."""

    code = fields.String(required=True)


class AskedItemSchema(Schema):
    """One thing that is asked for anew: a field (or a group) of the form, or a document."""

    field = fields.String(required=True, allow_none=True)
    document = fields.String(required=True, allow_none=True)
    label = fields.Nested(LabelSchema, required=True, metadata={"description": "What it is called."})
    reason = fields.Nested(CodedReasonSchema, required=True)


class AskedSchema(Schema):
    """What an officer asked for when it was sent back."""

    reason = fields.Nested(CodedReasonSchema, required=True, allow_none=True)
    remarks = fields.String(required=True, allow_none=True, metadata={"description": "The officer's words."})
    items = fields.List(
        fields.Nested(AskedItemSchema),
        required=True,
        metadata={"description": "Each is to be answered; empty: anything may be."},
    )
    open_fields = fields.List(
        fields.String(), required=True, metadata={"description": "Fields and groups that may be answered now."}
    )
    open_documents = fields.List(fields.String(), required=True)


class WithdrawalTermsSchema(Schema):
    """What becomes of the fee if it is withdrawn today."""

    fee_returned = fields.Boolean(required=True)
    refund = fields.Nested(FeeAmountSchema, required=True)
    why = fields.Nested(LabelSchema, required=True, metadata={"description": "The order, or that there is none."})


class MoneyReturnedSchema(Schema):
    """Money that came back to whoever paid it."""

    payment_id = fields.String(required=True)
    amount = fields.Nested(FeeAmountSchema, required=True)
    at = fields.String(required=True, metadata={"format": "date-time"})


class CourseLineSchema(Schema):
    """One change, with what it led to."""

    what = fields.String(required=True, metadata={"x-extensible-enum": [what.value for what in Happening]})
    at = fields.String(required=True, metadata={"format": "date-time"})
    status = fields.String(required=True, metadata={"x-extensible-enum": [state.value for state in State]})
    step = fields.String(required=True, allow_none=True)
    decision = fields.String(
        required=True, allow_none=True, metadata={"x-extensible-enum": [decision.value for decision in Decision]}
    )
    decided_by = fields.Nested(LabelSchema, required=True, allow_none=True)


class StandingSchema(Schema):
    """Where an application stands."""

    application_id = fields.String(required=True)
    status = fields.String(required=True, metadata={"x-extensible-enum": [state.value for state in State]})
    with_whom = fields.String(
        required=True,
        metadata={
            "description": "Who has to do something now.",
            "x-extensible-enum": ["applicant", "office", "nobody"],
        },
    )
    since = fields.String(required=True, metadata={"format": "date-time", "description": "Since when."})
    until = fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "Their last day; after the applicant's it expires. Null where nothing sets one."},
    )
    until_why = fields.Nested(LabelSchema, required=True, allow_none=True, metadata={"description": "What sets it."})
    allowed_actions = fields.List(
        fields.String(metadata={"x-extensible-enum": [act.value for act in Act]}),
        required=True,
        metadata={"description": "What the caller may do now."},
    )
    desk = fields.Nested(
        DeskSchema,
        required=True,
        allow_none=True,
        metadata={"description": "The office of the step in hand, also while it waits for the applicant."},
    )
    clock = fields.Nested(ClockSchema, required=True)
    asked = fields.Nested(AskedSchema, required=True, allow_none=True)
    withdrawal = fields.Nested(WithdrawalTermsSchema, required=True, allow_none=True)
    refund_due = fields.Nested(
        FeeAmountSchema,
        required=True,
        allow_none=True,
        metadata={"description": "What the withdrawal gives back of the fee and has not come back yet; null for none."},
    )
    returned = fields.List(
        fields.Nested(MoneyReturnedSchema),
        required=True,
        metadata={"description": "What came back: of the fee, or of payments that were not accepted as it."},
    )
    course = fields.List(
        fields.Nested(CourseLineSchema), required=True, metadata={"description": "Every change, oldest first."}
    )
