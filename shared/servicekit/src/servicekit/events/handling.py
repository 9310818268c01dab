"""From a message's bytes to its effect: read, run the handler inside the inbox's transaction, classify what went wrong.

Knows nothing of AMQP: `consumer` brings the messages and acknowledges them.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import structlog
from marshmallow import ValidationError
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pymongo.client_session import ClientSession
from pymongo.errors import ConnectionFailure, DuplicateKeyError, ExecutionTimeout, PyMongoError, WTimeoutError
from pymongo.read_concern import ReadConcern

from servicekit.errors import ServiceError
from servicekit.events import metrics
from servicekit.events.envelope import (
    CONTENT_TYPE,
    Message,
    ReceivedEvent,
    UnreadableMessage,
    parse,
    received,
)
from servicekit.events.inbox import COLLECTION as INBOX
from servicekit.events.inbox import inbox_id, inbox_row
from servicekit.events.ordering import (
    GAP_WAITS_SECONDS,
    RUNGS_BEFORE_REPAIR,
    Aggregate,
    Fetch,
    Gap,
    Outcome,
    Positions,
    look_up,
)
from servicekit.events.redelivery import Redelivery, attempts, stack_of
from servicekit.events.table import Consumer
from servicekit.faults import crash_point
from servicekit.mongo.client import Mongo, duplicate_key

log = structlog.get_logger(__name__)
_tracer = trace.get_tracer("servicekit.messaging")
_trace_context = TraceContextTextMapPropagator()

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


class Stopped(Exception):
    """The process stops while a message waits for the database or the log; the message goes back to its queue."""


class DatabaseAway(Stopped):
    """The database does not come back; the message goes back, and nothing more should be taken meanwhile."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message taken from one queue."""

    queue: str
    message: Message


_Waiting = list[tuple[Delivery, Gap]]


