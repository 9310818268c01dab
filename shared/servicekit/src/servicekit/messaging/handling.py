"""From a message's bytes to its effect: read, run the handler inside the inbox's transaction, classify what went wrong.

Knows nothing of AMQP: ``consumer`` brings the messages and acknowledges them.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from marshmallow import ValidationError
from opentelemetry import trace
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pymongo.client_session import ClientSession
from pymongo.errors import ConnectionFailure, DuplicateKeyError, ExecutionTimeout, PyMongoError, WTimeoutError

from servicekit.errors import ServiceError
from servicekit.faults import crash_point
from servicekit.messaging import metrics
from servicekit.messaging.envelope import (
    CONTENT_TYPE,
    Message,
    ReceivedEvent,
    UnreadableMessage,
    parse,
    received,
)
from servicekit.messaging.redelivery import Redelivery
from servicekit.messaging.topology import Consumer
from servicekit.mongo.client import Mongo, duplicate_key
from servicekit.mongo.inbox import COLLECTION as INBOX
from servicekit.mongo.inbox import inbox_id, inbox_row

log = structlog.get_logger(__name__)
_tracer = trace.get_tracer("servicekit.messaging")
_trace_context = TraceContextTextMapPropagator()

ACCEPTED_CONTENT_TYPES = frozenset({CONTENT_TYPE, "application/json"})
# A bug gets two quick tries before the ladder: most races are over by then.
QUICK_TRIES = 2
# While the database is down a worker keeps its message and asks again this often; nothing drains into parking.
DATABASE_PROBE_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)
_DATABASE_DOWN = (ConnectionFailure, ExecutionTimeout, WTimeoutError)


class Stopped(Exception):
    """The process is stopping while the database is down; the message goes back to its queue."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message taken from one queue."""

    queue: str
    message: Message


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
        self._mongo = mongo
        self._application = application
        self._consumers = consumers
        self._redelivery = redelivery
        self._stopping = stopping
        self._inbox = mongo.db[INBOX]

    def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Brings every delivery to its end: handled, found to be a duplicate, sent to be tried again, or parked.

        Several share one transaction (group commit); when that fails, each gets its own. After this returns all may be
        acknowledged. Raises ``Stopped`` when the process stops while the database does not answer.
        """
        if len(deliveries) > 1 and self._handle_together(deliveries):
            return
        for delivery in deliveries:
            self._handle_alone(delivery)

    def _handle_together(self, deliveries: Sequence[Delivery]) -> bool:
        began = time.monotonic()
        try:
            events = [(delivery, self._read(delivery)) for delivery in deliveries]
            self._commit(events)
        except Exception as error:  # noqa: BLE001 the fallback meets the same error again and classifies it there
            log.info("group_commit_split", size=len(deliveries), reason=type(error).__name__)
            return False
        took = (time.monotonic() - began) / len(deliveries)
        for delivery in deliveries:
            metrics.handled(delivery.queue, "handled")
            metrics.handling_took(delivery.queue, took)
        return True

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
                if isinstance(error, Stopped):
                    raise
                if _is_transient(error) or tries_left == 0:
                    return self._send_away(delivery, "transient" if _is_transient(error) else "bug", error)
        raise AssertionError("unreachable")

    def _attempt(self, delivery: Delivery) -> str:
        event = self._read(delivery)
        try:
            self._commit([(delivery, event)])
        except DuplicateKeyError as error:
            if duplicate_key(error) == ("_id",) and self._is_handled(delivery.queue, event.id):
                return "duplicate"
            raise
        return "handled"

    def _while_database_down(
        self, delivery: Delivery, action: Callable[[], str], is_down: Callable[[PyMongoError, int], bool]
    ) -> str:
        """Runs ``action``, again and again while the database does not answer: the worker waits, nothing is parked."""
        probes = 0
        while True:
            try:
                return action()
            except PyMongoError as error:
                if not is_down(error, probes):
                    raise
                wait = DATABASE_PROBE_SECONDS[min(probes, len(DATABASE_PROBE_SECONDS) - 1)]
                log.warning("database_down_waiting", queue=delivery.queue, reason=type(error).__name__, seconds=wait)
                probes += 1
                if self._stopping.wait(wait):
                    raise Stopped from error

    def _is_database_down(self, error: PyMongoError, probes: int) -> bool:
        """False for a message whose own work times out in a database that answers: it must not hold its worker."""
        if not isinstance(error, _DATABASE_DOWN):
            return False
        if probes < len(DATABASE_PROBE_SECONDS):
            return True
        try:
            self._mongo.ping()
        except PyMongoError:
            return True
        return False

    def _send_away(self, delivery: Delivery, kind: str, error: BaseException) -> str:
        message, queue = delivery.message, delivery.queue

        # Whatever keeps the row from being written (a password changed, a full disk), the message waits for it: given
        # back at once it would go round until the broker parks it, and everything else with it.
        def always(_error: PyMongoError, _probes: int) -> bool:
            return True

        if kind == "unreadable":
            outcome = self._while_database_down(
                delivery, lambda: self._redelivery.park(queue, message, f"unreadable: {error}"), always
            )
        else:
            outcome = self._while_database_down(
                delivery, lambda: self._redelivery.retry_or_park(queue, message, type(error).__name__), always
            )
        log.error(
            "message_not_handled",
            queue=queue,
            message_id=message.id,
            kind=kind,
            outcome=outcome,
            reason=str(error) if kind == "unreadable" else type(error).__name__,
            exc_info=error if kind == "bug" else None,
        )
        crash_point("C4")
        return outcome

    def _read(self, delivery: Delivery) -> ReceivedEvent:
        """The event in a delivery. Raises ``UnreadableMessage``: no later try could read it either."""
        consumer = self._consumers[delivery.queue]
        if delivery.message.content_type not in ACCEPTED_CONTENT_TYPES:
            raise UnreadableMessage(f"content type {delivery.message.content_type!r} is not accepted")
        envelope = parse(delivery.message.body)
        try:
            event = received(envelope, consumer.schema.load(envelope["data"]))
        except ValidationError as err:
            # The fields' names only: a value may be anything.
            raise UnreadableMessage(f"invalid data: {', '.join(sorted(map(str, err.normalized_messages())))}") from err
        if event.type != consumer.event:
            raise UnreadableMessage(f"type {event.type!r} does not belong in this queue")
        return event

    def _commit(self, events: Sequence[tuple[Delivery, ReceivedEvent]]) -> None:
        handled_at = datetime.now(UTC)
        rows = [inbox_row(inbox_id(delivery.queue, event.id), handled_at) for delivery, event in events]
        crash_point("C1")

        def run(session: ClientSession) -> None:
            self._inbox.insert_many([dict(row) for row in rows], session=session)
            for delivery, event in events:
                self._run_handler(delivery, event, session)
            crash_point("C2")

        self._mongo.transact(run)
        crash_point("C3")

    def _run_handler(self, delivery: Delivery, event: ReceivedEvent, session: ClientSession) -> None:
        context = _trace_context.extract(event.trace_context)
        producer = trace.get_current_span(context).get_span_context()
        with (
            structlog.contextvars.bound_contextvars(
                request_id=event.request_id, message_id=event.id, queue=delivery.queue
            ),
            _tracer.start_as_current_span(
                f"process {event.type}",
                context=context,
                kind=SpanKind.CONSUMER,
                links=[Link(producer)] if producer.is_valid else [],
                attributes={"messaging.system": "rabbitmq", "messaging.message.id": event.id},
            ),
        ):
            self._consumers[delivery.queue].handle(self._application, event, session)

    def _is_handled(self, queue: str, event_id: str) -> bool:
        row: Any = self._inbox.find_one({"_id": inbox_id(queue, event_id)}, {"_id": 1})
        return row is not None


def _is_transient(error: BaseException) -> bool:
    """Whether the same message may well succeed later without anybody changing anything."""
    if isinstance(error, ServiceError):
        return error.retryable
    return isinstance(error, _DATABASE_DOWN) or (
        isinstance(error, PyMongoError) and error.has_error_label("TransientTransactionError")
    )
