"""Dead letters: every parked message, kept in its service's own database with its history.

A letter is one message of one queue: parked again after a re-drive, it is the same document with a longer history.
`{_id, queue, message_id, type, source?, subject?, sequence?, state, reason, attempts, stack, redrives, parked_at,
first_parked_at, content_type, message_type, headers, body, body_bytes, discard_request?: {by, reason, at},
history: [{at, what, …}]}`.
Nothing is ever deleted, and every change is one step of `state`: parked → redriven → parked …, parked → discarded.
"""

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pymongo
import structlog
from bson import Binary, Int64
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from pymongo import IndexModel, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError, PyMongoError

from servicekit import ids
from servicekit.events import metrics, outbox
from servicekit.events.addresses import PARKING_PREFIX, Addresses
from servicekit.events.envelope import TYPE_PREFIX, Message, UnreadableMessage, parse
from servicekit.events.handling import DATABASE_PROBE_SECONDS, Delivery, Stopped
from servicekit.events.redelivery import (
    REASON_HEADER,
    REDRIVE_HEADER,
    STACK_HEADER,
    attempts,
    redrives,
    storable,
)
from servicekit.faults import crash_point
from servicekit.mongo.client import Document, Mongo

log = structlog.get_logger(__name__)

COLLECTION = "dead_letters"
PARKED, REDRIVEN, DISCARDED = "parked", "redriven", "discarded"
INDEXES = [
    # Holds all that is grouped and counted, so that neither reads the letters with their bodies.
    IndexModel([("state", 1), ("queue", 1), ("type", 1), ("reason", 1), ("parked_at", 1)], name="by_kind"),
    IndexModel([("state", 1), ("parked_at", -1)], name="newest_first"),
]
# The relay's mark of the row that was published: two copies of one parking carry the same.
OUTBOX_HEADER = "x-outbox-id"
# The broker's own headers and ours describe one journey of a message; a re-driven one begins another.
JOURNEY_HEADERS = "x-"
DELIVERY_LIMIT_REACHED = "delivery limit reached"
# MongoDB's documents end at 16 MiB. No outbox of ours could have held a larger body, nor could it send it again.
BODY_MAX_BYTES = 15 * 1024 * 1024
# Text that others wrote is cut to this length: it must fit into an index and on a line.
TEXT_MAX_CHARACTERS = 200
# Prometheus gives up after ten seconds; a scrape must end sooner, even when the database does not answer.
MEASURE_TIMEOUT_SECONDS = 2.0


class LetterGone(Exception):
    """The letter is not in the state that the change needs: somebody else was faster."""


def letter_id(queue: str, message_id: str) -> str:
    """The letter's key, the same for the same queue and message, and short enough to be typed."""
    return "dl_" + hashlib.sha256(f"{queue}|{message_id}".encode()).hexdigest()[:20]


