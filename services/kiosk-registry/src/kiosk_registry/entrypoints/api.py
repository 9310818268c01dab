"""The HTTP API: reading centres and districts."""

from typing import Any

from flask import Response, jsonify

from kiosk_registry.bootstrap import KioskRegistry
from kiosk_registry.domain.districts import FARTHEST_REACH_M, Place
from kiosk_registry.entrypoints.schemas import (
    DistrictsSchema,
    KioskPageSchema,
    KioskQuerySchema,
    KioskSchema,
    NearestQuerySchema,
    NearestSchema,
    PlacesQuerySchema,
    PlacesSchema,
    StatisticsSchema,
)
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.http import EVERYBODY, Blueprint, application, cursor

READ = "kiosks:read"
# Counting 40,000 index entries for every look at a dashboard would be waste: a minute-old figure is as good.
STATISTICS_FRESH_SECONDS = 60
# Districts and PIN codes change with a release.
PLACES_FRESH_SECONDS = 3600
KIOSK_ID = {"in": "path", "name": "kiosk_id", "description": "Permanent id.", "example": "ksk_RJ10200001"}

blueprint = Blueprint("kiosks", description="The e-Mitra centres of Rajasthan and its districts")


@blueprint.route("/v1/kiosks")
@blueprint.requires(READ, roles=EVERYBODY)
@blueprint.arguments(KioskQuerySchema, location="query")
@blueprint.response(200, KioskPageSchema)
def list_kiosks(query: dict[str, Any]) -> Response:
    """List centres

    In order of id, all or those of one district, of one status, or of both.
    """
    filters = {"district": query.get("district"), "status": query.get("status")}
    after = _after(query.get("cursor"), filters)
    page = application(KioskRegistry).kiosks.page(**filters, after=after, limit=query["limit"])
    following = page.last_id and cursor().encode({**filters, "after": page.last_id})
    return jsonify(items=page.items, next=following)


@blueprint.route("/v1/kiosks/nearest")
@blueprint.requires(READ, roles=EVERYBODY)
@blueprint.arguments(NearestQuerySchema, location="query")
@blueprint.response(200, NearestSchema)
def find_nearest_kiosks(query: dict[str, Any]) -> Response:
    """Find the nearest centres

    ACTIVE centres within 200 km of any place on earth, the closest first. Where fewer lie there than were asked for,
    `note` and `note_hi` say so.
    """
    place = Place(lat=query["lat"], lon=query["lon"])
    items = application(KioskRegistry).kiosks.nearest(place, query["limit"])
    return jsonify(items=items, reach_m=FARTHEST_REACH_M, **_notes(len(items), query["limit"]))


@blueprint.route("/v1/kiosks/statistics")
@blueprint.requires(READ, roles=EVERYBODY)
@blueprint.response(200, StatisticsSchema, headers=["Cache-Control"])
def get_kiosk_statistics() -> Response:
    """Count centres

    Per district and status, and for the whole state.
    """
    response = jsonify(application(KioskRegistry).kiosks.statistics())
    response.headers["Cache-Control"] = f"private, max-age={STATISTICS_FRESH_SECONDS}"
    return response


@blueprint.route("/v1/kiosks/<string:kiosk_id>", parameters=[KIOSK_ID])
@blueprint.requires(READ, roles=EVERYBODY)
@blueprint.response(200, KioskSchema)
def get_kiosk(kiosk_id: str) -> Response:
    """Read one centre

    By its permanent id; any other text is not found.
    """
    return jsonify(application(KioskRegistry).kiosks.kiosk(kiosk_id))


@blueprint.route("/v1/districts")
@blueprint.requires(READ, roles=EVERYBODY)
@blueprint.response(200, DistrictsSchema)
def list_districts() -> Response:
    """List the districts

    All 33, with their names in English and Hindi.
    """
    return jsonify(items=application(KioskRegistry).kiosks.districts())


@blueprint.route("/v1/places")
@blueprint.public("where somebody is, in words they know, before they look for a centre")
@blueprint.arguments(PlacesQuerySchema, location="query")
@blueprint.response(200, PlacesSchema, headers=["Cache-Control"])
def list_places(query: dict[str, Any]) -> Response:
    """List the places that centres can be looked for from

    Every district with the position of its headquarters. With `pin` the districts of that PIN code, more than one where
    it crosses a border, and the middle of its post offices. A PIN whose area is not known has no districts, and `note`
    and `note_hi` say what to do.
    """
    pin, places = query.get("pin"), application(KioskRegistry).places
    shown = places.of_pin(pin) if pin else places.all()
    response = jsonify(**shown, **_pin_notes(unknown=bool(pin) and not shown["items"]))
    response.headers["Cache-Control"] = f"public, max-age={PLACES_FRESH_SECONDS}"
    return response


def _pin_notes(*, unknown: bool) -> dict[str, str | None]:
    return {
        "note": "The area of this PIN code is not known here. Choose a district." if unknown else None,
        "note_hi": "इस पिन कोड का क्षेत्र यहाँ ज्ञात नहीं है। ज़िला चुनें।" if unknown else None,
    }


def _notes(count: int, limit: int) -> dict[str, str | None]:
    if count == limit:
        return {"note": None, "note_hi": None}
    km = FARTHEST_REACH_M // 1000
    return {
        "note": f"Active centres within {km} km of this place: {count}.",
        "note_hi": f"इस स्थान से {km} किमी के भीतर सक्रिय केंद्र: {count}।",
    }


def _after(text: str | None, filters: dict[str, Any]) -> str | None:
    """The id that the page before ended with. Raises ValidationFailed for a cursor of a list with other filters."""
    if text is None:
        return None
    position = cursor().decode(text)
    after = position.pop("after", None)
    if position != filters or not isinstance(after, str):
        problem = FieldProblem("?cursor", "invalid-cursor", "Keep the filters of the first page, or begin anew.")
        raise ValidationFailed("The cursor belongs to another list.", errors=[problem])
    return after
