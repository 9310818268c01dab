"""Counts in windows of time, in a collection that MongoDB empties by itself (TTL)."""

from datetime import datetime, timedelta
from typing import Any

from pymongo import IndexModel, ReturnDocument
from pymongo.collection import Collection
from pymongo.write_concern import WriteConcern

Document = dict[str, Any]
INDEXES = {
    name: [IndexModel("ends_at", expireAfterSeconds=0, name="expire_closed_windows")]
    for name in ("failed_authentications", "sent_codes")
}


def count_one(windows: Collection[Document], key: str, counted: str, at: datetime, window_seconds: int) -> Document:
    """Count one more in the member `counted` of the window `key`, in one atomic upsert; the window as it is then.

    A window that has ended (TTL deletes it up to a minute late) begins anew.
    """
    # $ifNull: on an upsert there is no ends_at yet, and `at` must then count as past the end.
    is_open = {"$gt": [{"$ifNull": ["$ends_at", at]}, at]}
    window: Document = windows.find_one_and_update(
        {"_id": key},
        [
            {
                "$set": {
                    counted: {"$cond": [is_open, {"$add": [f"${counted}", 1]}, 1]},
                    "ends_at": {"$cond": [is_open, "$ends_at", at + timedelta(seconds=window_seconds)]},
                }
            }
        ],
        upsert=True,
        return_document=ReturnDocument.AFTER,
    )  # type: ignore[assignment]  # never None: it upserts and returns what it wrote
    return window


def unhurried() -> WriteConcern:
    """A count lost in a failover is harmless, so it need not wait for the journal of a majority."""
    return WriteConcern(w=1)
