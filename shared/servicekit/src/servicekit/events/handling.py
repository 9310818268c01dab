"""From a message's bytes to its effect: read, run the handler inside the inbox's transaction, classify what went wrong.

Knows nothing of AMQP: `servicekit.broker` brings the messages and acknowledges them.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, NamedTuple

import structlog
from marshmallow import ValidationError
from pymongo.client_session import ClientSession
from pymongo.errors import ConnectionFailure, DuplicateKeyError, ExecutionTimeout, PyMongoError, WTimeoutError
from pymongo.read_concern import ReadConcern

from servicekit.errors import ServiceError
from servicekit.events import metrics
from servicekit.events.envelope import CONTENT_TYPE, Message, ReceivedEvent, UnreadableMessage, parse, received
from servicekit.events.inbox import COLLECTION as INBOX
from servicekit.events.inbox import inbox_id, inbox_row
from servicekit.events.ordering import Positions, Progress
from servicekit.events.redelivery import Redelivery, stack_of
from servicekit.events.spans import processing
from servicekit.events.table import Consumer
from servicekit.faults import crash_point
from servicekit.instants import utc_now
from servicekit.mongo.client import Mongo, duplicate_key

log = structlog.get_logger(__name__)

ACCEPTED_CONTENT_TYPES = frozenset({CONTENT_TYPE, "application/json"})
# A bug gets two quick tries before the ladder: most races are over by then.
QUICK_TRIES = 2
# While the database is down a worker keeps its message and asks again this often; nothing drains into parking.
DATABASE_PROBE_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)
_DATABASE_DOWN = (ConnectionFailure, ExecutionTimeout, WTimeoutError)
# After so long without an answer all messages go back at once, and nothing is taken until it answers. A broker takes
# a consumer for dead that holds a message for half an hour, and each return counts towards the delivery limit: an
# outage, however long, shall cost one.
DATABASE_AWAY_SECONDS = 60.0

Outcome = Literal["handled", "skipped", "stale"]


class Stopped(Exception):
    """The process stops while a message waits for the database; the message goes back to its queue."""


class DatabaseAway(Stopped):
    """The database does not come back; the message goes back, and nothing more should be taken meanwhile."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message taken from one queue."""

    queue: str
    message: Message


class _Read(NamedTuple):
    """A delivery that could be read, and the row of the table of events that it is for."""

    queue: str
    event: ReceivedEvent
    consumer: Consumer


