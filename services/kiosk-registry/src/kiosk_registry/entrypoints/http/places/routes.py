"""Districts, and the areas of PIN codes."""

from typing import Any

from flask import Response, jsonify

from kiosk_registry.bootstrap import KioskRegistry
from kiosk_registry.domain.calendar import civil_day
from kiosk_registry.entrypoints.http.blueprints import READ, centres
from kiosk_registry.entrypoints.http.places import views
from kiosk_registry.entrypoints.http.places.schemas import (
    DayQuerySchema,
    DistrictsSchema,
    DivisionsSchema,
    JurisdictionSchema,
    PlacesQuerySchema,
    PlacesSchema,
)
from servicekit.errors import NotFound
from servicekit.http import EVERYBODY, application
from servicekit.instants import utc_now

# Districts and PIN codes change with a release.
PLACES_FRESH_SECONDS = 3600
DISTRICT_CODE = {
    "in": "path",
    "name": "district_code",
    "description": "As GET /v1/districts lists them.",
    "example": "102",
}


@centres.route("/v1/districts")
@centres.requires(READ, roles=EVERYBODY)
@centres.arguments(DayQuerySchema, location="query")
@centres.response(200, DistrictsSchema)
def list_districts(query: dict[str, Any]) -> Response:
    """List the districts

    The 33 of the Census of 2011, with their names in English and Hindi. With `on` those of that day: 33 until
    2023-08-06, 50 from 2023-08-07, 41 since 2024-12-28, each change with the order by which it came.
    """
    registry = application(KioskRegistry)
    day = views.known(query.get("on"), registry.territory)
    return jsonify(views.districts_shown(registry.places.districts(), registry.territory, day))


@centres.route("/v1/districts/<string:district_code>/jurisdiction", parameters=[DISTRICT_CODE])
@centres.requires(READ, roles=EVERYBODY)
@centres.arguments(DayQuerySchema, location="query")
@centres.response(200, JurisdictionSchema)
def get_jurisdiction(query: dict[str, Any], district_code: str) -> Response:
    """Who answers for a district on a day

    What is written under a district that was ended is its successors' from that day: nothing loses its officers.
    """
    territory = application(KioskRegistry).territory
    day = views.known(query.get("on"), territory) or civil_day(utc_now())
    heirs = territory.heirs(district_code, day)
    if not heirs:
        raise NotFound("There never was a district with this code; GET /v1/districts?on= lists those of a day.")
    return jsonify(district_code=district_code, on=day.isoformat(), answered_by=heirs)


@centres.route("/v1/divisions")
@centres.requires(READ, roles=EVERYBODY)
@centres.arguments(DayQuerySchema, location="query")
@centres.response(200, DivisionsSchema)
def list_divisions(query: dict[str, Any]) -> Response:
    """List the divisions

    With their districts, today or on a day: seven, and ten from 2023-08-07 until 2024-12-27.
    """
    territory = application(KioskRegistry).territory
    return jsonify(views.divisions_shown(territory, views.known(query.get("on"), territory) or civil_day(utc_now())))


@centres.route("/v1/places")
@centres.public("where somebody is, in words they know, before they look for a centre")
@centres.arguments(PlacesQuerySchema, location="query")
@centres.response(200, PlacesSchema, headers=["Cache-Control"])
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
