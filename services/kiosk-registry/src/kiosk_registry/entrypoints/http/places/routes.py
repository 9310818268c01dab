"""Districts, and the areas of PIN codes."""

from typing import Any

from flask import Response, jsonify
from servicekit.http import EVERYBODY, application

from kiosk_registry.bootstrap import KioskRegistry
from kiosk_registry.entrypoints.http.blueprints import READ, centres
from kiosk_registry.entrypoints.http.places.schemas import DistrictsSchema, PlacesQuerySchema, PlacesSchema

# Districts and PIN codes change with a release.
PLACES_FRESH_SECONDS = 3600


@centres.route("/v1/districts")
@centres.requires(READ, roles=EVERYBODY)
@centres.response(200, DistrictsSchema)
def list_districts() -> Response:
    """List the districts

    All 33, with their names in English and Hindi.
    """
    return jsonify(items=application(KioskRegistry).places.districts())


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
