"""The days that fall away for single courts, in MongoDB."""

from collections.abc import Sequence
from datetime import date

from revenue_courts.domain.closure import Closure
from servicekit.mongo import Mongo

CLOSURES = "court_closures"


class MongoClosures:
    """Implements application.ports.Closures. Threads may share it."""

    def __init__(self, mongo: Mongo) -> None:
        self._rows = mongo.db[CLOSURES]

    def add(self, closure: Closure) -> None:
        """The first one of a day stands."""
        row = {
            "court_code": closure.court_code,
            "on": closure.on.isoformat(),
            "reason": closure.reason,
            "by": closure.by,
            "at": closure.at,
        }
        self._rows.update_one({"_id": f"{closure.court_code}:{row['on']}"}, {"$setOnInsert": row}, upsert=True)

    def of(self, court_code: str) -> Sequence[Closure]:
        """By the range of their ids."""
        rows = self._rows.find({"_id": {"$gte": f"{court_code}:", "$lt": f"{court_code};"}}).sort("_id", 1)
        return [
            Closure(
                court_code=row["court_code"],
                on=date.fromisoformat(row["on"]),
                reason=row["reason"],
                by=row["by"],
                at=row["at"],
            )
            for row in rows
        ]
