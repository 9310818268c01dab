"""The documents of likenesses."""

from marshmallow import Schema, fields

from certificates.domain.applications.application import State
from certificates.domain.likenesses.likeness import Sign
from certificates.entrypoints.http.documents import LabelSchema


class LikenessReasonSchema(LabelSchema):
    """Why it may be the same, in words."""

    code = fields.String(required=True, metadata={"x-extensible-enum": [sign.value for sign in Sign]})


class LikenessSchema(Schema):
    """Another application that may be about the same; of its form nothing is told."""

    application_id = fields.String(required=True)
    application_type = fields.String(required=True)
    district_code = fields.String(required=True)
    status = fields.String(required=True, metadata={"x-extensible-enum": [state.value for state in State]})
    submitted_at = fields.String(required=True, metadata={"format": "date-time"})
    certificate_id = fields.String(required=True, allow_none=True)
    reasons = fields.List(fields.Nested(LikenessReasonSchema), required=True)


class LikenessesSchema(Schema):
    """Those that may be the same, the youngest first; 20 at most."""

    items = fields.List(fields.Nested(LikenessSchema), required=True)
    next = fields.String(required=True, allow_none=True)
