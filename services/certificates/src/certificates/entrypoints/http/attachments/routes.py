"""The routes of attachments: a file begun, sent in pieces, completed, named in an application, read by a link."""

from typing import Any

from flask import Response, request

from certificates.application.applications.errors import ApplicationNotFound
from certificates.application.attachments.errors import (
    AttachmentLinkNotFound,
    AttachmentNotFound,
    AttachmentNotReady,
    AttachmentSettled,
    BeingCompleted,
    ContentDiffers,
    PieceNotAcceptable,
    PiecesMissing,
    TooManyUploads,
)
from certificates.application.attachments.receive_attachment import BeginAttachment
from certificates.bootstrap import Certificates
from certificates.domain.attachments.attachment import MOST_PIECE_BYTES
from certificates.entrypoints.http.attachments import schemas, views
from certificates.entrypoints.http.blueprint import (
    APPLICANTS,
    KEY_RETENTION_DAYS,
    READERS,
    WithHeaders,
    blueprint,
    viewer,
)
from servicekit.http import Role, application, caller, idempotency_claim, mark_replayed
from servicekit.ids import public_id
from servicekit.instants import rfc3339, utc_now

_ATTACHMENT_ID = {
    "in": "path",
    "name": "attachment_id",
    "description": "From the answer to POST /v1/attachments.",
    "example": "att_01a2117a73e07c0fa29ee9f787e4850a",
}
_NUMBER = {"in": "path", "name": "number", "description": "Of the piece, from 0.", "example": 1}
_LINK = {
    "in": "path",
    "name": "link",
    "description": "From the answer to POST /v1/attachments/{attachment_id}/links.",
    "schema": {"type": "string", "maxLength": 64},
    "example": "mU0lV4bT6gqY1kJ8oW3dZ5xR7nC2aE9hF0sPiLuQvBw",
}
_APPLICATION_ID = {
    "in": "path",
    "name": "application_id",
    "description": "From the answer to POST /v1/applications.",
    "example": "app_01a2117a73e07c0fa29ee9f787e4850a",
}
_PIECE = {"schema": {"type": "string", "format": "binary", "maxLength": MOST_PIECE_BYTES}}
ANY_BYTES = "application/octet-stream"
_FILE = {"type": "string", "format": "binary"}


@blueprint.route("/v1/attachments", methods=["POST"])
@blueprint.requires("applications:write", roles=APPLICANTS)
@blueprint.keyed("begin-attachment", retention_days=KEY_RETENTION_DAYS)
@blueprint.raises(TooManyUploads)
@blueprint.arguments(schemas.BeginAttachmentSchema, example=schemas.ATTACHMENT_EXAMPLE)
@blueprint.response(201, schemas.AttachmentSchema, headers=["Location"])
def begin_attachment(body: dict[str, Any]) -> WithHeaders:
    """Begin to upload a paper of an application: a PDF, JPEG or PNG of up to 5 MiB.

    Then send its pieces in any order, as often as the line needs, complete it, and name it in an application. An upload
    that no application takes is deleted after a day.
    """
    once = application(Certificates).receive_attachment.begin(
        BeginAttachment(
            attachment_id=public_id("att"),
            client_id=caller().client_id,
            kiosk_id=caller().kiosk_id,
            person_id=caller().citizen_id,
            at=utc_now(),
            claim=idempotency_claim(),
            **body,
        )
    )
    mark_replayed(once.replayed)
    return _shown(once.value), 201, {"Location": f"/v1/attachments/{once.value}"}


@blueprint.route("/v1/attachments/<string:attachment_id>", parameters=[_ATTACHMENT_ID])
@blueprint.requires("applications:read", roles=READERS)
@blueprint.raises(AttachmentNotFound)
@blueprint.response(200, schemas.AttachmentSchema)
def get_attachment(attachment_id: str) -> dict[str, Any]:
    """An upload as it is now.

    `missing` says which pieces to send, also to another device of the same centre.
    """
    return _shown(attachment_id)


