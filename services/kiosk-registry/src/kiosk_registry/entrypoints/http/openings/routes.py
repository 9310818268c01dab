"""Opening a centre: applying, and what each office does with it."""

from typing import Any

from kiosk_registry.application.openings.errors import (
    AnotherOffice,
    AnotherPerson,
    AppealTooLate,
    DeviceTaken,
    MoveNotPossible,
    NotEligible,
    OpeningNotFound,
    OpeningThere,
    PremisesTaken,
)
from kiosk_registry.application.openings.move_opening import MoveOpening
from kiosk_registry.application.openings.submit_opening import SubmitOpening
from kiosk_registry.application.openings.viewer import Viewer
from kiosk_registry.bootstrap import KioskRegistry
from kiosk_registry.domain.calendar import civil_day
from kiosk_registry.domain.openings.opening import Act, Form, Office, Premises, State
from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.register.centres import Kind
from kiosk_registry.entrypoints.http.blueprints import READ, internal, openings
from kiosk_registry.entrypoints.http.openings import schemas, views
from servicekit.errors import NotPermitted
from servicekit.http import (
    EVERYBODY,
    Role,
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

READ_OPENINGS, WRITE_OPENINGS = "centre-applications:read", "centre-applications:write"
OFFICES = frozenset({Role.LSP, Role.DISTRICT_ADMIN, Role.STATE_ADMIN})
READERS = OFFICES | {Role.CITIZEN, Role.AUDITOR}
# Keys of requests that move no money are remembered for a week.
KEY_RETENTION_DAYS = 7
OPENING_ID = {
    "in": "path",
    "name": "opening_id",
    "description": "From the answer to POST /v1/centre-applications.",
    "example": "cap_01a2117a73e07c0fa29ee9f787e4850a",
}

WithHeaders = tuple[dict[str, Any], int, dict[str, str]]


@openings.route("/v1/centre-applications", methods=["POST"])
@openings.requires(WRITE_OPENINGS, roles=[Role.CITIZEN])
@openings.keyed("submit-centre-application", retention_days=KEY_RETENTION_DAYS)
@openings.raises(NotEligible, OpeningThere, PremisesTaken)
@openings.arguments(schemas.CentreFormSchema, example=schemas.FORM_EXAMPLE)
@openings.response(201, schemas.CentreApplicationSchema, headers=["Location", "ETag"])
def submit_centre_application(body: dict[str, Any]) -> WithHeaders:
    """Apply for a centre

    A citizen who meets the rules of GET /v1/centre-rules. It goes to the provider chosen, the district administration,
    the examination, the state, and back to the provider, who binds the device: then the centre trades. One application
    for a person at a time. It can be followed by its transaction token.
    """
    once = application(KioskRegistry).submit_opening(
        SubmitOpening(
            opening_id=public_id("cap"),
            transaction_token=transaction_token(),
            event_id=event_id(),
            form=_form(body),
            person_id=_viewer().person_id,
            client_id=caller().client_id,
            at=utc_now(),
            request_id=request_id(),
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    return _created(once.value)


@openings.route("/v1/centre-applications")
@openings.requires(READ_OPENINGS, roles=READERS)
@openings.arguments(schemas.CentreApplicationQuerySchema, location="query")
@openings.response(200, schemas.CentreApplicationsSchema)
def list_centre_applications(query: dict[str, Any]) -> dict[str, Any]:
    """List applications for centres

    A citizen gets their own, a provider those that chose it, the district administration those of its districts and of
    districts that these took over, the state all.
    """
    state = query.get("state")
    filters = {"state": state}
    after = cursor().after(query.get("cursor"), filters, str)
    shown, last = application(KioskRegistry).openings.page(
        _viewer(), state=State(state) if state else None, after=after, limit=query["limit"]
    )
    following = last and cursor().encode({**filters, "after": last})
    return {"items": [views.summary_shown(opening) for opening in shown], "next": following}


@openings.route("/v1/centre-applications/<string:opening_id>", parameters=[OPENING_ID])
@openings.requires(READ_OPENINGS, roles=READERS)
@openings.versioned()
@openings.raises(OpeningNotFound)
@openings.response(200, schemas.CentreApplicationSchema)
def get_centre_application(opening_id: str) -> WithHeaders:
    """An application for a centre as it is now

    With its form, its history, and what may be done with it now and by whom; the ETag is its version.
    """
    shown, version = _shown(opening_id)
    return shown, 200, {"ETag": etag(version)}


@openings.route("/v1/centre-applications/<string:opening_id>/moves", methods=["POST"], parameters=[OPENING_ID])
@openings.requires(WRITE_OPENINGS, roles=OFFICES | {Role.CITIZEN})
@openings.keyed("move-centre-application", retention_days=KEY_RETENTION_DAYS)
@openings.versioned()
@openings.raises(
    OpeningNotFound, MoveNotPossible, AnotherOffice, AnotherPerson, AppealTooLate, NotEligible, DeviceTaken,
    OpeningThere, PremisesTaken,
)  # fmt: skip
@openings.arguments(schemas.MoveSchema, example=schemas.MOVE_EXAMPLE)
@openings.response(201, schemas.CentreApplicationSchema, headers=["Location"])
def move_centre_application(body: dict[str, Any], opening_id: str) -> WithHeaders:
    """Do something with an application for a centre

    `allowed` of the application says what can be done now, and by whom; anything else is a conflict that says it too.
    Providers recommend and bind the device, the district administration verifies and examines, the state approves; each
    may send back or reject with a reason. The applicant answers what was sent back, appeals once against a rejection,
    or withdraws.
    """
    position, form = body.get("position"), body.get("form")
    once = application(KioskRegistry).move_opening(
        MoveOpening(
            opening_id=opening_id,
            viewer=_viewer(),
            act=Act(body["act"]),
            reason=body.get("reason"),
            remarks=body.get("remarks"),
            position=Place(**position) if position else None,
            documents_seen=frozenset(body.get("documents_seen", ())),
            form=_form(form) if form else None,
            device_id=body.get("device_id"),
            precondition=precondition(),
            event_id=event_id(),
            approved_event_id=event_id(),
            at=utc_now(),
            request_id=request_id(),
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    return _created(once.value)


@openings.route("/v1/centre-rules")
@openings.requires(READ, roles=EVERYBODY)
@openings.arguments(schemas.CentreRulesQuerySchema, location="query")
@openings.response(200, schemas.CentreRulesSchema)
def get_centre_rules(query: dict[str, Any]) -> dict[str, Any]:
    """The rules by which centres are opened

    Today's or a day's, with the order that set them; what no source told is null.
    """
    rulebook = application(KioskRegistry).opening_rules
    return views.rules_shown(rulebook.on(query.get("on") or civil_day(utc_now())), rulebook.reasons)


@openings.route("/v1/lsps")
@openings.requires(READ, roles=EVERYBODY)
@openings.arguments(schemas.LspQuerySchema, location="query")
@openings.response(200, schemas.LspsSchema)
def list_lsps(query: dict[str, Any]) -> dict[str, Any]:
    """List the local service providers

    All, or those that serve a district.
    """
    serving = application(KioskRegistry).lsps.serving(query.get("district"))
    return {"items": [views.lsp_shown(lsp) for lsp in serving]}


@internal.route("/v1/internal/transactions/<string:token>")
@internal.internal()
@internal.raises(OpeningNotFound)
@internal.response(200, schemas.CentreTransactionSchema)
def get_centre_transaction(token: str) -> dict[str, Any]:
    """What a transaction token stands for here

    The gateway checks the owner.
    """
    return views.transaction_shown(*application(KioskRegistry).openings.transaction(token))


def _viewer() -> Viewer:
    """The caller. Raises NotPermitted for a token that names nobody."""
    person = caller().person
    if person is None:
        raise NotPermitted("The token names no person.")
    territory = application(KioskRegistry).territory
    sees_all = person.role in (Role.STATE_ADMIN, Role.AUDITOR)
    return Viewer(
        person_id=person.id,
        office=Office.STATE if sees_all else Office(person.role),
        lsp_id=person.lsp_id,
        districts=territory.answered_by(person.districts, civil_day(utc_now())),
        sees_all=sees_all,
    )


def _form(body: dict[str, Any]) -> Form:
    premises = body["premises"]
    return Form(
        **{
            name: body[name] for name in ("name_en", "name_hi", "district_code", "lsp_id", "date_of_birth", "education")
        },
        is_resident=body["is_resident"],
        documents=frozenset(body["documents"]),
        equipment=frozenset(body["equipment"]),
        premises=Premises(
            premises["address"],
            premises["pin"],
            Place(**premises["position"]),
            Kind(premises["kind"]),
            {picture["shows"]: picture["sha256"] for picture in premises["photographs"]},
        ),
    )


def _shown(opening_id: str) -> tuple[dict[str, Any], int]:
    registry, viewer = application(KioskRegistry), _viewer()
    opening, history = registry.openings.get(opening_id, viewer)
    return views.opening_shown(opening, history, viewer, registry.opening_rules), opening.version


def _created(opening_id: str) -> WithHeaders:
    shown, version = _shown(opening_id)
    return shown, 201, {"ETag": etag(version), "Location": f"/v1/centre-applications/{opening_id}"}
