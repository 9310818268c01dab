"""A broker that is away, frozen or full: both processes go on trying, or end; they never just hang."""

import gc
import socket
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
import urllib3

from servicekit.broker.admin import apply
from servicekit.broker.connection import connection_to
from servicekit.broker.consumer import ConsumerProcess
from servicekit.broker.relay import Relay
from servicekit.broker.relay_store import RelayInDoubt
from servicekit.events.envelope import serialise
from servicekit.events.handling import Handling
from servicekit.mongo import Mongo
from servicekit.testing import eventually
from servicekit.testing.plugin import AmqpVhost

from .conftest import CONSUMER, PRODUCER, new_event
from .test_consumer import effects, send
from .wire import Wire


@pytest.fixture
def wire(broker: AmqpVhost) -> Iterator[Wire]:
    made = Wire(broker.url)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _no_socket_is_left_open() -> Iterator[None]:
    """A socket that nobody closed is reported when it is collected: here, not in whichever test comes later."""
    yield
    gc.collect()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same limits, shorter."""
    monkeypatch.setattr("servicekit.broker.connection.HEARTBEAT_SECONDS", 2)
    monkeypatch.setattr("servicekit.broker.consumer.HEARTBEAT_CHECK_SECONDS", 0.5)
    monkeypatch.setattr("servicekit.broker.connection.ANSWER_TIMEOUT_SECONDS", 1)


@pytest.mark.usefixtures("quick")
def test_a_consumer_whose_broker_froze_connects_anew(
    db: Mongo, broker: AmqpVhost, wire: Wire, handling: Handling
) -> None:
    process = ConsumerProcess(connection=connection_to(wire.url), queues=CONSUMER.queues, handling=handling, threads=1)
    thread = threading.Thread(target=process.run)
    thread.start()
    try:
        eventually(lambda: process.idle)
        wire.freeze()
        eventually(lambda: wire.connections > 1, timeout_seconds=15)
        wire.thaw()
        send(broker, serialise(new_event("t1"), "maker"))
        eventually(lambda: effects(db) == 1)
    finally:
        wire.thaw()
        process.stop()
        thread.join(10)
    assert not thread.is_alive()


@pytest.mark.usefixtures("quick")
def test_a_consumer_stops_while_its_broker_is_frozen(wire: Wire, handling: Handling) -> None:
    process = ConsumerProcess(connection=connection_to(wire.url), queues=CONSUMER.queues, handling=handling, threads=1)
    thread = threading.Thread(target=process.run)
    thread.start()
    eventually(lambda: process.idle)
    wire.freeze()
    process.stop()
    thread.join(8)
    stopped = not thread.is_alive()
    wire.thaw()
    thread.join(10)
    assert stopped


def test_a_relay_stops_while_its_broker_is_frozen(
    db: Mongo, broker: AmqpVhost, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicekit.broker.relay.STOP_TIMEOUT_SECONDS", 1, raising=False)
    relay = Relay(
        db, service="maker", holder="one", amqp_url=wire.url, exchanges=PRODUCER.exchanges, confirm_timeout_seconds=5
    )
    thread = threading.Thread(target=relay.run)
    thread.start()
    eventually(lambda: wire.connections and db.db.leases.find_one({"holder": "one"}))
    wire.freeze()
    relay.stop()
    thread.join(5)
    stopped = not thread.is_alive()
    wire.thaw()
    thread.join(30)
    assert stopped


def test_a_relay_stops_while_its_broker_does_not_answer_the_first_word(
    db: Mongo, broker: AmqpVhost, wire: Wire
) -> None:
    wire.freeze()
    thread = stopped_while_it_connects(db, wire.url, lambda: wire.connections)
    wire.thaw()
    assert not thread.is_alive()


def test_a_relay_stops_while_its_brokers_host_takes_no_connection(db: Mongo, broker: AmqpVhost) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.socket() as waiting:
        waiting.connect(full.getsockname())  # All that it has room for: whoever comes next is not even refused.
        url = Wire.through(broker.url, f"127.0.0.1:{full.getsockname()[1]}")
        thread = stopped_while_it_connects(db, url, lambda: True)
    assert not thread.is_alive()


def stopped_while_it_connects(db: Mongo, amqp_url: str, connecting: Callable[[], object]) -> threading.Thread:
    """The thread of a relay that was told to stop before it had a connection."""
    relay = a_relay(db, amqp_url)
    thread = threading.Thread(target=relay.run)
    thread.start()
    eventually(lambda: connecting() and relay._connection)
    relay.stop()
    thread.join(5)
    return thread


def test_a_consumer_that_starts_before_its_broker_goes_on_trying(
    db: Mongo, broker: AmqpVhost, handling: Handling
) -> None:
    with socket.socket() as reserved:  # Bound, not listening: connections are refused.
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        host = f"127.0.0.1:{port}"
        url = Wire.through(broker.url, host)
        process = ConsumerProcess(connection=connection_to(url), queues=CONSUMER.queues, handling=handling, threads=1)
        thread = threading.Thread(target=process.run)
        thread.start()
        with pytest.raises(ConnectionError):
            process.ready()
    wire = Wire(broker.url, port)
    try:
        send(broker, serialise(new_event("t1"), "maker"))
        eventually(lambda: effects(db) == 1)
        process.ready()
    finally:
        process.stop()
        thread.join(10)
        wire.close()
    assert not thread.is_alive()


def test_a_relay_that_starts_before_its_broker_goes_on_trying(
    db: Mongo, broker: AmqpVhost, publish: Callable[..., None]
) -> None:
    with socket.socket() as reserved:  # Bound, not listening: connections are refused.
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        relay = a_relay(db, Wire.through(broker.url, f"127.0.0.1:{port}"))
        thread = threading.Thread(target=relay.run)
        thread.start()
        publish(new_event("t1"))
        with pytest.raises(RelayInDoubt, match="not connected"):
            relay.ready()
    wire = Wire(broker.url, port)
    try:
        eventually(lambda: db.db.outbox.count_documents({"state": "sent"}) == 1)
        relay.ready()
    finally:
        relay.stop()
        thread.join(10)
        wire.close()
    assert not thread.is_alive()


def test_a_relay_can_be_stopped_while_it_waits_for_its_broker(db: Mongo, broker: AmqpVhost) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        relay = a_relay(db, Wire.through(broker.url, f"127.0.0.1:{reserved.getsockname()[1]}"))
        thread = threading.Thread(target=relay.run)
        thread.start()
        eventually(lambda: db.db.leases.count_documents({}) == 1)
        relay.stop()
        thread.join(10)
    assert not thread.is_alive()


def test_a_relay_whose_broker_does_not_come_ends_in_doubt(
    db: Mongo, broker: AmqpVhost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicekit.broker.relay.CONNECT_ATTEMPTS", 2)
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        relay = a_relay(db, Wire.through(broker.url, f"127.0.0.1:{reserved.getsockname()[1]}"))
        with pytest.raises(RelayInDoubt, match="cannot connect"):
            relay.run()


def a_relay(db: Mongo, amqp_url: str) -> Relay:
    return Relay(
        db, service="maker", holder="one", amqp_url=amqp_url, exchanges=PRODUCER.exchanges, confirm_timeout_seconds=5
    )


def test_both_work_with_no_more_than_their_own_permissions(
    db: Mongo, broker: AmqpVhost, handling: Handling, publish: Callable[..., None]
) -> None:
    urls = {}
    for topology in (PRODUCER, CONSUMER):
        user = f"{broker.name}_{topology.service}"
        urls[topology.service] = broker.url.replace("//guest:guest@", f"//{user}:secret@")
        apply(topology, broker.management_url, urls[topology.service])
    relay = Relay(
        db,
        service="maker",
        holder="one",
        amqp_url=urls["maker"],
        exchanges=PRODUCER.exchanges,
        confirm_timeout_seconds=5,
    )
    process = ConsumerProcess(
        connection=connection_to(urls["taker"]), queues=CONSUMER.queues, handling=handling, threads=1
    )
    threads = [threading.Thread(target=run) for run in (relay.run, process.run)]
    for thread in threads:
        thread.start()
    try:
        publish(new_event("t1"))
        eventually(lambda: effects(db) == 1)
    finally:
        relay.stop()
        process.stop()
        for thread in threads:
            thread.join(15)
        admin = urlsplit(broker.management_url)
        login = urllib3.make_headers(basic_auth=f"{admin.username}:{admin.password}")
        for service in urls:
            at = f"http://{admin.hostname}:{admin.port}/api/users/{broker.name}_{service}"
            urllib3.request("DELETE", at, headers=login)
