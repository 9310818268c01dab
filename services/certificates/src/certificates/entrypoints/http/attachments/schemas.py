"""The documents of attachments. Examples work against the sandbox as they stand."""

from marshmallow import Schema, fields, validate

from certificates.domain.attachments.attachment import (
    LEAST_PIECE_BYTES,
    MOST_BYTES,
    MOST_PIECE_BYTES,
    MediaType,
    Refusal,
    State,
)
from certificates.entrypoints.http.documents import LabelSchema
from servicekit.fields import Code

ATTACHMENT_EXAMPLE = {
    "media_type": "application/pdf",
    "size_bytes": 48213,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}


class BeginAttachmentSchema(Schema):
    """A file, before it is sent."""

    media_type = fields.Enum(MediaType, by_value=fields.String, required=True)
    size_bytes = fields.Integer(required=True, strict=True, validate=validate.Range(1, MOST_BYTES))
    sha256 = Code(
        r"[0-9a-f]{64}", longest=64, required=True, metadata={"description": "Of the whole file, in lower-case hex."}
    )
    piece_bytes = fields.Integer(
        load_default=MOST_PIECE_BYTES,
        strict=True,
        validate=validate.Range(LEAST_PIECE_BYTES, MOST_PIECE_BYTES),
        metadata={"description": "How large each piece is but the last: small ones for a slow line."},
    )


class RefusalSchema(LabelSchema):
    """Why a file was refused and what to do, to be shown to who uploads it."""

    code = fields.Enum(Refusal, by_value=fields.String, required=True)


class AttachmentSchema(Schema):
    """An upload as it is now."""

    attachment_id = fields.String(required=True)
    state = fields.Enum(State, by_value=fields.String, required=True)
    media_type = fields.Enum(MediaType, by_value=fields.String, required=True)
    size_bytes = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    piece_bytes = fields.Integer(required=True)
    pieces = fields.Integer(required=True, metadata={"description": "How many; their numbers begin with 0."})
    missing = fields.List(
        fields.Integer(), required=True, metadata={"description": "The pieces to send; empty once it is complete."}
    )
    refused = fields.Nested(RefusalSchema, required=True, allow_none=True)
    application_id = fields.String(required=True, allow_none=True)
    code = fields.String(
        required=True, allow_none=True, metadata={"description": "Which of the type's papers it is, once attached."}
    )
    created_at = fields.String(required=True, metadata={"format": "date-time"})
    expires_at = fields.String(
        required=True,
        allow_none=True,
        metadata={"format": "date-time", "description": "Deleted then, unless an application takes it before."},
    )


class AttachmentsSchema(Schema):
    """The papers of an application that were sent as files."""

    items = fields.List(fields.Nested(AttachmentSchema), required=True)


class AttachmentLinkSchema(Schema):
    """Where the file is, for a while."""

    url = fields.String(
        required=True,
        metadata={"format": "uri-reference", "description": "Gives the file to whoever asks; do not keep or share it."},
    )
    expires_at = fields.String(required=True, metadata={"format": "date-time"})
