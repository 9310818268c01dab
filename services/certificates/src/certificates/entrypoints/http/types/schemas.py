"""The documents of application types."""

from marshmallow import Schema, fields

from certificates.domain.types.application_type import FieldKind
from certificates.entrypoints.http.documents import LabelSchema, MoneySchema


class ChoiceSchema(Schema):
    value = fields.String(required=True)
    label = fields.Nested(LabelSchema, required=True)


class FormFieldSchema(Schema):
    name = fields.String(required=True)
    type = fields.Enum(FieldKind, by_value=True, required=True)
    label = fields.Nested(LabelSchema, required=True)
    required = fields.Boolean(required=True)
    on_certificate = fields.Boolean(required=True, metadata={"description": "Printed on the certificate."})
    pattern = fields.String(metadata={"description": "A regular expression the whole text must match."})
    hint = fields.Nested(LabelSchema)
    max_length = fields.Integer()
    minimum = fields.Integer()
    maximum = fields.Integer()
    choices = fields.List(fields.Nested(ChoiceSchema))


class FormSchema(Schema):
    fields_ = fields.List(fields.Nested(FormFieldSchema), required=True, data_key="fields", attribute="fields")


class DocumentSchema(Schema):
    code = fields.String(required=True)
    label = fields.Nested(LabelSchema, required=True)


class FeeSchema(MoneySchema):
    head = fields.String(required=True, metadata={"description": "The revenue head."})
    order = fields.String(required=True, metadata={"description": "The order the fee comes from."})
    effective_from = fields.Date(required=True)


class StepSchema(Schema):
    name = fields.String(required=True)
    label = fields.Nested(LabelSchema, required=True)
    department = fields.String(required=True)
    working_days = fields.Integer(required=True)


class ApplicationTypeSummarySchema(Schema):
    application_type = fields.String(required=True)
    title = fields.Nested(LabelSchema, required=True)
    fee = fields.Nested(FeeSchema, allow_none=True, metadata={"description": "Today's; null before the type opens."})


class ApplicationTypeSchema(ApplicationTypeSummarySchema):
    legal_basis = fields.Nested(LabelSchema, required=True)
    signer = fields.Nested(LabelSchema, required=True)
    validity_months = fields.Integer(required=True, allow_none=True, metadata={"description": "null: for good."})
    form = fields.Nested(FormSchema, required=True)
    documents = fields.List(fields.Nested(DocumentSchema), required=True)
    steps = fields.List(fields.Nested(StepSchema), required=True)


class ApplicationTypesSchema(Schema):
    items = fields.List(fields.Nested(ApplicationTypeSummarySchema), required=True)
    next = fields.String(required=True, allow_none=True, metadata={"description": "Always null: all types fit."})
