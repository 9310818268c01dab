"""The consumer: one thread owns the broker connection, worker threads handle what it takes.

kombu brings connection, queues and messages. We take the messages undecoded: what is tried again or parked must be the
producer's bytes, and kombu would acknowledge what it cannot decode. Nothing is published here (py-amqp's confirms can
confirm the wrong message), and each message is acknowledged after the commit.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import kombu
import structlog

from servicekit.broker.acknowledgements import Acknowledgements
from servicekit.broker.comparison import REFUSALS, refusal
from servicekit.broker.connection import HEARTBEAT_SECONDS
from servicekit.broker.suspects import Suspects
from servicekit.broker.workers import GROUP_SIZE, Handles, Job, Workers
from servicekit.events.envelope import Message
from servicekit.events.handling import Delivery

log = structlog.get_logger(__name__)

# kombu sends and judges heartbeats only when asked; twice per interval is what the protocol's tolerance needs.
HEARTBEAT_CHECK_SECONDS = HEARTBEAT_SECONDS / 2
RECONNECT_SECONDS = (0.2, 0.5, 1.0, 2.0)
# Enough unacknowledged messages that every worker finds a next group waiting.
GROUPS_PREFETCHED_PER_WORKER = 2
# How long the broker may be silent before we look what the workers have finished, and whether we shall stop.
BUSY_SECONDS = 0.005
IDLE_SECONDS = 0.1
# How often a database that is away is asked whether it is back.
DATABASE_POLL_SECONDS = 2.0
# Time to let running handlers finish at a stop; Kubernetes' grace period is longer.
STOP_TIMEOUT_SECONDS = 20.0
# How often the heartbeat is looked at meanwhile.
STOP_POLL_SECONDS = 0.5


class UnusableTopology(Exception):
    """A queue this service consumes is not on the broker, or the service's user may not log in or read it."""


class WorkerDied(Exception):
    """A worker thread ended with more than an exception of its handler; the process must end and start afresh."""


class ConsumerProcess:
    """Consumes a service's queues until stopped. `run` blocks; `stop` may be called from any thread."""

    def __init__(
        self,
        *,
        connection: kombu.Connection,
        queues: Sequence[str],
        handling: Handles,
        threads: int,
        ping: Callable[[], object] = lambda: None,
    ) -> None:
        """`connection` is cloned for each try; what becomes of itself does not matter.

        `ping` raises while the database does not answer: after `DatabaseAway` it says when to consume again.
        """
        self._connection = connection
        self._queues = list(queues)
        self._ping = ping
        self._stopping = threading.Event()
        self._workers = Workers(handling, threads, self._stopping)
        self._prefetch = threads * GROUP_SIZE * GROUPS_PREFETCHED_PER_WORKER
        self._subscription: Subscription | None = None

    def ready(self) -> None:
        """Raises while there is no connection to the broker."""
        if self._subscription is None:
            raise ConnectionError("not connected to the broker")

    @property
    def idle(self) -> bool:
        """Whether it is connected and every message it took is settled."""
        return (subscription := self._subscription) is not None and subscription.settled

    def stop(self) -> None:
        """Gives back what was not begun, finishes and acknowledges what was, and ends `run`. Safe to repeat."""
        self._stopping.set()

    def run(self) -> None:
        """Consumes, reconnecting as often as needed.

        Raises `UnusableTopology` when a queue is missing or not permitted, and `WorkerDied`; then the process must
        exit.
        """
        self._workers.start()
        failures = 0
        while not self._stopping.is_set():
            began, pause = time.monotonic(), 0.0
            try:
                self._await_database()
                self._consume()
            except WorkerDied:
                raise
            except Exception as error:  # whatever a broken connection raises, a new one is the answer
                if getattr(error, "reply_code", 0) in REFUSALS:
                    raise UnusableTopology(refusal(error)) from error
                if time.monotonic() - began > 10 * RECONNECT_SECONDS[-1]:
                    failures = 0
                pause = RECONNECT_SECONDS[min(failures, len(RECONNECT_SECONDS) - 1)]
                failures += 1
                log.warning("broker_lost", reason=f"{type(error).__name__}: {error}"[:200], seconds=pause)
            finally:
                # Before the pause: in it we are not ready, and what a lost connection brought comes again.
                self._subscription = None
                self._workers.give_up()
            self._stopping.wait(pause)
        self._workers.stop()

    def _await_database(self) -> None:
        while self._workers.database_away and not self._stopping.is_set():
            try:
                self._ping()
            except Exception as error:  # noqa: BLE001 whatever it is, the database does not answer
                log.info("database_still_away", reason=type(error).__name__)
                self._stopping.wait(DATABASE_POLL_SECONDS)
            else:
                return

    def _consume(self) -> None:
        self._workers.database_away = False
        with self._connection.clone() as connection:
            subscription = Subscription(connection, self._queues, self._workers, self._prefetch)
            self._subscription = subscription
            log.info("consuming", queues=self._queues)
            check_at = time.monotonic()
            while not self._stopping.is_set():
                if self._workers.failure is not None:
                    raise WorkerDied(repr(self._workers.failure)) from self._workers.failure
                if self._workers.database_away:
                    # Closing gives everything back at once; whoever still works on some of it meets an old connection.
                    log.warning(
                        "consuming_paused",
                        reason="the database does not answer",
                        given_back=subscription.unsettled,
                    )
                    return
                subscription.take_in()
                subscription.settle()
                if time.monotonic() >= check_at:
                    connection.heartbeat_check()
                    check_at = time.monotonic() + HEARTBEAT_CHECK_SECONDS
            subscription.wind_down()


