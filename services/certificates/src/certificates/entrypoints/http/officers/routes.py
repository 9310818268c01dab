"""The route of officers' decisions."""

from typing import Any

from certificates.application.applications.errors import ApplicationNotFound
from certificates.application.certificates.errors import RecordNotInForce
from certificates.application.officers.decide_application import DecideApplication
from certificates.application.officers.errors import (
    AlreadyDecided,
    AnotherOfficerRequired,
    AnotherPostRequired,
    FeeNotPaid,
    OfficerRequired,
)
from certificates.bootstrap import Certificates
from certificates.domain.officer import Officer
from certificates.entrypoints.http.applications.routes import APPLICATION_ID, created
from certificates.entrypoints.http.applications.schemas import ApplicationSchema
from certificates.entrypoints.http.blueprint import KEY_RETENTION_DAYS, WithHeaders, acting_officer, blueprint
from certificates.entrypoints.http.officers import schemas
from servicekit.http import Role, application, idempotency_claim, mark_replayed, precondition, request_id
from servicekit.ids import event_id, public_id
from servicekit.instants import utc_now


@blueprint.route("/v1/applications/<string:application_id>/decisions", methods=["POST"], parameters=[APPLICATION_ID])
@blueprint.requires("applications:decide", roles=[Role.OFFICER])
@blueprint.keyed("decide-application", retention_days=KEY_RETENTION_DAYS)
@blueprint.versioned()
@blueprint.raises(
    ApplicationNotFound,
    OfficerRequired,
    AnotherOfficerRequired,
    AnotherPostRequired,
    AlreadyDecided,
    FeeNotPaid,
    RecordNotInForce,
)
@blueprint.arguments(schemas.DecisionSchema, example=schemas.DECISION_EXAMPLE)
@blueprint.response(201, ApplicationSchema, headers=["Location"])
def decide_application(body: dict[str, Any], application_id: str) -> WithHeaders:
    """Decide the step in hand.

    The last approval issues the certificate; of a correction, a new one in place of the old one. Answers the
    application as it is now.
    """
    once = application(Certificates).decide_application(
        DecideApplication(
            application_id=application_id,
            officer=_deciding_officer(),
            decision=schemas.DECISIONS[body["decision"]],
            reason=body.get("reason"),
            remarks=body.get("remarks"),
            step=body.get("step"),
            asks=body["asks"],
            precondition=precondition(),
            certificate_id=public_id("crt"),
            decided_event_id=event_id(),
            issued_event_id=event_id(),
            ended_event_ids=(event_id(), event_id()),
            at=utc_now(),
            request_id=request_id(),
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    return created(once.value)


def _deciding_officer() -> Officer:
    officer = acting_officer()
    if officer is None:
        raise OfficerRequired("The token names no officer of a department.")
    return officer
