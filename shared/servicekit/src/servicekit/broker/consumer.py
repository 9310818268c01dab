"""The consumer: one thread owns the broker connection, worker threads handle, completions come back over a pipe.

kombu brings the connection; we take messages undecoded (kombu would acknowledge what it cannot decode), never publish
here (py-amqp's confirms can confirm the wrong message), and acknowledge after the commit.
"""

import contextlib
import hashlib
import os
import queue
import random
import select
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import structlog
from amqp.serialization import PROPERTY_CLASSES, decode_properties_basic
from amqp.spec import Basic
from kombu import Connection
from kombu import Consumer as KombuConsumer
from kombu import Queue as KombuQueue

from servicekit.broker.acknowledgements import GAP_SECONDS, Acknowledgements
from servicekit.broker.comparison import REFUSALS, refusal
from servicekit.events.envelope import Message
from servicekit.events.handling import DatabaseAway, Delivery, Stopped
from servicekit.events.redelivery import stack_of

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 10
# kombu sends and judges heartbeats only when asked; twice per interval is what the protocol's tolerance needs.
HEARTBEAT_CHECK_SECONDS = HEARTBEAT_SECONDS / 2
CONNECT_TIMEOUT_SECONDS = 5
# py-amqp waits for an answer as long as the socket lets it: without a limit a frozen broker would hold this process
# for ever, even at closing the connection.
ANSWER_TIMEOUT_SECONDS = 5
RECONNECT_SECONDS = (0.2, 0.5, 1.0, 2.0)
# How many messages may share a transaction under backlog; an idle system still commits each by itself.
GROUP_SIZE = 100
# While messages keep coming, a worker that finds fewer than these waits so long for others to share its transaction.
# The first one after a pause of BUSY_SECONDS waits for nobody.
GATHER_BELOW = 16
GATHER_SECONDS = 0.02
BUSY_SECONDS = 0.1
# Enough unacknowledged messages that every worker finds a next group waiting.
GROUPS_PREFETCHED_PER_WORKER = 2
# Deliveries taken in before finished ones are acknowledged, and how long the socket may stay silent in between.
TAKEN_IN_AT_ONCE = 200
DRAIN_TIMEOUT_SECONDS = 0.001
# Some dozen messages in one system call.
READ_AHEAD_BYTES = 16_384
# A message that came back this often may be what ended the process each time. The broker counts every such delivery of
# all that was unacknowledged, and would park the neighbours with it: so each suspect is handled alone, in random order,
# after a moment in which the others arrive. Soon all are done but the one that is deadly.
SUSPECT_AFTER_REDELIVERIES = 2
SUSPECTS_GATHER_SECONDS = 0.5
# What was given back comes again at once; without a pause it would go round as fast as the machine can.
FAILED_PAUSE_SECONDS = 1.0
# How often a database that is away is asked whether it is back.
DATABASE_POLL_SECONDS = 2.0
# Time to let running handlers finish at a stop; Kubernetes' grace period is longer.
STOP_TIMEOUT_SECONDS = 20.0

Job = tuple[int, int, Delivery]  # generation of the connection, delivery tag, delivery


class UnusableTopology(Exception):
    """A queue this service consumes is not on the broker, or the service's user may not log in or read it."""


class WorkerDied(Exception):
    """A worker thread ended with more than an exception of its handler; the process must end and start afresh."""