@blueprint.route(
    "/v1/attachments/<string:attachment_id>/pieces/<int:number>", methods=["PUT"], parameters=[_ATTACHMENT_ID, _NUMBER]
)
@blueprint.requires("applications:write", roles=APPLICANTS)
@blueprint.reads_up_to(MOST_PIECE_BYTES)
@blueprint.raises(AttachmentNotFound, AttachmentSettled, PieceNotAcceptable)
@blueprint.doc(requestBody={"required": True, "content": {ANY_BYTES: _PIECE}})
@blueprint.response(200, schemas.AttachmentSchema)
def put_attachment_piece(attachment_id: str, number: int) -> dict[str, Any]:
    """Send one piece of an upload.

    After any doubt send it again: a piece that is there is replaced.
    """
    application(Certificates).receive_attachment.receive(attachment_id, number, request.get_data(), viewer())
    return _shown(attachment_id)


@blueprint.route("/v1/attachments/<string:attachment_id>/completions", methods=["POST"], parameters=[_ATTACHMENT_ID])
@blueprint.requires("applications:write", roles=APPLICANTS)
@blueprint.repeatable("a repeat finds the upload complete and says what became of it")
@blueprint.raises(AttachmentNotFound, PiecesMissing, BeingCompleted, ContentDiffers)
@blueprint.response(200, schemas.AttachmentSchema)
def complete_attachment(attachment_id: str) -> dict[str, Any]:
    """Say that all pieces are sent.

    The file is looked into: READY, or REFUSED with the reason and what to do. Of a picture only the picture is kept.
    """
    application(Certificates).receive_attachment.complete(attachment_id, viewer(), utc_now())
    return _shown(attachment_id)


@blueprint.route("/v1/attachments/<string:attachment_id>/links", methods=["POST"], parameters=[_ATTACHMENT_ID])
@blueprint.requires("applications:read", roles=READERS - {Role.AUDITOR})
@blueprint.repeatable("each gives a link of its own, which ends by itself")
@blueprint.raises(AttachmentNotFound, AttachmentNotReady)
@blueprint.response(201, schemas.AttachmentLinkSchema)
def make_attachment_link(attachment_id: str) -> tuple[dict[str, Any], int]:
    """An address that gives the file for five minutes.

    For who uploaded it, and for whoever may see its application. Who asked is on record.
    """
    person = caller().person
    reader = caller().client_id, person.id if person else None
    secret, expires_at = application(Certificates).attachments.link(attachment_id, viewer(), reader, utc_now())
    return {"url": f"/v1/attachment-contents/{secret}", "expires_at": rfc3339(expires_at)}, 201


@blueprint.route("/v1/attachment-contents/<string:link>", parameters=[_LINK])
@blueprint.public("the address is the permission: a random secret that ends after five minutes")
@blueprint.raises(AttachmentLinkNotFound)
@blueprint.response(200, _FILE, content_type=ANY_BYTES, headers=["Cache-Control"])
def get_attachment_content(link: str) -> Response:
    """The file of a link.

    A PDF, JPEG or PNG, as its attachment's media_type says, to be saved and looked at.
    """
    attachment, content = application(Certificates).attachments.content(link, utc_now())
    # One type for all: a browser saves it and runs nothing, and generators of clients know no second one.
    response = Response(content, mimetype=ANY_BYTES)
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{attachment.id}.{attachment.media_type.name.lower()}"'
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.route("/v1/applications/<string:application_id>/attachments", parameters=[_APPLICATION_ID])
@blueprint.requires("applications:read", roles=READERS)
@blueprint.raises(ApplicationNotFound)
@blueprint.response(200, schemas.AttachmentsSchema)
def list_application_attachments(application_id: str) -> dict[str, Any]:
    """The papers of an application that were sent as files.

    For whoever may see the application, in the order of their codes.
    """
    services = application(Certificates)
    services.applications.get(application_id, viewer())
    attached = services.attachments.of_application(application_id)
    return {"items": [views.attachment_details(attachment, ()) for attachment in attached]}


def _shown(attachment_id: str) -> dict[str, Any]:
    services = application(Certificates)
    attachment = services.attachments.get(attachment_id, viewer())
    return views.attachment_details(attachment, services.receive_attachment.missing(attachment))
