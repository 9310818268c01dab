"""All that is told of coverage at once: it is counted when the register changed, and read as often as anybody likes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kiosk_registry.domain.coverage.coverage import (
    NextPlace,
    Served,
    Served100k,
    is_desert,
    next_places,
    region,
    served,
    shared_out,
)
from kiosk_registry.domain.places.districts import Place


@dataclass(frozen=True, slots=True)
class Region:
    """A district, with its division, by names, and its people (Census of India 2011)."""

    district_code: str
    name_en: str
    name_hi: str
    division: str
    people: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of each district, each division and the state; deserts, the most people first; the next best places."""

    districts: Sequence[tuple[Region, Served100k]]
    divisions: Mapping[str, Served100k]
    state: Served100k
    deserts: Sequence[Served]
    next_places: Sequence[NextPlace]


def summarised(
    regions: Sequence[Region],
    centres: Sequence[tuple[str, str, Place]],
    places: Sequence[tuple[str, str, Place]],
) -> Summary:
    """Of these districts, ACTIVE centres (id, district, place) and areas where people live (PIN, district, place)."""
    people = {district.district_code: district.people for district in regions}
    areas = served(shared_out(people, places), [(kiosk_id, place) for kiosk_id, _, place in centres])
    of_districts: dict[str, list[Served]] = {district.district_code: [] for district in regions}
    for item in areas:
        of_districts[item.area.district_code].append(item)
    counts = dict.fromkeys(of_districts, 0)
    for _, district_code, _ in centres:
        counts[district_code] = counts.get(district_code, 0) + 1

    def together(members: Sequence[Region]) -> Served100k:
        codes = [district.district_code for district in members]
        return region(
            sum(counts[code] for code in codes),
            sum(people[code] for code in codes),
            [item for code in codes for item in of_districts[code]],
        )

    divisions = sorted({district.division for district in regions})
    deserts = sorted((item for item in areas if is_desert(item)), key=lambda item: -item.area.people)
    return Summary(
        districts=[(district, together([district])) for district in regions],
        divisions={
            name: together([district for district in regions if district.division == name]) for name in divisions
        },
        state=together(regions),
        deserts=deserts,
        next_places=next_places(areas),
    )
