"""The routes of officers: the queue, a case in hand, decisions one by one and many at once, charges."""

from typing import Any

from certificates.application.applications.errors import ApplicationNotFound
from certificates.application.applications.ports import Position
from certificates.application.certificates.errors import RecordNotInForce
from certificates.application.officers.begin_bulk_decision import BeginBulkDecision
from certificates.application.officers.decide_application import DecideApplication
from certificates.application.officers.errors import (
    AlreadyDecided,
    AnotherOfficerRequired,
    AnotherPostRequired,
    BulkDecisionNotFound,
    ChargeNotFound,
    FeeNotPaid,
    OfficerRequired,
    TakenByAnother,
)
from certificates.application.officers.hand_over_charge import HandOverCharge
from certificates.application.officers.take_application import TakeApplication
from certificates.bootstrap import Certificates
from certificates.domain.officers.officer import Officer
from certificates.entrypoints.http.applications.routes import APPLICATION_ID, created
from certificates.entrypoints.http.applications.schemas import ApplicationSchema
from certificates.entrypoints.http.blueprint import KEY_RETENTION_DAYS, WithHeaders, acting_officer, blueprint, viewer
from certificates.entrypoints.http.officers import schemas, views
from servicekit.http import (
    Role,
    application,
    caller,
    cursor,
    idempotency_claim,
    mark_replayed,
    precondition,
    request_id,
)
from servicekit.ids import event_id, public_id
from servicekit.instants import utc_now

_BULK_ID = {
    "in": "path",
    "name": "bulk_id",
    "description": "From the answer to POST /v1/bulk-decisions.",
    "example": "blk_01a2117a73e07c0fa29ee9f787e4850a",
}
_CHARGE_ID = {
    "in": "path",
    "name": "charge_id",
    "description": "From the answer to POST /v1/officer-charges.",
    "example": "chg_01a2117a73e07c0fa29ee9f787e4850a",
}


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
    TakenByAnother,
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


@blueprint.route("/v1/officer-queue")
@blueprint.requires("applications:read", roles=[Role.OFFICER])
@blueprint.raises(OfficerRequired)
@blueprint.arguments(schemas.QueueQuerySchema, location="query")
@blueprint.response(200, schemas.QueueSchema)
def list_officer_queue(query: dict[str, Any]) -> dict[str, Any]:
    """What waits for your decision, those due first in front.

    Of your department and districts, what your post decides, or one whose charge you have; with how long each waits and
    who has it in hand.
    """
    _deciding_officer()
    services, at = application(Certificates), utc_now()
    after = Position.of(cursor().decode(query["cursor"])) if "cursor" in query else None
    waiting, following = services.applications.page(
        viewer(),
        states=None,
        district_code=query.get("district_code"),
        type_code=query.get("application_type"),
        due_by=query.get("due_by"),
        after=after,
        limit=query["limit"],
    )
    takings = services.officers.takings_of([shown.id for shown in waiting], at)
    calendar = services.rulebook.calendar
    items = [views.waiting(shown, takings.get(shown.id), caller().person, calendar, at) for shown in waiting]
    return {"items": items, "next": None if following is None else cursor().encode(vars(following))}


@blueprint.route("/v1/officer-queue-counts")
@blueprint.requires("applications:read", roles=[Role.OFFICER])
@blueprint.raises(OfficerRequired)
@blueprint.response(200, schemas.QueueCountsSchema)
def count_officer_queue() -> dict[str, Any]:
    """How much waits for your decision, by type, step and district.

    How many of them are late or due today, and since when the oldest one waits.
    """
    officer = _deciding_officer()
    counts = application(Certificates).officers.queue_counts(officer, caller().reach, utc_now())
    return {"items": [views.queue_count(count) for count in counts], "next": None}


@blueprint.route("/v1/applications/<string:application_id>/takings", methods=["POST"], parameters=[APPLICATION_ID])
@blueprint.requires("applications:decide", roles=[Role.OFFICER])
@blueprint.repeatable("a repeat takes it for longer")
@blueprint.raises(
    ApplicationNotFound,
    OfficerRequired,
    AnotherOfficerRequired,
    AnotherPostRequired,
    AlreadyDecided,
    FeeNotPaid,
    TakenByAnother,
)
@blueprint.response(200, schemas.TakingSchema)
def take_application(application_id: str) -> dict[str, Any]:
    """Take a case in hand, so that colleagues leave it alone.

    For four hours, or until it is decided or released; nobody else decides it meanwhile (409 `taken-by-another`).
    """
    taking = application(Certificates).take_application(TakeApplication(application_id, _deciding_officer(), utc_now()))
    return views.taking(taking)