class Handling:
    """Handles deliveries with one service's table of events. Used by several worker threads at once."""

    def __init__(
        self,
        mongo: Mongo,
        application: object,
        consumers: Mapping[str, Consumer],
        redelivery: Redelivery,
        stopping: threading.Event,
    ) -> None:
        """`consumers` is the table of events by queue."""
        self._mongo = mongo
        self._application = application
        self._consumers = consumers
        self._redelivery = redelivery
        self._stopping = stopping
        self._inbox = mongo.db[INBOX]
        self._positions = Positions(mongo.db)
        self._ranks = {queue: rank for rank, queue in enumerate(consumers)}

    def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Settles every delivery: handled, duplicate, stale, sent to be tried again, or parked.

        Several share one transaction (group commit); when that fails, each gets its own. After this returns all may be
        acknowledged. Raises `Stopped` when the process stops while the database does not answer, and `DatabaseAway`
        when the database stays away.
        """
        if len(deliveries) > 1 and self._handle_together(deliveries):
            return
        for delivery in deliveries:
            began = time.monotonic()
            outcome = self._handle_alone(delivery)
            metrics.handled(delivery.queue, outcome)
            metrics.handling_took(delivery.queue, time.monotonic() - began)

    def _handle_together(self, deliveries: Sequence[Delivery]) -> bool:
        """Handles all in one transaction. Returns False where one cannot be, and nothing of it took effect."""
        began = time.monotonic()
        try:
            outcomes = self._commit([self._read(delivery) for delivery in deliveries])
        except Exception as error:  # noqa: BLE001 the fallback meets the same error again and classifies it there
            log.info("group_commit_split", size=len(deliveries), reason=type(error).__name__)
            return False
        took = (time.monotonic() - began) / len(deliveries)
        for (queue, outcome), count in Counter(outcomes).items():
            metrics.handled(queue, outcome, count)
            if outcome == "handled":
                for _ in range(count):
                    metrics.handling_took(queue, took)
        return True

    def _handle_alone(self, delivery: Delivery) -> str:
        """The message's outcome; a bug gets its quick tries before the message is sent away."""
        tries = 0
        while True:
            try:
                return self._while_database_down(delivery, lambda: self._attempt(delivery), self._is_database_down)
            except Stopped:
                raise
            except UnreadableMessage as error:
                return self._send_away(delivery, "unreadable", error)
            except Exception as error:  # noqa: BLE001 whatever a handler raises, its message goes up the retry ladder
                if (transient := _is_transient(error)) or tries >= QUICK_TRIES:
                    return self._send_away(delivery, "transient" if transient else "bug", error)
                tries += 1

    def _attempt(self, delivery: Delivery) -> str:
        read = self._read(delivery)
        try:
            ((_, outcome),) = self._commit([read])
        except DuplicateKeyError as error:
            if duplicate_key(error) == ("_id",) and self._is_handled(read):
                return "duplicate"
            raise
        return outcome

    def _while_database_down(
        self, delivery: Delivery, action: Callable[[], str], is_down: Callable[[PyMongoError, int], bool]
    ) -> str:
        """Runs `action`, again and again while the database does not answer: the worker waits, nothing is parked.

        `is_down` judges an error, given how many came before it. Raises `DatabaseAway` after a minute, `Stopped` when
        the process stops.
        """
        probes, began = 0, time.monotonic()
        while True:
            try:
                return action()
            except PyMongoError as error:
                if not is_down(error, probes):
                    raise
                if time.monotonic() - began > DATABASE_AWAY_SECONDS and not self._database_answers():
                    raise DatabaseAway from error
                wait = DATABASE_PROBE_SECONDS[min(probes, len(DATABASE_PROBE_SECONDS) - 1)]
                log.warning("database_down_waiting", queue=delivery.queue, reason=type(error).__name__, seconds=wait)
                probes += 1
                if self._stopping.wait(wait):
                    raise Stopped from error

    def _is_database_down(self, error: PyMongoError, probes: int) -> bool:
        """False for a message whose own work times out in a database that answers: it must not hold its worker."""
        if not isinstance(error, _DATABASE_DOWN):
            return False
        return probes < len(DATABASE_PROBE_SECONDS) or not self._database_answers()

    def _database_answers(self) -> bool:
        try:
            self._mongo.ping()
        except PyMongoError:
            return False
        return True

    def _send_away(self, delivery: Delivery, kind: str, error: BaseException) -> str:
        message, queue = delivery.message, delivery.queue
        # What an exception of others says may hold anything; that of an unreadable message is ours.
        reason = f"{kind}: {error}" if kind == "unreadable" else type(error).__name__
        stack = stack_of(error) if kind == "bug" else ""
        send = self._redelivery.park if kind == "unreadable" else self._redelivery.retry_or_park
        outcome = self._while_database_down(
            delivery,
            lambda: send(queue, message, reason, stack),
            # Whatever keeps the row from being written (a password changed, a full disk), the message waits for it:
            # given back at once it would go round until the broker parks it, and everything else with it.
            lambda _error, _probes: True,
        )
        log.error(
            "message_not_handled",
            queue=queue,
            message_id=message.id,
            kind=kind,
            outcome=outcome,
            reason=reason,
            **({"stack": stack} if stack else {}),
        )
        crash_point("C4")
        return outcome

    def _read(self, delivery: Delivery) -> _Read:
        """The event in a delivery. Raises `UnreadableMessage`: no later try could read it either."""
        consumer = self._consumers[delivery.queue]
        if delivery.message.content_type not in ACCEPTED_CONTENT_TYPES:
            raise UnreadableMessage(f"content type {delivery.message.content_type!r} is not accepted")
        envelope = parse(delivery.message.body)
        try:
            event = received(envelope, consumer.schema.load(envelope["data"]))
        except ValidationError as error:
            names = ", ".join(sorted(map(str, error.normalized_messages())))  # never a value: it may be anything
            raise UnreadableMessage(f"invalid data: {names}") from error
        if event.type != consumer.event:
            raise UnreadableMessage(f"type {event.type!r} does not belong in this queue")
        return _Read(delivery.queue, event, consumer)

    def _commit(self, messages: Sequence[_Read]) -> list[tuple[str, Outcome]]:
        """The effects, inbox rows and positions of all in one transaction; returns each one's queue and outcome."""
        at = utc_now()
        outcomes: list[tuple[str, Outcome]] = []
        rest: list[_Read] = []
        for read in messages:
            if read.consumer.order or read.consumer.takes(read.event):
                rest.append(read)
            else:
                outcomes.append((read.queue, "skipped"))
        if not rest:
            return outcomes
        rest.sort(key=self._turn)
        crash_point("C1")

        def run(session: ClientSession) -> list[tuple[str, Outcome]]:
            progress = self._positions.read([read.event for read in rest if read.consumer.order], session)
            judged = [(read, _judged(read, progress)) for read in rest]
            effective = [read for read, outcome in judged if outcome == "handled"]
            if effective:
                rows = [inbox_row(inbox_id(read.queue, read.event.id), at) for read in effective]
                self._inbox.insert_many(rows, session=session)
            for queue, reads in groupby(effective, key=lambda read: read.queue):
                self._run_handler(queue, [read.event for read in reads], session)
            self._positions.write(progress, session)
            crash_point("C2", *(read.event.id for read in effective))
            return [(read.queue, outcome) for read, outcome in judged]

        done = self._mongo.transact(run)
        crash_point("C3")
        # One line for all that took effect together: under backlog a line each would cost more than the effects.
        effects = [read for read, (_, outcome) in zip(rest, done, strict=True) if outcome == "handled"]
        if effects:
            log.info(
                "messages_handled",
                queues=sorted({read.queue for read in effects}),
                subjects=[read.event.subject for read in effects],
                request_ids=sorted({read.event.request_id for read in effects}),
            )
        return outcomes + done

    def _turn(self, read: _Read) -> tuple[int, int]:
        """By sequence where an order is asked for; beside that by queue, so that a handler of many gets many."""
        return read.event.sequence if read.consumer.order else 0, self._ranks[read.queue]

    def _run_handler(self, queue: str, events: Sequence[ReceivedEvent], session: ClientSession) -> None:
        consumer = self._consumers[queue]
        if consumer.handle_many is not None:
            with processing(queue, events):
                consumer.handle_many(self._application, events, session)
        elif consumer.handle is not None:
            for event in events:
                with processing(queue, [event]):
                    consumer.handle(self._application, event, session)

    def _is_handled(self, read: _Read) -> bool:
        """Whether the message took effect for good. Raises `WTimeoutError` while that is open.

        A primary that is cut off from the others holds rows that may yet be rolled back (ADR 0018).
        """
        row = {"_id": inbox_id(read.queue, read.event.id)}
        if self._inbox.find_one(row, {"_id": 1}) is not None:
            return True
        if self._inbox.with_options(read_concern=ReadConcern("local")).find_one(row, {"_id": 1}) is not None:
            raise WTimeoutError("the message's inbox row is not on a majority yet")
        return False


def _judged(read: _Read, progress: Progress) -> Outcome:
    # One that is not wanted moves its aggregate on all the same.
    if read.consumer.order and progress.is_stale(read.event):
        return "stale"
    return "handled" if read.consumer.takes(read.event) else "skipped"


def _is_transient(error: BaseException) -> bool:
    """Whether the same message may well succeed later without anybody changing anything."""
    if isinstance(error, ServiceError):
        return error.retryable
    return isinstance(error, _DATABASE_DOWN) or (
        isinstance(error, PyMongoError) and error.has_error_label("TransientTransactionError")
    )
