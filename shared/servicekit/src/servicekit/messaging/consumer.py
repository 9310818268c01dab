"""The consumer: one thread owns the broker connection, worker threads handle, completions come back over a pipe.

kombu brings the connection; we take messages undecoded (kombu would acknowledge what it cannot decode), never publish
here (py-amqp's confirms can confirm the wrong message), and acknowledge after the commit.
"""

import contextlib
import hashlib
import os
import queue
import select
import threading
import time
from collections.abc import Sequence
from typing import Any

import structlog
from kombu import Connection
from kombu import Consumer as KombuConsumer
from kombu import Queue as KombuQueue

from servicekit.messaging.envelope import Message
from servicekit.messaging.handling import Delivery, Handling, Stopped

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 10
# kombu sends and judges heartbeats only when asked; twice per interval is what the protocol's tolerance needs.
HEARTBEAT_CHECK_SECONDS = HEARTBEAT_SECONDS / 2
CONNECT_TIMEOUT_SECONDS = 5
# py-amqp waits for an answer as long as the socket lets it: without a limit a frozen broker would hold this process
# for ever, even at closing the connection.
ANSWER_TIMEOUT_SECONDS = 5
RECONNECT_SECONDS = (0.2, 1.0, 2.0, 5.0)
# How many messages may share a transaction under backlog; an idle system still commits each by itself.
GROUP_SIZE = 50
# Enough unacknowledged messages that every worker finds a next group waiting.
GROUPS_PREFETCHED_PER_WORKER = 2
# Deliveries taken in before finished ones are acknowledged, and how long the socket may stay silent in between.
TAKEN_IN_AT_ONCE = 200
DRAIN_TIMEOUT_SECONDS = 0.001
# Time to let running handlers finish at a stop; Kubernetes' grace period is longer.
STOP_TIMEOUT_SECONDS = 20.0

_Job = tuple[int, int, Delivery]  # generation of the connection, delivery tag, delivery


class MissingTopology(Exception):
    """A queue this service consumes does not exist on the broker."""


class WorkerDied(Exception):
    """A worker thread ended with more than an exception of its handler; the process must end and start afresh."""


