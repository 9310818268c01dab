"""Everything that is asked of the register, straight from MongoDB to the members of the answer.

Each read takes `seconds_left` of the caller's deadline at most; pymongo's errors pass through (they become 503 or
504). Every read is safe to repeat.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pymongo
from servicekit.deadlines import seconds_left
from servicekit.errors import FieldProblem, NotFound, ValidationFailed
from servicekit.instants import rfc3339
from servicekit.mongo import Mongo

from kiosk_registry.adapters.mongo.documents import DISTRICTS, KIOSKS, Document, point
from kiosk_registry.adapters.mongo.place_queries import PlaceQueries
from kiosk_registry.domain.places.districts import FARTHEST_REACH_M, Place
from kiosk_registry.domain.places.territory import Territory
from kiosk_registry.domain.register.centres import Status

# The radius that MongoDB computes with, so that the distances told are in the order of the answer.
EARTH_RADIUS_M = 6_378_100
# In the countryside of Jaisalmer, the emptiest district, the nearest ten lie within 32 km. Where nothing lies within a
# reach, MongoDB takes all of the next one at once: steps are small, so that beside a crowded border that is little.
REACHES_M = (50_000, 70_000, 100_000, 140_000, FARTHEST_REACH_M)


@dataclass(frozen=True, slots=True)
class Page:
    """Centres in order of id; `last_id` is where the next page begins, None when there is none."""

    items: list[Document]
    last_id: str | None


class KioskQueries:
    """Reads centres, as plain JSON values with the members that the schemas of `entrypoints.http` document."""

    def __init__(self, mongo: Mongo, places: PlaceQueries, territory: Territory) -> None:
        self._timeout_seconds = mongo.timeout_seconds
        self._kiosks = mongo.db[KIOSKS]
        self._districts = mongo.db[DISTRICTS]
        self._places = places
        self._territory = territory

    def kiosk(self, kiosk_id: str) -> Document:
        """One centre. Raises NotFound, also for an id of a form that no centre has."""
        with pymongo.timeout(seconds_left(self._timeout_seconds)):
            document = self._kiosks.find_one({"_id": kiosk_id})
        if document is None:
            raise NotFound("There is no centre with this id; GET /v1/kiosks lists them.")
        return _kiosk(document)

    def page(self, *, district: str | None, status: str | None, after: str | None, limit: int) -> Page:
        """The first `limit` centres with an id above `after`, of one district and of one status if given.

        Raises ValidationFailed at ?district for a district that is not in the register.
        """
        criteria = {"district_code": district, "status": status, "_id": {"$gt": after} if after else None}
        with pymongo.timeout(seconds_left(self._timeout_seconds)):
            if district is not None and self._districts.find_one({"_id": district}, {"_id": True}) is None:
                problem = FieldProblem("?district", "unknown-district", "Use a district_code of GET /v1/districts.")
                raise ValidationFailed("There is no such district; GET /v1/districts lists them.", errors=[problem])
            # One more than asked for tells whether there is a next page.
            matching = self._kiosks.find({name: value for name, value in criteria.items() if value is not None})
            documents = matching.sort("_id", pymongo.ASCENDING).limit(limit + 1).to_list()
        items = [_kiosk(document) for document in documents[:limit]]
        return Page(items, items[-1]["kiosk_id"] if len(documents) > limit else None)

    def nearest(self, place: Place, limit: int) -> list[Document]:
        """The ACTIVE centres closest to the place, the closest first, each with `distance_m` (whole metres).

        At most `limit`, and none beyond `FARTHEST_REACH_M`: without a bound MongoDB reads all 40,000 centres for a
        place that has none around it. `find` with `$nearSphere`, because the `$geoNear` stage reads and sorts far more
        centres before it cuts.
        """
        documents: list[Document] = []
        with pymongo.timeout(seconds_left(self._timeout_seconds)):
            for reach in REACHES_M:
                near = {"$geometry": point(place), "$maxDistance": reach}
                active = self._kiosks.find({"status": Status.ACTIVE.value, "location": {"$nearSphere": near}})
                documents = active.limit(limit).to_list()
                if len(documents) == limit:
                    break
        return [{**_kiosk(document), "distance_m": _metres(place, document["location"])} for document in documents]

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


def _kiosk(document: Document) -> Document:
    approved_at = document["approved_at"]
    return {
        "kiosk_id": document.pop("_id"),
        **document,
        "approved_at": None if approved_at is None else rfc3339(approved_at),
    }


def _metres(place: Place, location: Mapping[str, Any]) -> int:
    """The great-circle distance, by the haversine formula."""
    lon, lat = location["coordinates"]
    lat_1, lat_2 = math.radians(place.lat), math.radians(lat)
    half_lat, half_lon = (lat_2 - lat_1) / 2, math.radians(lon - place.lon) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_1) * math.cos(lat_2) * math.sin(half_lon) ** 2
    return round(2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(chord))))
