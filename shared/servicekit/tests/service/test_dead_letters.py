"""Dead letters on a real broker and a real database: recorded once, sent again once, kept for ever."""

import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pika
import pytest
from pymongo.errors import PyMongoError

from servicekit.events.dead_letters import DeadLetters, LetterGone, ParkedGauges, Recorder, letter_id
from servicekit.events.envelope import Message, ReceivedEvent, serialise
from servicekit.events.handling import Delivery, Handling, Stopped
from servicekit.mongo import Mongo
from servicekit.testing import eventually
from servicekit.testing.plugin import AmqpVhost
from servicekit.testing.programs import Program
from servicekit.testing.tokens import JWKS

from .conftest import CONSUMER, QUEUE, Taker, new_event
from .test_processes import free_port

PARKING = f"parking.{QUEUE}"
ENDS_WITHIN_SECONDS = 60
# The taker as a process: it takes things, unless they are called bad.
PROGRAM = """
import marshmallow
from servicekit.http import Blueprint
from servicekit.events import Consumer
from servicekit.service import Service, command_line
from servicekit.settings import ServiceSettings

class Settings(ServiceSettings):
    service_name = "taker"

class ThingMade(marshmallow.Schema):
    class Meta:
        unknown = marshmallow.EXCLUDE
    thing_id = marshmallow.fields.String(required=True)

def take(mongo, event, session):
    mongo.db.effects.insert_one({"thing_id": event.data["thing_id"]}, session=session)

command_line(Service(name="taker", version="1", settings=Settings, bootstrap=lambda settings, mongo: mongo,
        blueprints=[Blueprint("things")], consumes=[Consumer("thing.made.v1", "maker", ThingMade(), take)]))()
"""


def send(broker: AmqpVhost, queue: str, body: bytes, **properties: Any) -> None:
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        described = {"content_type": "application/cloudevents+json", "delivery_mode": 2, **properties}
        connection.channel().basic_publish("", queue, body, pika.BasicProperties(**described))


def length(broker: AmqpVhost, queue: str) -> int:
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        return int(connection.channel().queue_declare(queue, passive=True).method.message_count)


def parked_event(recorder: Recorder, thing: str, **headers: Any) -> str:
    """A readable event, recorded as if it had been parked; its letter's id."""
    event = new_event(thing)
    message = Message(
        event.id,
        event.type,
        "application/cloudevents+json",
        serialise(event, "maker"),
        {"x-outbox-id": f"row of {thing}", "x-emitra-attempt": 6, "x-emitra-reason": "tried", **headers},
    )
    recorder.handle([Delivery(PARKING, message)])
    return letter_id(QUEUE, event.id)


def the_letter(db: Mongo) -> dict[str, Any]:
    letters = list(db.db.dead_letters.find())
    return letters[0] if len(letters) == 1 else {}


def always_a_bug(_: ReceivedEvent) -> None:
    raise ZeroDivisionError("the secret value")


def run_journeys(db: Mongo, handling: Handling, recorder: Recorder) -> None:
    """Brings whatever waits in the outbox where it goes, the ladder's waits left out, until nothing waits."""
    while rows := list(db.db.outbox.find({"state": "pending"}).sort("_id", 1)):
        for row in rows:
            db.db.outbox.update_one({"_id": row["_id"]}, {"$set": {"state": "sent"}})
            headers = {**row["headers"], "x-outbox-id": row["_id"]}
            message = Message(row["message_id"], row["message_type"], row["content_type"], bytes(row["body"]), headers)
            if row["exchange"] == CONSUMER.parking_exchange:
                recorder.handle([Delivery(f"parking.{row['routing_key']}", message)])
            else:
                handling.handle([Delivery(row["routing_key"], message)])


Start = Callable[..., Program]


@pytest.fixture
def start(db: Mongo, broker: AmqpVhost, tmp_path: Path) -> Iterator[Start]:
    """Starts the taker's program; what still runs afterwards is killed."""
    running: list[Program] = []

    def run(*arguments: str, **env: str) -> Program:
        given = {
            "MONGODB_DATABASE": db.db.name,
            "AMQP_URL": broker.url,
            "INTERNAL_TOKEN_JWKS": JWKS,
            "CURSOR_SECRET": "a-cursor-secret-that-only-tests-use",
            "PROBE_PORT": str(free_port()),
        }
        running.append(Program(PROGRAM, arguments, {**os.environ, **given, **env}, tmp_path / f"said-{len(running)}"))
        return running[-1]

    yield run
    for program in running:
        program.send(signal.SIGKILL)
        program.wait(10)


