"""The outbox: an event is a row written in the same transaction as the change it tells of.

A row is serialised once, here; its bytes are the event for ever after. The relay (``messaging.relay``) publishes it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bson import Binary, Int64
from pymongo import IndexModel
from pymongo.client_session import ClientSession
from pymongo.database import Database

from servicekit.messaging.envelope import CONTENT_TYPE, Message, NewEvent, exchange_of, serialise

COLLECTION = "outbox"
# Sent rows are kept for a week: long enough to answer "was it sent?", and to publish a lost day again.
SENT_ROWS_KEPT_SECONDS = 7 * 24 * 3600
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

        Raises ``DuplicateKeyError`` on ``("aggregate.type", "aggregate.id", "seq")`` when the aggregate already has an
        event with that sequence: somebody else changed it first, and the transaction must not commit.
        """
        self.add_rows(session, self.rows(*events))

    def rows(self, *events: NewEvent) -> list[dict[str, Any]]:
        """The rows of ``events``, which carry the trace in progress here; for ``add_rows``, maybe in another thread."""
        exchange = exchange_of(self._service_name)
        return [
            outbox_row(
                row_id=event.id,
                aggregate=(event.aggregate_type, event.aggregate_id),
                sequence=event.sequence,
                exchange=exchange,
                routing_key=event.type,
                message=Message(event.id, event.type, CONTENT_TYPE, serialise(event, self._service_name), {}),
            )
            for event in events
        ]

    def add_rows(self, session: ClientSession, rows: Sequence[dict[str, Any]]) -> None:
        """Writes ``rows``; raises as ``add`` does."""
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


def outbox_row(
    *,
    row_id: str,
    aggregate: tuple[str, str],
    sequence: int,
    exchange: str,
    routing_key: str,
    message: Message,
) -> dict[str, Any]:
    """The stored form of a message to publish, as the relay reads it. ``row_id``, a UUIDv7, gives the order."""
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
