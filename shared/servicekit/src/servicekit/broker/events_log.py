"""Reading the stream of all events again, for the few that a consumer misses."""

import contextlib
import threading
import time
from collections.abc import Collection
from datetime import datetime
from typing import Any

import structlog
from kombu import Connection

from servicekit.broker.topology import EVENTS_LOG
from servicekit.events.envelope import CONTENT_TYPE, Message, UnreadableMessage, parse, received
from servicekit.events.ordering import Place, aggregate_of
from servicekit.instants import rfc3339

log = structlog.get_logger(__name__)

CONNECT_TIMEOUT_SECONDS = 5
ANSWER_TIMEOUT_SECONDS = 5
# A worker may be away this long: half of what a stop grants it. About 100,000 events.
READ_SECONDS = 10.0
# More than can be read in that time today; a faster broker or machine shall not make it endless work either.
READ_AT_MOST = 500_000
# The log has nothing more for us when it is silent this long; its first answer takes some 0.1 s.
SILENT_SECONDS = 2.0
# Streams want a limit and acknowledgements, as credit; every half of it is often enough.
PREFETCH = 1_000
ACKNOWLEDGED_AT_ONCE = PREFETCH // 2


class EventsLog:
    """The stream that holds every producer's events for some days."""

    def __init__(self, amqp_url: str, stopping: threading.Event) -> None:
        self._amqp_url = amqp_url
        self._stopping = stopping

    def fetch(self, wanted: Collection[Place], since: datetime) -> dict[Place, Message]:
        """Those of the wanted events that the log got from `since` on, as they were first sent.

        Reads over a connection of its own until it has them all, or has seen a later one of each aggregate (the log has
        an aggregate's events in order), or is at its bounds or at the log's end. Changes nothing; may be repeated.
        Raises whatever a broker that is away, refuses, or has no such stream makes kombu raise.
        """
        reading = _Reading(wanted)
        began = time.monotonic()
        with Connection(self._amqp_url, connect_timeout=CONNECT_TIMEOUT_SECONDS) as connection:
            connection.connect()
            connection.connection.sock.settimeout(ANSWER_TIMEOUT_SECONDS)
            channel = connection.channel()
            channel.basic_qos(0, PREFETCH, False)

            def on_message(raw: Any) -> None:
                reading.take(raw.body if isinstance(raw.body, bytes) else str(raw.body).encode())
                if reading.taken % ACKNOWLEDGED_AT_ONCE == 0:
                    channel.basic_ack(raw.delivery_tag, multiple=True)

            channel.basic_consume(EVENTS_LOG, callback=on_message, arguments={"x-stream-offset": since})
            with contextlib.suppress(TimeoutError):
                while (
                    reading.wanted
                    and reading.taken < READ_AT_MOST
                    and time.monotonic() - began < READ_SECONDS
                    and not self._stopping.is_set()
                ):
                    connection.drain_events(timeout=SILENT_SECONDS)
        log.info(
            "events_log_read",
            since=rfc3339(since),
            events=reading.taken,
            seconds=round(time.monotonic() - began, 1),
            found=len(reading.found),
            wanted=len(wanted),
        )
        return reading.found


class _Reading:
    """What one reading still looks for, and what it found."""

    def __init__(self, wanted: Collection[Place]) -> None:
        self.wanted = set(wanted)
        self._aggregates = {place[:2] for place in wanted}
        self.found: dict[Place, Message] = {}
        self.taken = 0

    def take(self, body: bytes) -> None:
        self.taken += 1
        try:
            event = received(parse(body), None)
        except UnreadableMessage:
            return
        aggregate = aggregate_of(event)
        if aggregate not in self._aggregates:
            return
        if (place := (*aggregate, event.sequence)) in self.wanted:
            self.found[place] = Message(event.id, event.type, CONTENT_TYPE, body, {})
        # What was to come before this one does not come any more.
        self.wanted = {each for each in self.wanted if each[:2] != aggregate or each[2] > event.sequence}
