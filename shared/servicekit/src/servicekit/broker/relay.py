"""The relay publishes the outbox: the only publisher in the platform, one active per service.

Two threads, and each owns its client: this one runs pika's loop, the other (`relay_store`) reads and marks rows.
What the relay promises, and how:

* nothing is lost: rows are read by state (never after a remembered id: a late commit would be skipped), published
  persistent and mandatory, and marked only after the broker confirmed;
* an aggregate's events keep their order: at most one of them is in flight;
* in any doubt (a confirm that does not come, a lost connection, lease or database) the process ends, and the
  supervisor starts a fresh one: the rows are still pending, a duplicate is the worst that can follow.

A row that the broker refuses (a queue at its limit; our topology has none) is sent again every second and keeps its
place among those under way: more than 1,256, refused or waiting behind one, keep all others of the service from being
read until the queue takes them. `emitra_relay_nacks_total` and the age of the oldest row tell.
"""

import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import pika
import structlog
from pika.adapters.select_connection import IOLoop, SelectConnection
from pika.channel import Channel

from servicekit.broker.comparison import REFUSALS, refusal
from servicekit.broker.metrics import RelayMetrics
from servicekit.broker.relay_store import MAX_IN_FLIGHT, RelayInDoubt, RelayStore, Row
from servicekit.faults import crash_point
from servicekit.mongo.client import Mongo
from servicekit.mongo.leases import Lease

log = structlog.get_logger(__name__)

LEASE_TTL_SECONDS = 10.0
STANDBY_POLL_SECONDS = 1.0
NACK_PAUSE_SECONDS = 1.0
HEARTBEAT_SECONDS = 10
# Before the first publish nothing is in doubt: a broker that is still starting is waited for, not crashed for.
CONNECT_ATTEMPTS = 60
CONNECT_AGAIN_SECONDS = 0.5
# In doubt the process is about to end; the broker gets this long to see the connection closed.
GIVE_UP_SECONDS = 1.0
# For pika to see that the connection is gone and close its socket; shorter than it waits before it makes another.
HANG_UP_SECONDS = 0.3
# At a stop, for the confirms of what is in flight and the closing; shorter than Kubernetes' grace period of 30 s, and
# what a broker in memory alarm has not confirmed by then is published again.
STOP_TIMEOUT_SECONDS = 15.0
# A broker in memory alarm stops reading; we wait for it rather than spin through restarts, but not for ever.
BLOCKED_TIMEOUT_SECONDS = 300
Aggregate = tuple[str, str]


class _Connection(SelectConnection):
    """pika sends a message as three packets, each a system call here and a wake-up there; a burst leaves as one.

    What it overrides is everything's way out, under pika's transport. If a new pika had another, bursts would be
    slower, not wrong.
    """

    _held_back: list[bytes] | None = None

    @contextmanager
    def burst(self) -> Iterator[None]:
        """Sends what is published inside at once, at its end; nothing of it if that is an exception."""
        held_back = self._held_back = []
        try:
            yield
        finally:
            self._held_back = None
        if held_back:
            super()._adapter_emit_data(b"".join(held_back))

    def _adapter_emit_data(self, data: bytes) -> None:
        if self._held_back is None:
            super()._adapter_emit_data(data)
        else:
            self._held_back.append(data)


class _Loop(IOLoop):
    """pika's loop, which can hang up: pika waits for a silent broker's answer before it closes a connection."""

    def __init__(self) -> None:
        super().__init__()
        self._watched: set[int] = set()
        self._hung_up = False

    def add_handler(self, fd: int, handler: Callable[..., None], events: int) -> None:
        self._watched.add(fd)
        super().add_handler(fd, handler, events)
        if self._hung_up:  # Between two steps of connecting pika watches nothing, and there was nothing to end.
            self._end(fd)

    def remove_handler(self, fd: int) -> None:
        self._watched.discard(fd)
        super().remove_handler(fd)

    def hang_up(self) -> None:
        """Ends every conversation at once; pika then sees that it is over and closes its sockets."""
        self._hung_up = True
        for fd in self._watched:
            self._end(fd)

    @staticmethod
    def _end(fd: int) -> None:
        with socket.socket(fileno=os.dup(fd)) as same, suppress(OSError):
            same.shutdown(socket.SHUT_RDWR)


