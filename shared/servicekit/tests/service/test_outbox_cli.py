"""A queue lost events that were sent: people on call have them published again, and who had them is not harmed."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pika
import pytest
from typer.testing import CliRunner, Result

from servicekit.broker.relay import Relay
from servicekit.events.outbox import SENT_ROWS_KEPT_SECONDS, SentRows
from servicekit.http import Blueprint
from servicekit.mongo import Mongo
from servicekit.service import Service, command_line
from servicekit.settings import ServiceSettings
from servicekit.testing import eventually
from servicekit.testing.plugin import AmqpVhost
from servicekit.testing.tokens import JWKS

from .conftest import EVENT, QUEUE, Taker, new_event

OTHER = "thing.lost.v1"
Run = Callable[..., Result]


class MakerSettings(ServiceSettings):
    service_name = "maker"


@pytest.fixture
def run(db: Mongo, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `maker outbox …`."""
    given = {"MONGODB_DATABASE": db.db.name, "AMQP_URL": "amqp://broker.invalid/", "INTERNAL_TOKEN_JWKS": JWKS}
    for name, value in {**given, "CURSOR_SECRET": "x" * 32}.items():
        monkeypatch.setenv(name, value)
    service = Service(
        name="maker",
        version="1",
        settings=MakerSettings,
        bootstrap=lambda _settings, mongo: mongo,
        blueprints=[Blueprint("things")],
        publishes=[EVENT, OTHER],
    )
    return lambda *arguments: CliRunner().invoke(command_line(service), ["outbox", *arguments])


@contextmanager
def without_its_queue(broker: AmqpVhost) -> Iterator[None]:
    """What is published in the block reaches the log, and so is sent, but not the taker."""
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        channel = connection.channel()
        channel.queue_unbind(QUEUE, "maker.events", EVENT)
        yield
        channel.queue_bind(QUEUE, "maker.events", EVENT)


def sent(db: Mongo, count: int) -> Callable[[], bool]:
    return lambda: db.db.outbox.count_documents({"state": "sent"}) == count


def taken(db: Mongo) -> list[tuple[str, int]]:
    return [(effect["thing_id"], int(effect["seq"])) for effect in db.db.effects.find().sort("_id", 1)]


def put_sent(db: Mongo, count: int, sent_at: datetime, event: str = EVENT) -> list[str]:
    """Rows as the relay leaves them, without a broker."""
    rows: list[dict[str, Any]] = [
        {
            "_id": f"{event}-{sent_at.timestamp()}-{number:06}",
            "aggregate": {"type": event, "id": f"{sent_at.timestamp()}-{number}"},
            "seq": 1,
            "exchange": "maker.events",
            "routing_key": event,
            "state": "sent",
            "sent_at": sent_at,
        }
        for number in range(count)
    ]
    db.db.outbox.insert_many(rows)
    return [row["_id"] for row in rows]


def pending(db: Mongo) -> list[str]:
    rows = list(db.db.outbox.find({"state": "pending"}).sort("_id", 1))
    assert not any("sent_at" in row for row in rows), "it would be forgotten while it waits"
    return [row["_id"] for row in rows]


def test_what_a_queue_lost_is_taken_after_it_was_sent_again_and_the_rest_stays_taken_once(
    db: Mongo,
    broker: AmqpVhost,
    taker: Taker,
    publish: Callable[..., None],
    start_relay: Callable[..., Relay],
    start_consumer: Callable[..., Any],
    run: Run,
) -> None:
    since = datetime.now(UTC).isoformat()
    start_relay()
    start_consumer()
    publish(new_event("before"))
    eventually(lambda: taken(db) == [("before", 1)])
    with without_its_queue(broker):
        publish(*[new_event("lost", sequence) for sequence in (1, 2, 3)])
        eventually(sent(db, 4))
    publish(new_event("after"))
    eventually(lambda: taken(db) == [("before", 1), ("after", 1)])
    eventually(sent(db, 5))
    said = run("resend", "--since", since)
    assert (said.exit_code, said.stdout) == (0, "maker: 5 event(s) will be published again\n"), said.output
    eventually(lambda: len(taken(db)) == 5)
    eventually(sent(db, 5))
    assert sorted(taken(db)[2:]) == [("lost", 1), ("lost", 2), ("lost", 3)]
    assert len(taker.seen) == 5, "who had it never sees the duplicate"


def test_each_aggregates_events_are_sent_again_once_and_in_their_order_batch_by_batch(
    db: Mongo, broker: AmqpVhost, publish: Callable[..., None], start_relay: Callable[..., Relay]
) -> None:
    since = datetime.now(UTC) - timedelta(minutes=1)
    start_relay()
    with without_its_queue(broker):
        for thing in ("a", "b", "c"):
            publish(*[new_event(thing, sequence) for sequence in range(1, 12)])
        eventually(sent(db, 33))
    # As if one mark had taken all of them: the order must not hang on when they were marked.
    db.db.outbox.update_many({}, {"$set": {"sent_at": datetime.now(UTC)}})
    batches = []
    for count in SentRows(db, "maker.events", since, batch=4).resend():
        batches.append(count)
        eventually(sent(db, 33))
        assert sum(batches) <= 33, "what was sent again must not be taken a second time"
    assert batches == [4] * 8 + [1]
    received: dict[str, list[int]] = {}
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        channel = connection.channel()
        while (got := channel.basic_get(QUEUE, auto_ack=True))[0] is not None:
            event = json.loads(got[2] or b"")
            received.setdefault(event["subject"], []).append(int(event["sequence"]))
    assert received == {thing: [*range(1, 12)] for thing in ("a", "b", "c")}