class Subscription:
    """The messages of some queues over one connection: taken in, handled by the workers, answered.

    For one thread only. What was taken and not answered when the connection ends is delivered again by the broker.
    """

    def __init__(self, connection: kombu.Connection, queues: Sequence[str], workers: Workers, prefetch: int) -> None:
        """Begins to consume. Raises what kombu raises, with a `reply_code` of `REFUSALS` where the broker refuses."""
        self._connection = connection
        self._workers = workers
        self._acknowledgements = Acknowledgements[kombu.Message]()
        self._suspects = Suspects()
        self._delivered = 0
        self.unsettled = 0
        """How many messages are neither finished nor given back."""
        connection.connect()
        self._channel = connection.channel()
        for queue in queues:
            kombu.Queue(queue, channel=self._channel).queue_declare(passive=True)
        # One for each queue: only so can we tell whose a message is.
        self._consumers = [
            kombu.Consumer(
                self._channel,
                queues=[kombu.Queue(queue)],
                auto_declare=False,
                prefetch_count=prefetch,
                on_message=partial(self._take, queue),
                # kombu unpacks what a header calls compressed; what it cannot unpack, nobody can read.
                on_decode_error=lambda message, _error, queue=queue: self._take(queue, message),
            )
            for queue in queues
        ]
        for consumer in self._consumers:
            consumer.consume()

    @property
    def settled(self) -> bool:
        """Whether every message is answered."""
        return self.unsettled == 0 and not self._acknowledgements.waiting

    def take_in(self) -> None:
        """Waits a moment for the broker, and hands what it sends to the workers."""
        with suppress(TimeoutError):
            self._connection.drain_events(timeout=IDLE_SECONDS if self.settled else BUSY_SECONDS)
        if (job := self._suspects.next()) is not None:
            self._workers.put(job)

    def settle(self, wait_seconds: float = 0.0) -> None:
        """Acknowledges what the workers finished, and gives back what they could not handle.

        Waits so long for the first one.
        """
        for job, handled in self._workers.finished(wait_seconds):
            if job.message.channel is not self._channel:
                continue  # Of a connection that is gone; the broker delivers it again and the inbox knows it.
            self._suspects.finished(job)
            if handled:
                self.unsettled -= 1
                self._acknowledgements.finished(job.number, job.message)
            else:
                self._give_back(job)
        for message, multiple in self._acknowledgements.due():
            message.ack(multiple=multiple)

    def wind_down(self) -> None:
        """Gives back what is not begun, waits for what is, and ends the subscription."""
        for consumer in self._consumers:
            consumer.cancel()
        for job in (*self._suspects.give_up(), *self._workers.give_up()):
            if job.message.channel is self._channel:
                self._give_back(job)
        give_up_at = time.monotonic() + STOP_TIMEOUT_SECONDS
        while self.unsettled > 0 and time.monotonic() < give_up_at:
            self.settle(STOP_POLL_SECONDS)
            self._connection.heartbeat_check()
        # The broker answers this after it took the acks. Closing the connection at once makes it drop those it has not
        # looked at yet, and deliver the messages again.
        self._channel.close()
        log.info("consumer_stopped", given_up=self.unsettled)

    def _take(self, queue: str, message: kombu.Message) -> None:
        self._delivered += 1
        self.unsettled += 1
        job = Job(self._delivered, message, Delivery(queue, _message(message)))
        if job.is_suspect:
            self._suspects.add(job)
        else:
            self._workers.put(job)

    def _give_back(self, job: Job) -> None:
        job.message.requeue()
        self.unsettled -= 1
        self._acknowledgements.given_back(job.number)


def run_beside(consumer: ConsumerProcess, other: ConsumerProcess) -> None:
    """Runs both until `consumer` is stopped; where one fails the other is stopped too.

    Raises what `ConsumerProcess.run` raises; then the process must exit.
    """
    failure: list[BaseException] = []

    def run_other() -> None:
        try:
            other.run()
        except (UnusableTopology, WorkerDied) as error:
            failure.append(error)
            consumer.stop()

    thread = threading.Thread(target=run_other, name="beside", daemon=True)
    thread.start()
    try:
        consumer.run()
    finally:
        other.stop()
        thread.join(STOP_TIMEOUT_SECONDS)
    if failure:
        raise failure[0]


def _message(message: kombu.Message) -> Message:
    properties = message.properties
    body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
    return Message(
        # Whoever sent a message without an id is no producer of ours; it is parked under its content's hash.
        id=_text(properties.get("message_id")) or hashlib.sha256(body).hexdigest(),
        type=_text(properties.get("type")),
        content_type=_text(message.content_type),
        body=body,
        headers=dict(message.headers or {}),
    )


def _text(value: object) -> str:
    """A property as text; nothing where it is none, such as half a surrogate pair, which py-amqp lets pass."""
    text = str(value or "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return ""
    return text
