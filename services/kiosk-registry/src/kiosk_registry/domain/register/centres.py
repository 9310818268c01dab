"""The register's opening data: every centre with its code, place, status and LSP, the same bytes every time.

No public list of the 40,000 centres with positions exists, so the opening register is computed from the districts'
facts. Every choice comes from one pseudo-random stream per district, seeded with text; only `random()` is drawn,
the one method whose sequence Python guarantees across versions, and never `hash()`, which differs per process.

The centre of a code does not depend on how many centres there are: 85,000 keep the first 40,000 where they were.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random

from kiosk_registry.domain.places.districts import RAJASTHAN, District, Place, radius_km

CODES_PER_DISTRICT = 99_999  # five digits
# Centres that were applied for are numbered from here, so that a larger opening register meets none of them.
FIRST_NUMBER_OF_OPENED = 60_001
# Centres that the sandbox binds its clients to; they are always open for trade.
SANDBOX_NUMBERS = frozenset({1, 2, *range(101, 141)})
# The sandbox trades at one centre of every district, and in Jaipur at all of SANDBOX_NUMBERS.
SANDBOX_DISTRICT = "102"

# Made-up local service providers: three serve each district, so that each has centres in several districts.
LSPS = tuple(f"lsp_RJ{number:02}" for number in range(1, 13))
LSPS_PER_DISTRICT = 3

# How far below zero the wallet of a new centre may go: ten thousand rupees, a round sandbox figure. A live centre's
# limit is set by its LSP.
OPENING_CREDIT_LIMIT_PAISE = 1_000_000

# Before the 508 centres of 2006 and up to the 85,000 of 2021.
FIRST_APPROVAL = datetime(2005, 4, 1, 4, 30, tzinfo=UTC)  # ten in the morning in India
APPROVAL_DAYS = (datetime(2021, 12, 31, 4, 30, tzinfo=UTC) - FIRST_APPROVAL).days

KM_PER_DEGREE = 111.32  # of latitude; of longitude times the cosine of the latitude
# A town's reach grows with the root of its centres: 0.9 km for Jaisalmer's 63, 5 km for Jaipur's 2,182.
TOWN_KM_PER_ROOT_CENTRE = 0.11
TOWN_EDGE = 8.0  # in reaches; beyond it no urban centre is placed
# The two-dimensional golden ratio's powers (M. Roberts, "The Unreasonable Effectiveness of Quasirandom Sequences",
# 2018): steps that spread any first n points of a square evenly, without the clumps and gaps of random points.
STEP_X = 0.7548776662466927
STEP_Y = 0.5698402909980532
COORDINATE_DECIMALS = 5  # about one metre, what a geo-tag is good for


class Kind(StrEnum):
    """Where a centre stands."""

    RURAL = "RURAL"
    URBAN = "URBAN"


class Status(StrEnum):
    """Whether a centre may trade: only ACTIVE ones may."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    UNDER_VERIFICATION = "UNDER_VERIFICATION"
    CLOSED = "CLOSED"


# Cumulated shares of the statuses that are not ACTIVE; the rest is.
_STATUS_BOUNDS = (
    (0.015, Status.SUSPENDED),
    (0.025, Status.UNDER_VERIFICATION),
    (0.040, Status.CLOSED),
)


@dataclass(frozen=True, slots=True)
class Centre:
    """One centre of the opening register. `approved_at` is None while it is under verification."""

    kiosk_id: str
    code: str
    number: int
    name_en: str
    name_hi: str
    kind: Kind
    district_code: str
    lsp_id: str
    place: Place
    status: Status
    approved_at: datetime | None

    @property
    def announced(self) -> bool:
        """Whether loading it raises `kiosk.approved.v1`, as an approval would: the sandbox's centres only.

        The others are history: the events of their approvals were never raised, and every service that needs the
        historical centres loads its own opening data.
        """
        return self.number == 1 or (self.district_code == SANDBOX_DISTRICT and self.number in SANDBOX_NUMBERS)


def kiosk_id(district_code: str, number: int) -> str:
    """The permanent id `ksk_RJ<district, 3 digits><number, 5 digits>`. Raises ValueError past 99,999 a district."""
    if not 1 <= number <= CODES_PER_DISTRICT:
        raise ValueError(f"District {district_code} has codes 1 to {CODES_PER_DISTRICT} only, not {number}.")
    return f"ksk_RJ{int(district_code):03}{number:05}"


