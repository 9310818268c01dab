"""Failed authentications per client id, in a small collection that MongoDB empties by itself (TTL)."""

import hmac
from datetime import datetime, timedelta
from typing import Any

from pymongo import IndexModel, ReturnDocument
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.write_concern import WriteConcern

from identity.application.ports import FailureWindow

Document = dict[str, Any]
COLLECTION = "failed_authentications"
INDEXES = {COLLECTION: [IndexModel("ends_at", expireAfterSeconds=0, name="expire_closed_windows")]}


class MongoFailedAuthentications:
    """The FailedAuthentications port on MongoDB: one atomic upsert for each failure.

    What was typed as a client id is kept as an HMAC under a key of its own, made of `secret`: people paste secrets and
    numbers of people into the wrong field.
    """

    def __init__(self, db: Database[Document], secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"failed-authentications", "sha256")
        # A count lost in a failover is harmless, so a failure need not wait for the journal of a majority.
        self._windows: Collection[Document] = db.get_collection(COLLECTION, write_concern=WriteConcern(w=1))

    def record(self, client_id: str, at: datetime, window_seconds: int) -> FailureWindow:
        """Count one; a window that has ended (TTL deletes it up to a minute late) begins anew."""
        # $ifNull: on an upsert there is no ends_at yet, and `at` must then count as past the end.
        is_open = {"$gt": [{"$ifNull": ["$ends_at", at]}, at]}
        window: Document = self._windows.find_one_and_update(
            {"_id": hmac.digest(self._key, client_id.encode(), "sha256").hex()},
            [
                {
                    "$set": {
                        "failures": {"$cond": [is_open, {"$add": ["$failures", 1]}, 1]},
                        "ends_at": {"$cond": [is_open, "$ends_at", at + timedelta(seconds=window_seconds)]},
                    }
                }
            ],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )  # type: ignore[assignment]  # never None: it upserts and returns what it wrote
        return FailureWindow(failures=window["failures"], ends_at=window["ends_at"])
