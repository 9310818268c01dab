"""Reading centres."""

from typing import Any

from flask import Response, jsonify
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.http import EVERYBODY, application, cursor

from kiosk_registry.bootstrap import KioskRegistry
from kiosk_registry.domain.places.districts import FARTHEST_REACH_M, Place
from kiosk_registry.entrypoints.http.blueprints import READ, centres
from kiosk_registry.entrypoints.http.places.views import known
from kiosk_registry.entrypoints.http.register.schemas import (
    KioskPageSchema,
    KioskQuerySchema,
    KioskSchema,
    NearestQuerySchema,
    NearestSchema,
    StatisticsQuerySchema,
    StatisticsSchema,
)

# Counting 40,000 index entries for every look at a dashboard would be waste: a minute-old figure is as good.
STATISTICS_FRESH_SECONDS = 60
KIOSK_ID = {"in": "path", "name": "kiosk_id", "description": "Permanent id.", "example": "ksk_RJ10200001"}


@centres.route("/v1/kiosks")
@centres.requires(READ, roles=EVERYBODY)
@centres.arguments(KioskQuerySchema, location="query")
@centres.response(200, KioskPageSchema)
def list_kiosks(query: dict[str, Any]) -> Response:
    """List centres

    In order of id, all or those of one district, of one status, or of both.
    """
    filters = {"district": query.get("district"), "status": query.get("status")}
    after = _after(query.get("cursor"), filters)
    page = application(KioskRegistry).kiosks.page(**filters, after=after, limit=query["limit"])
    following = page.last_id and cursor().encode({**filters, "after": page.last_id})
    return jsonify(items=page.items, next=following)


@centres.route("/v1/kiosks/nearest")
@centres.requires(READ, roles=EVERYBODY)
@centres.arguments(NearestQuerySchema, location="query")
@centres.response(200, NearestSchema)
def find_nearest_kiosks(query: dict[str, Any]) -> Response:
    """Find the nearest centres

    ACTIVE centres within 200 km of any place on earth, the closest first. Where fewer lie there than were asked for,
    `note` and `note_hi` say so.
    """
    place = Place(lat=query["lat"], lon=query["lon"])
    items = application(KioskRegistry).kiosks.nearest(place, query["limit"])
    return jsonify(items=items, reach_m=FARTHEST_REACH_M, **_notes(len(items), query["limit"]))


@centres.route("/v1/kiosks/statistics")
@centres.requires(READ, roles=EVERYBODY)
@centres.arguments(StatisticsQuerySchema, location="query")
@centres.response(200, StatisticsSchema, headers=["Cache-Control"])
def get_kiosk_statistics(query: dict[str, Any]) -> Response:
    """Count centres

    Per district and status, and for the whole state. With `on` by the districts of that day: a centre of one that is
    not there counts where its headquarters lay, and one of a district that lost land stays with that district.
    """
    registry = application(KioskRegistry)
    response = jsonify(registry.kiosks.statistics(known(query.get("on"), registry.territory)))
    response.headers["Cache-Control"] = f"private, max-age={STATISTICS_FRESH_SECONDS}"
    return response


@centres.route("/v1/kiosks/<string:kiosk_id>", parameters=[KIOSK_ID])
@centres.requires(READ, roles=EVERYBODY)
@centres.response(200, KioskSchema)
def get_kiosk(kiosk_id: str) -> Response:
    """Read one centre

    By its permanent id; any other text is not found.
    """
    return jsonify(application(KioskRegistry).kiosks.kiosk(kiosk_id))


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
