"""A toy producer and a toy consumer on a real broker and a real database."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import marshmallow as ma
import pytest
import urllib3
from pymongo.client_session import ClientSession

from servicekit import ids
from servicekit.broker.admin import apply
from servicekit.broker.connection import connection_to
from servicekit.broker.consumer import ConsumerProcess
from servicekit.broker.relay import Relay
from servicekit.broker.topology import Topology
from servicekit.events import dead_letters, inbox, outbox
from servicekit.events.dead_letters import Recorder
from servicekit.events.envelope import NewEvent, ReceivedEvent
from servicekit.events.handling import Handling
from servicekit.events.outbox import Outbox
from servicekit.events.redelivery import Redelivery
from servicekit.events.table import Consumer
from servicekit.mongo import Mongo, idempotency
from servicekit.testing.databases import PreparedDatabases
from servicekit.testing.plugin import AmqpVhost

EVENT = "thing.made.v1"
PRODUCER = Topology("maker", (EVENT,), ())
CONSUMER = Topology("taker", (), (("maker", EVENT),))
QUEUE = CONSUMER.queue(EVENT)


class ThingMade(ma.Schema):
    """What the taker reads of the event."""

    class Meta:
        unknown = ma.EXCLUDE

    thing_id = ma.fields.String(required=True)


@dataclass
class Taker:
    """The consuming application: one document per thing, and whatever a test makes go wrong."""

    mongo: Mongo
    before: Callable[[ReceivedEvent], None] = lambda _event: None
    seen: list[str] = field(default_factory=list)

    def take(self, event: ReceivedEvent, session: ClientSession) -> None:
        self.seen.append(event.id)
        self.before(event)
        self.mongo.db.effects.insert_one({"thing_id": event.data["thing_id"], "seq": event.sequence}, session=session)


def new_event(thing: str, sequence: int = 1, **data: Any) -> NewEvent:
    return NewEvent(
        ids.event_id(), EVENT, "thing", thing, sequence, datetime.now(UTC), {"thing_id": thing, **data}, "request-1"
    )


INDEXES = {
    outbox.COLLECTION: outbox.INDEXES,
    inbox.COLLECTION: inbox.INDEXES,
    idempotency.COLLECTION: idempotency.INDEXES,
    dead_letters.COLLECTION: dead_letters.INDEXES,
}


def prepare(mongo: Mongo) -> None:
    mongo.prepare(INDEXES)


@pytest.fixture
def db(prepared_databases: PreparedDatabases) -> Iterator[Mongo]:
    """The test's own database, prepared and without a document."""
    with prepared_databases.lend(prepare) as mongo:
        yield mongo


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's own time is India's: a time without its zone would be stored hours off."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "Asia/Kolkata")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def publish(db: Mongo) -> Callable[..., None]:
    """Puts events into the outbox, in one transaction."""

    def put(*events: NewEvent) -> None:
        db.transact(lambda session: Outbox(db.db, "maker").add(session, *events))

    return put


@pytest.fixture
def broker(amqp_vhost: AmqpVhost) -> AmqpVhost:
    """A virtual host with both services' topology."""
    for topology in (CONSUMER, PRODUCER):  # The consumer first: the order must not matter.
        apply(topology, amqp_vhost.management_url, amqp_vhost.url)
    return amqp_vhost


@pytest.fixture
def takers_url(amqp_vhost: AmqpVhost) -> Iterator[str]:
    """The taker's own way into the virtual host; `apply` makes its user, who is gone afterwards."""
    at, user = urlsplit(amqp_vhost.url), f"{amqp_vhost.name}_taker"
    yield urlunsplit((at.scheme, f"{user}:secret@{at.hostname}:{at.port}", at.path, "", ""))
    at = urlsplit(amqp_vhost.management_url)
    login = urllib3.make_headers(basic_auth=f"{at.username}:{at.password}")
    urllib3.request("DELETE", f"{at.scheme}://{at.hostname}:{at.port}/api/users/{user}", headers=login)


@pytest.fixture
def taker(db: Mongo) -> Taker:
    return Taker(db)


@pytest.fixture
def start_relay(db: Mongo, broker: AmqpVhost) -> Iterator[Callable[..., Relay]]:
    """Starts relays in threads; all are stopped afterwards."""
    running: list[tuple[Relay, threading.Thread]] = []

    def start(holder: str = "relay-1") -> Relay:
        exchanges = [*PRODUCER.exchanges, *CONSUMER.exchanges]
        relay = Relay(
            db, service="maker", holder=holder, amqp_url=broker.url, exchanges=exchanges, confirm_timeout_seconds=5
        )
        thread = threading.Thread(target=relay.run)
        thread.start()
        running.append((relay, thread))
        return relay

    yield start
    for relay, thread in running:
        relay.stop()
        thread.join(15)
        assert not thread.is_alive()


@pytest.fixture
def handling(db: Mongo, taker: Taker) -> Handling:
    consumer = Consumer(EVENT, "maker", ThingMade(), Taker.take)
    return Handling(db, taker, {QUEUE: consumer}, Redelivery(db.db, CONSUMER), threading.Event())


@pytest.fixture
def recorder(db: Mongo) -> Recorder:
    return Recorder(db, threading.Event())


@pytest.fixture
def start_consumer(handling: Handling, recorder: Recorder, broker: AmqpVhost) -> Iterator[Callable[..., Any]]:
    """Starts a consumer in a thread, of the taker's events or of what was parked; it is stopped afterwards."""
    running: list[tuple[ConsumerProcess, threading.Thread]] = []

    def start(*, parked: bool = False) -> ConsumerProcess:
        queues, handles = (CONSUMER.parking_queues, recorder) if parked else (CONSUMER.queues, handling)
        process = ConsumerProcess(connection=connection_to(broker.url), queues=queues, handling=handles, threads=2)
        thread = threading.Thread(target=process.run)
        thread.start()
        running.append((process, thread))
        return process

    yield start
    for process, thread in running:
        process.stop()
        thread.join(15)
        assert not thread.is_alive()


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """A collector of spans: where it is, and what it received."""
    received: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing: the test looks at what was received."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", received
        server.shutdown()
