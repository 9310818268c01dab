"""The documents of application types."""

from marshmallow import Schema, fields

from certificates.domain.types.application_type import OfficeLevel, Template
from certificates.domain.types.form import FieldKind, Writing
from certificates.entrypoints.http.documents import FeeAmountSchema, LabelSchema


class ChoiceSchema(Schema):
    """One of the values of a choice field."""

    value = fields.String(required=True)
    label = fields.Nested(LabelSchema, required=True)


class ConditionSchema(Schema):
    """What one answer must be; of what is not answered it does not hold."""

    field = fields.String(required=True, metadata={"description": "The field it looks at."})
    is_ = fields.List(
        fields.String(), data_key="is", metadata={"description": "Of a choice: answered with one of these."}
    )
    answered = fields.Boolean(metadata={"description": "Answered at all, or with false: not answered."})
    younger_than = fields.Integer(
        metadata={"description": "Of a date of birth: fewer completed years than this, today or `at`."}
    )
    at = fields.String(metadata={"description": "The date field at which the years are counted; without it, today."})


def _conditions(what: str, *, required: bool = False) -> fields.List:
    told = f"{what} Fields of a group read their own row and the form around it."
    return fields.List(fields.Nested(ConditionSchema), required=required, metadata={"description": told})


class FormFieldSchema(Schema):
    """A field of the form; its kind says which of the optional members it has."""

    name = fields.String(required=True)
    type = fields.Enum(FieldKind, by_value=fields.String, required=True)
    label = fields.Nested(LabelSchema, required=True)
    required = fields.Boolean(
        required=True,
        metadata={"description": "Must be answered, here or in a field that has its name in `instead_of`."},
    )
    instead_of = fields.List(
        fields.String(),
        metadata={
            "description": "The required fields for which an answer here stands in: why they have none, or the nearest "
            "thing that is known. Only one of both is answered."
        },
    )
    asked_when = _conditions("Asked when all of these hold; otherwise left out.")
    required_when = _conditions("Must be answered when all of these hold, although `required` is false.")
    on_certificate = fields.Boolean(required=True, metadata={"description": "Printed on the certificate."})
    pattern = fields.String(metadata={"description": "A regular expression the whole text must match."})
    writing = fields.String(
        metadata={
            "description": "Of a text: a name (letters of any script, no digits), or any line.",
            "x-extensible-enum": [writing.value for writing in Writing],
        }
    )
    script = fields.String(metadata={"description": "The only script of the text, as Unicode names it: Devanagari."})
    hint = fields.Nested(LabelSchema)
    max_length = fields.Integer()
    minimum = fields.Integer()
    maximum = fields.Integer()
    choices = fields.List(fields.Nested(ChoiceSchema))


class GroupSchema(Schema):
    """Lines of the form that repeat: in `applicant` its name has a list of rows, each with these fields."""

    name = fields.String(required=True)
    label = fields.Nested(LabelSchema, required=True)
    required = fields.Boolean(required=True, metadata={"description": "Must have rows, when it is asked."})
    at_least = fields.Integer(required=True, metadata={"description": "So many rows, if there are any."})
    at_most = fields.Integer(required=True)
    asked_when = _conditions("Asked when all of these hold; otherwise left out.", required=True)
    required_when = _conditions("Must have rows when all of these hold.", required=True)
    fields_ = fields.List(fields.Nested(FormFieldSchema), required=True, data_key="fields", attribute="fields")


class FormSchema(Schema):
    """The form, its fields in the order in which they are asked, and its groups after them."""

    fields_ = fields.List(fields.Nested(FormFieldSchema), required=True, data_key="fields", attribute="fields")
    groups = fields.List(fields.Nested(GroupSchema), required=True)


class PaperSchema(Schema):
    """A paper that people bring."""

    code = fields.String(required=True)
    label = fields.Nested(LabelSchema, required=True)


class DocumentSchema(PaperSchema):
    """A document that the operator must see."""

    any_of = fields.List(
        fields.Nested(PaperSchema),
        required=True,
        metadata={"description": "One of these will do, and `label` says what it proves; empty: it is one paper."},
    )
    needed_when = _conditions("Needed when all of these hold.", required=True)


class RefusalReasonSchema(Schema):
    """Why an application may be rejected or sent back."""

    code = fields.String(required=True)
    label = fields.Nested(LabelSchema, required=True)


class FeeSchema(FeeAmountSchema):
    """The fee in force today."""

    head = fields.String(required=True, metadata={"description": "The revenue head."})
    order = fields.String(required=True, metadata={"description": "The order the fee comes from."})
    order_hi = fields.String(required=True, metadata={"description": "The order's name in Hindi."})
    effective_from = fields.Date(required=True)


