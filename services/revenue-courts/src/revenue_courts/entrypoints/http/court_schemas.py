"""The documents of courts, kinds of cases and lists of a day."""

from marshmallow import Schema, fields, validate

from revenue_courts.domain.case import Outcome, State
from revenue_courts.domain.case_kinds import Form
from revenue_courts.domain.courts import Level
from servicekit.fields import Code
from servicekit.http import CursorText

PAGE_SIZE, LARGEST_PAGE = 50, 200
LEVELS, FORMS, STATES = ([one.value for one in kind] for kind in (Level, Form, State))
COURT_CODE_FORM = r"[a-z][a-z0-9-]{1,39}"
NUMBER_FORM = r"[a-z][a-z0-9-]{1,39}/[a-z][a-z0-9-]{1,39}/[0-9]{4}/[1-9][0-9]{0,7}"


class CourtLabelSchema(Schema):
    """A text in English and in Hindi."""

    en = fields.String(required=True)
    hi = fields.String(required=True)


class CourtCodedSchema(CourtLabelSchema):
    """One of a list, with what it is called."""

    code = fields.String(required=True)


class CourtQuerySchema(Schema):
    """Which courts."""

    district_code = Code(r"[1-9][0-9]{0,2}", longest=3, metadata={"description": "LGD code: courts for that district."})
    level = fields.String(validate=validate.OneOf(LEVELS))
    cursor = CursorText()
    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(min=1, max=LARGEST_PAGE))


class CourtSchema(Schema):
    """A court, and what it may hear. An empty list is no bound: the whole state, every tehsil, every kind."""

    court_code = fields.String(required=True)
    level = fields.String(required=True, metadata={"enum": LEVELS})
    level_name = fields.Nested(CourtLabelSchema, required=True)
    name = fields.Nested(CourtLabelSchema, required=True)
    districts = fields.List(fields.String(), required=True, metadata={"description": "LGD codes."})
    tehsils = fields.List(fields.String(), required=True)
    kinds = fields.List(fields.String(), required=True, metadata={"description": "Of GET …/case-kinds."})
    begins = fields.String(required=True, allow_none=True, metadata={"format": "date"})
    ends = fields.String(required=True, allow_none=True, metadata={"format": "date", "description": "The last day."})
    source = fields.Nested(CourtLabelSchema, required=True, metadata={"description": "Where this is from."})
    sandbox = fields.Boolean(required=True, metadata={"description": "Whether it is invented, for trying out."})


