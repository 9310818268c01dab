"""The documents of application types."""

from marshmallow import Schema, fields

from certificates.domain.types.form import FieldKind, Writing
from certificates.entrypoints.http.documents import LabelSchema, MoneySchema


class ChoiceSchema(Schema):
    """One of the values of a choice field."""

    value = fields.String(required=True)
    label = fields.Nested(LabelSchema, required=True)


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


class FormSchema(Schema):
    """The form, its fields in the order in which they are asked."""

    fields_ = fields.List(fields.Nested(FormFieldSchema), required=True, data_key="fields", attribute="fields")


class DocumentSchema(Schema):
    """A document that the operator must see."""

    code = fields.String(required=True)
    label = fields.Nested(LabelSchema, required=True)


class RefusalReasonSchema(Schema):
    """Why an application may be rejected or sent back."""

    code = fields.String(required=True)
    label = fields.Nested(LabelSchema, required=True)


class FeeSchema(MoneySchema):
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