def test_what_cannot_be_read_becomes_a_letter(
    db: Mongo, broker: AmqpVhost, start_consumer: Callable[..., Any], start_relay: Callable[..., Any]
) -> None:
    start_relay()
    start_consumer()
    start_consumer(parked=True)
    send(broker, QUEUE, b"\xff not json", message_id="m1", type="thing.made.v1")
    letter = eventually(lambda: the_letter(db))
    assert (letter["_id"], letter["queue"], letter["message_id"]) == (letter_id(QUEUE, "m1"), QUEUE, "m1")
    assert (letter["state"], letter["type"], letter["body"]) == ("parked", "thing.made.v1", b"\xff not json")
    assert letter["reason"].startswith("unreadable: not JSON")
    assert [event["what"] for event in letter["history"]] == ["parked"]
    eventually(lambda: length(broker, PARKING) == 0)


def test_a_bugs_letter_says_where_it_was_and_no_value(
    db: Mongo, handling: Handling, recorder: Recorder, taker: Taker
) -> None:
    taker.before = always_a_bug
    event = new_event("t1", 7)
    handling.handle([Delivery(QUEUE, Message(event.id, event.type, "application/json", serialise(event, "maker"), {}))])
    run_journeys(db, handling, recorder)
    letter = the_letter(db)
    assert (letter["source"], letter["subject"], letter["sequence"]) == ("/emitra/maker", "t1", 7)
    assert (letter["reason"], letter["attempts"]) == ("tried 6 times; last: ZeroDivisionError", 6)
    kind, *frames = letter["stack"].splitlines()
    assert kind == "ZeroDivisionError"
    assert re.fullmatch(r"tests/service/test_dead_letters.py:\d+ always_a_bug", frames[-1])
    assert "secret" not in str(letter)


def test_what_the_broker_parked_itself_becomes_a_letter_whatever_its_headers_hold(
    db: Mongo, broker: AmqpVhost, start_consumer: Callable[..., Any]
) -> None:
    # A decimal is a legal header, and nothing that MongoDB could store.
    send(broker, QUEUE, b"{}", message_id="m1", headers={"price": Decimal("1.5"), "x-emitra-reason": "of an old try"})
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        channel = connection.channel()

        def killed_again() -> bool:
            method, _, _ = channel.basic_get(QUEUE)
            if method is not None:
                channel.basic_reject(method.delivery_tag, requeue=True)
            return length(broker, PARKING) == 1

        eventually(killed_again, timeout_seconds=30)
    start_consumer(parked=True)
    letter = eventually(lambda: the_letter(db))
    assert letter["reason"] == "delivery limit reached"
    assert letter["headers"]["price"] == "1.5"
    assert letter["history"][0]["parking"].startswith("broker: ")


def test_d1_a_worker_killed_before_the_ack_makes_one_letter(
    db: Mongo, broker: AmqpVhost, start: Start, tmp_path: Path
) -> None:
    send(broker, PARKING, b"{}", message_id="m1", headers={"x-outbox-id": "row-1", "x-emitra-attempt": 6})
    died = tmp_path / "died"
    killed = start("worker", CRASH_POINT="D1", CRASH_ONCE_FILE=str(died))
    assert (killed.wait(ENDS_WITHIN_SECONDS), died.exists()) == (-signal.SIGKILL, True)
    assert the_letter(db)["state"] == "parked", "recorded before it died"
    eventually(lambda: length(broker, PARKING) == 1)
    again = start("worker")
    eventually(lambda: length(broker, PARKING) == 0, timeout_seconds=30)
    again.send(signal.SIGTERM)
    assert again.wait(ENDS_WITHIN_SECONDS) == 0
    assert length(broker, PARKING) == 0, "acknowledged, not given back at the stop"
    assert len(the_letter(db)["history"]) == 1


