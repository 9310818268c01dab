"""Cases against centres: opened, heard, decided, appealed, and all of it written down."""

from datetime import datetime
from typing import Any

from kiosk_registry.application.discipline.errors import (
    CentreCaseMoveNotPossible,
    CentreCaseNeedsAnother,
    CentreCaseNotFound,
    CentreCaseOfOthers,
    CentreNotTrading,
    HearFirst,
    SuspendedElsewhere,
    TimeIsOver,
)
from kiosk_registry.application.discipline.move_case import MoveCase
from kiosk_registry.application.discipline.open_case import OpenCase
from kiosk_registry.application.discipline.ports import EventIds
from kiosk_registry.application.running.errors import CentreOfOthers
from kiosk_registry.bootstrap import KioskRegistry
from kiosk_registry.domain.discipline.case import Act, Evidence, Outcome, State
from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.running.centre import Actor
from kiosk_registry.entrypoints.http.blueprints import READ, discipline
from kiosk_registry.entrypoints.http.discipline import schemas, views
from kiosk_registry.entrypoints.http.running.routes import CHANGE, KEY_RETENTION_DAYS, viewer
from servicekit.http import (
    EVERYBODY,
    Role,
    application,
    cursor,
    etag,
    idempotency_claim,
    mark_replayed,
    precondition,
    request_id,
)
from servicekit.ids import event_id, public_id
from servicekit.instants import utc_now

OFFICERS = frozenset({Role.DISTRICT_ADMIN, Role.STATE_ADMIN})
MOVERS = OFFICERS | {Role.OPERATOR}
READERS = MOVERS | {Role.LSP, Role.AUDITOR}
CASE_ID = {
    "in": "path",
    "name": "case_id",
    "description": "From the answer to POST /v1/centre-cases.",
    "example": "ccs_01a2117a73e07c0fa29ee9f787e4850a",
}

WithHeaders = tuple[dict[str, Any], int, dict[str, str]]


