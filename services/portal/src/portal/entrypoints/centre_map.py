"""A map of centres around a place, drawn here: nobody's tiles, and nothing that the list beside it does not say."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.entrypoints.frame import N_

# Of the drawing, in its own units: as many as pixels on a small phone.
SIZE = 288
_MIDDLE = SIZE / 2
_REACH = _MIDDLE - 22  # a number's own circle stays inside
_EARTH_METRES = 6_371_008.8
_POINTS = (
    N_("north"),
    N_("north-east"),
    N_("east"),
    N_("south-east"),
    N_("south"),
    N_("south-west"),
    N_("west"),
    N_("north-west"),
)


@dataclass(frozen=True)
class Dot:
    """One centre of the map: its number in the list and where it is drawn."""

    number: int
    x: float
    y: float


@dataclass(frozen=True)
class CentreMap:
    """Dots around the middle, which is the place, the nearest last (and so on top); north is up.

    `bar` is the length of the scale bar, which stands for `bar_metres`.
    """

    dots: Sequence[Dot]
    bar: float
    bar_metres: int


def drawn(latitude: float, longitude: float, centres: Sequence[Mapping[str, Any]]) -> CentreMap:
    """The map of one centre or more, at the scale at which the farthest is at the edge."""
    offsets = [_offset(latitude, longitude, centre) for centre in centres]
    farthest = max(*(math.hypot(east, north) for east, north in offsets), 1.0, 100.0)
    scale = _REACH / farthest
    dots = [
        Dot(number, round(_MIDDLE + east * scale, 1), round(_MIDDLE - north * scale, 1))
        for number, (east, north) in enumerate(offsets, 1)
    ]
    bar_metres = _round_length(farthest)
    return CentreMap(dots[::-1], round(bar_metres * scale, 1), bar_metres)


def direction(latitude: float, longitude: float, centre: Mapping[str, Any]) -> str:
    """In which of eight directions a centre lies, as a text to translate."""
    east, north = _offset(latitude, longitude, centre)
    return _POINTS[round(math.degrees(math.atan2(east, north)) / 45) % 8]


def _offset(latitude: float, longitude: float, centre: Mapping[str, Any]) -> tuple[float, float]:
    """Metres to the east and to the north, on a flat earth: right enough for what is drawn."""
    lon, lat = centre["location"]["coordinates"]
    around = (lon - longitude + 180) % 360 - 180
    east = math.radians(around) * math.cos(math.radians((lat + latitude) / 2)) * _EARTH_METRES
    return east, math.radians(lat - latitude) * _EARTH_METRES


def _round_length(metres: float) -> int:
    """The longest of 1, 2 and 5 times a power of ten that is at most half of it."""
    power = 10 ** math.floor(math.log10(metres / 2))
    return int(max(step * power for step in (1, 2, 5) if step * power <= metres / 2))
