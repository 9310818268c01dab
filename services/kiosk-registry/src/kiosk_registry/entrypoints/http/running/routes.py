"""Running a centre: its people change it or ask for it, the district decides, and all of it is written down."""

from dataclasses import asdict
from typing import Any

from kiosk_registry.application.running.change_centre import ChangeCentre
from kiosk_registry.application.running.errors import (
    CentreChangeNotPossible,
    CentreOfOthers,
    DecidedByAnother,
    SiteTaken,
)
from kiosk_registry.application.running.viewer import CentreViewer
from kiosk_registry.bootstrap import KioskRegistry
from kiosk_registry.domain.calendar import civil_day
from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.register.centres import Kind
from kiosk_registry.domain.running.acts import allowed
from kiosk_registry.domain.running.centre import Act, Actor, Asked, HistoryLine, Office, Site
from kiosk_registry.entrypoints.http.blueprints import READ, centres
from kiosk_registry.entrypoints.http.running import schemas
from servicekit.errors import NotPermitted
from servicekit.http import (
    Role,
    application,
    caller,
    etag,
    idempotency_claim,
    mark_replayed,
    precondition,
    request_id,
)
from servicekit.ids import event_id
from servicekit.instants import utc_now

CHANGE = "kiosks:change"
RUNNERS_AND_DISTRICT = frozenset({Role.OPERATOR, Role.LSP, Role.DISTRICT_ADMIN})
READERS = RUNNERS_AND_DISTRICT | {Role.STATE_ADMIN, Role.AUDITOR}
KEY_RETENTION_DAYS = 7
KIOSK_ID = {"in": "path", "name": "kiosk_id", "description": "Permanent id.", "example": "ksk_RJ10200001"}

WithHeaders = tuple[dict[str, Any], int, dict[str, str]]


@centres.route("/v1/kiosks/<string:kiosk_id>/changes", methods=["POST"], parameters=[KIOSK_ID])
@centres.requires(CHANGE, roles=RUNNERS_AND_DISTRICT)
@centres.keyed("change-centre", retention_days=KEY_RETENTION_DAYS)
@centres.versioned()
@centres.raises(CentreChangeNotPossible, CentreOfOthers, DecidedByAnother, SiteTaken)
@centres.arguments(schemas.CentreChangeSchema, example=schemas.CHANGE_EXAMPLE)
@centres.response(201, schemas.CentreChangesSchema)
def change_centre(body: dict[str, Any], kiosk_id: str) -> WithHeaders:
    """Change a centre, or ask for it

    Its operator and its provider set hours and services, and ask for other premises or for its closure; the district
    approves, other premises with a geo-tag taken there, or refuses with a reason. `allowed` says what can be done now,
    and by whom; anything else is a conflict that says it too. A closed centre is never opened again.
    """
    site, position = body.get("premises"), body.get("position")
    services = body.get("services")
    once = application(KioskRegistry).change_centre(
        ChangeCentre(
            kiosk_id=kiosk_id,
            viewer=viewer(),
            act=Act(body["act"]),
            hours=body.get("hours"),
            services=tuple(sorted(services)) if services else None,
            site=_site(site) if site else None,
            position=Place(**position) if position else None,
            reason=body.get("reason"),
            remarks=body.get("remarks"),
            precondition=precondition(),
            event_id=event_id(),
            at=utc_now(),
            request_id=request_id(),
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    shown, version = _shown(kiosk_id, after=0, limit=schemas.LARGEST_PAGE)
    return shown, 201, {"ETag": etag(version)}


@centres.route("/v1/kiosks/<string:kiosk_id>/changes", parameters=[KIOSK_ID])
@centres.requires(READ, roles=READERS)
@centres.versioned()
@centres.raises(CentreOfOthers)
@centres.arguments(schemas.CentreChangesQuerySchema, location="query")
@centres.response(200, schemas.CentreChangesSchema)
def list_centre_changes(query: dict[str, Any], kiosk_id: str) -> WithHeaders:
    """Who changed what of a centre

    For its own people, its provider, its district and the state: each change with who, when and why, what is asked for
    and what may be done now. The ETag is the centre's version.
    """
    shown, version = _shown(kiosk_id, **query)
    return shown, 200, {"ETag": etag(version)}


def viewer() -> CentreViewer:
    """The caller. Raises NotPermitted for a token that names nobody."""
    person = caller().person
    if person is None:
        raise NotPermitted("The token names no person.")
    sees_all = person.role in (Role.STATE_ADMIN, Role.AUDITOR)
    return CentreViewer(
        actor=Actor(person.id, Office.STATE if sees_all else Office(person.role)),
        kiosk_id=caller().kiosk_id,
        lsp_id=person.lsp_id,
        districts=application(KioskRegistry).territory.answered_by(person.districts, civil_day(utc_now())),
        sees_all=sees_all,
    )


def _site(body: dict[str, Any]) -> Site:
    photographs = {picture["shows"]: picture["sha256"] for picture in body["photographs"]}
    place, kind = Place(**body["position"]), Kind(body["kind"])
    return Site(pin=body["pin"], place=place, kind=kind, photographs=photographs)


def _shown(kiosk_id: str, *, after: int, limit: int) -> tuple[dict[str, Any], int]:
    registry, caller_of_this = application(KioskRegistry), viewer()
    centre = registry.centre_changes.get(kiosk_id, caller_of_this)
    lines, following = registry.centre_changes.history(centre, after, limit)
    return {
        "kiosk_id": centre.kiosk_id,
        "version": centre.version,
        "status": centre.status.value,
        "asked": _asked_shown(centre.asked) if centre.asked else None,
        "allowed": [
            {"act": act.value, "offices": sorted(office.value for office in offices)}
            for act, offices in allowed(centre).items()
        ],
        "items": [_line_shown(line, to_centre=caller_of_this.actor.office is Office.OPERATOR) for line in lines],
        "next": following,
    }, centre.version


def _asked_shown(asked: Asked) -> dict[str, Any]:
    site = asked.site
    return {
        "act": asked.act.value,
        "office": asked.by.office.value,
        "at": asked.at,
        "premises": site
        and {
            "pin": site.pin,
            "position": {"lat": site.place.lat, "lon": site.place.lon},
            "kind": site.kind.value,
            "photographs": [{"shows": shows, "sha256": sha256} for shows, sha256 in site.photographs.items()],
        },
    }


def _line_shown(line: HistoryLine, *, to_centre: bool) -> dict[str, Any]:
    reason = application(KioskRegistry).opening_rules.reasons.get(line.reason or "")
    return {
        "version": line.version,
        "act": line.act.value,
        "at": line.at,
        "office": line.by.office.value,
        "person_id": None if to_centre else line.by.person_id,
        "reason": reason and asdict(reason),
        "remarks": line.remarks,
        "facts": line.facts,
    }
