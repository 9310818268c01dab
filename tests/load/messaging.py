"""The messaging core, as every service runs it, beside its peers: same broker, same machine, same minutes.

Needs MONGODB_URI, AMQP_URL and RABBITMQ_MANAGEMENT_URL, as `make bench` gives them; its database is its own.
Exits with 1 when a threshold is missed.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pika
from rich.console import Console
from rich.table import Table

from servicekit import ids
from servicekit.broker.admin import apply
from servicekit.events.envelope import NewEvent
from servicekit.events.outbox import Outbox
from servicekit.mongo import Mongo
from servicekit.testing import eventually
from servicekit.testing.tokens import JWKS
from tests.load.counting import EFFECTS, EVENT, SERVICE
from tests.load.peers.task import DATA
from tests.load.peers.task import QUEUE as PEER_QUEUE
from tests.load.verdicts import THRESHOLDS, failed, verdict

EVENTS = 30_000
EVENTS_ADDED_AT_ONCE = 1_000
# Peers that wait for each confirm take a millisecond and more for one.
PEER_MESSAGES = 5_000
LATENCY_EVENTS = 100
WARM_UP_EVENTS = 20
# The pause between two events of an idle system: relay and consumer no longer wait for more by then.
IDLE_SECONDS = 0.3
RUN_TIMEOUT_SECONDS = 120
MONGODB_TIMEOUT_SECONDS = 30
QUEUE = SERVICE.topology.queue(EVENT)

console = Console()


def main() -> int:
    database = f"bench_{secrets.token_hex(4)}"
    with Mongo(os.environ["MONGODB_URI"], database, MONGODB_TIMEOUT_SECONDS) as mongo:
        try:
            SERVICE.prepare_database(mongo)
            apply(SERVICE.topology, os.environ["RABBITMQ_MANAGEMENT_URL"], os.environ["AMQP_URL"])
            bench_publishing(mongo)
            bench_handling(mongo)
            bench_latency(mongo)
        finally:
            mongo.client.drop_database(database)
    if failed:
        console.print(f"[red]below the threshold:[/] {', '.join(failed)}")
    return 1 if failed else 0


def bench_publishing(mongo: Mongo) -> None:
    table = Table("publishing to quorum queues", "per second", "what it promises", title=f"Relay, {EVENTS:,} events")
    with peer_queue():
        awaited = {
            name: peer(name, "publish-each", PEER_MESSAGES) for name in ("raw_pika", "with_faststream", "with_celery")
        }
        confirmed = peer("with_celery", "publish-confirmed", PEER_MESSAGES)
    table.add_row("pika, each confirm awaited", f"{awaited['raw_pika']:,.0f}", "confirmed")
    table.add_row("FastStream, each publish awaited", f"{awaited['with_faststream']:,.0f}", "confirmed")
    # py-amqp takes any confirm for its own, a late one of another message too.
    table.add_row("Celery, delay() with confirm_publish", f"{confirmed:,.0f}", "confirmed, unless a confirm is late")
    table.add_row("Celery, delay()", f"{awaited['with_celery']:,.0f}", "nothing: a lost message is not noticed")
    with peer_queue():
        table.add_row("pika, 256 in flight, one queue", f"{peer('raw_pika', 'publish', EVENTS):,.0f}", "confirmed")
    add_events(mongo, EVENTS)
    rows = mongo.db.outbox
    first, last = (rows.find_one({}, {"_id": 1}, sort=[("_id", way)]) or {} for way in (1, -1))
    with process(mongo, "relay"):
        eventually(lambda: rows.find_one({**first, "state": "sent"}, {"_id": 1}), RUN_TIMEOUT_SECONDS)
        began = time.perf_counter()
        eventually(lambda: rows.find_one({**last, "state": "sent"}, {"_id": 1}), RUN_TIMEOUT_SECONDS)
        relayed = EVENTS / (time.perf_counter() - began)
        eventually(lambda: rows.find_one({"state": "pending"}) is None)
    must_be("arrived", length(QUEUE), EVENTS)
    shown = verdict("relay", relayed, THRESHOLDS["relay_events_per_second"])
    table.add_row("ours: outbox → relay → two queues → marked sent", shown, "confirmed, if and only if the change is")
    console.print(table)


def bench_handling(mongo: Mongo) -> None:
    """Takes what the relay has left in the queue."""
    table = Table(
        "handling from a quorum queue", "per second", "what it promises", title=f"Consumer, {EVENTS:,} events"
    )
    names = {
        "pika, each acknowledged, no effect": ("raw_pika", "publish", "raw_pika", "acknowledged late: at least once"),
        "FastStream, empty handler": ("raw_pika", "publish", "with_faststream", "acknowledged late: at least once"),
        "Celery, empty task (solo)": ("with_celery", "publish-each", "with_celery", "acknowledged early: at most once"),
    }
    for name, (producer, way, consumer, promise) in names.items():
        with peer_queue():
            peer(producer, way, PEER_MESSAGES)
            table.add_row(name, f"{peer(consumer, 'consume', PEER_MESSAGES):,.0f}", promise)
    effects = mongo.db[EFFECTS]
    with process(mongo, "worker"):
        eventually(lambda: effects.find_one({}, {"_id": 1}), RUN_TIMEOUT_SECONDS)
        began = time.perf_counter()
        eventually(lambda: effects.estimated_document_count() >= EVENTS, RUN_TIMEOUT_SECONDS)
        handled = EVENTS / (time.perf_counter() - began)
    must_be("took effect", effects.count_documents({}), EVENTS)
    must_be("left in the queue", length(QUEUE), 0)
    shown = verdict("consumer", handled, THRESHOLDS["consumer_messages_per_second"])
    table.add_row("ours: one document each", shown, "one effect per message, in one transaction with its inbox row")
    console.print(table)


def bench_latency(mongo: Mongo) -> None:
    table = Table("commit → effect", "p50 ms", "p99 ms", "max ms", title=f"Idle system, {LATENCY_EVENTS} events")
    effects = mongo.db[EFFECTS]

    def milliseconds() -> float:
        time.sleep(IDLE_SECONDS)
        (event_id,) = add_events(mongo, 1)
        began = time.perf_counter()
        while effects.find_one({"_id": event_id}, {"_id": 1}) is None:
            pass
        return (time.perf_counter() - began) * 1000

    with process(mongo, "relay"), process(mongo, "worker"):
        for _ in range(WARM_UP_EVENTS):
            milliseconds()
        waited = sorted(milliseconds() for _ in range(LATENCY_EVENTS))
    median, late, worst = (waited[round(part * (LATENCY_EVENTS - 1))] for part in (0.5, 0.99, 1.0))
    shown = verdict("latency", late, THRESHOLDS["commit_to_effect_ms"], at_most=True)
    table.add_row("through outbox, relay, queue and worker", f"{median:.1f}", shown, f"{worst:.1f}")
    console.print(table)


def add_events(mongo: Mongo, count: int) -> list[str]:
    """Commits so many events, of as many aggregates, to the outbox; returns their ids."""
    outbox = Outbox(mongo.db, SERVICE.name)
    now = datetime.now(UTC)
    added: list[str] = []
    while len(added) < count:
        new = [ids.event_id() for _ in range(min(EVENTS_ADDED_AT_ONCE, count - len(added)))]
        events = [NewEvent(new_id, EVENT, "thing", new_id, 1, now, DATA, "bench") for new_id in new]
        mongo.transact(lambda session, events=events: outbox.add(session, *events))  # type: ignore[misc]
        added += new
    return added


@contextmanager
def process(mongo: Mongo, name: str) -> Iterator[None]:
    """One of the service's processes, for as long as the block runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = os.environ | {
        "MONGODB_DATABASE": mongo.db.name,
        "INTERNAL_TOKEN_JWKS": JWKS,
        "CURSOR_SECRET": "a-cursor-secret-that-only-this-benchmark-uses",
        "PROBE_PORT": str(port),
        "LOG_LEVEL": "warning",
    }
    with subprocess.Popen([sys.executable, "-m", "tests.load.counting", name], env=env) as running:
        try:
            yield
        finally:
            running.terminate()
    must_be(f"exit code of {name}", running.returncode, 0)


@contextmanager
def peer_queue() -> Iterator[None]:
    """An empty quorum queue for a peer."""
    with pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"])) as connection:
        connection.channel().queue_declare(PEER_QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
    yield
    with pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"])) as connection:
        connection.channel().queue_delete(PEER_QUEUE)


def peer(module: str, way: str, count: int) -> float:
    """Messages per second that a script of `peers` says it reached."""
    command = [sys.executable, "-W", "ignore", "-m", f"tests.load.peers.{module}", way, str(count)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=RUN_TIMEOUT_SECONDS)
    return float(json.loads(done.stdout.splitlines()[-1])["per_second"])


def length(queue: str) -> int:
    with pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"])) as connection:
        return int(connection.channel().queue_declare(queue, passive=True).method.message_count)


def must_be(what: str, count: int, expected: int) -> None:
    if count != expected:
        raise SystemExit(f"the benchmark is void: {what}: {count}, not {expected}")


if __name__ == "__main__":
    sys.exit(main())