class Relay:
    """Publishes one service's outbox until stopped. `run` blocks; `stop` may be called from a signal handler."""

    def __init__(
        self,
        mongo: Mongo,
        *,
        service: str,
        holder: str,
        amqp_url: str,
        exchanges: Sequence[str],
        confirm_timeout_seconds: float,
    ) -> None:
        self._lease = Lease(mongo.db, "relay", holder, LEASE_TTL_SECONDS)
        self._amqp_url = amqp_url
        self._exchanges = list(exchanges)
        self._confirm_timeout_seconds = confirm_timeout_seconds
        self.metrics = RelayMetrics(service)
        self._stopping = threading.Event()
        self._store = RelayStore(mongo, self._lease, self.metrics, self._stopping, self._from_store, self._fail)
        self._failure: BaseException | None = None
        self._loop: _Loop  # made with the connection
        self._connection: _Connection | None = None
        self._channel: Channel  # made on the connection
        self._ready: deque[Row] = deque()
        self._waiting: dict[Aggregate, deque[Row]] = {}
        self._in_flight: dict[int, tuple[Row, float]] = {}
        self._next_tag = 1
        self._returned: set[str] = set()
        self._pump_due = False
        self._blocked = False
        self._working = False

    # Called from outside -------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Waits for the lease, then publishes until `stop`. Raises `RelayInDoubt`; then the process must exit."""
        standing_by = False
        while not self._lease.acquire():
            if not standing_by:
                log.info("relay_standing_by")
                standing_by = self._working = True
            if self._stopping.wait(STANDBY_POLL_SECONDS):
                return
        self._working = False
        parameters = pika.URLParameters(self._amqp_url)
        parameters.heartbeat = HEARTBEAT_SECONDS
        parameters.blocked_connection_timeout = BLOCKED_TIMEOUT_SECONDS
        parameters.connection_attempts = CONNECT_ATTEMPTS
        parameters.retry_delay = CONNECT_AGAIN_SECONDS
        self._loop = _Loop()
        self._connection = _Connection(
            parameters,
            on_open_callback=self._on_open,
            on_open_error_callback=lambda _c, error: self._fail(RelayInDoubt(f"cannot connect: {error!r}")),
            on_close_callback=self._on_closed,
            custom_ioloop=self._loop,
        )
        if self._stopping.is_set():  # It came while there was no connection to tell.
            self._on_loop(self._close_in_time)
        try:
            self._loop.start()
        finally:
            self._stopping.set()
            self._store.join()
            self._loop.close()
        if self._failure is not None:
            raise RelayInDoubt(str(self._failure)) from self._failure
        self._store.mark()  # What was confirmed while we drained.
        self._lease.release()

    def stop(self) -> None:
        """Finishes what is in flight, marks it, gives the lease up and ends `run`. Safe to repeat."""
        self._stopping.set()
        self._store.wake.set()
        self._on_loop(self._close_in_time)

    def ready(self) -> None:
        """Raises when the relay neither publishes nor stands by."""
        if self._failure is not None or not self._working:
            raise RelayInDoubt(str(self._failure or "not connected to the broker yet"))

    # On pika's loop ------------------------------------------------------------------------------------------------

    def _on_open(self, connection: SelectConnection) -> None:
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Channel) -> None:
        self._channel = channel
        channel.add_on_close_callback(self._on_channel_closed)
        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(self._on_confirm, callback=lambda _frame: self._check_exchange(list(self._exchanges)))

    def _on_channel_closed(self, _channel: Channel, reason: Any) -> None:
        refused = getattr(reason, "reply_code", 0) in REFUSALS
        self._fail(RelayInDoubt(refusal(reason) if refused else f"channel closed: {reason!r}"))

    def _check_exchange(self, remaining: list[str]) -> None:
        """Every exchange must exist before the first publish; a missing one closes the channel, which is fatal."""
        if remaining:
            self._channel.exchange_declare(
                remaining[0], passive=True, callback=lambda _frame: self._check_exchange(remaining[1:])
            )
            return
        log.info("relay_publishing", exchanges=self._exchanges)
        self._working = True
        self._store.start()
        self._watch_confirms()
        if self._stopping.is_set():
            self._close_when_drained()

    def _from_store(self, rows: list[Row]) -> None:
        self._on_loop(lambda: self._accept(rows))

    def _accept(self, rows: list[Row]) -> None:
        for row in rows:
            queue = self._waiting.get(_aggregate(row))
            if queue is None:
                self._waiting[_aggregate(row)] = deque()
                self._ready.append(row)
            else:
                queue.append(row)
        self._pump()

    def _pump_soon(self) -> None:
        """Pumps once after all that the broker has sent is looked at: many confirms, one burst."""
        if not self._pump_due:
            self._pump_due = True
            self._on_loop(self._pump)

    def _pump(self) -> None:
        assert self._connection is not None
        self._pump_due = False
        # Nothing more once we stop: the lease is not renewed any longer, and the channel may be closing.
        if not self._blocked and not self._stopping.is_set():
            try:
                with self._connection.burst():
                    while self._ready and len(self._in_flight) < MAX_IN_FLIGHT:
                        self._publish(self._ready.popleft())
                    if not self._lease.held:  # Asked right before they leave: we may have been paused meanwhile.
                        raise RelayInDoubt("the lease ran out")
            except RelayInDoubt as error:
                self._fail(error)
        self.metrics.in_flight.set(len(self._in_flight))

    def _publish(self, row: Row) -> None:
        crash_point("A3")
        self._channel.basic_publish(
            row["exchange"],
            row["routing_key"],
            row["body"],
            pika.BasicProperties(
                message_id=row["message_id"],
                type=row["message_type"],
                content_type=row["content_type"],
                delivery_mode=2,
                headers={**row["headers"], "x-outbox-id": row["_id"]},
            ),
            mandatory=True,
        )
        self._in_flight[self._next_tag] = (row, time.monotonic())
        self._next_tag += 1

    def _on_return(self, _channel: Channel, method: Any, properties: Any, _body: bytes) -> None:
        # The broker returns before it confirms. Never published again by itself: that would loop for ever.
        row_id = str((properties.headers or {}).get("x-outbox-id"))
        self._returned.add(row_id)
        log.error(
            "event_unroutable",
            outbox_id=row_id,
            exchange=method.exchange,
            routing_key=method.routing_key,
            reply=method.reply_text,
        )

    def _on_confirm(self, frame: Any) -> None:
        crash_point("A4")
        method = frame.method
        acked = method.NAME == "Basic.Ack"
        if method.multiple:
            tags = [tag for tag in self._in_flight if tag <= method.delivery_tag]
        else:
            tags = [method.delivery_tag]
        for tag in tags:
            row, _ = self._in_flight.pop(tag)
            if acked:
                self._confirmed(row)
            else:
                self.metrics.nacks.inc()
                log.warning("event_nacked", outbox_id=row["_id"], exchange=row["exchange"])
                # The aggregate stays busy meanwhile, so the order holds.
                self._loop.call_later(NACK_PAUSE_SECONDS, partial(self._send_again, row))
        self._pump_soon()
        if self._stopping.is_set():
            self._close_when_drained()

    def _send_again(self, row: Row) -> None:
        self._ready.appendleft(row)
        self._pump()

    def _confirmed(self, row: Row) -> None:
        returned = row["_id"] in self._returned
        self._returned.discard(row["_id"])
        self._store.settled(row["_id"], "unroutable" if returned else "sent")
        self.metrics.published.inc()
        log.info(
            "event_published",
            event_type=row["routing_key"],
            message_id=row["message_id"],
            subject=row["aggregate"]["id"],
        )
        queue = self._waiting[_aggregate(row)]
        if queue:
            self._ready.append(queue.popleft())
        else:
            del self._waiting[_aggregate(row)]

    def _watch_confirms(self) -> None:
        """Fails when the oldest unconfirmed message is too old. A blocked connection has its own, longer limit."""
        if self._in_flight and not self._blocked:
            _, oldest = next(iter(self._in_flight.values()))
            if time.monotonic() - oldest > self._confirm_timeout_seconds:
                self._fail(RelayInDoubt(f"no confirm within {self._confirm_timeout_seconds} s"))
                return
        self._loop.call_later(1.0, self._watch_confirms)

    def _on_blocked(self, _connection: Any, method: Any) -> None:
        self._blocked = True
        log.warning("broker_blocked", reason=str(method.method.reason))

    def _on_unblocked(self, _connection: Any, _method: Any) -> None:
        self._blocked = False
        now = time.monotonic()
        self._in_flight = {tag: (row, now) for tag, (row, _) in self._in_flight.items()}
        log.info("broker_unblocked")
        self._pump()

    def _close_in_time(self) -> None:
        self._loop.call_later(
            STOP_TIMEOUT_SECONDS, lambda: self._fail(RelayInDoubt("the broker did not let us finish in time"))
        )
        self._close_when_drained()

    def _close_when_drained(self) -> None:
        # What waits unpublished stays pending for the next relay.
        self._ready.clear()
        if self._connection is None or self._in_flight:
            return
        if self._connection.is_open:
            self._connection.close()
        elif not self._connection.is_closing:  # Still being made: there is nothing to tell the broker.
            self._drop()

    def _on_closed(self, _connection: Any, reason: BaseException) -> None:
        if not (self._stopping.is_set() and not self._in_flight):
            self._fail(RelayInDoubt(f"connection closed: {reason!r}"))
        assert self._connection is not None
        self._loop.stop()

    def _on_loop(self, callback: Callable[[], object]) -> None:
        if self._connection is not None:
            self._loop.add_callback_threadsafe(callback)

    def _fail(self, error: BaseException) -> None:
        if self._failure is None and not (self._stopping.is_set() and not self._in_flight):
            self._failure = error
            log.error("relay_in_doubt", reason=str(error))
        self._stopping.set()
        self._store.wake.set()
        self._on_loop(self._give_up)

    def _give_up(self) -> None:
        """Ends the loop: politely where the broker still answers, and in any case soon."""
        assert self._connection is not None
        self._loop.call_later(GIVE_UP_SECONDS, self._drop)
        if self._connection.is_open:
            self._connection.close()
        elif not self._connection.is_closing:
            self._drop()

    def _drop(self) -> None:
        self._loop.hang_up()
        self._loop.call_later(HANG_UP_SECONDS, self._loop.stop)


def _aggregate(row: Row) -> Aggregate:
    return row["aggregate"]["type"], row["aggregate"]["id"]
