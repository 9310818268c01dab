"""The relay publishes the outbox: the only publisher in the platform, one active per service.

Two threads, and each owns its client: this one runs pika's loop, the store thread reads and marks rows. A third rings
the doorbell. What the relay promises, and how:

* nothing is lost: rows are read by state (never after a remembered id: a late commit would be skipped), published
  persistent and mandatory, and marked only after the broker confirmed;
* an aggregate's events keep their order: at most one of them is in flight;
* in any doubt (a confirm that does not come, a lost connection, lease or database) the process ends, and the
  supervisor starts a fresh one: the rows are still pending, a duplicate is the worst that can follow.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pika
import structlog
from bson.raw_bson import RawBSONDocument
from pika.adapters.select_connection import SelectConnection
from pika.channel import Channel
from pymongo.read_concern import ReadConcern

from servicekit.faults import crash_point
from servicekit.messaging.comparison import REFUSALS, refusal
from servicekit.messaging.metrics import RelayMetrics
from servicekit.mongo.client import Document, Mongo
from servicekit.mongo.leases import Lease
from servicekit.mongo.outbox import COLLECTION

log = structlog.get_logger(__name__)

# Enough to hide the broker's latency (11,000/s was reached with 512), few enough to lose little work in a crash.
MAX_IN_FLIGHT = 256
# Rows fetched at once, and how many may wait unpublished before more are fetched.
READ_BATCH = 1_000
READ_AGAIN_BELOW = 500
# Acks are marked once this many have come, or at once when there is nothing to read.
MARK_BATCH = 200
# After a read that found little, the next one waits so long, and marks and reads for all that came meanwhile. The first
# event after a pause waits for nobody.
GATHER_SECONDS = 0.02
# For so long after the last row it looks by itself; a bell for each of many rows costs the database more than that.
BUSY_SECONDS = 0.2
# The doorbell is only a bell: without it (or when it is late) rows are found within this time.
IDLE_POLL_SECONDS = 1.0
LEASE_TTL_SECONDS = 10.0
LEASE_RENEW_SECONDS = 3.0
STANDBY_POLL_SECONDS = 1.0
NACK_PAUSE_SECONDS = 1.0
HEARTBEAT_SECONDS = 10
# Before the first publish nothing is in doubt: a broker that is still starting is waited for, not crashed for.
CONNECT_ATTEMPTS = 60
CONNECT_AGAIN_SECONDS = 0.5
# In doubt the process is about to end; the broker gets this long to see the connection closed.
GIVE_UP_SECONDS = 1.0
# At a stop, for the confirms of what is in flight and the closing; shorter than Kubernetes' grace period of 30 s, and
# what a broker in memory alarm has not confirmed by then is published again.
STOP_TIMEOUT_SECONDS = 15.0
# A broker in memory alarm stops reading; we wait for it rather than spin through restarts, but not for ever.
BLOCKED_TIMEOUT_SECONDS = 300
METRICS_SECONDS = 5.0
# Above this the backlog is simply "large"; counting further would cost the database more than it tells.
PENDING_COUNTED_AT_MOST = 100_000
# After a busy spell this long the change stream is opened anew: cheaper than reading through what was already sent.
DOORBELL_REOPEN_SECONDS = 0.05

Row = dict[str, Any]
Aggregate = tuple[str, str]


class RelayInDoubt(Exception):
    """The relay cannot know what the broker or the database did; the process must end and start afresh."""


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


class Relay:
    """Publishes one service's outbox until stopped. ``run`` blocks; ``stop`` may be called from a signal handler."""

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
        self._store = _Store(mongo, self._lease, self.metrics, self._stopping, self._from_store, self._fail)
        self._failure: BaseException | None = None
        self._connection: _Connection | None = None
        self._channel: Channel | None = None
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
        """Waits for the lease, then publishes until ``stop``. Raises ``RelayInDoubt``; then the process must exit."""
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
        self._connection = _Connection(
            parameters,
            on_open_callback=self._on_open,
            on_open_error_callback=lambda _c, error: self._fail(RelayInDoubt(f"cannot connect: {error!r}")),
            on_close_callback=self._on_closed,
        )
        if self._stopping.is_set():  # It came while there was no connection to tell.
            self._on_loop(self._close_in_time)
        try:
            self._connection.ioloop.start()
        finally:
            self._stopping.set()
            self._store.join()
            self._connection.ioloop.close()
        if self._failure is not None:
            raise RelayInDoubt(str(self._failure)) from self._failure
        self._store.mark()  # What was confirmed while we drained.
        self._lease.release()

    def stop(self) -> None:
        """Finishes what is in flight, marks it, gives the lease up and ends ``run``. Safe to repeat."""
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
        assert self._channel is not None
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
            except RelayInDoubt as doubt:
                self._fail(doubt)
        self.metrics.in_flight.set(len(self._in_flight))

    def _publish(self, row: Row) -> None:
        assert self._channel is not None
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
                self._later(NACK_PAUSE_SECONDS, partial(self._send_again, row))
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
        self._later(1.0, self._watch_confirms)

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
        self._later(STOP_TIMEOUT_SECONDS, lambda: self._fail(RelayInDoubt("the broker did not let us finish in time")))
        self._close_when_drained()

    def _close_when_drained(self) -> None:
        # What waits unpublished stays pending for the next relay.
        self._ready.clear()
        if self._connection is None or self._in_flight:
            return
        if self._connection.is_open:
            self._connection.close()
        elif not self._connection.is_closing:  # Still being made: there is nothing to tell the broker.
            self._connection.ioloop.stop()

    def _on_closed(self, _connection: Any, reason: BaseException) -> None:
        if not (self._stopping.is_set() and not self._in_flight):
            self._fail(RelayInDoubt(f"connection closed: {reason!r}"))
        assert self._connection is not None
        self._connection.ioloop.stop()

    def _later(self, seconds: float, callback: Callable[[], object]) -> None:
        if self._connection is not None and self._failure is None:
            self._connection.ioloop.call_later(seconds, callback)

    def _on_loop(self, callback: Callable[[], object]) -> None:
        if self._connection is not None:
            self._connection.ioloop.add_callback_threadsafe(callback)

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
        self._connection.ioloop.call_later(GIVE_UP_SECONDS, self._connection.ioloop.stop)
        if self._connection.is_open:
            self._connection.close()
        elif not self._connection.is_closing:
            self._connection.ioloop.stop()


