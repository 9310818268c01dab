"""Everything that is asked of the register, straight from MongoDB to the members of the answer.

Each read takes `seconds_left` of the caller's deadline at most; pymongo's errors pass through (they become 503 or
504). Every read is safe to repeat.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pymongo

from kiosk_registry.adapters.mongo.documents import DISTRICTS, KIOSKS, Document, hours_of, point
from kiosk_registry.adapters.mongo.place_queries import PlaceQueries
from kiosk_registry.adapters.mongo.running import CENTRE_HISTORY
from kiosk_registry.domain.calendar import IST
from kiosk_registry.domain.places.distances import metres_between
from kiosk_registry.domain.places.districts import FARTHEST_REACH_M, Place
from kiosk_registry.domain.places.territory import Territory
from kiosk_registry.domain.register.centres import Status
from kiosk_registry.domain.register.hours import minute_of_week, open_at
from kiosk_registry.domain.register.sounds import sounds
from servicekit.deadlines import seconds_left
from servicekit.errors import FieldProblem, NotFound, ValidationFailed
from servicekit.instants import rfc3339
from servicekit.mongo import Mongo

# In the countryside of Jaisalmer, the emptiest district, the nearest ten lie within 32 km. Where nothing lies within a
# reach, MongoDB takes all of the next one at once: steps are small, so that beside a crowded border that is little.
REACHES_M = (50_000, 70_000, 100_000, 140_000, FARTHEST_REACH_M)


SHOWN = (
    "code", "name_en", "name_hi", "kind", "district_code", "lsp_id", "location", "status", "approved_at", "version",
)  # fmt: skip
# Told where they are known.
FACTS = ("pin", "tehsil_code", "services")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which centres; None leaves it open. `district` and `tehsil` are LGD codes, `name` is in any spelling."""

    district: str | None = None
    tehsil: str | None = None
    pin: str | None = None
    name: str | None = None
    service: str | None = None
    status: str | None = None

    def criteria(self) -> Document:
        """The same as a filter of MongoDB."""
        criteria = {
            "district_code": self.district,
            "tehsil_code": self.tehsil,
            "pin": self.pin,
            "services": self.service,
            "status": self.status,
            "sounds": {"$all": sounds(self.name)} if self.name else None,
        }
        return {member: value for member, value in criteria.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Page:
    """Centres in order of id; `last_id` is where the next page begins, None when there is none.

    `unset` are the members asked for that are not known of some centres, which therefore are not in the list.
    """

    items: list[Document]
    last_id: str | None
    unset: list[str]


@dataclass(frozen=True, slots=True)
class Nearest:
    """Centres, the closest first; `hours_unset` of the closest are left out because their hours are not known."""

    items: list[Document]
    hours_unset: int


class KioskQueries:
    """Reads centres, as plain JSON values with the members that the schemas of `entrypoints.http` document."""

    def __init__(self, mongo: Mongo, places: PlaceQueries, territory: Territory) -> None:
        self._timeout_seconds = mongo.timeout_seconds
        self._kiosks = mongo.db[KIOSKS]
        self._districts = mongo.db[DISTRICTS]
        self._history = mongo.db[CENTRE_HISTORY]
        self._places = places
        self._territory = territory

    def kiosk(self, kiosk_id: str, at: datetime) -> Document:
        """One centre as it is at this instant. Raises NotFound, also for an id of a form that no centre has."""
        with pymongo.timeout(seconds_left(self._timeout_seconds)):
            document = self._kiosks.find_one({"_id": kiosk_id})
        if document is None:
            raise NotFound("There is no centre with this id; GET /v1/kiosks lists them.")
        return _kiosk(document, at)

    def kiosk_on(self, kiosk_id: str, day: date) -> Document:
        """One centre as it was at the end of that day in Rajasthan: what was changed since is undone, newest first.

        Raises NotFound too where it was not approved by then. Whether it was open is a matter of an instant: null.
        """
        ended_at = datetime.combine(day + timedelta(days=1), time(), IST)
        with pymongo.timeout(seconds_left(self._timeout_seconds)):
            document = self._kiosks.find_one({"_id": kiosk_id})
            since = {"kiosk_id": kiosk_id, "at": {"$gte": ended_at}}
            lines = self._history.find(since, {"before": True, "version": True}).sort("version", pymongo.DESCENDING)
            undone = lines.to_list()
        if document is None or (document["approved_at"] or ended_at) > ended_at:
            raise NotFound("There was no centre with this id on that day.")
        for line in undone:
            document = document | line["before"] | {"version": line["version"] - 1}
        return _kiosk(document, None)

    def page(self, search: Search, at: datetime, *, after: str | None, limit: int) -> Page:
        """The first `limit` centres with an id above `after`.

        Raises ValidationFailed at ?district for a district that is not in the register.
        """
        criteria = search.criteria()
        with pymongo.timeout(seconds_left(self._timeout_seconds)):
            if (
                search.district is not None
                and self._districts.find_one({"_id": search.district}, {"_id": True}) is None
            ):
                problem = FieldProblem("?district", "unknown-district", "Use a district_code of GET /v1/districts.")
                raise ValidationFailed("There is no such district; GET /v1/districts lists them.", errors=[problem])
            behind = {"_id": {"$gt": after}} if after else {}
            # One more than asked for tells whether there is a next page.
            matching = self._kiosks.find(criteria | behind).sort("_id", pymongo.ASCENDING)
            documents = matching.limit(limit + 1).to_list()
            unset = [
                member
                for member in FACTS
                if member in criteria and self._kiosks.find_one(criteria | {member: None}, {"_id": True})
            ]
        items = [_kiosk(document, at) for document in documents[:limit]]
        return Page(items, items[-1]["kiosk_id"] if len(documents) > limit else None, unset)

    def nearest(self, place: Place, search: Search, at: datetime, *, open_now: bool, limit: int) -> Nearest:
        """The centres closest to the place, the closest first, each with `distance_m` (whole metres).

        At most `limit`, and none beyond `FARTHEST_REACH_M`: without a bound MongoDB reads all 40,000 centres for a
        place that has none around it. With `open_now` those alone that are known to be open.
        """
        criteria = search.criteria()
        with pymongo.timeout(seconds_left(self._timeout_seconds)):
            if not open_now:
                return Nearest([_near(document, place, at) for document in self._nearest(place, criteria, limit)], 0)
            minute = minute_of_week(at)
            hours = {"$elemMatch": {"opens": {"$lte": minute}, "closes": {"$gt": minute}}}
            open_ones = self._nearest(place, criteria | {"hours": hours}, limit)
            closest = self._nearest(place, criteria, limit)
        unset = sum("hours" not in document for document in closest)
        return Nearest([_near(document, place, at) for document in open_ones], unset)

    def _nearest(self, place: Place, criteria: Document, limit: int) -> list[Document]:
        """`find` with `$nearSphere`, because the `$geoNear` stage reads and sorts far more centres before it cuts."""
        documents: list[Document] = []
        # Each further reach reads what lies within it again, which for what few centres have is all there is.
        for reach in REACHES_M if criteria.keys() == {"status"} else (REACHES_M[0], FARTHEST_REACH_M):
            near = {"$geometry": point(place), "$maxDistance": reach}
            documents = self._kiosks.find(criteria | {"location": {"$nearSphere": near}}).limit(limit).to_list()
            if len(documents) == limit:
                break
        return documents

    def statistics(self, on: date | None = None) -> Document:
        """How many centres each district has in each status, and the state's totals.

        By the districts of that day (`Territory.rebased`), or those that the register was loaded with.
        """
        # Sorted first, so that the index is read instead of the centres: nothing else is needed of them.
        in_order = {"$sort": {"district_code": 1, "status": 1}}
        count = {"$group": {"_id": {"district": "$district_code", "status": "$status"}, "kiosks": {"$sum": 1}}}
        with pymongo.timeout(seconds_left(self._timeout_seconds)):
            districts = self._districts_on(on) if on else self._places.districts()
            rows = self._kiosks.aggregate([in_order, count]).to_list()
        counted: dict[str, dict[str, int]] = {status.value: {} for status in Status}
        for row in rows:
            counted[row["_id"]["status"]][row["_id"]["district"]] = row["kiosks"]
        if on:
            counted = {status: self._territory.rebased(counts, on) for status, counts in counted.items()}
        items = []
        for district in districts:
            by_status = {status: counts.get(district["district_code"], 0) for status, counts in counted.items()}
            names = {name: district[name] for name in ("district_code", "name_en", "name_hi")}
            items.append({**names, "total": sum(by_status.values()), "by_status": by_status})
        by_status = {status.value: sum(item["by_status"][status.value] for item in items) for status in Status}
        return {"items": items, "total": sum(by_status.values()), "by_status": by_status}

    def _districts_on(self, day: date) -> list[Document]:
        return [
            {"district_code": area.code, "name_en": area.name_en, "name_hi": area.name_hi}
            for area in self._territory.areas_on(day)
        ]


def _kiosk(document: Document, at: datetime | None) -> Document:
    approved_at, hours = document["approved_at"], hours_of(document)
    return {
        "kiosk_id": document["_id"],
        **{member: document[member] for member in SHOWN},
        "approved_at": None if approved_at is None else rfc3339(approved_at),
        **{member: document.get(member) for member in FACTS},
        "hours": None if hours is None else [interval.written for interval in hours],
        "open_now": open_at(hours, at) if at else None,
    }


def _near(document: Document, place: Place, at: datetime) -> Document:
    lon, lat = document["location"]["coordinates"]
    return {**_kiosk(document, at), "distance_m": metres_between(place, Place(lat, lon))}
