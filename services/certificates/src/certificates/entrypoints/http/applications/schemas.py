"""What requests may hold and what answers hold. Examples work against the sandbox as they stand."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from certificates.application.certificates.read_certificates import Reason
from certificates.domain.applications.application import State
from certificates.domain.types.application_type import FieldKind
from servicekit.http import Coded

# Longer than any document of ours: a text beyond it is refused before anybody parses it.
LONGEST_DOCUMENT = 16_384
LONGEST_REMARKS = 1_000
# A screenful at a counter; the most is the platform's limit for every list.
PAGE_SIZE = 50
LARGEST_PAGE = 200

# Written as ECMA-262 too understands it; which codes there are is looked up afterwards.
LGD_CODE = validate.Regexp(r"^[1-9][0-9]{0,2}$", error="Must be the LGD code of a district, such as 102.")

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
DECISION_EXAMPLE = {"decision": "approve", "remarks": "Documents seen and in order.", "step": "approval"}


class LabelSchema(Schema):
    en = fields.String(required=True)
    hi = fields.String(required=True)


class MoneySchema(Schema):
    amount = fields.Integer(required=True, metadata={"description": "Paise."})
    currency = fields.String(required=True)


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


class SubmitSchema(Schema):
    application_type = fields.String(required=True, validate=validate.Length(1, 40))
    district_code = fields.String(required=True, validate=LGD_CODE)
    applicant = fields.Dict(
        keys=fields.String(),
        required=True,
        validate=validate.Length(max=100),
        metadata={"description": "The form of the type: GET /v1/application-types/{code}, form.fields."},
    )


class PayWithSchema(Schema):
    biller_id = fields.String(required=True)
    customer_params = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class FeeDueSchema(MoneySchema):
    head = fields.String(required=True)
    order = fields.String(required=True)
    pay_with = fields.Nested(
        PayWithSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Send this to POST /v1/bill-fetches, then pay; null when nothing is due."},
    )


class ApplicationSummarySchema(Schema):
    application_id = fields.String(required=True)
    transaction_token = fields.String(required=True)
    application_type = fields.String(required=True)
    district_code = fields.String(required=True)
    kiosk_id = fields.String(required=True, allow_none=True)
    state = fields.Enum(State, by_value=True, required=True)
    fee = fields.Nested(FeeDueSchema, required=True)
    step = fields.String(required=True, metadata={"description": "The step in hand, or the last one decided."})
    department = fields.String(required=True, metadata={"description": "The department whose step it is."})
    due_on = fields.Date(
        required=True, allow_none=True, metadata={"description": "Last working day for the step; null while unpaid."}
    )
    certificate_id = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)
    submitted_at = fields.String(required=True, metadata={"format": "date-time"})
    updated_at = fields.String(required=True, metadata={"format": "date-time"})


class ApplicationSchema(ApplicationSummarySchema):
    applicant = fields.Dict(keys=fields.String(), required=True, metadata={"description": "The form as submitted."})


class ApplicationQuerySchema(Schema):
    state = fields.Enum(State, by_value=True)
    district_code = fields.String(validate=LGD_CODE)
    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(1, LARGEST_PAGE))
    cursor = fields.String(metadata={"description": "`next` of the page before."})


class ApplicationsSchema(Schema):
    items = fields.List(fields.Nested(ApplicationSummarySchema), required=True)
    next = fields.String(required=True, allow_none=True)


class DecisionSchema(Schema):
    decision = fields.String(required=True, validate=validate.OneOf(["approve", "reject", "send_back"]))
    remarks = fields.String(
        validate=validate.Length(1, LONGEST_REMARKS),
        metadata={"description": "Kept in the audit trail; required unless the decision is approve."},
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
        """Section 4 of the Guaranteed Delivery Act 2011: reasons for a rejection are recorded and told."""
        if data["decision"] != "approve" and not data.get("remarks", "").strip():
            raise ValidationError(Coded("required", "Say why: a refusal needs remarks."), "remarks")


class CertificateSchema(Schema):
    certificate_id = fields.String(required=True)
    certificate_number = fields.String(required=True)
    uri = fields.String(required=True, metadata={"description": "The document's URI in DigiLocker's form."})
    application_id = fields.String(required=True)
    application_type = fields.String(required=True)
    district_code = fields.String(required=True)
    issued_on = fields.Date(required=True)
    valid_until = fields.Date(required=True, allow_none=True)
    status = fields.String(required=True)
    document = fields.String(required=True, metadata={"description": "The signed paper: a compact JWS (Ed25519)."})


class VerificationRequestSchema(Schema):
    document = fields.String(required=True, validate=validate.Length(1, LONGEST_DOCUMENT))


class VerifiedCertificateSchema(Schema):
    certificate_number = fields.String(required=True)
    application_type = fields.String(required=True)
    issued_on = fields.Date(required=True)
    district_code = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["VALID", "EXPIRED", "REVOKED"]))


class VerificationSchema(Schema):
    valid = fields.Boolean(required=True)
    reason = fields.Enum(Reason, by_value=True, required=True, allow_none=True)
    certificate = fields.Nested(
        VerifiedCertificateSchema, metadata={"description": "Only when we signed the document."}
    )


class KeySetSchema(Schema):
    keys = fields.List(fields.Dict(), required=True, metadata={"description": "Public JWKs (RFC 7517)."})


class TransactionEventSchema(Schema):
    type = fields.String(required=True)
    at = fields.String(required=True, metadata={"format": "date-time"})


class TransactionSchema(Schema):
    token = fields.String(required=True)
    kind = fields.String(required=True)
    reference_id = fields.String(required=True)
    status = fields.String(required=True)
    owner_client_id = fields.String(required=True)
    kiosk_id = fields.String(required=True, allow_none=True)
    updated_at = fields.String(required=True, metadata={"format": "date-time"})
    events = fields.List(fields.Nested(TransactionEventSchema), required=True)