class Handles(Protocol):
    """What a consumer does with its messages: `Handling` for events, `Recorder` for what was parked."""

    def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Brings every delivery to its end; all may be acknowledged after it.

        Raises `Stopped` at a stop, `DatabaseAway` when nothing can be handled until the database answers again.
        """


class ConsumerProcess:
    """Consumes a service's queues until stopped. `run` blocks; `stop` may be called from any thread."""

    def __init__(
        self,
        *,
        amqp_url: str,
        queues: Sequence[str],
        handling: Handles,
        threads: int,
        ping: Callable[[], object] = lambda: None,
    ) -> None:
        """`ping` raises while the database does not answer: after `DatabaseAway` it says when to consume again."""
        self._ping = ping
        self._database_away = False
        self._amqp_url = amqp_url
        self._queues = list(queues)
        self._handling = handling
        self._threads = threads
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._done: queue.SimpleQueue[tuple[int, int, bool]] = queue.SimpleQueue()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._stopping = threading.Event()
        self._worker_failure: BaseException | None = None
        self._taking = threading.Lock()
        self._took_at = 0.0
        self._suspects: list[Job] = []
        self._suspect_tried: int | None = None  # its delivery tag, while it is being handled
        self._generation = 0
        self._connected = False
        self._unsettled = 0
        self._acknowledgements = Acknowledgements()
        self._more_may_wait = False

    def ready(self) -> None:
        """Raises while there is no connection to the broker."""
        if not self._connected:
            raise ConnectionError("not connected to the broker")

    @property
    def idle(self) -> bool:
        """Whether it is connected and every message it took is settled."""
        return self._connected and self._unsettled == 0 and not self._acknowledgements.waiting

    def stop(self) -> None:
        """Gives back what was not begun, finishes and acknowledges what was, and ends `run`. Safe to repeat."""
        self._stopping.set()
        self._wake()

    def run(self) -> None:
        """Consumes, reconnecting as often as needed.

        Raises `UnusableTopology` when a queue is missing or not permitted, and `WorkerDied`; then the process must
        exit.
        """
        workers = [threading.Thread(target=self._work, name=f"worker-{n}", daemon=True) for n in range(self._threads)]
        for worker in workers:
            worker.start()
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
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
                wait = RECONNECT_SECONDS[min(failures, len(RECONNECT_SECONDS) - 1)]
                failures += 1
                log.warning("broker_lost", reason=f"{type(error).__name__}: {error}"[:200], seconds=wait)
                self._stopping.wait(wait)
            finally:
                self._connected = False
                self._forget_unstarted()
        for _ in workers:
            self._jobs.put(None)

    # The connection's thread ---------------------------------------------------------------------------------------

    def _consume(self) -> None:
        self._generation += 1
        self._unsettled = 0
        self._database_away = False
        self._acknowledgements = Acknowledgements()
        self._more_may_wait = True  # The first messages may come right behind the answer to our subscription.
        with Connection(
            self._amqp_url, heartbeat=HEARTBEAT_SECONDS, connect_timeout=CONNECT_TIMEOUT_SECONDS
        ) as connection:
            connection.connect()
            connection.connection.sock.settimeout(ANSWER_TIMEOUT_SECONDS)
            _read_ahead(connection.connection.transport)
            channel = connection.channel()
            for name in self._queues:
                channel.queue_declare(name, passive=True)
            # Per consumer: quorum queues refuse a limit for the whole channel.
            channel.basic_qos(0, self._threads * GROUP_SIZE * GROUPS_PREFETCHED_PER_WORKER, False)
            consumers = [self._consumer(channel, name) for name in self._queues]
            for consumer in consumers:
                consumer.consume()
            self._connected = True
            log.info("consuming", queues=self._queues)
            check_at = time.monotonic()
            try_suspects_at = check_at + SUSPECTS_GATHER_SECONDS
            while not self._stopping.is_set():
                if self._worker_failure is not None:
                    raise WorkerDied(repr(self._worker_failure)) from self._worker_failure
                if self._database_away:
                    # Closing gives everything back at once; whoever still works on some of it meets an old connection.
                    log.warning("consuming_paused", reason="the database does not answer", given_back=self._unsettled)
                    return
                self._wait(connection)
                self._settle(channel)
                if self._suspects and self._suspect_tried is None and time.monotonic() >= try_suspects_at:
                    self._try_a_suspect()
                if time.monotonic() >= check_at:
                    connection.heartbeat_check()
                    check_at = time.monotonic() + HEARTBEAT_CHECK_SECONDS
            self._wind_down(connection, channel, consumers)

    def _await_database(self) -> None:
        while self._database_away and not self._stopping.is_set():
            try:
                self._ping()
            except Exception as error:  # noqa: BLE001 whatever it is, the database does not answer
                log.info("database_still_away", reason=type(error).__name__)
                self._stopping.wait(DATABASE_POLL_SECONDS)
            else:
                return

    def _consumer(self, channel: Any, name: str) -> KombuConsumer:
        def on_message(raw: Any) -> None:
            self._unsettled += 1
            job = (self._generation, raw.delivery_tag, Delivery(name, _message(raw)))
            if _is_suspect(job):
                self._suspects.append(job)
            else:
                self._jobs.put(job)

        def on_decode_error(raw: Any, _error: Exception) -> None:
            # kombu unpacks what a header calls compressed, and would end the connection where it cannot.
            on_message(raw)

        return KombuConsumer(
            channel,
            queues=[KombuQueue(name, no_declare=True)],
            on_message=on_message,
            on_decode_error=on_decode_error,
            auto_declare=False,
        )

    def _wait(self, connection: Connection) -> None:
        """Sleeps until the broker or a worker has something, then takes in all that the broker sent."""
        sock = connection.connection.sock
        longest = HEARTBEAT_CHECK_SECONDS
        if self._acknowledgements.waiting:
            longest = GAP_SECONDS
        elif self._suspects:
            longest = SUSPECTS_GATHER_SECONDS
        readable, _, _ = select.select([sock, self._wake_read], [], [], 0 if self._more_may_wait else longest)
        if self._wake_read in readable:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake_read, 65_536)
        if sock in readable or self._more_may_wait:
            # What py-amqp has read ahead is not seen by select: until it finds nothing, there may be more.
            self._more_may_wait = True
            sock.settimeout(DRAIN_TIMEOUT_SECONDS)  # Here, once: given to drain_events it is set anew for each frame.
            try:
                for _ in range(TAKEN_IN_AT_ONCE):
                    connection.drain_events()
            except TimeoutError:
                self._more_may_wait = False
            finally:
                sock.settimeout(ANSWER_TIMEOUT_SECONDS)

    def _try_a_suspect(self) -> None:
        job = self._suspects.pop(random.randrange(len(self._suspects)))  # noqa: S311 no secret, only no fixed order
        _, self._suspect_tried, _ = job
        self._jobs.put(job)

    def _settle(self, channel: Any) -> None:
        """Acknowledges what the workers finished, and gives back what they could not handle."""
        while not self._done.empty():
            generation, tag, handled = self._done.get_nowait()
            if generation != self._generation:
                continue  # Of a connection that is gone; the broker delivers it again and the inbox knows it.
            self._unsettled -= 1
            if tag == self._suspect_tried:
                self._suspect_tried = None
            if handled:
                self._acknowledgements.finished(tag)
            else:
                channel.basic_reject(tag, requeue=True)
                self._acknowledgements.given_back(tag)
        for tag, multiple in self._acknowledgements.due():
            channel.basic_ack(tag, multiple=multiple)

    def _wind_down(self, connection: Connection, channel: Any, consumers: Sequence[KombuConsumer]) -> None:
        for consumer in consumers:
            consumer.cancel()
        for generation, tag, _ in self._forget_unstarted():
            if generation == self._generation:
                self._unsettled -= 1
                channel.basic_reject(tag, requeue=True)
                self._acknowledgements.given_back(tag)
        give_up_at = time.monotonic() + STOP_TIMEOUT_SECONDS
        while self._unsettled > 0 and time.monotonic() < give_up_at:
            select.select([self._wake_read], [], [], 0.5)
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake_read, 65_536)
            self._settle(channel)
            connection.heartbeat_check()
        # The broker answers this after it took the acks. Closing the connection at once makes it drop those it has not
        # looked at yet, and deliver the messages again.
        channel.close()
        log.info("consumer_stopped", given_up=self._unsettled)

    def _forget_unstarted(self) -> list[Job]:
        unstarted, self._suspects, self._suspect_tried = self._suspects, [], None
        with contextlib.suppress(queue.Empty):
            while True:
                job = self._jobs.get_nowait()
                if job is not None:
                    unstarted.append(job)
        return unstarted

    # The workers' threads ------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self._handle_all()
        except BaseException as error:  # noqa: BLE001 a thread that is silently gone would keep its messages for ever
            self._worker_failure = error
            self._wake()

    def _handle_all(self) -> None:
        while jobs := self._take():
            self._handle(jobs)

    def _take(self) -> list[Job]:
        """The next group, or nothing at the end. One worker takes at a time: what came together stays together."""
        with self._taking:
            if (job := self._jobs.get()) is None:
                return []
            began = time.monotonic()
            if began - self._took_at < BUSY_SECONDS and self._jobs.qsize() < GATHER_BELOW:
                self._stopping.wait(GATHER_SECONDS)
            self._took_at = began
            jobs = [job]
            while len(jobs) < GROUP_SIZE and not _is_suspect(job):
                try:
                    following = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if following is None or _is_suspect(following):
                    self._jobs.put(following)
                    break
                jobs.append(following)
            return jobs

    def _handle(self, jobs: list[Job]) -> None:
        handled = True
        try:
            self._handling.handle([delivery for _, _, delivery in jobs])
        except DatabaseAway:
            self._database_away = True
            self._wake()
            return
        except Stopped:
            handled = False
        except Exception as error:  # noqa: BLE001 a message that can be neither handled nor sent away is given back
            if len(jobs) > 1:
                # Those that were handled are duplicates now; none shares the fate of the one that failed.
                for job in jobs:
                    self._handle([job])
                return
            log.error("handling_failed", stack=stack_of(error))
            self._stopping.wait(FAILED_PAUSE_SECONDS)
            handled = False
        for generation, tag, _ in jobs:
            self._done.put((generation, tag, handled))
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b".")


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