def _aggregate(row: Row) -> Aggregate:
    return row["aggregate"]["type"], row["aggregate"]["id"]


class _Store(threading.Thread):
    """Reads pending rows, marks settled ones, keeps the lease: everything that waits for the database."""

    def __init__(
        self,
        mongo: Mongo,
        lease: Lease,
        metrics: RelayMetrics,
        stopping: threading.Event,
        hand_over: Callable[[list[Row]], None],
        fail: Callable[[BaseException], None],
    ) -> None:
        super().__init__(name="relay-store", daemon=True)
        self._rows = mongo.db[COLLECTION]
        # One point in time: whoever sees an aggregate's later event sees the earlier ones too.
        self._pending = self._rows.with_options(read_concern=ReadConcern("snapshot"))
        self._lease = lease
        self._metrics = metrics
        self._stopping = stopping
        self._hand_over = hand_over
        self._fail = fail
        self.wake = threading.Event()
        self._doorbell = _Doorbell(mongo, self.wake, stopping)
        self._settled: deque[tuple[str, str]] = deque()
        self._known: set[str] = set()
        self._unpublished = 0

    def settled(self, row_id: str, state: str) -> None:
        """From pika's loop: the broker has this row; ``state`` is what to mark it."""
        self._settled.append((row_id, state))
        if len(self._settled) >= MARK_BATCH or len(self._settled) == len(self._known):
            self.wake.set()

    def join(self, timeout: float | None = None) -> None:
        if self.ident is not None:
            super().join(timeout)

    def run(self) -> None:
        try:
            self._doorbell.start()
            self._loop()
        except Exception as error:  # noqa: BLE001 whatever it is, the relay is in doubt and must end
            self._fail(error)

    def _loop(self) -> None:
        renew_at = measure_at = busy_until = 0.0
        while not self._stopping.is_set():
            now = time.monotonic()
            if now >= renew_at:
                if not self._lease.acquire():
                    raise RelayInDoubt("another relay holds the lease")
                renew_at = now + LEASE_RENEW_SECONDS
            if now >= measure_at:
                self._measure()
                measure_at = now + METRICS_SECONDS
            self.wake.clear()
            self.mark()
            found = self._read()
            if found:
                busy_until = now + BUSY_SECONDS
            if found == READ_BATCH:
                continue
            if now < busy_until and len(self._known) < READ_AGAIN_BELOW:
                self._stopping.wait(GATHER_SECONDS)
                continue
            if not self._known:
                self._doorbell.arm()
            self.wake.wait(IDLE_POLL_SECONDS)

    def _read(self) -> int:
        """Hands new pending rows over and returns how many; 0 also while enough are under way."""
        if len(self._known) > MAX_IN_FLIGHT + READ_AGAIN_BELOW:
            return 0
        wanted: dict[str, Any] = {"state": "pending"}
        if self._known:
            wanted["_id"] = {"$nin": list(self._known)}
        # In one answer, hence the batch size: the rows of one read share its point in time.
        rows = list(self._pending.find(wanted).sort("_id", 1).limit(READ_BATCH).batch_size(READ_BATCH + 1))
        if rows:
            rows.sort(key=lambda row: row["seq"])  # For clocks that disagree; a stable sort keeps the rest.
            self._known.update(row["_id"] for row in rows)
            self._hand_over(rows)
        return len(rows)

    def mark(self) -> None:
        """Writes down what the broker has; only the store thread calls it, or the relay after that thread ended."""
        by_state: dict[str, list[str]] = {}
        while self._settled:
            row_id, state = self._settled.popleft()
            by_state.setdefault(state, []).append(row_id)
        if by_state:
            crash_point("A5")
        for state, ids in by_state.items():
            # Only what was sent is forgotten after a while (a TTL on sent_at); what nobody took waits for people.
            sent = {"sent_at": datetime.now(UTC)} if state == "sent" else {}
            self._rows.update_many({"_id": {"$in": ids}}, {"$set": {"state": state, **sent}})
            self._known.difference_update(ids)

    def _measure(self) -> None:
        oldest = self._rows.find_one({"state": "pending"}, {"created_at": 1}, sort=[("_id", 1)])
        age = (datetime.now(UTC) - oldest["created_at"]).total_seconds() if oldest else 0.0
        self._metrics.oldest_pending_seconds.set(max(age, 0.0))
        self._metrics.pending.set(
            self._rows.count_documents({"state": "pending"}, limit=PENDING_COUNTED_AT_MOST, hint="pending_in_order")
        )
        self._metrics.unroutable.set(self._rows.count_documents({"state": "unroutable"}, hint="unroutable"))


