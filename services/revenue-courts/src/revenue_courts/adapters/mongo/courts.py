"""The courts that were loaded, in MongoDB, beside those that ship."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from pymongo import ASCENDING, IndexModel, ReplaceOne

from revenue_courts.application.ports import LoadedCourts
from revenue_courts.domain.courts import Court, Level
from revenue_courts.domain.label import Label
from servicekit.mongo import Mongo

COURTS = "courts"
_SETS = ("districts", "tehsils", "kinds", "presiding_posts", "reader_posts", "process_posts", "offices")
INDEXES = {COURTS: [IndexModel([("districts", ASCENDING), ("_id", ASCENDING)], name="courts_of_a_district")]}


class MongoCourts:
    """Implements application.ports.Courts. Threads may share it."""

    def __init__(self, mongo: Mongo, shipped: Sequence[Court]) -> None:
        self._mongo = mongo
        self._courts = mongo.db[COURTS]
        self._shipped = {court.code: court for court in shipped}

    def get(self, code: str) -> Court | None:
        """The loaded one first."""
        document = self._courts.find_one({"_id": code})
        return _from_document(document) if document else self._shipped.get(code)

    def page(
        self, district_code: str | None, level: Level | None, on: date, after: str | None, limit: int
    ) -> Sequence[Court]:
        """As many of the loaded ones as a page has, and of the few that ship those that none of them stands before."""
        query: dict[str, Any] = {"_id": {"$gt": after or ""}}
        if district_code is not None:
            query["districts"] = {"$in": [district_code, []]}
        if level is not None:
            query["level"] = level.value
        day = on.isoformat()
        query["$and"] = [
            {"$or": [{"begins": None}, {"begins": {"$lte": day}}]},
            {"$or": [{"ends": None}, {"ends": {"$gte": day}}]},
        ]
        loaded = [_from_document(document) for document in self._courts.find(query).sort("_id").limit(limit)]
        stood_before = set(self._courts.distinct("_id", {"_id": {"$in": sorted(self._shipped)}}))
        shipped = [
            court
            for court in self._shipped.values()
            if court.code not in stood_before
            and court.code > (after or "")
            and (district_code is None or court.serves(district_code))
            and (level is None or court.level is level)
            and court.is_there_on(on)
        ]
        return sorted([*loaded, *shipped], key=lambda court: court.code)[:limit]

    def load(self, courts: Sequence[Court], *, dry_run: bool) -> LoadedCourts:
        """One transaction."""
        documents = {court.code: _to_document(court) for court in courts}
        there = {document["_id"]: document for document in self._courts.find({"_id": {"$in": sorted(documents)}})}
        different = [document for code, document in documents.items() if there.get(code) != document]
        if different and not dry_run:
            writes = [ReplaceOne({"_id": document["_id"]}, document, upsert=True) for document in different]
            self._mongo.transact(lambda session: self._courts.bulk_write(writes, session=session))
        added = len(documents.keys() - there.keys())
        return LoadedCourts(added=added, changed=len(different) - added, unchanged=len(documents) - len(different))


def _to_document(court: Court) -> dict[str, Any]:
    return {
        "_id": court.code,
        "level": court.level.value,
        "name": asdict(court.name),
        "source": asdict(court.source),
        **{name: sorted(getattr(court, name)) for name in _SETS},
        "begins": court.begins and court.begins.isoformat(),
        "ends": court.ends and court.ends.isoformat(),
        "sandbox": court.sandbox,
    }


def _from_document(document: Mapping[str, Any]) -> Court:
    return Court(
        code=document["_id"],
        level=Level(document["level"]),
        name=Label(**document["name"]),
        source=Label(**document["source"]),
        **{name: frozenset(document.get(name, ())) for name in _SETS},
        begins=date.fromisoformat(document["begins"]) if document["begins"] else None,
        ends=date.fromisoformat(document["ends"]) if document["ends"] else None,
        sandbox=document["sandbox"],
    )