def test_only_what_was_sent_since_then_and_of_that_type_is_sent_again(db: Mongo, run: Run) -> None:
    now = datetime.now(UTC)
    put_sent(db, 2, now - timedelta(hours=2))
    wanted = put_sent(db, 3, now - timedelta(minutes=30))
    of_another_type = put_sent(db, 4, now - timedelta(minutes=30), OTHER)
    db.db.outbox.insert_one({"_id": "retry", "state": "sent", "sent_at": now, "exchange": "maker.retry.10s"})
    since = (now - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    counted = run("resend", "--since", since, "--type", EVENT, "--dry-run")
    assert (counted.exit_code, counted.stdout) == (0, "maker: 3 event(s) would be published again\n")
    assert pending(db) == []
    assert run("resend", "--since", since, "--type", EVENT).stdout == "maker: 3 event(s) will be published again\n"
    assert pending(db) == wanted
    assert run("resend", "--since", since).stdout == "maker: 4 event(s) will be published again\n"
    assert pending(db) == sorted([*wanted, *of_another_type])
    assert run("resend", "--since", since).stdout == "maker: 0 event(s) will be published again\n"


def test_many_are_sent_again_at_the_rate_asked_for_and_progress_is_shown(
    db: Mongo, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicekit.operations.throttle.PLAIN_PROGRESS_SECONDS", 0.0)
    now = datetime.now(UTC)
    put_sent(db, 1_500, now)
    began = time.monotonic()
    said = run("resend", "--since", now.isoformat(timespec="seconds"), "--rate", "1000")
    assert said.stdout == "maker: 1500 event(s) will be published again\n", said.output
    # Three batches of 500, half a second from each to the next but one.
    assert time.monotonic() - began >= 0.5
    assert [line.split(",")[0] for line in said.stderr.splitlines()] == [
        f"made pending {count} of 1500" for count in (500, 1000, 1500)
    ]


def test_a_database_that_goes_away_half_way_is_told_with_what_was_done(db: Mongo, run: Run) -> None:
    now = datetime.now(UTC)
    rows = put_sent(db, 700, now)
    validator = {"$or": [{"state": "sent"}, {"_id": {"$ne": rows[600]}}]}
    db.db.command("collMod", "outbox", validator=validator)
    said = run("resend", "--since", now.isoformat(timespec="seconds"))
    assert said.exit_code == 69
    assert said.stdout == "maker: 500 event(s) will be published again\n"
    assert "run it again" in said.stderr
    assert len(pending(db)) == 500, "a batch is made pending whole or not at all"
    db.db.command("collMod", "outbox", validator={})
    assert run("resend", "--since", now.isoformat(timespec="seconds")).exit_code == 0
    assert len(pending(db)) == 700


NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--since", "yesterday"], ["--since", "2026-", "yesterday"]),
        (["--since", "2026-11-25T09:30:00"], ["--since", "offset"]),
        (["--since", (NOW + timedelta(hours=1)).isoformat()], ["--since", "future"]),
        (["--since", (NOW - timedelta(seconds=SENT_ROWS_KEPT_SECONDS + 60)).isoformat()], ["no longer kept"]),
        (["--since", NOW.isoformat(), "--type", "thing.unmade.v1"], ["thing.unmade.v1", EVENT, OTHER]),
        (["--since", NOW.isoformat(), "--rate", "0"], ["--rate", "0"]),
        (["--since", NOW.isoformat(), "--rate", "nan"], ["--rate", "nan"]),
    ],
)
def test_wrong_input_is_one_line_and_changes_nothing(
    db: Mongo, run: Run, arguments: Sequence[str], words: Sequence[str]
) -> None:
    put_sent(db, 1, NOW)
    refused = run("resend", *arguments)
    assert (refused.exit_code, refused.stdout) == (2, ""), refused.output
    assert len(refused.stderr.splitlines()) == 1, refused.stderr
    assert all(word in refused.stderr for word in words), refused.stderr
    assert pending(db) == []


def test_the_oldest_instant_that_is_named_can_be_asked_for(db: Mongo, run: Run) -> None:
    put_sent(db, 1, datetime.now(UTC) - timedelta(days=6))
    told = run("resend", "--since", "2026-01-01T00:00:00Z").stderr
    assert run("resend", "--since", told.split("before ")[1].split()[0]).stdout.startswith("maker: 1 event(s) will")
