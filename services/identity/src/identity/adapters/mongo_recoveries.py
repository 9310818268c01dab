"""Recoveries in the collection `recoveries`, one document each, never deleted."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo import IndexModel, ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from identity.domain.recovery.recovery import RUNNING, By, Recovery, State

Document = dict[str, Any]
RECOVERIES = "recoveries"
RUNS = {"$in": [state.value for state in RUNNING]}
# No notice goes to the number any more.
FORGOTTEN = {"old_sealed": b""}
INDEXES = {
    RECOVERIES: [
        IndexModel("old_index", unique=True, partialFilterExpression={"state": RUNS}, name="one_runs_for_a_number"),
        IndexModel("new_index", name="recoveries_to_a_number"),
        IndexModel("stop_code", name="recoveries_by_stop_code"),
        IndexModel("person_id", name="recoveries_of_a_person"),
    ]
}


class MongoRecoveries:
    """The Recoveries port on MongoDB; each change is one conditional write."""

    def __init__(self, db: Database[Document]) -> None:
        self._recoveries = db[RECOVERIES]

    def add(self, recovery: Recovery) -> Recovery:
        """Insert; the partial unique index refuses a second running one."""
        members = {name: value for name, value in asdict(recovery).items() if name != "id"}
        try:
            self._recoveries.insert_one({"_id": recovery.id, **members, "state": recovery.state.value})
        except DuplicateKeyError:
            running = self._recoveries.find_one({"old_index": recovery.old_index, "state": RUNS})
            # It may have ended in between; then this one is added.
            return self._read(running) or self.add(recovery)
        return recovery

    def get(self, recovery_id: str) -> Recovery | None:
        """One read by _id."""
        return self._read(self._recoveries.find_one({"_id": recovery_id}))

    def set_stop_code(self, recovery_id: str, stop_code: str) -> bool:
        """Update while nobody was told."""
        untold = {"_id": recovery_id, "notified": False}
        return self._recoveries.update_one(untold, {"$set": {"stop_code": stop_code}}).matched_count == 1

    def set_notified(self, recovery_id: str, stop_code: str) -> bool:
        """Set the mark."""
        told = {"_id": recovery_id, "stop_code": stop_code}
        return self._recoveries.update_one(told, {"$set": {"notified": True}}).matched_count == 1

    def decide(self, recovery_id: str, by: By, at: datetime, effective_at: datetime | None) -> Recovery | None:
        """Update under a condition."""
        state = State.REFUSED if effective_at is None else State.APPROVED
        return self._read(
            self._recoveries.find_one_and_update(
                {"_id": recovery_id, "state": RUNS if effective_at is None else State.OPEN.value},
                {
                    "$set": {
                        "state": state.value, "decided_by": asdict(by), "decided_at": at, "effective_at": effective_at,
                        **({} if effective_at else FORGOTTEN)
                    }
                },
                return_document=ReturnDocument.AFTER,
            )
        )  # fmt: skip

    def stop(self, stop_code: str) -> bool:
        """Update under a condition."""
        change = {"$set": {"state": State.STOPPED.value, **FORGOTTEN}}
        return self._recoveries.update_one({"stop_code": stop_code, "state": RUNS}, change).matched_count == 1

    def due(self, new_index: str, at: datetime) -> Recovery | None:
        """One read by index."""
        condition = {"new_index": new_index, "state": State.APPROVED.value, "effective_at": {"$lte": at}}
        return self._read(self._recoveries.find_one(condition))

    def waiting(self, new_index: str) -> Recovery | None:
        """One read by index."""
        return self._read(self._recoveries.find_one({"new_index": new_index, "state": State.APPROVED.value}))

    def _read(self, document: Document | None) -> Recovery | None:
        if document is None:
            return None
        decided_by = document["decided_by"]
        return Recovery(
            **{
                **{name: value for name, value in document.items() if name != "_id"},
                "id": document["_id"],
                "state": State(document["state"]),
                "opened_by": By(**document["opened_by"]),
                "decided_by": decided_by and By(**decided_by),
            }
        )