class Recorder:
    """Copies parked messages into the collection; `ConsumerProcess` brings them, and acknowledges them afterwards."""

    def __init__(self, mongo: Mongo, stopping: threading.Event) -> None:
        self._letters = mongo.db[COLLECTION]
        self._stopping = stopping

    def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Records every delivery, once however often it comes; all may be acknowledged after it.

        While the database does not take them it waits. Raises `Stopped` when the process stops meanwhile.
        """
        for delivery in deliveries:
            queue = delivery.queue.removeprefix(PARKING_PREFIX)
            self._record(queue, delivery.message)
            crash_point("D1")
            metrics.handled(delivery.queue, "recorded")

    def _record(self, queue: str, message: Message) -> None:
        letter = letter_id(queue, message.id)
        parking, change = _parked(queue, message)
        probes = 0
        while True:
            try:
                if self._is_recorded(letter, parking, change):
                    return
                reason = "another process inserted the letter"
            except PyMongoError as error:
                reason = type(error).__name__
            # Given back it would come again at once, and there is nothing behind this queue.
            wait = DATABASE_PROBE_SECONDS[min(probes, len(DATABASE_PROBE_SECONDS) - 1)]
            log.warning("dead_letter_waits", queue=queue, reason=reason, seconds=wait)
            probes += 1
            if self._stopping.wait(wait):
                raise Stopped

    def _is_recorded(self, letter: str, parking: str, change: Document) -> bool:
        try:
            self._letters.update_one({"_id": letter, "history.parking": {"$ne": parking}}, change, upsert=True)
        except DuplicateKeyError:
            # The letter exists: it has this parking already, or another process inserted it just now.
            return self._letters.find_one({"_id": letter, "history.parking": parking}, {"_id": 1}) is not None
        return True


class DeadLetters:
    """Reading, re-driving and discarding one service's letters."""

    def __init__(self, mongo: Mongo, addresses: Addresses) -> None:
        self._mongo = mongo
        self._letters = mongo.db[COLLECTION]
        self._outbox = mongo.db[outbox.COLLECTION]
        self._addresses = addresses

    def get(self, letter: str) -> Document | None:
        """One letter, body and all."""
        return self._letters.find_one({"_id": letter})

    def newest(self, query: Mapping[str, Any], limit: int) -> list[Document]:
        """Letters without headers and body, the most recently parked first."""
        rows = self._letters.find(query, {"body": 0, "headers": 0}).sort("parked_at", -1).limit(limit)
        return list(rows)

    def count(self, query: Mapping[str, Any]) -> int:
        """How many letters there are."""
        return self._letters.count_documents(query)

    def in_order(self, query: Mapping[str, Any], limit: int) -> list[str]:
        """The ids of letters in the order in which to send them again: each subject's events by sequence."""
        rows = self._letters.find(query, {"_id": 1}, sort=[("subject", 1), ("sequence", 1)], limit=limit)
        return [letter["_id"] for letter in rows.allow_disk_use(True)]

    def groups(self, query: Mapping[str, Any], by: Sequence[str] = ("queue", "type", "reason")) -> list[Document]:
        """`{_id: {queue, type, reason}, count, oldest, newest}`, the largest group first."""
        kind = {name: f"${name}" for name in by}
        times = {"oldest": {"$min": "$parked_at"}, "newest": {"$max": "$parked_at"}}
        return list(
            self._letters.aggregate(
                [
                    {"$match": dict(query)},
                    {"$group": {"_id": kind, "count": {"$sum": 1}, **times}},
                    {"$sort": {"count": -1, "_id": 1}},
                ]
            )
        )

    def redrive(self, letter: str) -> None:
        """Puts the message into the outbox, to its one queue again, in one transaction with the letter's new state.

        The same id and body, and a ladder of its own. Raises `LetterGone` unless the letter is parked: a repeat
        sends nothing.
        """
        row_id, at = ids.event_id(), datetime.now(UTC)

        def run(session: ClientSession) -> None:
            document = self._letters.find_one_and_update(
                {"_id": letter, "state": PARKED},
                {
                    "$set": {"state": REDRIVEN},
                    "$inc": {"redrives": 1},
                    "$push": {"history": {"at": at, "what": REDRIVEN}},
                },
                return_document=ReturnDocument.AFTER,
                session=session,
            )
            if document is None:
                raise LetterGone(letter)
            queue, count = document["queue"], document["redrives"]
            headers = {name: v for name, v in document["headers"].items() if not name.startswith(JOURNEY_HEADERS)}
            row = outbox.outbox_row(
                row_id=row_id,
                aggregate=(f"{self._addresses.redeliver_exchange} of {queue}", document["message_id"]),
                sequence=count,
                exchange=self._addresses.redeliver_exchange,
                routing_key=queue,
                message=Message(
                    document["message_id"],
                    document["message_type"],
                    document["content_type"],
                    document["body"],
                    {**headers, REDRIVE_HEADER: count},
                ),
            )
            self._outbox.insert_one(row, session=session)

        self._mongo.transact(run)

    def request_discard(self, letter: str, by: str, reason: str) -> None:
        """Notes that `by` wants the letter discarded, for a second person. Raises `LetterGone`."""
        request = {"by": by, "reason": reason, "at": datetime.now(UTC)}
        self._step(
            {"_id": letter, "state": PARKED, "discard_request": {"$exists": False}},
            {"$set": {"discard_request": request}},
            {"what": "discard requested", **request},
        )

    def approve_discard(self, letter: str, by: str) -> None:
        """Discards a letter that somebody else asked to discard. Raises `LetterGone`; never for the same person."""
        self._step(
            {"_id": letter, "state": PARKED, "discard_request.by": {"$exists": True, "$ne": by}},
            {"$set": {"state": DISCARDED}},
            {"what": "discard approved", "by": by, "at": datetime.now(UTC)},
        )

    def discard(self, letter: str, by: str, reason: str) -> None:
        """Discards a letter at one person's request; the document stays. Raises `LetterGone`."""
        self._step(
            {"_id": letter, "state": PARKED},
            {"$set": {"state": DISCARDED}},
            {"what": DISCARDED, "by": by, "reason": reason, "at": datetime.now(UTC)},
        )

    def _step(self, query: Document, change: Document, event: Document) -> None:
        if self._letters.update_one(query, {**change, "$push": {"history": event}}).modified_count != 1:
            raise LetterGone(query["_id"])