def test_a_worker_that_could_not_record_what_is_parked_ends(broker: AmqpVhost, start: Start) -> None:
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        connection.channel().queue_delete(PARKING)
    ended = start("worker")
    assert ended.wait(ENDS_WITHIN_SECONDS) == 69
    assert f"no queue '{PARKING}'" in "".join(ended.said())


def test_workers_with_different_parkings_of_one_message_lose_none(db: Mongo, recorder: Recorder) -> None:
    rows = [f"row-{number}" for number in range(12)]
    barrier = threading.Barrier(len(rows))

    def record(row: str) -> None:
        message = Message("m1", "thing.made.v1", "text/plain", b"{}", {"x-outbox-id": row})
        barrier.wait(5)
        recorder.handle([Delivery(PARKING, message)])

    threads = [threading.Thread(target=record, args=(row,)) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert {event["parking"] for event in the_letter(db)["history"]} == {f"service: {row}" for row in rows}


def test_a_recorder_waits_for_a_database_that_refuses_its_letter(db: Mongo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicekit.events.dead_letters.DATABASE_PROBE_SECONDS", (0.01,))
    db.db.command("collMod", "dead_letters", validator={"never": {"$exists": True}})
    stopping = threading.Event()
    recorder = Recorder(db, stopping)
    thread = threading.Thread(target=parked_event, args=(recorder, "t1"))
    thread.start()
    thread.join(1)
    assert thread.is_alive(), "given back at once, it would go round for ever"
    db.db.command("collMod", "dead_letters", validator={})
    thread.join(10)
    assert the_letter(db)["subject"] == "t1"
    db.db.command("collMod", "dead_letters", validator={"never": {"$exists": True}})
    stopping.set()
    with pytest.raises(Stopped):
        parked_event(recorder, "t2")


def test_a_message_sent_again_has_its_whole_ladder_and_is_parked_again(
    db: Mongo, handling: Handling, recorder: Recorder, taker: Taker
) -> None:
    taker.before = always_a_bug
    event = new_event("t1")
    handling.handle([Delivery(QUEUE, Message(event.id, event.type, "application/json", serialise(event, "maker"), {}))])
    run_journeys(db, handling, recorder)
    tries = len(taker.seen)
    for redrive in (1, 2):
        DeadLetters(db, CONSUMER).redrive(letter_id(QUEUE, event.id))
        run_journeys(db, handling, recorder)
        assert len(taker.seen) == tries * (redrive + 1), "the ladder from its first step"
    letter = the_letter(db)
    assert (letter["state"], letter["redrives"], letter["attempts"]) == ("parked", 2, 6)
    assert [event["what"] for event in letter["history"]] == ["parked", "redriven"] * 2 + ["parked"]
    assert [event["redrive"] for event in letter["history"] if event["what"] == "parked"] == [0, 1, 2]
    taker.before = lambda _event: None
    DeadLetters(db, CONSUMER).redrive(letter_id(QUEUE, event.id))
    run_journeys(db, handling, recorder)
    assert db.db.effects.count_documents({}) == 1
    assert the_letter(db)["state"] == "redriven"


def test_a_late_copy_of_an_old_parking_does_not_park_a_letter_again(db: Mongo, recorder: Recorder) -> None:
    message = Message("m1", "thing.made.v1", "text/plain", b"{}", {"x-outbox-id": "row-1"})
    recorder.handle([Delivery(PARKING, message)])
    DeadLetters(db, CONSUMER).redrive(letter_id(QUEUE, "m1"))
    recorder.handle([Delivery(PARKING, message)])
    assert the_letter(db)["state"] == "redriven"


def test_a_message_sent_again_goes_to_its_one_queue_with_the_same_id_and_body(
    db: Mongo, broker: AmqpVhost, recorder: Recorder, start_relay: Callable[..., Any]
) -> None:
    letter = parked_event(recorder, "t1", kept="as it was", **{"x-death": [{"queue": QUEUE, "reason": "expired"}]})
    DeadLetters(db, CONSUMER).redrive(letter)
    start_relay()
    eventually(lambda: length(broker, QUEUE) == 1)
    kept = the_letter(db)
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        _, properties, body = connection.channel().basic_get(QUEUE)
    assert (properties.message_id, properties.type, body) == (kept["message_id"], "thing.made.v1", kept["body"])
    of_this_delivery = {"x-outbox-id", "x-delivery-count"}
    sent = {name: value for name, value in properties.headers.items() if name not in of_this_delivery}
    assert sent == {"kept": "as it was", "x-emitra-redrive": 1}, "nothing is left of the last journey"


def test_a_message_that_was_handled_after_all_is_a_duplicate_when_it_is_sent_again(
    db: Mongo, handling: Handling, recorder: Recorder, taker: Taker
) -> None:
    event = new_event("t1")
    message = Message(event.id, event.type, "application/json", serialise(event, "maker"), {})
    handling.handle([Delivery(QUEUE, message)])
    recorder.handle([Delivery(PARKING, message)])
    DeadLetters(db, CONSUMER).redrive(letter_id(QUEUE, event.id))
    run_journeys(db, handling, recorder)
    assert db.db.effects.count_documents({}) == 1
    assert db.db.outbox.count_documents({"state": "sent"}) == 1, "a duplicate is no failure: it ends there"


def test_a_letter_and_its_message_are_sent_together_or_not_at_all(db: Mongo, recorder: Recorder) -> None:
    letter = parked_event(recorder, "t1")
    db.db.command("collMod", "outbox", validator={"never": {"$exists": True}})
    with pytest.raises(PyMongoError):
        DeadLetters(db, CONSUMER).redrive(letter)
    assert (the_letter(db)["state"], the_letter(db)["redrives"]) == ("parked", 0)


def test_of_many_who_send_one_letter_again_one_does(db: Mongo, recorder: Recorder) -> None:
    letter = parked_event(recorder, "t1")
    outcomes: list[str] = []

    def redrive() -> None:
        try:
            DeadLetters(db, CONSUMER).redrive(letter)
            outcomes.append("sent")
        except LetterGone:
            outcomes.append("gone")

    threads = [threading.Thread(target=redrive) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(outcomes) == ["gone", "gone", "gone", "sent"]
    assert db.db.outbox.count_documents({}) == 1


def test_d2_a_redrive_killed_half_way_goes_on_and_sends_none_twice(
    db: Mongo,
    start: Start,
    recorder: Recorder,
    taker: Taker,
    start_relay: Callable[..., Any],
    start_consumer: Callable[..., Any],
    tmp_path: Path,
) -> None:
    for number in range(5):
        parked_event(recorder, f"t{number}")
    run = ("dead-letters", "redrive", "--queue", QUEUE)
    killed = start(*run, CRASH_POINT="D2", CRASH_ONCE_FILE=str(tmp_path / "died"))
    assert killed.wait(ENDS_WITHIN_SECONDS) == -signal.SIGKILL
    assert db.db.dead_letters.count_documents({"state": "redriven"}) == 1
    again = start(*run)
    assert again.wait(ENDS_WITHIN_SECONDS) == 0
    assert any(line.startswith("re-drove 4 letters of") for line in again.said())
    assert db.db.outbox.count_documents({}) == 5
    start_relay()
    start_consumer()
    eventually(lambda: len(taker.seen) == 5)
    assert len(set(taker.seen)) == 5
    assert start(*run).wait(ENDS_WITHIN_SECONDS) == 2, "nothing is left to send"


def test_an_alert_sees_how_many_wait_and_how_long(db: Mongo, recorder: Recorder) -> None:
    def measured() -> dict[str, float]:
        return {
            sample.name: sample.value
            for metric in ParkedGauges(db, CONSUMER, CONSUMER.queues).collect()
            for sample in metric.samples
            if sample.labels == {"queue": QUEUE}
        }

    assert measured() == {"emitra_dead_letters_parked": 0, "emitra_dead_letters_oldest_seconds": 0}
    letter = parked_event(recorder, "t1")
    assert measured()["emitra_dead_letters_parked"] == 1
    eventually(lambda: measured()["emitra_dead_letters_oldest_seconds"] > 0.1)
    DeadLetters(db, CONSUMER).redrive(letter)
    assert measured()["emitra_dead_letters_parked"] == 0
