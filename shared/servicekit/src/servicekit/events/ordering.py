"""The order of one aggregate's events, by their `sequence`: how far each aggregate is, and what comes too late for it.

The broker keeps no such order: an aggregate's types come over queues of their own, and a message that was tried again
comes late. For a consumer that asks for it with `Order.LATEST` the last applied sequence of each aggregate is kept
here, written in the transaction of the effect.
"""

from collections.abc import Iterable
from typing import Any

from bson import Int64
from pymongo import UpdateOne
from pymongo.client_session import ClientSession
from pymongo.database import Database

from servicekit.events.envelope import ReceivedEvent

COLLECTION = "positions"


class Progress:
    """How far some aggregates are, as one transaction reads it and moves them on."""

    def __init__(self, sequences: dict[str, int]) -> None:
        self._sequences = sequences
        self.moved: dict[str, int] = {}

    def is_stale(self, event: ReceivedEvent) -> bool:
        """Whether its aggregate is at this event or past it already; otherwise the aggregate moves on to it."""
        aggregate = _aggregate(event)
        if event.sequence <= self._sequences.get(aggregate, 0):
            return True
        self._sequences[aggregate] = self.moved[aggregate] = event.sequence
        return False


class Positions:
    """The collection `{_id: "<source>|<subject>", sequence}`: one document per aggregate, kept for good.

    It must outlive every event that may still come, so it is never forgotten; it is as small as an inbox row.
    """

    def __init__(self, db: Database[dict[str, Any]]) -> None:
        self._positions = db[COLLECTION]

    def read(self, events: Iterable[ReceivedEvent], session: ClientSession) -> Progress:
        """Where the aggregates of all these events are, in one question."""
        aggregates = {_aggregate(event) for event in events}
        if not aggregates:
            return Progress({})
        positions = self._positions.find({"_id": {"$in": list(aggregates)}}, session=session)
        return Progress({position["_id"]: position["sequence"] for position in positions})

    def write(self, progress: Progress, session: ClientSession) -> None:
        """Keeps what moved. Whoever moved one of them meanwhile makes this transaction conflict, and run again."""
        if progress.moved:
            self._positions.bulk_write(
                [
                    UpdateOne({"_id": aggregate}, {"$set": {"sequence": Int64(sequence)}}, upsert=True)
                    for aggregate, sequence in progress.moved.items()
                ],
                session=session,
            )


def _aggregate(event: ReceivedEvent) -> str:
    return f"{event.source}|{event.subject}"
