"""The health of desks in MongoDB, a row each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from certificates.adapters.events import to_event
from certificates.domain.sla.desk_health import DeskDelayed, DeskHealth, Warning
from servicekit.events.outbox import Outbox
from servicekit.mongo import Mongo

DESK_HEALTHS = "desk_healths"

INDEXES = {DESK_HEALTHS: [IndexModel([("district_code", ASCENDING), ("department", ASCENDING)], name="of_a_district")]}


class MongoDeskHealths:
    """Implements application.standing.ports.DeskHealths. Threads may share it."""

    def __init__(self, mongo: Mongo, outbox: Outbox) -> None:
        self._mongo = mongo
        self._healths = mongo.db[DESK_HEALTHS]
        self._outbox = outbox

    def all(self) -> Iterable[DeskHealth]:
        """Read whole: there are as many as offices that work."""
        return [_health(document) for document in self._healths.find({"as_of": {"$exists": True}})]

    def put(self, health: DeskHealth, event: DeskDelayed | None, request_id: str) -> bool:
        """Compare-and-set on how much was told: of two that measure at once one tells."""
        row = {**asdict(health), "warning": health.warning.value if health.warning else None}
        row["by_officer"] = [{"officer_id": id_, "decided": n} for id_, n in sorted(health.by_officer.items())]
        told_before = health.told - (event is not None)

        def run(session: ClientSession) -> bool:
            self._healths.replace_one({"_id": health.id, "told": told_before}, row, upsert=True, session=session)
            if event is not None:
                self._outbox.add(session, to_event(event, request_id))
            return event is not None

        try:
            return self._mongo.transact(run)
        except DuplicateKeyError:
            return False

    def of(self, district_code: str | None, department: str | None) -> Sequence[DeskHealth]:
        """By an index."""
        asked = {"district_code": district_code, "department": department}
        query = {name: value for name, value in asked.items() if value is not None}
        return [_health(document) for document in self._healths.find(query).sort("_id", ASCENDING)]


def _health(document: Mapping[str, Any]) -> DeskHealth:
    plain = {name: value for name, value in document.items() if name not in {"_id", "warning", "by_officer"}}
    warning = document["warning"]
    return DeskHealth(
        warning=Warning(warning) if warning else None,
        by_officer={row["officer_id"]: row["decided"] for row in document["by_officer"]},
        **plain,
    )
