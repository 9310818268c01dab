"""Reading centres."""

from typing import Any

from flask import Response, jsonify

from kiosk_registry.bootstrap import KioskRegistry, Nearest, Search
from kiosk_registry.domain.places.districts import FARTHEST_REACH_M, Place
from kiosk_registry.domain.register.centres import Status
from kiosk_registry.entrypoints.http.blueprints import READ, centres
from kiosk_registry.entrypoints.http.places.views import known
from kiosk_registry.entrypoints.http.register.schemas import (
    KioskDayQuerySchema,
    KioskPageSchema,
    KioskQuerySchema,
    KioskSchema,
    NearestQuerySchema,
    NearestSchema,
    StatisticsQuerySchema,
    StatisticsSchema,
)
from servicekit.http import EVERYBODY, application, cursor, etag
from servicekit.instants import utc_now

# Counting 40,000 index entries for every look at a dashboard would be waste: a minute-old figure is as good.
STATISTICS_FRESH_SECONDS = 60
ACTIVE_ONES = Search(status=Status.ACTIVE.value)
# What a filter may ask for that is not known of every centre, for people.
UNSET_NAMES = {
    "pin": ("PIN code", "पिन कोड"),
    "tehsil_code": ("tehsil", "तहसील"),
    "services": ("services", "सेवाएँ"),
}
KIOSK_ID = {"in": "path", "name": "kiosk_id", "description": "Permanent id.", "example": "ksk_RJ10200001"}


@centres.route("/v1/kiosks")
@centres.requires(READ, roles=EVERYBODY)
@centres.arguments(KioskQuerySchema, location="query")
@centres.response(200, KioskPageSchema)
def list_kiosks(query: dict[str, Any]) -> Response:
    """List and search centres

    In order of id, all or those that every filter given meets. A name is met in any spelling, in Hindi, in English and
    in Hindi with Latin letters. Where a filter asks for what is not known of some centres, `note` and `note_hi` say so.
    """
    limit, text = query.pop("limit"), query.pop("cursor", None)
    search = Search(**query)
    filters = {"district": search.district, "status": search.status, **query}
    page = application(KioskRegistry).kiosks.page(
        search, utc_now(), after=cursor().after(text, filters, str), limit=limit
    )
    following = page.last_id and cursor().encode({**filters, "after": page.last_id})
    return jsonify(items=page.items, next=following, **_unset_notes(page.unset))


@centres.route("/v1/kiosks/nearest")
@centres.requires(READ, roles=EVERYBODY)
@centres.arguments(NearestQuerySchema, location="query")
@centres.response(200, NearestSchema)
def find_nearest_kiosks(query: dict[str, Any]) -> Response:
    """Find the nearest centres

    Within 200 km of any place on earth, the closest first; ACTIVE ones unless `status` says otherwise. Where fewer lie
    there than were asked for, `note` and `note_hi` say so. With `open_now` a centre whose hours are not known is left
    out, being neither open nor closed; the note says how many of the closest those are.
    """
    place, limit = Place(lat=query["lat"], lon=query["lon"]), query["limit"]
    search = Search(service=query.get("service"), status=query["status"])
    nearest = application(KioskRegistry).kiosks.nearest(
        place, search, utc_now(), open_now=query["open_now"], limit=limit
    )
    notes = _nearest_notes(nearest, limit, plain=search == ACTIVE_ONES and not query["open_now"])
    return jsonify(items=nearest.items, reach_m=FARTHEST_REACH_M, **notes)


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
@centres.versioned()
@centres.arguments(KioskDayQuerySchema, location="query")
@centres.response(200, KioskSchema)
def get_kiosk(query: dict[str, Any], kiosk_id: str) -> Response:
    """Read one centre

    By its permanent id; any other text is not found. With `on` as it was at the end of that day, as far as the register
    wrote down what was changed since; `open_now` is null then. The ETag is its version.
    """
    kiosks = application(KioskRegistry).kiosks
    day = query.get("on")
    shown = kiosks.kiosk_on(kiosk_id, day) if day else kiosks.kiosk(kiosk_id, utc_now())
    response = jsonify(shown)
    response.headers["ETag"] = etag(shown["version"])
    return response


def _unset_notes(unset: list[str]) -> dict[str, str | None]:
    names, names_hi = (", ".join(UNSET_NAMES[member][language] for member in unset) for language in (0, 1))
    return {
        "note": f"Not known of every centre: {names}. Centres of which it is not known are left out."
        if unset
        else None,
        "note_hi": f"हर केंद्र का ज्ञात नहीं: {names_hi}। जिन केंद्रों का यह ज्ञात नहीं है, वे छोड़ दिए गए हैं।" if unset else None,
    }


def _nearest_notes(nearest: Nearest, limit: int, *, plain: bool) -> dict[str, str | None]:
    notes: list[tuple[str, str]] = []
    count, km = len(nearest.items), FARTHEST_REACH_M // 1000
    if count < limit:
        which, which_hi = ("Active centres", "सक्रिय केंद्र") if plain else ("Centres as asked for", "माँगे गए केंद्र")
        notes.append(
            (f"{which} within {km} km of this place: {count}.", f"इस स्थान से {km} किमी के भीतर {which_hi}: {count}।")
        )
    if nearest.hours_unset:
        notes.append(
            (
                f"Closer centres that are left out because their hours are not known: {nearest.hours_unset}.",
                f"पास के केंद्र जो छोड़ दिए गए क्योंकि उनका समय ज्ञात नहीं है: {nearest.hours_unset}।",
            )
        )
    note, note_hi = (" ".join(sentences) or None for sentences in zip(*notes, strict=True)) if notes else (None, None)
    return {"note": note, "note_hi": note_hi}
