"""The relay's side of the database: a thread that reads pending rows, marks settled ones and keeps the lease.

Another rings the doorbell. Neither touches the broker; the loop that does is `relay`.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from bson.raw_bson import RawBSONDocument
from pymongo.read_concern import ReadConcern

from servicekit.broker.metrics import RelayMetrics
from servicekit.events.outbox import COLLECTION
from servicekit.faults import crash_point
from servicekit.mongo.client import Document, Mongo
from servicekit.mongo.leases import Lease

log = structlog.get_logger(__name__)

# Enough to hide the broker's latency (11,000/s was reached with 512), few enough to lose little work in a crash.
MAX_IN_FLIGHT = 256
# Rows fetched at once, and how many may wait unpublished before more are fetched: enough that a slow read or mark of a
# busy database leaves the loop work to do (with 500 it ran dry one time in twenty).
READ_BATCH = 1_000
READ_AGAIN_BELOW = 1_000
# Acks are marked once this many have come, or at once when there is nothing to read.
MARK_BATCH = 200
# After a read that found little, the next one waits so long, and marks and reads for all that came meanwhile. The first
# event after a pause waits for nobody.
GATHER_SECONDS = 0.05
# For so long after the last row it looks by itself; a bell for each of many rows costs the database more than that.
BUSY_SECONDS = 0.2
# The doorbell is only a bell: without it (or when it is late) rows are found within this time.
IDLE_POLL_SECONDS = 1.0
LEASE_RENEW_SECONDS = 3.0
METRICS_SECONDS = 5.0
# Above this the backlog is simply "large"; counting further would cost the database more than it tells.
PENDING_COUNTED_AT_MOST = 100_000
# After a busy spell this long the change stream is opened anew: cheaper than reading through what was already sent.
DOORBELL_REOPEN_SECONDS = 0.05

Row = dict[str, Any]


class RelayInDoubt(Exception):
    """The relay cannot know what the broker or the database did; the process must end and start afresh."""


class RelayStore(threading.Thread):
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

    def settled(self, row_id: str, state: str) -> None:
        """From pika's loop: the broker has this row; `state` is what to mark it."""
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
            count = self._read()
            if count:
                busy_until = now + BUSY_SECONDS
            if count == READ_BATCH:
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
        query: dict[str, Any] = {"state": "pending"}
        if self._known:
            query["_id"] = {"$nin": list(self._known)}
        # In one answer, hence the batch size: the rows of one read share its point in time.
        rows = list(self._pending.find(query).sort("_id", 1).limit(READ_BATCH).batch_size(READ_BATCH + 1))
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
