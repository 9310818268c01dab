"""How well people are served: centres per 100,000 people, how far the nearest is, deserts, and the next best places.

Where people live is known by districts (the census) and by the areas of PIN codes, of which three in four have a
position. So a district's people are shared out evenly among its areas with a position: an estimate, and every answer
says so. Of areas without a position nothing is said.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kiosk_registry.domain.coverage.distances import Nearest
from kiosk_registry.domain.places.distances import distance_m
from kiosk_registry.domain.places.districts import Place

# The platform's own choices, for no order says what is far: two hours' walk; and how far a centre's custom comes.
DESERT_M = 10_000
CUSTOM_M = 15_000
NEXT_PLACES = 10


@dataclass(frozen=True, slots=True)
class Area:
    """Where so many people live, about."""

    pin: str
    district_code: str
    place: Place
    people: float


@dataclass(frozen=True, slots=True)
class Served:
    """An area, its nearest centre and how many metres that is away; None where there is no centre at all."""

    area: Area
    kiosk_id: str | None
    metres: float | None


@dataclass(frozen=True, slots=True)
class Served100k:
    """Centres of a region beside its people. `mean_m` is over people whose area has a position, None without any."""

    centres: int
    people: int
    per_100000: float | None
    placed_people: int
    mean_m: int | None
    desert_people: int


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A centre that a new one takes people from, by whose nearest centre it is."""

    kiosk_id: str
    people: int
    people_after: int


@dataclass(frozen=True, slots=True)
class NextPlace:
    """Where a centre would help most: people who would have it nearer, by how much on average, and whom it costs."""

    area: Area
    people_nearer: int
    mean_saved_m: int
    neighbours: tuple[Neighbour, ...]


def shared_out(people: Mapping[str, int], places: Iterable[tuple[str, str, Place]]) -> list[Area]:
    """Each district's people, evenly among its places, which are (PIN, district code, place)."""
    listed = list(places)
    counts: dict[str, int] = {}
    for _, district_code, _ in listed:
        counts[district_code] = counts.get(district_code, 0) + 1
    return [Area(pin, code, place, people[code] / counts[code]) for pin, code, place in listed if people.get(code)]


def served(areas: Iterable[Area], centres: Sequence[tuple[str, Place]]) -> list[Served]:
    """Each area with its nearest centre."""
    nearest = Nearest(centres)
    return [Served(area, *(nearest.to(area.place) or (None, None))) for area in areas]


def region(centres: int, people: int, areas: Sequence[Served]) -> Served100k:
    """A district, a division or the state."""
    reached = [(item.area.people, item.metres) for item in areas if item.metres is not None]
    placed = sum(weight for weight, _ in reached)
    return Served100k(
        centres=centres,
        people=people,
        per_100000=round(100_000 * centres / people, 2) if people else None,
        placed_people=round(sum(item.area.people for item in areas)),
        mean_m=round(sum(weight * away for weight, away in reached) / placed) if placed else None,
        desert_people=round(sum(item.area.people for item in areas if is_desert(item))),
    )


def is_desert(item: Served) -> bool:
    """Whether the nearest centre is too far."""
    return item.metres is None or item.metres > DESERT_M


def next_places(areas: Sequence[Served], count: int = NEXT_PLACES) -> list[NextPlace]:
    """The places of `count` new centres, each the best after those before it: by people times metres saved.

    Candidates are the areas' own places. What a neighbour loses is the people whose nearest centre it no longer is.
    """
    now = list(areas)
    chosen: list[NextPlace] = []
    # Only an area that has a centre far away can save much: the others of a crowded town need not be tried.
    candidates = sorted(now, key=_burden, reverse=True)[: count * 10]
    for _ in range(count):
        best = max((_gain(candidate.area, now) for candidate in candidates), key=lambda gain: gain[0], default=None)
        if best is None or best[0] <= 0:
            break
        _, place, nearer = best
        chosen.append(_chosen(place, nearer, now))
        moved = {item.area.pin: away for item, away in nearer}
        name = f"new {place.pin}"
        now = [
            replace(item, kiosk_id=name, metres=moved[item.area.pin]) if item.area.pin in moved else item
            for item in now
        ]
    return chosen


def _burden(item: Served) -> float:
    return item.area.people * (item.metres or 0.0)


def _gain(place: Area, areas: Sequence[Served]) -> tuple[float, Area, list[tuple[Served, float]]]:
    """People times metres that a centre at this place saves, and the areas that it would be nearest to."""
    nearer = []
    for item in areas:
        # A degree of latitude is 111 km: most areas are ruled out without trigonometry.
        if abs(item.area.place.lat - place.place.lat) * 110_000 > CUSTOM_M:
            continue
        away = distance_m(item.area.place, place.place)
        if away <= CUSTOM_M and item.metres is not None and away < item.metres:
            nearer.append((item, away))
    return sum(item.area.people * ((item.metres or 0.0) - away) for item, away in nearer), place, nearer


def _chosen(place: Area, nearer: Sequence[tuple[Served, float]], areas: Sequence[Served]) -> NextPlace:
    people = sum(item.area.people for item, _ in nearer)
    saved = sum(item.area.people * ((item.metres or 0.0) - away) for item, away in nearer)
    lost: dict[str, float] = {}
    for item, _ in nearer:
        if item.kiosk_id is not None:
            lost[item.kiosk_id] = lost.get(item.kiosk_id, 0.0) + item.area.people
    before = {
        kiosk_id: sum(item.area.people for item in areas if item.kiosk_id == kiosk_id)
        for kiosk_id in lost
        if not kiosk_id.startswith("new ")
    }
    neighbours = tuple(
        Neighbour(kiosk_id, round(people_before), round(people_before - lost[kiosk_id]))
        for kiosk_id, people_before in sorted(before.items())
    )
    return NextPlace(place, round(people), round(saved / people) if people else 0, neighbours)