class _Doorbell(threading.Thread):
    """A change stream on the outbox that wakes the store thread; it carries no data, and rings only when armed."""

    def __init__(self, mongo: Mongo, wake: threading.Event, stopping: threading.Event) -> None:
        super().__init__(name="relay-doorbell", daemon=True)
        codec = mongo.db.codec_options.with_options(document_class=RawBSONDocument)
        self._rows = mongo.db.get_collection(COLLECTION, codec_options=codec)
        self._wake = wake
        self._stopping = stopping
        self._armed = threading.Event()

    def arm(self) -> None:
        """The store thread found nothing to do: the next insert shall wake it."""
        self._armed.set()

    def run(self) -> None:
        pipeline: list[Document] = [{"$match": {"operationType": "insert"}}, {"$project": {"_id": 1}}]
        while not self._stopping.is_set():
            try:
                with self._rows.watch(pipeline, max_await_time_ms=int(IDLE_POLL_SECONDS * 1000)) as stream:
                    self._wake.set()  # For whatever came before the stream was open.
                    busy_for = 0.0
                    # Not alive: the collection was dropped, and the stream would answer "nothing" without waiting.
                    while busy_for < DOORBELL_REOPEN_SECONDS and stream.alive and not self._stopping.is_set():
                        if stream.try_next() is None:
                            continue
                        self._armed.clear()
                        self._wake.set()
                        rung_at = time.monotonic()
                        while not self._armed.wait(IDLE_POLL_SECONDS) and not self._stopping.is_set():
                            pass
                        busy_for = time.monotonic() - rung_at
            except Exception as error:  # noqa: BLE001 polling still finds every row; the store thread judges the database
                log.warning("doorbell_lost", reason=type(error).__name__)
                self._stopping.wait(IDLE_POLL_SECONDS)
