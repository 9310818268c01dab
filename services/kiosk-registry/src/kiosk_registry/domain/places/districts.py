"""The districts of Rajasthan as facts: who they are, how large, and how many centres each has.

The facts are data (a CSV file), not code: a reorganisation of the districts is a new file. Districts are known by
their LGD code, the Local Government Directory's.
"""

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the ground: WGS 84 degrees."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of latitudes and longitudes, degrees, edges included."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, place: Place) -> bool:
        """Whether the place is inside."""
        return self.south <= place.lat <= self.north and self.west <= place.lon <= self.east


# 23°03'–30°12' north, 69°30'–78°17' east, as the state's own description gives its extent.
RAJASTHAN = Box(south=23.05, west=69.50, north=30.20, east=78.28)
# How far a centre is looked for: no place in the state is farther from the closest headquarters of a district.
FARTHEST_REACH_M = 200_000


@dataclass(frozen=True, slots=True)
class District:
    """One district. `code` is its LGD code as text ("102"), `area_km2` its area by the Census of India 2011.

    `centres_rural` and `centres_urban` are its share of the state's 40,000 centres, by population.
    """

    code: str
    census2011_code: str
    name_en: str
    name_hi: str
    division: str
    headquarters: Place
    area_km2: int
    population_2011: int
    centres_rural: int
    centres_urban: int

    @property
    def centres(self) -> int:
        """All its centres out of the state's 40,000."""
        return self.centres_rural + self.centres_urban


class DistrictFactsError(ValueError):
    """The file of districts cannot be used; the message names the line and what is wrong with it."""


def read_districts(lines: Iterable[str]) -> tuple[District, ...]:
    """The districts of a CSV file with a header line, in order of LGD code.

    Raises `DistrictFactsError` for a missing column, a value of the wrong kind, a headquarters outside Rajasthan,
    counts that do not add up, or a code that appears twice.
    """
    districts: dict[str, District] = {}
    for number, row in enumerate(csv.DictReader(lines), start=2):
        try:
            district = _district(row)
        except KeyError as error:
            raise DistrictFactsError(f"The file of districts has no column {error}.") from error
        except (ValueError, TypeError) as error:
            raise DistrictFactsError(f"Line {number} of the file of districts: {error}") from error
        if district.code in districts:
            raise DistrictFactsError(f"Line {number} of the file of districts: {district.code} was there before.")
        districts[district.code] = district
    if not districts:
        raise DistrictFactsError("The file of districts is empty.")
    return tuple(sorted(districts.values(), key=lambda district: int(district.code)))


def _district(row: Mapping[str, str]) -> District:
    district = District(
        code=str(int(row["lgd_code"])),
        census2011_code=row["census2011_code"],
        name_en=row["name_en"],
        name_hi=row["name_hi"],
        division=row["division"],
        headquarters=Place(lat=float(row["hq_lat"]), lon=float(row["hq_lon"])),
        area_km2=int(row["area_km2"]),
        population_2011=int(row["population_2011"]),
        centres_rural=int(row["centres_rural"]),
        centres_urban=int(row["centres_urban"]),
    )
    if not 0 < int(district.code) <= 999:
        raise ValueError(f"an LGD district code has one to three digits, {district.code} has not.")
    if not RAJASTHAN.holds(district.headquarters):
        raise ValueError(f"the headquarters of {district.name_en} are outside Rajasthan.")
    if district.area_km2 <= 0 or district.centres_rural < 0 or district.centres_urban < 0:
        raise ValueError(f"the area and the counts of {district.name_en} must be positive.")
    if district.centres != int(row["centres_of_40000"]):
        raise ValueError(f"rural and urban centres of {district.name_en} do not add up to centres_of_40000.")
    return district


def shares(districts: Iterable[District], total: int) -> dict[str, int]:
    """How many of `total` centres each district gets, `{code: count}`: in proportion, by largest remainder.

    The sum is exactly `total`. With the file's own total each district gets exactly the file's count.
    """
    weights = {district.code: district.centres for district in districts}
    whole = sum(weights.values())
    counts = {code: total * weight // whole for code, weight in weights.items()}
    left = total - sum(counts.values())
    by_remainder = sorted(weights, key=lambda code: (-(total * weights[code] % whole), int(code)))
    for code in by_remainder[:left]:
        counts[code] += 1
    return counts


def radius_km(district: District) -> float:
    """The radius of the disc that has the district's area."""
    return math.sqrt(district.area_km2 / math.pi)