def centres(district: District, count: int) -> Iterator[Centre]:
    """The district's first `count` centres in order of their codes. A repeat gives equal ones.

    Urban and rural codes alternate in the district's own proportion, beginning with an urban one.
    """
    stream = Random(f"e-mitra centres {district.code}")  # noqa: S311 - wanted to be repeatable, not secret
    countryside = _countryside(district, stream.random(), stream.random())
    for number in range(1, count + 1):
        # The same number of draws per centre, whatever it becomes, so that a later rule shifts no other centre.
        near, far, bearing, standing, day = (stream.random() for _ in range(5))
        urban = _is_urban(district, number)
        status = _status(number, standing)
        identity = kiosk_id(district.code, number)
        yield Centre(
            kiosk_id=identity,
            code=identity.removeprefix("ksk_"),
            number=number,
            name_en=f"e-Mitra Kendra {district.name_en} {number}",
            name_hi=f"ई-मित्र केंद्र {district.name_hi} {number}",
            kind=Kind.URBAN if urban else Kind.RURAL,
            district_code=district.code,
            lsp_id=lsp_of(district, number),
            place=_in_town(district, near, far, bearing) if urban else next(countryside),
            status=status,
            approved_at=None if status is Status.UNDER_VERIFICATION else _approved_at(day),
        )


def _is_urban(district: District, number: int) -> bool:
    """Evenly mixed, and exactly `centres_urban` of the first `centres`."""

    def urban_up_to(n: int) -> int:
        return -(-n * district.centres_urban // district.centres)

    return urban_up_to(number) > urban_up_to(number - 1)


def _status(number: int, standing: float) -> Status:
    if number in SANDBOX_NUMBERS:
        return Status.ACTIVE
    return next((status for bound, status in _STATUS_BOUNDS if standing < bound), Status.ACTIVE)


def lsp_of(district: District, number: int) -> str:
    """The LSP of the centre with that number in the district."""
    turn = number % LSPS_PER_DISTRICT * (len(LSPS) // LSPS_PER_DISTRICT)
    return LSPS[(int(district.code) + turn) % len(LSPS)]


def _approved_at(day: float) -> datetime:
    """A day of the years of growth: most approvals are recent, as 508 centres of 2006 became 40,000."""
    return FIRST_APPROVAL + timedelta(days=int(APPROVAL_DAYS * math.sqrt(day)))


def _in_town(district: District, near: float, far: float, bearing: float) -> Place:
    """Around the headquarters, the density falling as exp(-distance / reach).

    That is Clark's law (C. Clark, "Urban Population Densities", 1951). Over a plane it makes the distance, counted in
    reaches, the sum of two exponential draws.
    """
    distance = min(-math.log((1 - near) * (1 - far)), TOWN_EDGE)
    reach_km = TOWN_KM_PER_ROOT_CENTRE * math.sqrt(district.centres_urban)
    angle = 2 * math.pi * bearing
    return _beside(district.headquarters, distance * reach_km * math.sin(angle), distance * reach_km * math.cos(angle))


def _countryside(district: District, start_x: float, start_y: float) -> Iterator[Place]:
    """Evenly over a disc of the district's own area: Jaisalmer's 328 lie 10 km apart, Dholpur's 553 only 2 km.

    No boundaries are at hand, so a disc stands for the district. It lies around the headquarters, shifted only as far
    as keeps it inside Rajasthan's box: the headquarters of Sri Ganganagar are close to the border.
    """
    radius = radius_km(district)
    middle = _shifted_inside(district.headquarters, radius)
    x, y = start_x, start_y
    while True:
        x, y = (x + STEP_X) % 1, (y + STEP_Y) % 1
        east, north = 2 * x - 1, 2 * y - 1
        if east * east + north * north <= 1:
            yield _beside(middle, radius * east, radius * north)


def _shifted_inside(middle: Place, radius: float) -> Place:
    tall = radius / KM_PER_DEGREE
    lat = min(max(middle.lat, RAJASTHAN.south + tall), RAJASTHAN.north - tall)
    # Meridians are closest at the disc's northern edge: there it is widest in degrees.
    wide = radius / (KM_PER_DEGREE * math.cos(math.radians(lat + tall)))
    return Place(lat, min(max(middle.lon, RAJASTHAN.west + wide), RAJASTHAN.east - wide))


def _beside(middle: Place, east_km: float, north_km: float) -> Place:
    lat = middle.lat + north_km / KM_PER_DEGREE
    lon = middle.lon + east_km / (KM_PER_DEGREE * math.cos(math.radians(lat)))
    return Place(round(lat, COORDINATE_DECIMALS), round(lon, COORDINATE_DECIMALS))
