"""Acts in the collection `acts`, which empties itself (TTL)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pymongo
from pymongo import IndexModel
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError

from gateway.application.acts import REMEMBERED, Act, Outcome
from servicekit.errors import DependencyUnavailable
from servicekit.events.envelope import NewEvent
from servicekit.events.outbox import Outbox
from servicekit.instants import rfc3339
from servicekit.mongo import Mongo

Document = dict[str, Any]
ACTS = "acts"
PERFORMED = "act.performed.v1"
_BEGUN = "BEGUN"
WITHIN_SECONDS = 2.0
INDEXES = {
    ACTS: [
        IndexModel("begun_at", name="without_outcome", partialFilterExpression={"outcome": _BEGUN}),
        IndexModel("forget_at", expireAfterSeconds=0, name="forget_acts"),
    ],
}


class MongoActs:
    """The Acts port on MongoDB."""

    def __init__(self, mongo: Mongo, outbox: Outbox) -> None:
        self._mongo = mongo
        self._acts = mongo.db[ACTS]
        self._outbox = outbox

    def begin(self, act: Act) -> None:
        """Upsert; `open` counts the attempts that have no outcome."""
        members = asdict(act)
        members |= {"outcome": _BEGUN, "forget_at": act.begun_at + REMEMBERED}
        with _reached():
            self._acts.update_one(
                {"_id": members.pop("id")}, {"$setOnInsert": members, "$inc": {"open": 1}}, upsert=True
            )

    def conclude(self, act: Act, outcome: Outcome, event_id: str, at: datetime) -> None:
        """Update under a condition, and the event."""

        def work(session: ClientSession) -> None:
            changed = self._acts.update_one(
                {"_id": act.id, "outcome": _BEGUN}, {"$set": {"outcome": outcome.value}}, session=session
            )
            if changed.matched_count == 1:
                self._outbox.add(session, _event(act, outcome, event_id, at))

        with _reached():
            self._mongo.transact(work)

    def drop(self, act_id: str) -> None:
        """Decrement, then delete under a condition: an attempt at the same time may yet come to something."""
        with _reached():
            self._acts.update_one({"_id": act_id}, {"$inc": {"open": -1}})
            self._acts.delete_one({"_id": act_id, "outcome": _BEGUN, "open": 0})

    def without_outcome(self, begun_before: datetime, limit: int) -> list[Act]:
        """A range of an index."""
        unconcluded = {"outcome": _BEGUN, "begun_at": {"$lt": begun_before}}
        return [_act(document) for document in self._acts.find(unconcluded).sort("begun_at", 1).limit(limit)]


@contextmanager
def _reached() -> Iterator[None]:
    """Raises DependencyUnavailable where the database does not answer in time."""
    try:
        with pymongo.timeout(WITHIN_SECONDS):
            yield
    except PyMongoError as error:
        raise DependencyUnavailable(
            "Acts for people cannot be put on record just now, so nothing is done for anybody. Repeat the request, "
            "with the same Idempotency-Key if it had one."
        ) from error


def _event(act: Act, outcome: Outcome, event_id: str, at: datetime) -> NewEvent:
    return NewEvent(
        id=event_id,
        type=PERFORMED,
        aggregate_type="act",
        aggregate_id=act.id,
        sequence=1,
        occurred_at=at,
        data={
            "act_id": act.id,
            "assistance_id": act.assistance_id,
            "client_id": act.client_id,
            "kiosk_id": act.kiosk_id,
            "service": act.service,
            "method": act.method,
            "route": act.route,
            "outcome": outcome.value,
            "performed_at": rfc3339(act.begun_at),
        },
        request_id=act.request_id,
    )


def _act(document: Document) -> Act:
    members = {name: value for name, value in document.items() if name not in ("_id", "outcome", "open", "forget_at")}
    return Act(id=document["_id"], **members)
