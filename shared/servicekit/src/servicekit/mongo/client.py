"""A process's connection to its own database, and the one way to run a transaction."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from typing import Any, Self, TypeVar

import pymongo
from bson.codec_options import CodecOptions
from pymongo import IndexModel, MongoClient, ReadPreference
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from servicekit.deadlines import seconds_left
from servicekit.mongo.pool_metrics import PoolMetrics

T = TypeVar("T")
Document = dict[str, Any]

# A server is chosen quickly or the caller is told to come back: 3 s covers an election that is nearly over.
SERVER_SELECTION_TIMEOUT_MS = 3_000
CONNECT_TIMEOUT_MS = 2_000
# Probes must answer inside Kubernetes' default probe timeout of one second.
PING_TIMEOUT_SECONDS = 0.8
# A request waits this long at most for a free connection: longer means that the pool is too small or stuck.
POOL_WAIT_MS = 2_000
DUPLICATE_KEY_CODE = 11_000


class Mongo:
    """One MongoClient and this service's database.

    Make it after the process forked (gunicorn's worker, the worker's or the relay's main), never at import.
    Writes are acknowledged by a majority and journaled; datetimes come back as aware UTC. Reads outside a transaction
    see only what a majority has: a primary that is cut off from the others goes on answering for ten seconds, and what
    it alone has is rolled back when it learns of its successor. Nobody may be promised anything on the strength of that
    (ADR 0018).
    """

    def __init__(self, uri: str, database: str, timeout_seconds: float) -> None:
        self.timeout_seconds = timeout_seconds
        self.client: MongoClient[Document] = MongoClient(
            uri,
            tz_aware=True,
            tzinfo=UTC,
            serverSelectionTimeoutMS=SERVER_SELECTION_TIMEOUT_MS,
            connectTimeoutMS=CONNECT_TIMEOUT_MS,
            waitQueueTimeoutMS=POOL_WAIT_MS,
            # A black-holed connection must not hold a thread for ever.
            socketTimeoutMS=int(timeout_seconds * 1000) + 5_000,
            w="majority",
            journal=True,
            retryWrites=True,
            event_listeners=[PoolMetrics()],
        )
        self.db: Database[Document] = self.client.get_database(
            database,
            codec_options=CodecOptions(tz_aware=True, tzinfo=UTC),
            read_concern=ReadConcern("majority"),
        )

    def transact(self, callback: Callable[[ClientSession], T]) -> T:
        """Runs `callback` in one transaction and returns what it returned.

        The driver runs the callback again after a transient error (a write conflict, an election), so it may touch
        nothing but the session: no HTTP, no clock, no id minting. Bounded by the service's MongoDB timeout or by what
        the caller's deadline leaves, whichever is less.

        Raises: whatever the callback raised; `pymongo.errors.DuplicateKeyError` (see `duplicate_key`) with every
        write of the transaction gone; `DependencyTimeout` when the deadline has passed before it began.
        """
        with pymongo.timeout(seconds_left(self.timeout_seconds)), self.client.start_session() as session:
            try:
                return session.with_transaction(
                    callback,
                    read_concern=ReadConcern("snapshot"),
                    write_concern=WriteConcern("majority", j=True),
                    read_preference=ReadPreference.PRIMARY,
                )
            except BulkWriteError as error:
                # insert_many wraps what insert_one raises; callers should not have to know which was used.
                first = (error.details.get("writeErrors") or [{}])[0]
                if first.get("code") != DUPLICATE_KEY_CODE:
                    raise
                raise DuplicateKeyError(first["errmsg"], DUPLICATE_KEY_CODE, first) from error

    def ping(self) -> None:
        """Asks the database to answer within a second. Raises a `PyMongoError` when it does not."""
        with pymongo.timeout(PING_TIMEOUT_SECONDS):
            self.client.admin.command("ping")

    def prepare(self, indexes: Mapping[str, Sequence[IndexModel]]) -> None:
        """Makes the named indexes; a repeat changes nothing. Takes `{collection: [IndexModel, …]}`."""
        for collection, models in indexes.items():
            if models:
                self.db[collection].create_indexes(list(models))

    def close(self) -> None:
        """Closes every connection. The object is of no use afterwards."""
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def duplicate_key(error: DuplicateKeyError) -> tuple[str, ...]:
    """The fields of the unique index that refused the write, such as `("client_id", "key")`.

    A swallowed DuplicateKeyError of *another* index is a lost write: always ask which one it was.
    """
    details: Mapping[str, Any] = error.details or {}
    return tuple(details.get("keyPattern", {}))
