"""The order of one aggregate's events, by their `sequence`: what is stale, what must wait, and how far we are.

The broker keeps no such order: an aggregate's types come over queues of their own, and a message that was tried again
comes late. A consumer that needs it says so with `Order`; then the last applied sequence of each aggregate is kept
here, written in the transaction of the effect.
"""

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import structlog
from bson import Int64
from pymongo import UpdateOne
from pymongo.client_session import ClientSession
from pymongo.database import Database

from servicekit.events.envelope import Message, ReceivedEvent
from servicekit.events.table import Consumer, Order
from servicekit.instants import rfc3339

log = structlog.get_logger(__name__)

COLLECTION = "positions"
# An earlier event is usually in another worker's hands at this very moment: two types come over two queues.
GAP_WAITS_SECONDS = (0.02, 0.05, 0.1)
# How often the ladder is tried (10 s, then 1 m) before the log is read: a late event needs nothing else.
RUNGS_BEFORE_REPAIR = 2
# How far before the waiting event the log is read, try by try: a lost event was most likely sent shortly before, and
# reading all that the log keeps takes long.
LOOK_BACK = (timedelta(minutes=5), timedelta(hours=1), timedelta(days=7))
# By how much producers' and the broker's clocks may differ: nothing is missing from before the last applied event.
CLOCKS_DIFFER_AT_MOST = timedelta(minutes=1)
# A longer hole closes over several deliveries: those waiting behind it are many too.
SOUGHT_AT_ONCE = 100

Aggregate = tuple[str, str]  # source and subject of the envelope
Place = tuple[str, str, int]  # and sequence
# Those of the places' events that the log got from an instant on; see `events_log`.
Fetch = Callable[[Collection[Place], datetime], Mapping[Place, Message]]


@dataclass(frozen=True, slots=True)
class Position:
    """The last applied event of an aggregate; sequence 0 before the first."""

    sequence: int = 0
    time: datetime | None = None


class Gap(Exception):
    """`event` cannot be applied yet: its aggregate is at `position`. `note` is appended to what it says."""

    def __init__(self, event: ReceivedEvent, position: Position, note: str = "") -> None:
        super().__init__(f"{event.source} {event.subject} is at {position.sequence} and this is {event.sequence}{note}")
        self.event = event
        self.position = position
        self.aggregate = aggregate_of(event)

    @property
    def missing(self) -> list[Place]:
        """What is to be applied before, or its first part."""
        upto = min(self.event.sequence, self.position.sequence + 1 + SOUGHT_AT_ONCE)
        return [(*self.aggregate, sequence) for sequence in range(self.position.sequence + 1, upto)]

    def look_from(self, repairs: int) -> datetime:
        """Where to begin to read the log, when that was done `repairs` times before."""
        back = self.event.time - LOOK_BACK[min(repairs, len(LOOK_BACK) - 1)]
        return back if self.position.time is None else max(back, self.position.time - CLOCKS_DIFFER_AT_MOST)


Outcome = Literal["handled", "skipped", "stale"] | Gap


class Progress:
    """The positions of some aggregates, as one transaction found them and moves them on."""

    def __init__(self, found: dict[Aggregate, Position]) -> None:
        self._positions = found
        self.moved: dict[Aggregate, Position] = {}

    def judge(self, event: ReceivedEvent, consumer: Consumer) -> Outcome:
        """What becomes of the event; one that need not wait moves its aggregate's position on.

        An aggregate's events must be asked for in the order of their sequences.
        """
        if consumer.order is not None:
            aggregate = aggregate_of(event)
            last = self._positions.get(aggregate, Position())
            if event.sequence <= last.sequence:
                return "stale"
            if consumer.order is Order.GAPLESS and event.sequence > last.sequence + 1:
                return Gap(event, last)
            self._positions[aggregate] = self.moved[aggregate] = Position(event.sequence, event.time)
        # One that is not wanted has moved its aggregate all the same: the next one shall not wait for it.
        return "handled" if consumer.wanted(event) else "skipped"


class Positions:
    """The collection `{_id: "<source>|<subject>", sequence, time}`: one document per aggregate, kept for good.

    It must outlive every event that may still come, so it is never forgotten; it is as small as an inbox row.
    """

    def __init__(self, db: Database[dict[str, Any]]) -> None:
        self._positions = db[COLLECTION]

    def read(self, events: Iterable[ReceivedEvent], session: ClientSession) -> Progress:
        """Where the aggregates of all these events are, in one question."""
        by_key = {_key(aggregate_of(event)): aggregate_of(event) for event in events}
        if not by_key:
            return Progress({})
        found = self._positions.find({"_id": {"$in": list(by_key)}}, session=session)
        return Progress({by_key[each["_id"]]: Position(each["sequence"], each["time"]) for each in found})

    def write(self, progress: Progress, session: ClientSession) -> None:
        """Keeps what moved. Whoever moved one of them meanwhile makes this transaction conflict, and run again."""
        if progress.moved:
            self._positions.bulk_write(
                [
                    UpdateOne(
                        {"_id": _key(aggregate)},
                        {"$set": {"sequence": Int64(position.sequence), "time": position.time}},
                        upsert=True,
                    )
                    for aggregate, position in progress.moved.items()
                ],
                session=session,
            )


def aggregate_of(event: ReceivedEvent) -> Aggregate:
    """Whose sequence the event counts in."""
    return event.source, event.subject


def look_up(
    late: Sequence[tuple[Gap, int]], fetch: Fetch, types: Container[str]
) -> tuple[list[Message], dict[Aggregate, str]]:
    """The missing events that the log has, lowest first, and a note for each aggregate where that is not all.

    Takes each gap with how often it was looked up before, and the types of event that are taken here at all.
    """
    wanted = {place for gap, _ in late for place in gap.missing}
    try:
        since = min(gap.look_from(repairs) for gap, repairs in late)
        found = fetch(wanted, since)
    except Exception as error:  # noqa: BLE001 whatever keeps the log from being read, the ladder leads back here
        log.warning("events_log_unreadable", reason=f"{type(error).__name__}: {error}"[:200])
        return [], {gap.aggregate: f"; the log could not be read: {type(error).__name__}" for gap, _ in late}
    taken = {place: found[place] for place in sorted(found) if found[place].type in types}
    absent: dict[Aggregate, list[int]] = {}
    for source, subject, sequence in sorted(wanted.difference(taken)):
        absent.setdefault((source, subject), []).append(sequence)
    # "Not found" is all that can be said: a long log is not read to its end.
    notes = {each: f"; not found in the log from {rfc3339(since)} on: {absent[each]}" for each in absent}
    return list(taken.values()), notes


def _key(aggregate: Aggregate) -> str:
    return "|".join(aggregate)