class ConsumerProcess:
    """Consumes a service's queues until stopped. ``run`` blocks; ``stop`` may be called from any thread."""

    def __init__(self, *, amqp_url: str, queues: Sequence[str], handling: Handling, threads: int) -> None:
        self._amqp_url = amqp_url
        self._queues = list(queues)
        self._handling = handling
        self._threads = threads
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._done: queue.SimpleQueue[tuple[int, int, bool]] = queue.SimpleQueue()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._stopping = threading.Event()
        self._worker_failure: BaseException | None = None
        self._generation = 0
        self._connected = False
        self._unsettled = 0

    def ready(self) -> None:
        """Raises while there is no connection to the broker."""
        if not self._connected:
            raise ConnectionError("not connected to the broker")

    @property
    def idle(self) -> bool:
        """Whether it is connected and every message it took is settled."""
        return self._connected and self._unsettled == 0

    def stop(self) -> None:
        """Gives back what was not begun, finishes and acknowledges what was, and ends ``run``. Safe to repeat."""
        self._stopping.set()
        self._wake()

    def run(self) -> None:
        """Consumes, reconnecting as often as needed.

        Raises ``MissingTopology`` when a queue is not there, and ``WorkerDied``; then the process must exit.
        """
        workers = [threading.Thread(target=self._work, name=f"worker-{n}", daemon=True) for n in range(self._threads)]
        for worker in workers:
            worker.start()
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self._consume()
            except (MissingTopology, WorkerDied):
                raise
            except Exception as error:  # noqa: BLE001 whatever a broken connection raises, a new one is the answer
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
        with Connection(
            self._amqp_url, heartbeat=HEARTBEAT_SECONDS, connect_timeout=CONNECT_TIMEOUT_SECONDS
        ) as connection:
            connection.connect()
            connection.connection.sock.settimeout(ANSWER_TIMEOUT_SECONDS)
            channel = connection.channel()
            self._check_queues(connection)
            # Per consumer: quorum queues refuse a limit for the whole channel.
            channel.basic_qos(0, self._threads * GROUP_SIZE * GROUPS_PREFETCHED_PER_WORKER, False)
            consumers = [self._consumer(channel, name) for name in self._queues]
            for consumer in consumers:
                consumer.consume()
            self._connected = True
            log.info("consuming", queues=self._queues)
            check_at = time.monotonic()
            while not self._stopping.is_set():
                if self._worker_failure is not None:
                    raise WorkerDied(repr(self._worker_failure)) from self._worker_failure
                self._wait(connection)
                self._settle(channel)
                if time.monotonic() >= check_at:
                    connection.heartbeat_check()
                    check_at = time.monotonic() + HEARTBEAT_CHECK_SECONDS
            self._wind_down(connection, channel, consumers)

    def _check_queues(self, connection: Connection) -> None:
        for name in self._queues:
            # A channel of its own for each: a failed passive declaration closes the channel it was made on.
            with connection.channel() as channel:
                try:
                    channel.queue_declare(name, passive=True)
                except connection.channel_errors as error:
                    raise MissingTopology(
                        f"queue {name} is missing; load the topology with the service's `topology --apply`"
                    ) from error

    def _consumer(self, channel: Any, name: str) -> KombuConsumer:
        def on_message(raw: Any) -> None:
            self._unsettled += 1
            self._jobs.put((self._generation, raw.delivery_tag, Delivery(name, _message(raw))))

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
        readable, _, _ = select.select([sock, self._wake_read], [], [], HEARTBEAT_CHECK_SECONDS)
        if self._wake_read in readable:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake_read, 65_536)
        if sock in readable:
            # py-amqp may hold more than one frame in its buffer: take all before sleeping again.
            with contextlib.suppress(TimeoutError):
                for _ in range(TAKEN_IN_AT_ONCE):
                    connection.drain_events(timeout=DRAIN_TIMEOUT_SECONDS)

    def _settle(self, channel: Any) -> None:
        """Acknowledges what the workers finished, and gives back what they could not handle."""
        while not self._done.empty():
            generation, tag, handled = self._done.get_nowait()
            if generation != self._generation:
                continue  # Of a connection that is gone; the broker delivers it again and the inbox knows it.
            self._unsettled -= 1
            if handled:
                channel.basic_ack(tag)
            else:
                channel.basic_reject(tag, requeue=True)

    def _wind_down(self, connection: Connection, channel: Any, consumers: Sequence[KombuConsumer]) -> None:
        for consumer in consumers:
            consumer.cancel()
        for generation, tag, _ in self._forget_unstarted():
            if generation == self._generation:
                self._unsettled -= 1
                channel.basic_reject(tag, requeue=True)
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

    def _forget_unstarted(self) -> list[_Job]:
        unstarted: list[_Job] = []
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
        while (job := self._jobs.get()) is not None:
            jobs = [job]
            while len(jobs) < GROUP_SIZE:
                try:
                    following = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    self._jobs.put(None)
                    break
                jobs.append(following)
            self._handle(jobs)

    def _handle(self, jobs: list[_Job]) -> None:
        handled = True
        try:
            self._handling.handle([delivery for _, _, delivery in jobs])
        except Stopped:
            handled = False
        except Exception as error:
            if len(jobs) > 1:
                # Those that were handled are duplicates now; none shares the fate of the one that failed.
                for job in jobs:
                    self._handle([job])
                return
            log.error("handling_failed", exc_info=error)
            handled = False
        for generation, tag, _ in jobs:
            self._done.put((generation, tag, handled))
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b".")


def _message(raw: Any) -> Message:
    properties = raw.properties
    body = raw.body if isinstance(raw.body, bytes) else str(raw.body).encode()
    return Message(
        # Whoever sent a message without an id is no producer of ours; it is parked under its content's hash.
        id=str(properties.get("message_id") or hashlib.sha256(body).hexdigest()),
        type=str(properties.get("type") or ""),
        content_type=str(raw.content_type or ""),
        body=body,
        headers=dict(raw.headers or {}),
    )
