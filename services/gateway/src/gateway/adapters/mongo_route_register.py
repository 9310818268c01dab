"""The register of routes in MongoDB: one document, so that who is first is decided by one write.

`{_id: "routes", revision, places: [{service, place}], entries: [{service, method, path}]}`, the entries in the order in
which they were made. A route is some 80 bytes in it, so the 16 MiB of a document are enough for 200,000.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pymongo
from bson import Int64
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, PyMongoError

from gateway.application.route_register import Entry, Register
from servicekit.errors import DependencyUnavailable

COLLECTION = "route_register"

# One small document. The folder of routes waits for it at most so long, and goes on with what it knows.
TIMEOUT_SECONDS = 1.0
_ID = "routes"


class MongoRouteRegister:
    """Implements application.ports.RouteRegister. Writes are acknowledged by a majority (servicekit.mongo)."""

    def __init__(self, db: Database[dict[str, Any]]) -> None:
        self._registers = db[COLLECTION]

    def newer_than(self, revision: int) -> Register | None:
        """As the port says; within a second."""
        with in_time():
            document = self._registers.find_one({"_id": _ID, "revision": {"$ne": Int64(revision)}})
        return None if document is None else _register(document)

    def replace(self, register: Register) -> Register | None:
        """As the port says; within a second."""
        document = _document(register, register.revision + 1)
        with in_time():
            if register.revision == 0:
                try:
                    self._registers.insert_one(document)
                except DuplicateKeyError:
                    return None
                return _register(document)
            written = self._registers.replace_one({"_id": _ID, "revision": Int64(register.revision)}, document)
        return _register(document) if written.matched_count else None


@contextmanager
def in_time() -> Iterator[None]:
    """Bounds what is asked of the store, and says DependencyUnavailable when it does not do it."""
    try:
        with pymongo.timeout(TIMEOUT_SECONDS):
            yield
    except PyMongoError as error:
        raise DependencyUnavailable("What is known of routes cannot be reached.", retry_after_seconds=2) from error


def _document(register: Register, revision: int) -> dict[str, Any]:
    return {
        "_id": _ID,
        "revision": Int64(revision),
        "places": [{"service": service, "place": place} for service, place in register.places.items()],
        "entries": [{"service": e.service, "method": e.method, "path": e.path} for e in register.entries],
    }


def _register(document: Mapping[str, Any]) -> Register:
    return Register(
        revision=int(document["revision"]),
        places={row["service"]: row["place"] for row in document["places"]},
        entries=tuple(Entry(row["service"], row["method"], row["path"]) for row in document["entries"]),
    )