class CourtsSchema(Schema):
    """A page of courts."""

    items = fields.List(fields.Nested(CourtSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class CourtUnsetSchema(Schema):
    """A rule that may be unknown. `unset`: no order was found; nothing is demanded or counted, and none is made up."""

    state = fields.String(required=True, metadata={"enum": ["unset", "set"]})
    days = fields.Integer(required=True, allow_none=True, metadata={"description": "Null while it is unset."})
    note = fields.Nested(CourtLabelSchema, required=True)


class CourtFeeSchema(Schema):
    """The court fee. While it is `unset` none is demanded."""

    state = fields.String(required=True, metadata={"x-extensible-enum": ["unset"]})
    note = fields.Nested(CourtLabelSchema, required=True)


class CaseKindSchema(Schema):
    """A kind of case."""

    kind_code = fields.String(required=True)
    form = fields.String(required=True, metadata={"enum": FORMS})
    act = fields.Nested(CourtLabelSchema, required=True)
    section = fields.String(required=True)
    subject = fields.Nested(CourtLabelSchema, required=True)
    reliefs = fields.List(fields.Nested(CourtCodedSchema), required=True)
    limitation = fields.Nested(CourtUnsetSchema, required=True)
    court_fee = fields.Nested(CourtFeeSchema, required=True)


class CourtCodesSchema(Schema):
    """What officers choose from."""

    purposes = fields.List(fields.Nested(CourtCodedSchema), required=True)
    adjournments = fields.List(fields.Nested(CourtCodedSchema), required=True)
    defects = fields.List(fields.Nested(CourtCodedSchema), required=True)
    disposals = fields.List(fields.Nested(CourtCodedSchema), required=True)
    services = fields.List(
        fields.Nested(CourtCodedSchema), required=True, metadata={"description": "What may become of a notice."}
    )


class CaseKindsSchema(Schema):
    """All kinds, on one page, and the lists by which a case is moved."""

    items = fields.List(fields.Nested(CaseKindSchema), required=True)
    next = fields.String(required=True, allow_none=True)
    codes = fields.Nested(CourtCodesSchema, required=True)


class CauseListQuerySchema(Schema):
    """Which page."""

    cursor = CursorText()
    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(min=1, max=LARGEST_PAGE))


class CauseListLineSchema(Schema):
    """A case on the list: nothing of the parties, and of what is heard in camera no number and no kind."""

    case_number = fields.String(required=True, allow_none=True)
    kind_code = fields.String(required=True, allow_none=True)
    subject = fields.Nested(CourtLabelSchema, required=True)
    in_camera = fields.Boolean(required=True)
    purpose = fields.Nested(CourtCodedSchema, required=True)
    outcome = fields.String(
        required=True, metadata={"enum": [one.value for one in Outcome if one is not Outcome.VACATED]}
    )


class CauseListSchema(Schema):
    """What is before a court on a day."""

    court_code = fields.String(required=True)
    court_name = fields.Nested(CourtLabelSchema, required=True)
    on = fields.String(required=True, metadata={"format": "date"})
    closed = fields.Nested(
        CourtLabelSchema, required=True, allow_none=True, metadata={"description": "Why no court sits on that day."}
    )
    items = fields.List(fields.Nested(CauseListLineSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class PendencyQuerySchema(Schema):
    """Of which court; without one, of the whole state."""

    court_code = Code(COURT_CODE_FORM, longest=40)


class PendingYearSchema(Schema):
    """Cases of one year that are still before the court."""

    year = fields.Integer(required=True)
    cases = fields.Integer(required=True)


class PendencyMonthSchema(Schema):
    """What came and went in one month."""

    month = fields.String(required=True, metadata={"example": "2026-10"})
    registered = fields.Integer(required=True)
    disposed = fields.Integer(required=True)


class PendencySchema(Schema):
    """Counts alone: nothing of any case."""

    court_code = fields.String(required=True, allow_none=True, metadata={"description": "Null: the whole state."})
    pending = fields.Integer(required=True)
    by_year = fields.List(
        fields.Nested(PendingYearSchema),
        required=True,
        metadata={"description": "By the year of registration, the oldest first."},
    )
    months = fields.List(
        fields.Nested(PendencyMonthSchema), required=True, metadata={"description": "The last twelve, and this one."}
    )
    disposal_rate = fields.Float(
        required=True,
        allow_none=True,
        metadata={
            "description": "Disposed of for each that was registered, in the twelve months before this one; null where "
            "none was registered."
        },
    )


class CaseStandingQuerySchema(Schema):
    """Which case."""

    number = Code(
        NUMBER_FORM,
        longest=100,
        required=True,
        error="Must be a case number such as bor/tenancy-appeal/2026/12.",
        metadata={"description": "As it stands on notices and orders.", "example": "bor/tenancy-appeal/2026/12"},
    )


class CaseStepSchema(Schema):
    """One thing that happened before the court."""

    text = fields.Nested(CourtLabelSchema, required=True)
    at = fields.String(required=True, metadata={"format": "date-time"})
    on = fields.String(
        required=True, allow_none=True, metadata={"format": "date", "description": "The day that was set."}
    )
    reason = fields.Nested(CourtLabelSchema, required=True, allow_none=True)


class CaseStandingSchema(Schema):
    """How far a case is, for anybody who has its number; nothing of the parties, the land or the papers."""

    case_number = fields.String(required=True)
    court_code = fields.String(required=True)
    kind_code = fields.String(required=True)
    subject = fields.Nested(CourtLabelSchema, required=True)
    status = fields.String(required=True, metadata={"x-extensible-enum": STATES})
    status_text = fields.Nested(CourtLabelSchema, required=True)
    next_hearing_on = fields.String(required=True, allow_none=True, metadata={"format": "date"})
    next_purpose = fields.Nested(CourtCodedSchema, required=True, allow_none=True)
    disposal = fields.Nested(CourtCodedSchema, required=True, allow_none=True)
    steps = fields.List(fields.Nested(CaseStepSchema), required=True)
