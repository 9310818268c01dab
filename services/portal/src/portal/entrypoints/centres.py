"""The nearest centres: by a place's name, a PIN or a position; the list first, then the map."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, request

from portal.application.ports import Answer
from portal.application.read_places import PlaceReader, read_pin
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
    """Where distances are counted from.

    A position somebody gave (no districts); the headquarters of the one district; or the post offices of `pin`, where
    the platform knows their place (`at_pin`).
    """

    latitude: float
    longitude: float
    districts: Sequence[Answer] = ()
    pin: str = ""
    at_pin: bool = False


@dataclass(frozen=True)
class Asked:
    """What a question for a place comes to: the place, or the districts it may be in, or what cannot be used.

    `problem` is "place", "pin" or "position". `answer` is the platform's about a PIN.
    """

    place: Place | None = None
    choices: Sequence[Answer] = ()
    problem: str = ""
    answer: Answer | None = None


@blueprint.route(f"{SPOKEN}/centres")
@blueprint.public("a page for everybody", documented=False)
def find_centres() -> Response:
    """The form, and what it asks for."""
    written = {name: request.args.get(name, "")[:LONGEST_PLACE].strip() for name in ("place", "district", "lat", "lon")}
    platform = application(Portal).platform
    asked = _read(PlaceReader(platform), written)
    shown: dict[str, Any] = {"near": None}
    if asked.place is not None:
        near = platform.nearest_centres(asked.place.latitude, asked.place.longitude, CENTRES)
        centres: Sequence[Answer] = near["items"]
        at = (asked.place.latitude, asked.place.longitude)
        shown = {
            "near": near,
            "directions": [centre_map.direction(*at, centre) for centre in centres],
            "map_size": centre_map.SIZE,
            "map": centre_map.drawn(*at, centres) if centres else None,
        }
    return page(
        "centres.html",
        status=422 if asked.problem else 200,
        kept=not (written["lat"] or written["lon"] or asked.problem),
        written=written,
        asked=asked,
        districts=sorted(platform.districts(), key=lambda district: said().member(district, "name")),
        **shown,
    )


def _read(reader: PlaceReader, written: Mapping[str, str]) -> Asked:
    if written["lat"] or written["lon"]:
        latitude, longitude = _degrees(written["lat"], 90), _degrees(written["lon"], 180)
        if latitude is None or longitude is None:
            return Asked(problem="position")
        return Asked(Place(latitude, longitude))
    if written["district"]:
        district = reader.district(written["district"])
        return _of_districts([district] if district else [])
    if pin := read_pin(written["place"]):
        return _of_pin(pin, reader.platform.pin_places(pin))
    return _of_districts(reader.search(written["place"])) if written["place"] else Asked()


def _of_districts(districts: Sequence[Answer], pin: str = "") -> Asked:
    if len(districts) != 1:
        return Asked(choices=districts, problem="" if districts else "place")
    longitude, latitude = districts[0]["position"]["coordinates"]
    return Asked(Place(latitude, longitude, districts, pin))


def _of_pin(pin: str, answer: Answer) -> Asked:
    if not answer["items"]:
        return Asked(problem="pin", answer=answer)
    if answer["pin_area"]["position"] is None:
        return replace(_of_districts(answer["items"], pin), answer=answer)
    longitude, latitude = answer["pin_area"]["position"]["coordinates"]
    return Asked(Place(latitude, longitude, answer["items"], pin, at_pin=True), answer=answer)


def _degrees(text: str, most: int) -> float | None:
    return float(text) if _DEGREES.fullmatch(text) and abs(float(text)) <= most else None
