"""What a service that was brought back to an earlier minute lacks, by the log of all events.

Two kinds: events of others that had an effect here and have none now (they are sent again by their producers, and who
had them takes them as duplicates), and events of its own that others had and it knows nothing of any more (what they
tell happened, and nobody here remembers it).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from servicekit.events import Consumer, dead_letters, inbox, ordering, outbox
from servicekit.events.envelope import TYPE_PREFIX, ReceivedEvent, UnreadableMessage, parse, received
from servicekit.events.inbox import inbox_id
from servicekit.instants import utc_now
from servicekit.mongo.client import Mongo

_BATCH = 500


@dataclass(frozen=True)
class Lacking:
    """One event by what identifies it; no data of it."""

    event: str
    producer: str
    id: str
    subject: str
    at: str


@dataclass
class Compared:
    """`read` is how many different events the log had in the time."""

    read: int = 0
    unhandled: list[Lacking] = field(default_factory=list)
    """Of others: neither handled nor parked here."""
    forgotten: list[Lacking] = field(default_factory=list)
    """Its own: told to others, and not in its outbox."""


def compare(
    mongo: Mongo, service: str, consumers: Mapping[str, Consumer], logged: Iterable[bytes], since: datetime
) -> Compared:
    """Compares what the log has of events that happened from `since` on; `consumers` are by queue.

    Sent rows and the log are both kept for seven days: before that it says nothing.
    """
    compared = Compared()
    seen: set[str] = set()
    by_event = {(consumer.producer, consumer.event): (queue, consumer) for queue, consumer in consumers.items()}
    for batch in _batches(_envelopes(logged, since, seen)):
        compared.read += len(batch)
        own = [one for one in batch if _producer(one) == service]
        compared.forgotten += _forgotten(mongo, own)
        compared.unhandled += _unhandled(mongo, by_event, batch)
    return compared


def _envelopes(logged: Iterable[bytes], since: datetime, seen: set[str]) -> Iterator[dict[str, Any]]:
    began = utc_now()
    for body in logged:
        try:
            envelope = parse(body)
        except UnreadableMessage:
            continue  # no event of ours: its consumers parked it
        if envelope["time"] > began:
            return  # what happens now has its effect soon
        if envelope["time"] >= since and envelope["id"] not in seen:
            seen.add(envelope["id"])
            yield envelope


def _batches(envelopes: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for one in envelopes:
        batch.append(one)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _forgotten(mongo: Mongo, own: list[dict[str, Any]]) -> Iterator[Lacking]:
    ids = [one["id"] for one in own]
    known = {row["_id"] for row in mongo.db[outbox.COLLECTION].find({"_id": {"$in": ids}}, {"_id": 1})}
    return (_lacking(one) for one in own if one["id"] not in known)


def _unhandled(
    mongo: Mongo, by_event: Mapping[tuple[str, str], tuple[str, Consumer]], batch: list[dict[str, Any]]
) -> Iterator[Lacking]:
    taken: list[tuple[str, Consumer, dict[str, Any], ReceivedEvent]] = []
    for envelope in batch:
        queue, consumer = by_event.get((_producer(envelope), _event(envelope)), ("", None))
        if consumer is None:
            continue
        try:
            event = received(envelope, consumer.schema.load(envelope["data"]))
        except ValidationError:
            continue  # parked as unreadable whenever it comes
        if consumer.takes(event):
            taken.append((queue, consumer, envelope, event))
    rows = [inbox_id(queue, event.id) for queue, _, _, event in taken]
    handled = {row["_id"] for row in mongo.db[inbox.COLLECTION].find({"_id": {"$in": rows}}, {"_id": 1})}
    places = [f"{event.source}|{event.subject}" for _, consumer, _, event in taken if consumer.order]
    positions = {row["_id"]: row["sequence"] for row in mongo.db[ordering.COLLECTION].find({"_id": {"$in": places}})}
    ids = [event.id for _, _, _, event in taken]
    letters = mongo.db[dead_letters.COLLECTION].find({"message_id": {"$in": ids}}, {"queue": 1, "message_id": 1})
    parked = {(row["queue"], row["message_id"]) for row in letters}
    for queue, consumer, envelope, event in taken:
        past = consumer.order and positions.get(f"{event.source}|{event.subject}", 0) >= event.sequence
        if not past and inbox_id(queue, event.id) not in handled and (queue, event.id) not in parked:
            yield _lacking(envelope)


def _producer(envelope: Mapping[str, Any]) -> str:
    return str(envelope["source"]).rpartition("/")[2]


def _event(envelope: Mapping[str, Any]) -> str:
    return str(envelope["type"]).removeprefix(TYPE_PREFIX)


def _lacking(envelope: Mapping[str, Any]) -> Lacking:
    at = envelope["time"].isoformat().replace("+00:00", "Z")
    return Lacking(_event(envelope), _producer(envelope), envelope["id"], envelope["subject"], at)