def _read_ahead(transport: Any) -> None:
    """Has py-amqp take what there is from the socket, as it does with TLS, and not each frame's parts one by one.

    That is one system call for many messages instead of nine for each. What is set is private to py-amqp: if a new
    version names it otherwise, reading is slower, not wrong.
    """
    receive = transport.sock.recv
    transport._quick_recv = lambda wanted: receive(max(wanted, READ_AHEAD_BYTES))


def _is_suspect(job: Job) -> bool:
    redeliveries = job[2].message.headers.get("x-delivery-count", 0)
    return isinstance(redeliveries, int) and redeliveries >= SUSPECT_AFTER_REDELIVERIES


def _message(raw: Any) -> Message:
    properties = raw.properties
    body = raw.body if isinstance(raw.body, bytes) else str(raw.body).encode()
    return Message(
        # Whoever sent a message without an id is no producer of ours; it is parked under its content's hash.
        id=_text(properties.get("message_id")) or hashlib.sha256(body).hexdigest(),
        type=_text(properties.get("type")),
        content_type=_text(raw.content_type),
        body=body,
        headers=dict(raw.headers or {}),
    )


def _text(value: object) -> str:
    """A property as text; nothing where it is none, such as half a surrogate pair, which py-amqp lets pass."""
    text = str(value or "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return ""
    return text


def _properties(buffer: Any, offset: int) -> tuple[dict[str, Any], int]:
    """A message's properties, none where one of them is not UTF-8: the message then looks like a stranger's.

    py-amqp would raise in the middle of reading from the broker. The connection would end, everything taken would come
    back with it, again and again, until the broker parks all of it.
    """
    try:
        return decode_properties_basic(buffer, offset)  # type: ignore[no-any-return]
    except UnicodeDecodeError:
        return {}, len(buffer)


PROPERTY_CLASSES[Basic.CLASS_ID] = _properties
