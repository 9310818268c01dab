"""The routes of drafts."""

from collections.abc import Mapping
from typing import Any

from certificates.application.drafts.errors import DraftNotFound, TooManyDrafts
from certificates.application.drafts.keep_draft import BeginDraft, Content
from certificates.bootstrap import Certificates
from certificates.domain.drafts.draft import Draft
from certificates.entrypoints.http.blueprint import APPLICANTS, KEY_RETENTION_DAYS, WithHeaders, blueprint, viewer
from certificates.entrypoints.http.drafts import schemas
from servicekit.http import (
    application,
    caller,
    cursor,
    etag,
    idempotency_claim,
    mark_replayed,
    precondition,
)
from servicekit.ids import public_id
from servicekit.instants import rfc3339, utc_now

_DRAFT_ID = {
    "in": "path",
    "name": "draft_id",
    "description": "From the answer to POST /v1/application-drafts.",
    "example": "drf_01a2117a73e07c0fa29ee9f787e4850a",
}


@blueprint.route("/v1/application-drafts", methods=["POST"])
@blueprint.requires("applications:write", roles=APPLICANTS)
@blueprint.keyed("begin-application-draft", retention_days=KEY_RETENTION_DAYS)
@blueprint.raises(TooManyDrafts)
@blueprint.arguments(schemas.SaveDraftSchema, example=schemas.DRAFT_EXAMPLE)
@blueprint.response(201, schemas.DraftSchema, headers=["Location", "ETag"])
def begin_application_draft(body: dict[str, Any]) -> WithHeaders:
    """Save a form that is not finished.

    It is resumed from any device of whoever saved it, and deleted when it is submitted or its term is over. Files are
    sent at the end: an upload that no application takes is deleted after a day.
    """
    drafts = application(Certificates).drafts
    once = drafts.begin(
        BeginDraft(
            draft_id=public_id("drf"),
            content=Content(**body),
            viewer=viewer(),
            client_id=caller().client_id,
            kiosk_id=caller().kiosk_id,
            person_id=caller().citizen_id,
            assistance_id=caller().assistance_id,
            at=utc_now(),
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    shown, status, headers = _shown(*drafts.get(once.value, viewer(), utc_now()), 201)
    return shown, status, {**headers, "Location": f"/v1/application-drafts/{once.value}"}


@blueprint.route("/v1/application-drafts")
@blueprint.requires("applications:read", roles=APPLICANTS)
@blueprint.arguments(schemas.DraftQuerySchema, location="query")
@blueprint.response(200, schemas.DraftsSchema)
def list_application_drafts(query: dict[str, Any]) -> dict[str, Any]:
    """Your drafts, the youngest first, without their forms.

    A citizen's own; a centre's.
    """
    after = str(cursor().decode(query["cursor"])["draft_id"]) if "cursor" in query else None
    drafts, following = application(Certificates).drafts.page(viewer(), utc_now(), after, query["limit"])
    position = None if following is None else cursor().encode({"draft_id": following})
    return {"items": [_summary(draft) for draft in drafts], "next": position}


@blueprint.route("/v1/application-drafts/<string:draft_id>", parameters=[_DRAFT_ID])
@blueprint.requires("applications:read", roles=APPLICANTS)
@blueprint.versioned()
@blueprint.raises(DraftNotFound)
@blueprint.response(200, schemas.DraftSchema)
def get_application_draft(draft_id: str) -> WithHeaders:
    """A draft with its form, to be resumed.

    The ETag is its version.
    """
    return _shown(*application(Certificates).drafts.get(draft_id, viewer(), utc_now()), 200)


@blueprint.route("/v1/application-drafts/<string:draft_id>", methods=["PUT"], parameters=[_DRAFT_ID])
@blueprint.requires("applications:write", roles=APPLICANTS)
@blueprint.versioned()
@blueprint.raises(DraftNotFound)
@blueprint.arguments(schemas.SaveDraftSchema, example=schemas.DRAFT_EXAMPLE)
@blueprint.response(200, schemas.DraftSchema)
def save_application_draft(body: dict[str, Any], draft_id: str) -> WithHeaders:
    """Save the form in place of what the draft said.

    Its term begins anew. With If-Match nothing is lost that another device saved meanwhile (412).
    """
    drafts = application(Certificates).drafts
    return _shown(*drafts.save(draft_id, Content(**body), viewer(), precondition(), utc_now()), 200)


def _shown(draft: Draft, applicant: Mapping[str, Any], status: int) -> WithHeaders:
    return {**_summary(draft), "applicant": dict(applicant)}, status, {"ETag": etag(draft.version)}


def _summary(draft: Draft) -> dict[str, Any]:
    return {
        "draft_id": draft.id,
        "application_type": draft.type_code,
        "district_code": draft.district_code,
        "version": draft.version,
        "created_at": rfc3339(draft.created_at),
        "saved_at": rfc3339(draft.saved_at),
        "expires_at": rfc3339(draft.expires_at) if draft.expires_at else None,
    }
