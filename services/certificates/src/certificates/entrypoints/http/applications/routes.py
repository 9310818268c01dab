"""The routes of applications."""

from typing import Any

from certificates.application.applications.check_answers import NamedAttachment
from certificates.application.applications.errors import (
    AnswersNotAcceptable,
    ApplicationNotFound,
    AttachmentsNotAcceptable,
    FormNotAcceptable,
    NotPossibleNow,
)
from certificates.application.applications.ports import Position
from certificates.application.applications.resubmit_application import ResubmitApplication
from certificates.application.applications.submit_application import SubmitApplication
from certificates.application.applications.withdraw_application import WithdrawApplication
from certificates.bootstrap import Certificates
from certificates.entrypoints.http.applications import schemas, views
from certificates.entrypoints.http.blueprint import (
    APPLICANTS,
    KEY_RETENTION_DAYS,
    READERS,
    WithHeaders,
    blueprint,
    viewer,
)
from servicekit.acts import ActNotAgreed, ActUsedUp, permit_act
from servicekit.http import (
    application,
    caller,
    cursor,
    etag,
    idempotency_claim,
    mark_replayed,
    precondition,
    request_id,
)
from servicekit.ids import event_id, public_id, transaction_token
from servicekit.instants import utc_now

APPLICATION_ID = {
    "in": "path",
    "name": "application_id",
    "description": "From the answer to POST /v1/applications.",
    "example": "app_01a2117a73e07c0fa29ee9f787e4850a",
}

# What somebody agrees to (ADR 0057): one type of application; one application.
APPLICATION, ANSWER, WITHDRAWAL = "application", "application-answer", "application-withdrawal"


@blueprint.route("/v1/applications", methods=["POST"])
@blueprint.requires("applications:write", roles=APPLICANTS)
@blueprint.keyed("submit-application", retention_days=KEY_RETENTION_DAYS)
@blueprint.raises(FormNotAcceptable, AttachmentsNotAcceptable, ActNotAgreed, ActUsedUp)
@blueprint.arguments(schemas.SubmitSchema, example=schemas.APPLICATION_EXAMPLE)
@blueprint.response(201, schemas.ApplicationSchema, headers=["Location", "ETag"])
def submit_application(body: dict[str, Any]) -> WithHeaders:
    """Apply for a certificate.

    The answer says what is to be paid and how; without a fee verification begins at once.
    """
    services = application(Certificates)
    agreed_once = permit_act(caller().agreement, APPLICATION, about={body["application_type"]})
    attachments = [NamedAttachment(**named) for named in body.pop("attachments")]
    once = services.submit_application(
        SubmitApplication(
            application_id=public_id("app"),
            transaction_token=transaction_token(),
            event_id=event_id(),
            client_id=caller().client_id,
            kiosk_id=caller().kiosk_id,
            person_id=caller().citizen_id,
            assistance_id=caller().assistance_id,
            agreed_once=agreed_once,
            at=utc_now(),
            request_id=request_id(),
            claim=idempotency_claim(),
            attachments=attachments,
            viewer=viewer(),
            **body,
        )
    )
    mark_replayed(once.replayed)
    return created(once.value)


@blueprint.route("/v1/applications")
@blueprint.requires("applications:read", roles=READERS)
@blueprint.arguments(schemas.ApplicationQuerySchema, location="query")
@blueprint.response(200, schemas.ApplicationsSchema)
def list_applications(query: dict[str, Any]) -> dict[str, Any]:
    """Applications, those due first in front.

    An officer gets the queue of the own department and districts (state IN_VERIFICATION unless asked
    otherwise), of that state what is for the own post; a centre what was lodged there; a portal what it lodged; a
    citizen their own.
    """
    after = Position.of(cursor().decode(query["cursor"])) if "cursor" in query else None
    applications, following = application(Certificates).applications.page(
        viewer(),
        states=views.states_of(query.get("state")),
        district_code=query.get("district_code"),
        after=after,
        limit=query["limit"],
    )
    position = None if following is None else cursor().encode(vars(following))
    return {"items": [views.application_summary(shown) for shown in applications], "next": position}


@blueprint.route("/v1/applications/<string:application_id>", parameters=[APPLICATION_ID])
@blueprint.requires("applications:read", roles=READERS)
@blueprint.versioned()
@blueprint.raises(ApplicationNotFound)
@blueprint.response(200, schemas.ApplicationSchema)
def get_application(application_id: str) -> WithHeaders:
    """An application as it is now.

    With its form and history; the ETag is its version.
    """
    shown, history = application(Certificates).applications.get(application_id, viewer())
    return views.application_details(shown, history), 200, {"ETag": etag(shown.version)}


@blueprint.route(
    "/v1/applications/<string:application_id>/resubmissions", methods=["POST"], parameters=[APPLICATION_ID]
)
@blueprint.requires("applications:write", roles=APPLICANTS)
@blueprint.keyed("resubmit-application", retention_days=KEY_RETENTION_DAYS)
@blueprint.versioned()
@blueprint.raises(
    ApplicationNotFound,
    NotPossibleNow,
    AnswersNotAcceptable,
    FormNotAcceptable,
    AttachmentsNotAcceptable,
    ActNotAgreed,
)
@blueprint.arguments(schemas.ResubmissionSchema, example=schemas.RESUBMISSION_EXAMPLE)
@blueprint.response(201, schemas.ApplicationSchema, headers=["Location"])
def resubmit_application(body: dict[str, Any], application_id: str) -> WithHeaders:
    """Answer what an officer asked for.

    Only that is open. The application goes back to the same desk, and its clock goes on.
    """
    permit_act(caller().agreement, ANSWER, about={application_id})
    once = application(Certificates).resubmit_application(
        ResubmitApplication(
            application_id=application_id,
            answers=body["applicant"],
            attachments=[NamedAttachment(**named) for named in body["attachments"]],
            viewer=viewer(),
            precondition=precondition(),
            event_id=event_id(),
            at=utc_now(),
            request_id=request_id(),
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    return created(once.value)


@blueprint.route("/v1/applications/<string:application_id>/withdrawals", methods=["POST"], parameters=[APPLICATION_ID])
@blueprint.requires("applications:write", roles=APPLICANTS)
@blueprint.keyed("withdraw-application", retention_days=KEY_RETENTION_DAYS)
@blueprint.versioned()
@blueprint.raises(ApplicationNotFound, NotPossibleNow, ActNotAgreed)
@blueprint.response(201, schemas.ApplicationSchema, headers=["Location"])
def withdraw_application(application_id: str) -> WithHeaders:
    """Take an application back, before it is decided.

    It is final. Whether the fee goes back is a rule of the type: GET …/standing says it before, in `withdrawal`.
    """
    permit_act(caller().agreement, WITHDRAWAL, about={application_id})
    once = application(Certificates).withdraw_application(
        WithdrawApplication(
            application_id=application_id,
            viewer=viewer(),
            precondition=precondition(),
            event_id=event_id(),
            at=utc_now(),
            request_id=request_id(),
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    return created(once.value)


def created(application_id: str) -> WithHeaders:
    """The answer to a request that made or moved the application: 201 with the application as it is now."""
    shown, history = application(Certificates).applications.get(application_id, viewer())
    headers = {"ETag": etag(shown.version), "Location": f"/v1/applications/{shown.id}"}
    return views.application_details(shown, history), 201, headers
