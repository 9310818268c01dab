"""The routes of applications and decisions."""

from typing import Any

from certificates.application.applications.errors import OfficerRequired
from certificates.application.applications.ports import Position
from certificates.application.applications.submit_application import SubmitApplication
from certificates.application.officers.decide_application import DecideApplication
from certificates.bootstrap import Certificates
from certificates.domain.applications.application import Decision
from certificates.domain.officer import Officer
from certificates.entrypoints.http.applications import schemas, views
from certificates.entrypoints.http.blueprint import WithHeaders, acting_officer, blueprint, viewer
from servicekit.http import application, caller, cursor, idempotency_claim, mark_replayed, request_id
from servicekit.ids import event_id, public_id, transaction_token
from servicekit.instants import utc_now

# Records that move no money are remembered for a week: a centre may be offline for days.
KEY_RETENTION_DAYS = 7

DECISIONS = {"approve": Decision.APPROVED, "reject": Decision.REJECTED, "send_back": Decision.SENT_BACK}

_APPLICATION_ID = {
    "in": "path",
    "name": "application_id",
    "description": "From the answer to POST /v1/applications.",
    "example": "app_01a2117a73e07c0fa29ee9f787e4850a",
}


@blueprint.route("/v1/applications", methods=["POST"])
@blueprint.requires("applications:write")
@blueprint.keyed("submit-application", retention_days=KEY_RETENTION_DAYS)
@blueprint.arguments(schemas.SubmitSchema, example=schemas.APPLICATION_EXAMPLE)
@blueprint.response(201, schemas.ApplicationSchema)
def submit_application(body: dict[str, Any]) -> WithHeaders:
    """Apply. The answer says what is to be paid and how; without a fee verification begins at once."""
    services = application(Certificates)
    once = services.submit_application(
        SubmitApplication(
            application_id=public_id("app"),
            transaction_token=transaction_token(),
            event_id=event_id(),
            client_id=caller().client_id,
            kiosk_id=caller().kiosk_id,
            at=utc_now(),
            request_id=request_id(),
            claim=idempotency_claim(),
            **body,
        )
    )
    mark_replayed(once.replayed)
    return _created(once.value)


@blueprint.route("/v1/applications")
@blueprint.requires("applications:read")
@blueprint.arguments(schemas.ApplicationQuerySchema, location="query")
@blueprint.response(200, schemas.ApplicationsSchema)
def list_applications(query: dict[str, Any]) -> dict[str, Any]:
    """Applications, those due first in front.

    An officer gets the queue of the own department and districts (state IN_VERIFICATION unless asked
    otherwise); a centre what was lodged there; a portal what it lodged.
    """
    after = Position(**cursor().decode(query["cursor"])) if "cursor" in query else None
    applications, following = application(Certificates).applications.page(
        viewer(), state=query.get("state"), district_code=query.get("district_code"), after=after, limit=query["limit"]
    )
    position = None if following is None else cursor().encode(vars(following))
    return {"items": [views.application_summary(shown) for shown in applications], "next": position}


@blueprint.route("/v1/applications/<string:application_id>", parameters=[_APPLICATION_ID])
@blueprint.requires("applications:read")
@blueprint.response(200, schemas.ApplicationSchema)
def get_application(application_id: str) -> WithHeaders:
    """An application as it is now, with its form; the ETag is its version."""
    shown = application(Certificates).applications.get(application_id, viewer())
    return views.application_details(shown), 200, {"ETag": views.etag(shown)}


@blueprint.route("/v1/applications/<string:application_id>/decisions", methods=["POST"], parameters=[_APPLICATION_ID])
@blueprint.requires("applications:decide")
@blueprint.keyed("decide-application", retention_days=KEY_RETENTION_DAYS)
@blueprint.arguments(schemas.DecisionSchema, example=schemas.DECISION_EXAMPLE)
@blueprint.response(201, schemas.ApplicationSchema)
def decide_application(body: dict[str, Any], application_id: str) -> WithHeaders:
    """Decide the step in hand; the last approval issues the certificate. Answers the application as it is now."""
    once = application(Certificates).decide_application(
        DecideApplication(
            application_id=application_id,
            officer=_deciding_officer(),
            decision=DECISIONS[body["decision"]],
            remarks=body.get("remarks"),
            step=body.get("step"),
            certificate_id=public_id("crt"),
            decided_event_id=event_id(),
            issued_event_id=event_id(),
            at=utc_now(),
            request_id=request_id(),
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    return _created(once.value)


def _created(application_id: str) -> WithHeaders:
    shown = application(Certificates).applications.get(application_id, viewer())
    headers = {"ETag": views.etag(shown), "Location": f"/v1/applications/{shown.id}"}
    return views.application_details(shown), 201, headers


def _deciding_officer() -> Officer:
    officer = acting_officer()
    if officer is None:
        raise OfficerRequired("The token names no officer of a department.")
    return officer
