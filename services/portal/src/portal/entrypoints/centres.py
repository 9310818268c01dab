"""The nearest centres: by a place's name, a PIN or a position; the list first, then the map."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from portal.application.read_places import PlaceReader
from portal.bootstrap import Portal
from portal.entrypoints import centre_map
from portal.entrypoints.frame import SPOKEN, page, said
from servicekit.http import Blueprint, application

# A screen's worth.
CENTRES = 10
LONGEST_PLACE = 100
_DEGREES = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{1,10})?", re.ASCII)

blueprint = Blueprint("centres")


@dataclass(frozen=True)
class Place:
    """Where distances are counted from: the headquarters of a district, or a position somebody gave (None)."""

    latitude: float
    longitude: float
    district: Mapping[str, Any] | None


@blueprint.route(f"{SPOKEN}/centres")
@blueprint.public("a page for everybody", documented=False)
def find_centres() -> Response:
    """The form, and what it asks for."""
    asked = {name: request.args.get(name, "")[:LONGEST_PLACE].strip() for name in ("place", "district", "lat", "lon")}
    platform = application(Portal).platform
    reader = PlaceReader(platform)
    place, choices, problem = _placed(reader, asked)
    shown: dict[str, Any] = {"near": None}
    if place is not None:
        near = platform.nearest_centres(place.latitude, place.longitude, CENTRES)
        centres: Sequence[Mapping[str, Any]] = near["items"]
        at = (place.latitude, place.longitude)
        shown = {
            "near": near,
            "directions": [centre_map.direction(*at, centre) for centre in centres],
            "map_size": centre_map.SIZE,
            "map": centre_map.drawn(*at, centres) if centres else None,
        }
    return page(
        "centres.html",
        status=422 if problem else 200,
        kept=not (asked["lat"] or asked["lon"] or problem),
        asked=asked,
        place=place,
        choices=choices,
        problem=problem,
        districts=sorted(platform.districts(), key=lambda district: said().member(district, "name")),
        **shown,
    )


def _placed(reader: PlaceReader, asked: Mapping[str, str]) -> tuple[Place | None, Sequence[Mapping[str, Any]], str]:
    """The place, or the districts it may be in, or which field cannot be used: "place" or "position"."""
    if asked["lat"] or asked["lon"]:
        latitude, longitude = _degrees(asked["lat"], 90), _degrees(asked["lon"], 180)
        if latitude is None or longitude is None:
            return None, [], "position"
        return Place(latitude, longitude, None), [], ""
    if asked["district"]:
        district = reader.district(asked["district"])
        districts = [district] if district else []
    elif asked["place"]:
        districts = list(reader.search(asked["place"]))
    else:
        return None, [], ""
    if len(districts) != 1:
        return None, districts, "" if districts else "place"
    longitude, latitude = districts[0]["headquarters"]["coordinates"]
    return Place(latitude, longitude, districts[0]), [], ""


def _degrees(text: str, most: int) -> float | None:
    return float(text) if _DEGREES.fullmatch(text) and abs(float(text)) <= most else None
