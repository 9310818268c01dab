"""Failed authentications per client id."""

from datetime import datetime
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database

from identity.adapters.mongo_windows import count_one, unhurried
from identity.application.clients.ports import FailureWindow

Document = dict[str, Any]


class MongoFailedAuthentications:
    """The FailedAuthentications port on MongoDB: one atomic upsert for each failure."""

    def __init__(self, db: Database[Document]) -> None:
        self._windows: Collection[Document] = db.get_collection("failed_authentications", write_concern=unhurried())

    def record(self, client_id: str, at: datetime, window_seconds: int) -> FailureWindow:
        """Count one."""
        window = count_one(self._windows, client_id, "failures", at, window_seconds)
        return FailureWindow(failures=window["failures"], ends_at=window["ends_at"])
