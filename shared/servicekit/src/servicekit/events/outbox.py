"""The outbox: an event is a row written in the same transaction as the change it tells of.

A row is serialised once, here; its bytes are the event for ever after. The relay (`broker.relay`) publishes it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from bson import Binary, Int64
from pymongo import IndexModel
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database

from servicekit.events.addresses import exchange_of
from servicekit.events.envelope import CONTENT_TYPE, Message, NewEvent, serialise
from servicekit.events.spans import creating
from servicekit.mongo.client import Mongo

log = structlog.get_logger(__name__)

COLLECTION = "outbox"
# Sent rows are kept for a week: long enough to answer "was it sent?", and to publish a lost day again.
SENT_ROWS_KEPT_SECONDS = 7 * 24 * 3600
# Rows made pending in one transaction: a moment's work for the database, and for the relay one read.
RESENT_AT_ONCE = 500
INDEXES = [
    IndexModel([("aggregate.type", 1), ("aggregate.id", 1), ("seq", 1)], name="one_event_per_sequence", unique=True),
    IndexModel([("state", 1), ("_id", 1)], name="pending_in_order", partialFilterExpression={"state": "pending"}),
    IndexModel([("state", 1)], name="unroutable", partialFilterExpression={"state": "unroutable"}),
    IndexModel([("sent_at", 1)], name="forget_sent", expireAfterSeconds=SENT_ROWS_KEPT_SECONDS),
]


class Outbox:
    """Adds rows for one service. Nothing is published before the transaction commits."""

    def __init__(self, db: Database[dict[str, Any]], service_name: str) -> None:
        self._rows = db[COLLECTION]
        self._service_name = service_name

    def add(self, session: ClientSession, *events: NewEvent) -> None:
        """Writes one pending row per event inside the session's transaction.

        Raises `DuplicateKeyError` on `("aggregate.type", "aggregate.id", "seq")` when the aggregate already has an
        event with that sequence: somebody else changed it first, and the transaction must not commit.
        """
        self.add_rows(session, self.rows(*events))

    def rows(self, *events: NewEvent) -> list[dict[str, Any]]:
        """The rows of `events`, which carry the trace in progress here; for `add_rows`, maybe in another thread."""
        return [self._row(event) for event in events]

    def _row(self, event: NewEvent) -> dict[str, Any]:
        exchange = exchange_of(self._service_name)
        with creating(exchange, event):
            body = serialise(event, self._service_name)
        # Where a payment's id, or an application's, a certificate's, a centre's, meets the request that changed it.
        log.info(
            "event_recorded",
            event_type=event.type,
            message_id=event.id,
            subject=event.aggregate_id,
            sequence=event.sequence,
            request_id=event.request_id,
        )
        return outbox_row(
            row_id=event.id,
            aggregate=(event.aggregate_type, event.aggregate_id),
            sequence=event.sequence,
            exchange=exchange,
            routing_key=event.type,
            message=Message(event.id, event.type, CONTENT_TYPE, body, {}),
        )

    def add_rows(self, session: ClientSession, rows: Sequence[dict[str, Any]]) -> None:
        """Writes `rows`; raises as `add` does."""
        if rows:
            self._rows.insert_many(rows, session=session)


def unroutable(db: Database[dict[str, Any]]) -> int:
    """How many rows came back because no queue took them."""
    return db[COLLECTION].count_documents({"state": "unroutable"}, hint="unroutable")


def resend_unroutable(db: Database[dict[str, Any]]) -> int:
    """Has the relay publish again what no queue took, and returns how many rows that are. Safe to repeat.

    For when the topology is whole again. They keep their message ids, so a consumer that has one already ignores it;
    they come after later events of their aggregates that have left meanwhile.
    """
    return db[COLLECTION].update_many({"state": "unroutable"}, {"$set": {"state": "pending"}}).modified_count


@dataclass(frozen=True)
class SentRows:
    """A service's events that were published in a period, so that they can be published again: a queue lost them.

    Rows are kept for `SENT_ROWS_KEPT_SECONDS` after they were sent. Retries and parked messages are not among them:
    nothing but their one queue is bound there, so none of those is ever lost without a return.
    """

    mongo: Mongo
    exchange: str
    since: datetime
    event: str | None = None
    """Only this type, such as `payment.completed.v1`."""
    batch: int = RESENT_AT_ONCE

    def count(self) -> int:
        """How many there are now."""
        return self._rows.count_documents(self._wanted({"$gte": self.since}), hint="forget_sent")

    def resend(self) -> Iterator[int]:
        """Makes them pending in the order in which they were sent, a batch at each step; yields its size.

        They keep ids and bodies, so who had one already knows the duplicate. A batch is one transaction and never cuts
        in front of an earlier one: the relay sees an aggregate's earlier events no later than the others, and publishes
        those it sends again in their order. Cut off, a repeat begins again from `since`.
        """
        # By the relay's own clock, not by ours: what it sends again from now on must not be taken a second time.
        last = self._rows.find_one(self._wanted({"$gte": self.since}), {"sent_at": 1}, sort=[("sent_at", -1)])
        if last is None:
            return
        # Rows that were marked at once share their `sent_at`; the index has those in the order of their insertion.
        query = self._wanted({"$gte": self.since, "$lte": last["sent_at"]})
        in_order: dict[str, Any] = {"sort": [("sent_at", 1)], "hint": "forget_sent", "limit": self.batch}
        while rows := [row["_id"] for row in self._rows.find(query, {"_id": 1}, **in_order)]:
            yield self.mongo.transact(partial(self._make_pending, rows))

    def _make_pending(self, rows: Sequence[str], session: ClientSession) -> int:
        # Without `sent_at`: nothing that waits may be forgotten.
        changed = {"$set": {"state": "pending"}, "$unset": {"sent_at": ""}}
        return self._rows.update_many({"_id": {"$in": rows}, "state": "sent"}, changed, session=session).modified_count

    @property
    def _rows(self) -> Collection[dict[str, Any]]:
        return self.mongo.db[COLLECTION]

    def _wanted(self, sent_at: dict[str, datetime]) -> dict[str, Any]:
        event = {"routing_key": self.event} if self.event else {}
        return {"sent_at": sent_at, "state": "sent", "exchange": self.exchange, **event}


def outbox_row(
    *,
    row_id: str,
    aggregate: tuple[str, str],
    sequence: int,
    exchange: str,
    routing_key: str,
    message: Message,
) -> dict[str, Any]:
    """The stored form of a message to publish, as the relay reads it. `row_id`, a UUIDv7, gives the order."""
    return {
        "_id": row_id,
        "aggregate": {"type": aggregate[0], "id": aggregate[1]},
        "seq": Int64(sequence),
        "exchange": exchange,
        "routing_key": routing_key,
        "message_id": message.id,
        "message_type": message.type,
        "content_type": message.content_type,
        "body": Binary(message.body),
        "headers": message.headers,
        "state": "pending",
        "created_at": datetime.now(UTC),
    }
