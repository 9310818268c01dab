"""How far places are from each other."""

import math

from kiosk_registry.domain.places.districts import Place

# The radius that MongoDB computes with, so that the distances told are in the order of its answers.
EARTH_RADIUS_M = 6_378_100


def metres_between(a: Place, b: Place) -> int:
    """The great-circle distance in whole metres."""
    return round(distance_m(a, b))


def distance_m(a: Place, b: Place) -> float:
    """The great-circle distance in metres, by the haversine formula."""
    lat_1, lat_2 = math.radians(a.lat), math.radians(b.lat)
    half_lat, half_lon = (lat_2 - lat_1) / 2, math.radians(b.lon - a.lon) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_1) * math.cos(lat_2) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(chord)))
