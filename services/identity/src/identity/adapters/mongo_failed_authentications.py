"""Failed authentications per client id."""

import hmac
from datetime import datetime
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database

from identity.adapters.mongo_windows import count_one, unhurried
from identity.application.clients.ports import FailureWindow

Document = dict[str, Any]


class MongoFailedAuthentications:
    """The FailedAuthentications port on MongoDB: one atomic upsert for each failure.

    What was typed as a client id is kept as an HMAC under `key`: people paste secrets and numbers of people into the
    wrong field.
    """

    def __init__(self, db: Database[Document], key: bytes) -> None:
        self._key = key
        self._windows: Collection[Document] = db.get_collection("failed_authentications", write_concern=unhurried())

    def record(self, client_id: str, at: datetime, window_seconds: int) -> FailureWindow:
        """Count one."""
        index = hmac.digest(self._key, b"failed-authentication:" + client_id.encode(), "sha256").hex()
        window = count_one(self._windows, index, "failures", at, window_seconds)
        return FailureWindow(failures=window["failures"], ends_at=window["ends_at"])
