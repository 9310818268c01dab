"""The counts of each court in MongoDB: one row each, changed in the transaction of the act that they count."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pymongo.client_session import ClientSession

from revenue_courts.domain.pendency import Pendency
from servicekit.mongo import Mongo

PENDENCY = "court_pendency"


def count(db: Any, steps: Mapping[str, Counter[str]], session: ClientSession) -> None:
    """Adds to the rows, in the order of the courts, so that two acts wait for each other and never for themselves."""
    for court_code in sorted(steps):
        db[PENDENCY].update_one({"_id": court_code}, {"$inc": dict(steps[court_code])}, upsert=True, session=session)


class MongoPendency:
    """Implements application.ports.PendencyCounts. Threads may share it."""

    def __init__(self, mongo: Mongo) -> None:
        self._rows = mongo.db[PENDENCY]

    def of(self, court_code: str, months: Sequence[str]) -> Pendency:
        """By its id."""
        row = self._rows.find_one({"_id": court_code}, _members(months)) or {}
        return Pendency(court_code=court_code, **_counts([row]))

    def of_the_state(self, months: Sequence[str]) -> Pendency:
        """All rows, of which there are as many as courts, without the months that nobody asked for."""
        return Pendency(court_code=None, **_counts(self._rows.find({}, _members(months))))


def _members(months: Sequence[str]) -> list[str]:
    return ["pending", *(f"{name}.{month}" for name in ("registered", "disposed") for month in months)]


def _counts(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    totals: dict[str, dict[str, int]] = {"pending": {}, "registered": {}, "disposed": {}}
    for row in rows:
        for name, total in totals.items():
            for key, number in row.get(name, {}).items():
                total[key] = total.get(key, 0) + number
    return {name: {key: total[key] for key in sorted(total) if total[key]} for name, total in totals.items()}