class ParkedGauges(Collector):
    """What Prometheus learns, counted when it asks: an alert sees a letter from the moment it is there."""

    def __init__(self, mongo: Mongo, addresses: Addresses, queues: Sequence[str]) -> None:
        """`queues` are those the service consumes; each has its figures even when nothing is parked."""
        self._letters = DeadLetters(mongo, addresses)
        self._queues = queues

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not ask the database."""
        return []

    def collect(self) -> Iterable[Metric]:
        """How many letters wait in each queue, and how long the first; nothing while the database is down."""
        parked = GaugeMetricFamily("emitra_dead_letters_parked", "Messages waiting for people.", labels=["queue"])
        oldest = GaugeMetricFamily(
            "emitra_dead_letters_oldest_seconds", "How long the first has waited.", labels=["queue"]
        )
        try:
            with pymongo.timeout(MEASURE_TIMEOUT_SECONDS):
                groups = self._letters.groups({"state": PARKED}, by=("queue",))
        except PyMongoError as error:
            log.warning("dead_letters_not_counted", reason=type(error).__name__)
            return []
        now = datetime.now(UTC)
        none: Document = {"count": 0, "oldest": now}
        figures = dict.fromkeys(self._queues, none) | {group["_id"]["queue"]: group for group in groups}
        for queue, group in figures.items():
            parked.add_metric([queue], group["count"])
            oldest.add_metric([queue], max((now - group["oldest"]).total_seconds(), 0.0))
        return [parked, oldest]


def _parked(queue: str, message: Message) -> tuple[str, Document]:
    """The name of this parking, by which a repeat is known, and the change that records it."""
    headers, at = storable(message.headers), datetime.now(UTC)
    by_broker = _parked_by_broker(queue, message)
    tried = attempts(message) + (1 if by_broker else 0)
    reason = str(headers.get(REASON_HEADER) or "no reason was given")
    if by_broker:
        reason = DELIVERY_LIMIT_REACHED
    # A message without the relay's mark is no relay's: what we know of its journey has to do.
    row = headers.get(OUTBOX_HEADER) or f"redrive {redrives(message)}, attempt {attempts(message)}"
    parking = f"{'broker' if by_broker else 'service'}: {row}"
    stack = "" if by_broker else str(headers.get(STACK_HEADER) or "")
    kept = len(message.body) <= BODY_MAX_BYTES
    now = {
        "state": PARKED,
        "reason": reason if kept else f"{reason}; too large to be kept or sent again",
        "attempts": tried,
        "stack": stack,
        "parked_at": at,
        "content_type": message.content_type,
        "message_type": message.type,
        "headers": headers,
        "body": Binary(message.body if kept else b""),
        "body_bytes": len(message.body),
        **_readable(message),
    }
    event = {
        "at": at,
        "what": PARKED,
        "parking": parking,
        "attempt": tried,
        "reason": reason,
        "redrive": redrives(message),
    }
    first = {"queue": queue, "message_id": message.id, "first_parked_at": at, "redrives": 0}
    change = {"$set": now, "$setOnInsert": first, "$unset": {"discard_request": ""}, "$push": {"history": event}}
    return parking, change


def _parked_by_broker(queue: str, message: Message) -> bool:
    # Of a retry's wait there is an entry too ("expired"); the ladder is left behind only by us or by this one.
    deaths = message.headers.get("x-death")
    return isinstance(deaths, list) and any(
        isinstance(death, dict) and (death.get("queue"), death.get("reason")) == (queue, "delivery_limit")
        for death in deaths
    )


def _readable(message: Message) -> Document:
    """What the envelope says of itself, where it can be read at all."""
    try:
        envelope = parse(message.body)
    except UnreadableMessage:
        return {"type": message.type[:TEXT_MAX_CHARACTERS] or "unknown"}
    sequence = int(envelope["sequence"]) if len(envelope["sequence"]) < 19 else -1
    return {
        "type": envelope["type"].removeprefix(TYPE_PREFIX)[:TEXT_MAX_CHARACTERS],
        "source": envelope["source"][:TEXT_MAX_CHARACTERS],
        "subject": envelope["subject"][:TEXT_MAX_CHARACTERS],
        "sequence": Int64(sequence),
    }
