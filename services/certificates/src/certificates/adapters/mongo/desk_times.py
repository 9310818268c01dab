"""How long desks took, in MongoDB: a row for each decision, and one for each desk's median."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel, ReplaceOne
from pymongo.client_session import ClientSession

from certificates.application.standing.ports import Desk, Median
from certificates.domain.applications.application import Application, HistoryEntry
from certificates.domain.rulebook import MOST_DAYS_KEPT
from servicekit.mongo import Mongo

DESK_TIMES = "desk_times"
DESK_MEDIANS = "desk_medians"
AT_ONCE = 1_000

INDEXES = {
    DESK_TIMES: [
        IndexModel(
            [("decided_at", ASCENDING)],
            name="forget_old_decisions",
            expireAfterSeconds=int(timedelta(days=MOST_DAYS_KEPT).total_seconds()),
        )
    ],
    DESK_MEDIANS: [IndexModel([("as_of", ASCENDING)], name="computed_before")],
}


class MongoDeskTimes:
    """Implements application.standing.ports.DeskTimes. Threads may share it."""

    def __init__(self, mongo: Mongo) -> None:
        self._db = mongo.db

    def counts(self, since: datetime) -> Iterable[tuple[Desk, Mapping[int, int]]]:
        """One aggregation in the server."""
        desk = {name: f"${name}" for name in ("type_code", "step", "district_code")}
        grouped = self._db[DESK_TIMES].aggregate(
            [
                {"$match": {"decided_at": {"$gte": since}}},
                {"$group": {"_id": {**desk, "days": "$days"}, "count": {"$sum": 1}}},
                {
                    "$group": {
                        "_id": {name: f"$_id.{name}" for name in desk},
                        "counts": {"$push": {"days": "$_id.days", "count": "$count"}},
                    }
                },
            ],
            allowDiskUse=True,
        )
        for row in grouped:
            yield Desk(**row["_id"]), {pair["days"]: pair["count"] for pair in row["counts"]}

    def by_officer(self, since: datetime) -> Iterable[tuple[Desk, dict[str, int]]]:
        """One aggregation in the server; rows of before officers were noted count for nobody in particular."""
        desk = {name: f"${name}" for name in ("type_code", "step", "district_code")}
        grouped = self._db[DESK_TIMES].aggregate(
            [
                {"$match": {"decided_at": {"$gte": since}}},
                {"$group": {"_id": {**desk, "officer": {"$ifNull": ["$officer_id", ""]}}, "count": {"$sum": 1}}},
                {
                    "$group": {
                        "_id": {name: f"$_id.{name}" for name in desk},
                        "officers": {"$push": {"officer": "$_id.officer", "count": "$count"}},
                    }
                },
            ],
            allowDiskUse=True,
        )
        for row in grouped:
            yield Desk(**row["_id"]), {pair["officer"]: pair["count"] for pair in row["officers"]}

    def summarise(self, medians: Mapping[Desk, Median], as_of: datetime) -> None:
        """A row is replaced whole, so that a reader sees an old median or a new one."""
        for rows in _batches([_row(desk, median) for desk, median in medians.items()]):
            self._db[DESK_MEDIANS].bulk_write([ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows])
        self._db[DESK_MEDIANS].delete_many({"as_of": {"$lt": as_of}})

    def median(self, desk: Desk) -> Median | None:
        """One read by _id."""
        row = self._db[DESK_MEDIANS].find_one({"_id": _id(desk)})
        return Median(row["working_days"], row["decisions"], row["as_of"]) if row else None


def note_desk_time(db: Any, session: ClientSession, application: Application, entry: HistoryEntry) -> None:
    """Keeps how long the desk took for this decision, in its transaction."""
    row = {
        "_id": entry.key,
        "type_code": application.type_code,
        "step": entry.step,
        "district_code": application.district_code,
        "decided_at": entry.at,
        "days": entry.desk_days,
        "officer_id": entry.officer_id,
    }
    db[DESK_TIMES].insert_one(row, session=session)


def _id(desk: Desk) -> str:
    return f"{desk.type_code}:{desk.step}:{desk.district_code}"


def _row(desk: Desk, median: Median) -> dict[str, Any]:
    return {"_id": _id(desk), **vars(median)}


def _batches(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))
