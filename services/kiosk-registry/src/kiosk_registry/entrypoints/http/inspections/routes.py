"""Inspections: a centre looks at itself, and officers look at it."""

from dataclasses import asdict
from typing import Any

from kiosk_registry.application.inspections.errors import InspectionThere
from kiosk_registry.application.inspections.record_inspection import RecordInspection
from kiosk_registry.application.running.errors import CentreOfOthers
from kiosk_registry.bootstrap import KioskRegistry
from kiosk_registry.domain.calendar import civil_day
from kiosk_registry.domain.inspections.inspection import Inspection, checklist_on
from kiosk_registry.domain.places.districts import Place
from kiosk_registry.entrypoints.http.blueprints import READ, discipline
from kiosk_registry.entrypoints.http.inspections import schemas
from kiosk_registry.entrypoints.http.running.routes import (
    CHANGE,
    KEY_RETENTION_DAYS,
    KIOSK_ID,
    READERS,
    viewer,
)
from servicekit.http import EVERYBODY, Role, application, idempotency_claim, mark_replayed
from servicekit.ids import public_id
from servicekit.instants import utc_now

INSPECTORS = frozenset({Role.OPERATOR, Role.DISTRICT_ADMIN, Role.STATE_ADMIN})


@discipline.route("/v1/kiosks/<string:kiosk_id>/inspections", methods=["POST"], parameters=[KIOSK_ID])
@discipline.requires(CHANGE, roles=INSPECTORS)
@discipline.keyed("record-centre-inspection", retention_days=KEY_RETENTION_DAYS)
@discipline.raises(CentreOfOthers, InspectionThere)
@discipline.arguments(schemas.CentreInspectionRequestSchema, example=schemas.INSPECTION_EXAMPLE)
@discipline.response(201, schemas.CentreInspectionSchema)
def record_centre_inspection(body: dict[str, Any], kiosk_id: str) -> dict[str, Any]:
    """Record an inspection of a centre

    Its operator's own, once a year by the rules, or an officer's. Every question of GET /v1/inspection-checklist is
    answered, with photographs and the geo-tag taken there. What an officer sees that is not as it should be opens a
    case for each offence; from a case nothing follows by itself. One of a kind a day.
    """
    caller_of_this = viewer()
    once = application(KioskRegistry).record_inspection(
        RecordInspection(
            inspection_id=public_id("ins"),
            kiosk_id=kiosk_id,
            viewer=caller_of_this,
            answers={answer["item"]: answer["as_it_should_be"] for answer in body["answers"]},
            photographs={picture["item"]: picture["sha256"] for picture in body["photographs"]},
            place=Place(**body["position"]),
            remarks=body.get("remarks"),
            at=utc_now(),
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    return _inspection_shown(application(KioskRegistry).inspections.recorded(once.value))


@discipline.route("/v1/kiosks/<string:kiosk_id>/inspections", parameters=[KIOSK_ID])
@discipline.requires(READ, roles=READERS)
@discipline.raises(CentreOfOthers)
@discipline.arguments(schemas.CentreInspectionsQuerySchema, location="query")
@discipline.response(200, schemas.CentreInspectionsSchema)
def list_centre_inspections(query: dict[str, Any], kiosk_id: str) -> dict[str, Any]:
    """The inspections of a centre, the newest first

    For its own people, its provider, its district and the state.
    """
    inspections = application(KioskRegistry).inspections.of_centre(kiosk_id, viewer(), query["limit"])
    return {"kiosk_id": kiosk_id, "items": [_inspection_shown(inspection) for inspection in inspections]}


@discipline.route("/v1/inspection-checklist")
@discipline.requires(READ, roles=EVERYBODY)
@discipline.response(200, schemas.InspectionChecklistSchema)
def get_inspection_checklist() -> dict[str, Any]:
    """What is looked at in a centre

    Today's questions, with the order that asks them.
    """
    return asdict(checklist_on(application(KioskRegistry).checklists, civil_day(utc_now())))


def _inspection_shown(inspection: Inspection) -> dict[str, Any]:
    place = inspection.place
    return {
        "inspection_id": inspection.id,
        "kind": inspection.kind.value,
        "on": inspection.on,
        "at": inspection.at,
        "office": inspection.by.office.value,
        "answers": [{"item": item, "as_it_should_be": answer} for item, answer in inspection.answers.items()],
        "photographs": [{"item": item, "sha256": sha256} for item, sha256 in inspection.photographs.items()],
        "position": {"lat": place.lat, "lon": place.lon},
        "metres_from_premises": inspection.metres,
        "remarks": inspection.remarks,
        "cases": [{"offence": offence, "case_id": case_id} for offence, case_id in inspection.cases.items()],
    }