@blueprint.route("/v1/applications/<string:application_id>/releases", methods=["POST"], parameters=[APPLICATION_ID])
@blueprint.requires("applications:decide", roles=[Role.OFFICER])
@blueprint.repeatable("what is released stays released")
@blueprint.raises(OfficerRequired)
@blueprint.response(200, schemas.ReleaseSchema)
def release_application(application_id: str) -> dict[str, Any]:
    """Release a case that you took.

    Where you have none the answer is the same.
    """
    application(Certificates).takings.give_back(application_id, _deciding_officer().id)
    return {"application_id": application_id}


@blueprint.route("/v1/bulk-decisions", methods=["POST"])
@blueprint.requires("applications:decide", roles=[Role.OFFICER])
@blueprint.keyed("bulk-decision", retention_days=KEY_RETENTION_DAYS)
@blueprint.raises(OfficerRequired)
@blueprint.arguments(schemas.BulkDecisionRequestSchema, example=schemas.BULK_EXAMPLE)
@blueprint.response(202, schemas.BulkDecisionSchema, headers=["Location", "Retry-After"])
def begin_bulk_decision(body: dict[str, Any]) -> WithHeaders:
    """Approve and sign up to 500 cases.

    Each by itself, as if you had approved it alone, in the order given: one that is refused holds up no other. Ask at
    Location how far it is.
    """
    services = application(Certificates)
    once = services.begin_bulk_decision(
        BeginBulkDecision(
            bulk_id=public_id("blk"),
            officer=_deciding_officer(),
            client_id=caller().client_id,
            remarks=body.get("remarks"),
            items=body["items"],
            request_id=request_id(),
            at=utc_now(),
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    shown = views.bulk_decision(services.officers.bulk_decision(once.value, _deciding_officer()))
    return shown, 202, {"Location": f"/v1/bulk-decisions/{once.value}", "Retry-After": "1"}


@blueprint.route("/v1/bulk-decisions/<string:bulk_id>", parameters=[_BULK_ID])
@blueprint.requires("applications:read", roles=[Role.OFFICER])
@blueprint.raises(OfficerRequired, BulkDecisionNotFound)
@blueprint.response(200, schemas.BulkDecisionSchema)
def get_bulk_decision(bulk_id: str) -> dict[str, Any]:
    """How far an approval of many cases is, and what became of each.

    It goes on by itself, whoever asks.
    """
    return views.bulk_decision(application(Certificates).officers.bulk_decision(bulk_id, _deciding_officer()))


@blueprint.route("/v1/officer-charges", methods=["POST"])
@blueprint.requires("applications:decide", roles=[Role.OFFICER])
@blueprint.keyed("hand-over-charge", retention_days=KEY_RETENTION_DAYS)
@blueprint.raises(OfficerRequired)
@blueprint.arguments(schemas.HandOverSchema, example=schemas.CHARGE_EXAMPLE)
@blueprint.response(201, schemas.ChargeSchema, headers=["Location"])
def hand_over_charge(body: dict[str, Any]) -> WithHeaders:
    """Hand your post over for some days.

    To the officer named, or, while you are absent, to those who stand in by rule. Whoever has it decides in districts
    of you both, and the paper says for whom. What was handed to you is not yours to hand on.
    """
    services, officer = application(Certificates), _deciding_officer()
    once = services.hand_over_charge(
        HandOverCharge(
            charge_id=public_id("chg"),
            officer=officer,
            to_officer_id=body["to_officer_id"],
            from_on=body["from_on"],
            until_on=body["until_on"],
            at=utc_now(),
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    shown = views.charge(services.officers.own_charge(once.value, officer), officer)
    return shown, 201, {"Location": "/v1/officer-charges"}


@blueprint.route("/v1/officer-charges")
@blueprint.requires("applications:read", roles=[Role.OFFICER])
@blueprint.raises(OfficerRequired)
@blueprint.response(200, schemas.ChargesSchema)
def list_officer_charges() -> dict[str, Any]:
    """The charges that you handed over or have

    Of today or later; what has ended is not told.
    """
    officer = _deciding_officer()
    charges = application(Certificates).officers.charges_of(officer, utc_now())
    return {"items": [views.charge(charge, officer) for charge in charges], "next": None}


@blueprint.route("/v1/officer-charges/<string:charge_id>/endings", methods=["POST"], parameters=[_CHARGE_ID])
@blueprint.requires("applications:decide", roles=[Role.OFFICER])
@blueprint.repeatable("what has ended stays ended")
@blueprint.raises(OfficerRequired, ChargeNotFound)
@blueprint.response(200, schemas.ChargeSchema)
def end_officer_charge(charge_id: str) -> dict[str, Any]:
    """Take a charge back before its last day

    By whoever handed it over. What was decided under it stands.
    """
    officer = _deciding_officer()
    return views.charge(application(Certificates).officers.end_charge(charge_id, officer, utc_now()), officer)


def _deciding_officer() -> Officer:
    officer = acting_officer()
    if officer is None:
        raise OfficerRequired("The token names no officer of a department.")
    return officer
