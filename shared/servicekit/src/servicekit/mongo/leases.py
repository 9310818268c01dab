"""Leases: one holder at a time for work that must not run twice side by side (the relay, a sweeper)."""

import time
from typing import Any

from pymongo import ReturnDocument
from pymongo.database import Database

COLLECTION = "leases"


class Lease:
    """A named lease with a time to live, judged by the database's clock, so that holders' clocks may differ.

    A lease is advice, not a lock: a holder that was paused can wake after its time. Whoever relies on it must keep its
    effects harmless when doubled, and look at `held` right before each of them.
    """

    def __init__(self, db: Database[dict[str, Any]], name: str, holder: str, ttl_seconds: float) -> None:
        self._leases = db[COLLECTION]
        self._name = name
        self._holder = holder
        self._ttl_seconds = ttl_seconds
        self._held_until = 0.0

    def acquire(self) -> bool:
        """Takes or renews the lease; False when another holder has it. Safe to repeat.

        Raises a `PyMongoError` when the database does not answer; `held` then runs out by itself.
        """
        asked_at = time.monotonic()
        free = {
            "$or": [
                {"$eq": [{"$type": "$holder"}, "missing"]},
                {"$eq": ["$holder", self._holder]},
                {"$lte": ["$expires_at", "$$NOW"]},
            ]
        }
        expires_at = {"$add": ["$$NOW", int(self._ttl_seconds * 1000)]}
        lease: dict[str, Any] | None = self._leases.find_one_and_update(
            {"_id": self._name},
            [
                {
                    "$set": {
                        "holder": {"$cond": [free, self._holder, "$holder"]},
                        "expires_at": {"$cond": [free, expires_at, "$expires_at"]},
                    }
                }
            ],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        if lease is None or lease["holder"] != self._holder:
            self._held_until = 0.0
            return False
        # Counted from before the request left, so that we always let go before the database does.
        self._held_until = asked_at + self._ttl_seconds
        return True

    @property
    def held(self) -> bool:
        """Whether we may still act, by our own monotonic clock."""
        return time.monotonic() < self._held_until

    def release(self) -> None:
        """Gives the lease up so that the next holder need not wait. Safe to repeat."""
        self._held_until = 0.0
        self._leases.delete_one({"_id": self._name, "holder": self._holder})
