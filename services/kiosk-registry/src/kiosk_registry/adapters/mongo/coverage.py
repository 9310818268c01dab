"""The summary of coverage in MongoDB: one document, with the members of the answer."""

from collections.abc import Sequence
from datetime import datetime

import pymongo

from kiosk_registry.adapters.mongo.documents import DISTRICTS, KIOSKS, Document, point
from kiosk_registry.domain.coverage.coverage import NextPlace, Served, Served100k
from kiosk_registry.domain.coverage.summary import Region, Summary
from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.register.centres import Status
from servicekit.deadlines import seconds_left
from servicekit.instants import rfc3339
from servicekit.mongo import Mongo

SUMMARIES = "coverage_summaries"
_STATE = "state"


class MongoCoverage:
    """Implements application.coverage.ports.CoverageStore, and reads the summary for the routes."""

    def __init__(self, mongo: Mongo) -> None:
        self._timeout_seconds = mongo.timeout_seconds
        self._kiosks = mongo.db[KIOSKS]
        self._districts = mongo.db[DISTRICTS]
        self._summaries = mongo.db[SUMMARIES]

    def state_of_register(self) -> str:
        """How many centres each district has in each status, from the index alone."""
        in_order = {"$sort": {"district_code": 1, "status": 1}}
        count = {"$group": {"_id": {"district": "$district_code", "status": "$status"}, "kiosks": {"$sum": 1}}}
        rows = self._kiosks.aggregate([in_order, count]).to_list()
        return " ".join(sorted(f"{row['_id']['district']}{row['_id']['status']}{row['kiosks']}" for row in rows))

    def summarised_state(self) -> str | None:
        """See the port."""
        kept = self._summaries.find_one({"_id": _STATE}, {"state_of_register": True})
        return str(kept["state_of_register"]) if kept else None

    def centres(self) -> Sequence[tuple[str, str, Place]]:
        """One read of what is needed."""
        active = self._kiosks.find({"status": Status.ACTIVE.value}, {"district_code": True, "location": True})
        return [
            (kiosk["_id"], kiosk["district_code"], Place(lat=lat, lon=lon))
            for kiosk in active
            for lon, lat in [kiosk["location"]["coordinates"]]
        ]

    def regions(self) -> Sequence[Region]:
        """By English name."""
        return [
            Region(
                district["_id"],
                district["name_en"],
                district["name_hi"],
                district["division"],
                district["population_2011"],
            )
            for district in self._districts.find().sort("name_en", pymongo.ASCENDING)
        ]

    def keep(self, summary: Summary, state_of_register: str, at: datetime) -> None:
        """See the port."""
        shown = {
            "counted_at": rfc3339(at),
            "items": [
                {
                    "district_code": district.district_code,
                    "name_en": district.name_en,
                    "name_hi": district.name_hi,
                    "division": district.division,
                    **_figures(figures),
                }
                for district, figures in summary.districts
            ],
            "divisions": [{"division": name, **_figures(figures)} for name, figures in summary.divisions.items()],
            "state": _figures(summary.state),
            "deserts": [_desert(item) for item in summary.deserts],
            "next_places": [_next_place(place) for place in summary.next_places],
        }
        document = {"_id": _STATE, "state_of_register": state_of_register, "shown": shown}
        self._summaries.replace_one({"_id": _STATE}, document, upsert=True)

    def summary(self) -> Document | None:
        """The members of CoverageSchema but the notes; None before it was counted once."""
        with pymongo.timeout(seconds_left(self._timeout_seconds)):
            kept = self._summaries.find_one({"_id": _STATE}, {"shown": True})
        return kept and kept["shown"]


def _figures(figures: Served100k) -> Document:
    return {
        "centres": figures.centres,
        "population_2011": figures.people,
        "per_100000": figures.per_100000,
        "placed_population": figures.placed_people,
        "mean_m": figures.mean_m,
        "desert_population": figures.desert_people,
    }


def _desert(item: Served) -> Document:
    return {
        "pin": item.area.pin,
        "district_code": item.area.district_code,
        "population": round(item.area.people),
        "nearest_kiosk_id": item.kiosk_id,
        "nearest_m": None if item.metres is None else round(item.metres),
    }


def _next_place(place: NextPlace) -> Document:
    return {
        "pin": place.area.pin,
        "district_code": place.area.district_code,
        "position": point(place.area.place),
        "population_nearer": place.people_nearer,
        "mean_saved_m": place.mean_saved_m,
        "neighbours": [
            {
                "kiosk_id": neighbour.kiosk_id,
                "population": neighbour.people,
                "population_after": neighbour.people_after,
            }
            for neighbour in place.neighbours
        ],
    }
