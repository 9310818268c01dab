"""The documents of drafts. Examples work against the sandbox as they stand."""

from marshmallow import Schema, fields, validate

from certificates.entrypoints.http.applications.schemas import FORM_VALUES
from certificates.entrypoints.http.documents import lgd_code
from servicekit.fields import Code
from servicekit.http import CursorText

PAGE_SIZE = 50
LARGEST_PAGE = 200

DRAFT_EXAMPLE = {"application_type": "domicile", "applicant": {"name": "Test Citizen One"}}


class SaveDraftSchema(Schema):
    """A form as far as it is filled in. Nothing of it is checked before it is submitted but the type and district."""

    application_type = Code(r"[A-Za-z0-9_-]{1,40}", longest=40, required=True)
    district_code = lgd_code(load_default=None, allow_none=True)
    applicant = fields.Dict(
        keys=fields.String(),
        values=fields.Raw(allow_none=True, metadata={"anyOf": FORM_VALUES}),
        load_default=dict,
        validate=validate.Length(max=100),
        metadata={"description": "As in POST /v1/applications, as far as it goes; kept as it is sent."},
    )


class DraftSummarySchema(Schema):
    """A draft, as lists show it."""

    draft_id = fields.String(required=True)
    application_type = fields.String(required=True)
    district_code = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)
    created_at = fields.String(required=True, metadata={"format": "date-time"})
    saved_at = fields.String(required=True, metadata={"format": "date-time"})
    expires_at = fields.String(
        required=True,
        allow_none=True,
        metadata={"format": "date-time", "description": "When it is deleted unless it is saved again; null: never."},
    )


class DraftSchema(DraftSummarySchema):
    """A draft with its form."""

    applicant = fields.Dict(keys=fields.String(), required=True)


class DraftQuerySchema(Schema):
    """Which drafts to list."""

    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(1, LARGEST_PAGE))
    cursor = CursorText(metadata={"description": "`next` of the page before."})


class DraftsSchema(Schema):
    """A page of drafts."""

    items = fields.List(fields.Nested(DraftSummarySchema), required=True)
    next = fields.String(required=True, allow_none=True)