@discipline.route("/v1/centre-cases", methods=["POST"])
@discipline.requires(CHANGE, roles=OFFICERS)
@discipline.keyed("open-centre-case", retention_days=KEY_RETENTION_DAYS)
@discipline.raises(CentreOfOthers)
@discipline.arguments(schemas.CentreCaseOpenSchema, example=schemas.OPEN_EXAMPLE)
@discipline.response(201, schemas.CentreCaseSchema, headers=["Location", "ETag"])
def open_centre_case(body: dict[str, Any]) -> WithHeaders:
    """Open a case against a centre

    By the district or the state, with evidence. Nothing follows from it by itself: the centre is given notice, may
    reply within its days, and another person decides.
    """
    at, caller_of_this = utc_now(), viewer()
    once = application(KioskRegistry).open_case(
        OpenCase(
            case_id=public_id("ccs"),
            kiosk_id=body["kiosk_id"],
            viewer=caller_of_this,
            offence=body["offence"],
            observed_on=body["observed_on"],
            evidence=_evidence(body["evidence"], caller_of_this.actor, at),
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    return _created(once.value)


@discipline.route("/v1/centre-cases")
@discipline.requires(READ, roles=READERS)
@discipline.arguments(schemas.CentreCasesQuerySchema, location="query")
@discipline.response(200, schemas.CentreCasesSchema)
def list_centre_cases(query: dict[str, Any]) -> dict[str, Any]:
    """List cases against centres

    A centre and its provider get those of which it was given notice, the district administration those of its
    districts, the state all.
    """
    state, kiosk_id = query.get("state"), query.get("kiosk")
    filters = {"state": state, "kiosk": kiosk_id}
    after = cursor().after(query.get("cursor"), filters, str)
    registry = application(KioskRegistry)
    shown, last = registry.cases.page(
        viewer(), kiosk_id=kiosk_id, state=State(state) if state else None, after=after, limit=query["limit"]
    )
    following = last and cursor().encode({**filters, "after": last})
    return {"items": [views.summary_shown(case, registry.discipline) for case in shown], "next": following}


@discipline.route("/v1/centre-cases/<string:case_id>", parameters=[CASE_ID])
@discipline.requires(READ, roles=READERS)
@discipline.versioned()
@discipline.raises(CentreCaseNotFound)
@discipline.response(200, schemas.CentreCaseSchema)
def get_centre_case(case_id: str) -> WithHeaders:
    """A case against a centre as it is now

    With its evidence, the decision, the history, the slabs that fit, and what may be done now and by whom; the ETag is
    its version.
    """
    shown, version = _shown(case_id)
    return shown, 200, {"ETag": etag(version)}


@discipline.route("/v1/centre-cases/<string:case_id>/moves", methods=["POST"], parameters=[CASE_ID])
@discipline.requires(CHANGE, roles=MOVERS)
@discipline.keyed("move-centre-case", retention_days=KEY_RETENTION_DAYS)
@discipline.versioned()
@discipline.raises(
    CentreCaseNotFound, CentreCaseMoveNotPossible, CentreCaseOfOthers, CentreCaseNeedsAnother, TimeIsOver, HearFirst,
    CentreNotTrading, SuspendedElsewhere,
)  # fmt: skip
@discipline.arguments(schemas.CentreCaseMoveSchema, example=schemas.MOVE_EXAMPLE)
@discipline.response(201, schemas.CentreCaseSchema, headers=["Location"])
def move_centre_case(body: dict[str, Any], case_id: str) -> WithHeaders:
    """Do something with a case against a centre

    `allowed` of the case says what can be done now, and by whom; anything else is a conflict that says it too. The
    figures of a punishment are those of a slab. A suspension takes effect with its decision and ends by itself; a
    penalty and a closure take effect when the decision is final: accepted, not appealed in time, or upheld by the
    state.
    """
    at, caller_of_this = utc_now(), viewer()
    evidence, outcome, days = body.get("evidence"), body.get("outcome"), body.get("suspension_days")
    once = application(KioskRegistry).move_case(
        MoveCase(
            case_id=case_id,
            viewer=caller_of_this,
            act=Act(body["act"]),
            remarks=body.get("remarks"),
            evidence=_evidence(evidence, caller_of_this.actor, at) if evidence else None,
            outcome=Outcome(outcome) if outcome else None,
            slab=body.get("slab"),
            suspension_days=int(days) if days is not None else None,
            order=body.get("order"),
            precondition=precondition(),
            penalty_id=public_id("pen"),
            ids=EventIds(event_id(), event_id(), request_id()),
            at=at,
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    return _created(once.value)


@discipline.route("/v1/penalty-slabs")
@discipline.requires(READ, roles=EVERYBODY)
@discipline.response(200, schemas.PenaltySlabsSchema)
def list_penalty_slabs() -> dict[str, Any]:
    """What orders set for which offence of a centre

    Offences, slabs with their order, and the days of each step; what no source told is null.
    """
    return views.book_shown(application(KioskRegistry).discipline)


def _evidence(body: dict[str, Any], by: Actor, at: datetime) -> Evidence:
    position = body.get("position")
    return Evidence(
        at=at,
        by=by,
        text=body["text"],
        photographs=tuple(body["photographs"]),
        place=Place(**position) if position else None,
        facts={},
    )


def _shown(case_id: str) -> tuple[dict[str, Any], int]:
    registry, caller_of_this = application(KioskRegistry), viewer()
    case, standing = registry.cases.get(case_id, caller_of_this)
    shown = views.case_shown(
        case,
        standing,
        registry.cases.history(case_id),
        registry.discipline,
        times=registry.cases.times(case),
        office=caller_of_this.actor.office,
        at=utc_now(),
    )
    return shown, case.version


def _created(case_id: str) -> WithHeaders:
    shown, version = _shown(case_id)
    return shown, 201, {"ETag": etag(version), "Location": f"/v1/centre-cases/{case_id}"}