class LateFeeSchema(FeeSchema):
    """The fee of a report that comes late."""

    after_days = fields.Integer(
        required=True, metadata={"description": "From the day on after so many days since the event."}
    )
    after_years = fields.Integer(
        metadata={"description": "So many years, by the calendar; then `after_days` says it about."}
    )


class LatePermissionSchema(Schema):
    """Who must permit a report that comes late."""

    permitted_by = fields.Nested(LabelSchema, required=True)
    after_days = fields.Integer(metadata={"description": "From the day on after so many days since the event."})
    after_years = fields.Integer(metadata={"description": "From the day on after so many years."})


class AppealSchema(Schema):
    """Where somebody turns whose application is refused or late."""

    stage = fields.String(required=True, metadata={"x-extensible-enum": ["first", "second", "revision"]})
    title = fields.Nested(LabelSchema, required=True)
    within_days = fields.Integer(required=True)
    source = fields.Nested(LabelSchema, required=True)
    officer = fields.Nested(
        LabelSchema, required=True, allow_none=True, metadata={"description": "null where no order was found."}
    )


class RecordSchema(Schema):
    """The issued record that the application acts on."""

    number = fields.String(required=True, metadata={"description": "The field with its number."})
    issued_on = fields.String(required=True, metadata={"description": "The field with its day of issue."})
    types = fields.List(fields.String(), required=True, metadata={"description": "The types that it may be of."})


class PostSchema(LabelSchema):
    """A post of the state."""

    order = fields.Nested(
        LabelSchema,
        required=True,
        allow_none=True,
        metadata={"description": "What says that this post decides; null where it is not known."},
    )


class StepSchema(Schema):
    """A decision that the application needs."""

    name = fields.String(required=True)
    label = fields.Nested(LabelSchema, required=True)
    department = fields.String(required=True)
    working_days = fields.Integer(required=True)
    working_days_order = fields.Nested(
        LabelSchema,
        required=True,
        allow_none=True,
        metadata={"description": "What sets the days; null: they are the office's own target."},
    )
    office_level = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "The level of the office; null where it is not known.",
            "x-extensible-enum": [level.value for level in OfficeLevel],
        },
    )
    jurisdiction = fields.Nested(
        LabelSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Whose office it is, in words; null where no source says."},
    )
    posts = fields.List(
        fields.Nested(PostSchema),
        required=True,
        metadata={"description": "The posts one of which decides; without any, every officer of the department may."},
    )


class ApplicationTypeSummarySchema(Schema):
    """A type, as the list shows it."""

    application_type = fields.String(required=True)
    title = fields.Nested(LabelSchema, required=True)
    fee = fields.Nested(
        FeeSchema, required=True, allow_none=True, metadata={"description": "Today's; null before the type opens."}
    )


class ApplicationTypeSchema(ApplicationTypeSummarySchema):
    """A type with its form and all else that a client needs."""

    legal_basis = fields.Nested(LabelSchema, required=True)
    signer = fields.Nested(
        LabelSchema,
        required=True,
        metadata={"description": "The post that signs by rule, among those of the last step."},
    )
    validity_months = fields.Integer(required=True, allow_none=True, metadata={"description": "null: for good."})
    late_fees = fields.List(
        fields.Nested(LateFeeSchema),
        required=True,
        metadata={"description": "In place of `fee`, the last that applies."},
    )
    rules = fields.List(
        fields.Nested(LabelSchema),
        required=True,
        metadata={"description": "What must hold between the answers, and between them and today."},
    )
    late_permissions = fields.List(
        fields.Nested(LatePermissionSchema),
        required=True,
        metadata={"description": "Who must permit a late report: the last one that applies."},
    )
    template = fields.String(
        required=True,
        metadata={"description": "The layout of the paper.", "x-extensible-enum": [t.value for t in Template]},
    )
    record = fields.Nested(
        RecordSchema, required=True, allow_none=True, metadata={"description": "Of an act on an issued record."}
    )
    appeals = fields.List(
        fields.Nested(AppealSchema), required=True, metadata={"description": "Empty where no law was found."}
    )
    unset = fields.List(
        fields.Nested(LabelSchema), required=True, metadata={"description": "What was not found, to be told to people."}
    )
    form = fields.Nested(FormSchema, required=True)
    documents = fields.List(fields.Nested(DocumentSchema), required=True)
    steps = fields.List(fields.Nested(StepSchema), required=True)
    refusal_reasons = fields.List(
        fields.Nested(RefusalReasonSchema),
        required=True,
        metadata={"description": "What an officer may give as the reason of a refusal."},
    )


class ApplicationTypesSchema(Schema):
    """All types."""

    items = fields.List(fields.Nested(ApplicationTypeSummarySchema), required=True)
    next = fields.String(required=True, allow_none=True, metadata={"description": "Always null: all types fit."})