class Handling:
    """Handles deliveries with one service's table of events. Used by several worker threads at once."""

    def __init__(
        self,
        mongo: Mongo,
        application: object,
        consumers: Mapping[str, Consumer],
        redelivery: Redelivery,
        stopping: threading.Event,
        fetch: Fetch | None = None,
    ) -> None:
        self._mongo = mongo
        self._application = application
        self._consumers = consumers
        self._redelivery = redelivery
        self._stopping = stopping
        self._inbox = mongo.db[INBOX]
        self._positions = Positions(mongo.db)
        self._fetch = fetch
        self._queues = {consumer.event: queue for queue, consumer in consumers.items()}
        self._ranks = {queue: rank for rank, queue in enumerate(consumers)}

    def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Brings every delivery to its end: handled, duplicate, stale, sent to be tried again, or parked.

        Several share one transaction (group commit); when that fails, each gets its own. After this returns all may be
        acknowledged. Raises `Stopped` when the process stops while the database does not answer, or the log is read,
        and `DatabaseAway` when the database stays away.
        """
        waiting = self._settle(deliveries)
        for seconds in GAP_WAITS_SECONDS:
            if waiting:
                self._stopping.wait(seconds)
                waiting = self._settle([delivery for delivery, _ in waiting])
        if waiting:
            self._send_on(waiting)

    def _settle(self, deliveries: Sequence[Delivery]) -> _Waiting:
        """Brings all but those to their end that wait for an earlier event of their aggregate."""
        if len(deliveries) > 1 and (waiting := self._handle_together(deliveries)) is not None:
            return waiting
        waiting = []
        for delivery in deliveries:
            try:
                self._handle_alone(delivery)
            except Gap as gap:
                waiting.append((delivery, gap))
        return waiting

    def _handle_together(self, deliveries: Sequence[Delivery]) -> _Waiting | None:
        began = time.monotonic()
        try:
            outcomes = self._commit([(delivery, self._read(delivery)) for delivery in deliveries])
        except Exception as error:  # noqa: BLE001 the fallback meets the same error again and classifies it there
            log.info("group_commit_split", size=len(deliveries), reason=type(error).__name__)
            return None
        took = (time.monotonic() - began) / len(deliveries)
        for (queue, outcome), count in Counter((each.queue, outcome) for each, outcome in outcomes).items():
            if isinstance(outcome, str):
                metrics.handled(queue, outcome, count)
            if outcome == "handled":
                for _ in range(count):
                    metrics.handling_took(queue, took)
        return [(delivery, outcome) for delivery, outcome in outcomes if isinstance(outcome, Gap)]

    def _handle_alone(self, delivery: Delivery) -> None:
        began = time.monotonic()
        outcome = self._until_settled(delivery)
        metrics.handled(delivery.queue, outcome)
        metrics.handling_took(delivery.queue, time.monotonic() - began)

    def _until_settled(self, delivery: Delivery) -> str:
        """The message's outcome; a bug gets its quick tries before the message is sent away."""
        for tries_left in range(QUICK_TRIES, -1, -1):
            try:
                return self._while_database_down(delivery, lambda: self._attempt(delivery), self._is_database_down)
            except UnreadableMessage as error:
                return self._send_away(delivery, "unreadable", error)
            except Exception as error:
                if isinstance(error, (Stopped, Gap)):
                    raise
                if _is_transient(error) or tries_left == 0:
                    return self._send_away(delivery, "transient" if _is_transient(error) else "bug", error)
        raise AssertionError("unreachable")

    def _attempt(self, delivery: Delivery) -> str:
        event = self._read(delivery)
        try:
            ((_, outcome),) = self._commit([(delivery, event)])
        except DuplicateKeyError as error:
            if duplicate_key(error) == ("_id",) and self._is_handled(delivery.queue, event.id):
                return "duplicate"
            raise
        if isinstance(outcome, Gap):
            raise outcome
        return outcome

    def _while_database_down(
        self, delivery: Delivery, action: Callable[[], str], is_down: Callable[[PyMongoError, int], bool]
    ) -> str:
        """Runs `action`, again and again while the database does not answer: the worker waits, nothing is parked.

        Raises `DatabaseAway` after a minute, `Stopped` when the process stops.
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

        # Whatever keeps the row from being written (a password changed, a full disk), the message waits for it: given
        # back at once it would go round until the broker parks it, and everything else with it.
        def always(_error: PyMongoError, _probes: int) -> bool:
            return True

        # What a bug's exception says may hold anything; the other two we made ourselves.
        reason = type(error).__name__ if kind in {"bug", "transient"} else f"{kind}: {error}"
        stack = stack_of(error) if kind == "bug" else ""
        send = self._redelivery.park if kind == "unreadable" else self._redelivery.retry_or_park
        outcome = self._while_database_down(delivery, lambda: send(queue, message, reason, stack), always)
        # To wait for an earlier event is no mistake of anybody's, until it has waited in vain.
        say = log.info if kind == "gap" and outcome == "retried" else log.error
        say(
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

    def _send_on(self, waiting: _Waiting) -> None:
        """Waiting on the ladder usually brings the earlier event; where it did not, the log is asked for it."""
        tried = [(gap, attempts(delivery.message)) for delivery, gap in waiting]
        late = [(gap, times - RUNGS_BEFORE_REPAIR) for gap, times in tried if times >= RUNGS_BEFORE_REPAIR]
        notes: dict[Aggregate, str] = {}
        if late and self._fetch is not None:
            found, notes = look_up(late, self._fetch, self._queues)
            if self._stopping.is_set():
                raise Stopped  # The reading may have been cut short, and proves nothing.
            own = [delivery for delivery, _ in waiting]
            missed = [Delivery(self._queues[message.type], message) for message in found]
            waiting = [(delivery, gap) for delivery, gap in self._settle([*missed, *own]) if delivery in own]
        for delivery, gap in waiting:
            outcome = self._send_away(delivery, "gap", Gap(gap.event, gap.position, notes.get(gap.aggregate, "")))
            metrics.handled(delivery.queue, outcome)

    def _read(self, delivery: Delivery) -> ReceivedEvent:
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
        return event

    def _commit(self, taken: Sequence[tuple[Delivery, ReceivedEvent]]) -> list[tuple[Delivery, Outcome]]:
        """The effects, inbox rows and positions of all in one transaction; returns what became of each."""
        handled_at = datetime.now(UTC)
        settled: list[tuple[Delivery, Outcome]] = []
        judged: list[tuple[Delivery, ReceivedEvent, Consumer]] = []
        for delivery, event in taken:
            consumer = self._consumers[delivery.queue]
            if consumer.order is None and not consumer.wanted(event):
                settled.append((delivery, "skipped"))
            else:
                judged.append((delivery, event, consumer))
        # By sequence, which is each aggregate's order; by queue beside that, so that a handler of many gets many.
        judged.sort(key=lambda each: (each[1].sequence if each[2].order else 0, self._ranks[each[0].queue]))
        if not judged:
            return settled
        crash_point("C1")

        def run(session: ClientSession) -> list[tuple[Delivery, Outcome]]:
            progress = self._positions.read([event for _, event, consumer in judged if consumer.order], session)
            outcomes = [progress.judge(event, consumer) for _, event, consumer in judged]
            effective = [
                (delivery.queue, event)
                for (delivery, event, _), outcome in zip(judged, outcomes, strict=True)
                if outcome == "handled"
            ]
            if effective:
                rows = [inbox_row(inbox_id(queue, event.id), handled_at) for queue, event in effective]
                self._inbox.insert_many(rows, session=session)
            for queue, some in groupby(effective, key=lambda each: each[0]):
                self._run_handler(queue, [event for _, event in some], session)
            self._positions.write(progress, session)
            crash_point("C2", *(event.id for _, event in effective))
            return [(delivery, outcome) for (delivery, _, _), outcome in zip(judged, outcomes, strict=True)]

        settled += self._mongo.transact(run)
        crash_point("C3")
        return settled

    def _run_handler(self, queue: str, events: Sequence[ReceivedEvent], session: ClientSession) -> None:
        consumer = self._consumers[queue]
        if consumer.handle_many is not None:
            with _processing(queue, events):
                consumer.handle_many(self._application, events, session)
        elif consumer.handle is not None:
            for event in events:
                with _processing(queue, [event]):
                    consumer.handle(self._application, event, session)

    def _is_handled(self, queue: str, event_id: str) -> bool:
        """Whether the message took effect for good. Raises `WTimeoutError` while that is open.

        A primary that is cut off from the others holds rows that may yet be rolled back (ADR 0018).
        """
        row = {"_id": inbox_id(queue, event_id)}
        if self._inbox.find_one(row, {"_id": 1}) is not None:
            return True
        if self._inbox.with_options(read_concern=ReadConcern("local")).find_one(row, {"_id": 1}) is not None:
            raise WTimeoutError("the message's inbox row is not on a majority yet")
        return False


@contextmanager
def _processing(queue: str, events: Sequence[ReceivedEvent]) -> Iterator[None]:
    """The span and the log context of one call of a handler.

    One event's span continues its producer's trace; a batch's begins one, and both are linked to each producer. The
    message's id and the request's that it comes from (its correlation id) are on the span of one, on the links of a
    batch: so the OpenTelemetry semantic conventions for messaging would have it.
    """
    contexts = [_trace_context.extract(event.trace_context) for event in events]
    producers = [trace.get_current_span(context).get_span_context() for context in contexts]
    messages = [
        {"messaging.message.id": event.id, "messaging.message.conversation_id": event.request_id} for event in events
    ]
    first, alone = events[0], len(events) == 1
    noted: dict[str, Any] = {"messaging.system": "rabbitmq", "messaging.destination.name": queue}
    if alone:
        noted |= messages[0]
        logged = {"request_id": first.request_id, "message_id": first.id}
    else:
        noted["messaging.batch.message_count"] = len(events)
        logged = {"messages": str(len(events))}
    with (
        structlog.contextvars.bound_contextvars(queue=queue, **logged),
        _tracer.start_as_current_span(
            f"process {first.type}",
            context=contexts[0] if alone else Context(),
            kind=SpanKind.CONSUMER,
            links=[
                Link(producer, None if alone else message)
                for producer, message in zip(producers, messages, strict=True)
                if producer.is_valid
            ],
            attributes=noted,
        ),
    ):
        yield


def _is_transient(error: BaseException) -> bool:
    """Whether the same message may well succeed later without anybody changing anything."""
    if isinstance(error, ServiceError):
        return error.retryable
    return isinstance(error, _DATABASE_DOWN) or (
        isinstance(error, PyMongoError) and error.has_error_label("TransientTransactionError")
    )
