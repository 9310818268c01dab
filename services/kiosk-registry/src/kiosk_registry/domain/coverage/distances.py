"""The distance to the nearest of many places, without looking at all of them."""

import math
from collections.abc import Iterable, Iterator

from kiosk_registry.domain.places.distances import distance_m
from kiosk_registry.domain.places.districts import Place

_CELL_DEGREES = 0.1  # some 10 km: a dozen centres, and few empty cells around a place where people live
_MOST_RINGS = 40  # 400 km, farther than any place of the state from the next centre
_METRES_PER_RING = 9_000  # at least, of longitude in the north of the state


class Nearest:
    """Places by cells of a grid."""

    def __init__(self, places: Iterable[tuple[str, Place]]) -> None:
        self._cells: dict[tuple[int, int], list[tuple[str, Place]]] = {}
        for name, place in places:
            self._cells.setdefault(_cell(place), []).append((name, place))

    def to(self, place: Place) -> tuple[str, float] | None:
        """The name of the nearest and how many metres it is away; None where nothing lies within some 360 km."""
        nearest: tuple[str, float] | None = None
        for ring in range(_MOST_RINGS + 1):
            # What lies in this ring is at least so far away.
            if nearest is not None and nearest[1] <= (ring - 1) * _METRES_PER_RING:
                break
            for name, other in self._ring(_cell(place), ring):
                away = distance_m(place, other)
                if nearest is None or (away, name) < (nearest[1], nearest[0]):
                    nearest = name, away
        return nearest

    def _ring(self, cell: tuple[int, int], ring: int) -> Iterator[tuple[str, Place]]:
        row, column = cell
        for north in range(-ring, ring + 1):
            step = 1 if abs(north) == ring else max(1, 2 * ring)
            for east in range(-ring, ring + 1, step):
                yield from self._cells.get((row + north, column + east), ())


def _cell(place: Place) -> tuple[int, int]:
    return math.floor(place.lat / _CELL_DEGREES), math.floor(place.lon / _CELL_DEGREES)
