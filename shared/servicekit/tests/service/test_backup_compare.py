"""A service that was brought back is told what it lacks: effects of others' events, and what it told others itself."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pika
import pytest
from typer.testing import CliRunner, Result

from servicekit.broker.admin import Management, apply
from servicekit.broker.relay import Relay
from servicekit.events import Consumer, Order
from servicekit.events.inbox import inbox_id
from servicekit.events.outbox import SentRows
from servicekit.http import Blueprint
from servicekit.mongo import Mongo
from servicekit.service import Service, command_line
from servicekit.settings import ServiceSettings
from servicekit.testing import eventually
from servicekit.testing.plugin import AmqpVhost
from servicekit.testing.tokens import JWKS

from .conftest import CONSUMER, EVENT, QUEUE, Taker, ThingMade, new_event

Run = Callable[..., Result]
SINCE = (datetime.now(UTC) - timedelta(hours=1)).isoformat()


def commands(db: Mongo, broker: AmqpVhost, monkeypatch: pytest.MonkeyPatch, name: str, **declared: object) -> Run:
    """Runs `<name> backup …` against the test's database."""

    class Settings(ServiceSettings):
        service_name = name

    given = {"MONGODB_DATABASE": db.db.name, "AMQP_URL": broker.url, "INTERNAL_TOKEN_JWKS": JWKS}
    given |= {"CURSOR_SECRET": "x" * 32, "EVENTS_LOG_URL": broker.url}
    given["RABBITMQ_MANAGEMENT_URL"] = broker.management_url
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    service = Service(
        name=name, version="1", settings=Settings, bootstrap=lambda _settings, mongo: mongo,
        blueprints=[Blueprint("things")], **declared,  # type: ignore[arg-type]
    )  # fmt: skip
    return lambda *arguments: CliRunner().invoke(command_line(service), ["backup", *arguments])


@pytest.fixture
def run_taker(db: Mongo, broker: AmqpVhost, monkeypatch: pytest.MonkeyPatch) -> Run:
    rows = [Consumer(EVENT, "maker", ThingMade(), lambda *_: None, takes=lambda event: event.subject != "not-ours")]
    return commands(db, broker, monkeypatch, "taker", consumes=rows)


@pytest.fixture
def run_maker(db: Mongo, broker: AmqpVhost, monkeypatch: pytest.MonkeyPatch) -> Run:
    return commands(db, broker, monkeypatch, "maker", publishes=[EVENT])


@pytest.fixture
def told(
    db: Mongo, publish: Callable[..., None], start_relay: Callable[..., Relay], start_consumer: Callable[..., Any]
) -> list[str]:
    """Five events that the maker told and the taker handled; their ids."""
    start_relay()
    start_consumer()
    events = [new_event("thing", sequence) for sequence in range(1, 6)]
    publish(*events)
    eventually(lambda: db.db.inbox.count_documents({}) == 5)
    return [event.id for event in events]


def row(event_id: str) -> str:
    return inbox_id(QUEUE, event_id)


def test_who_has_everything_lacks_nothing(told: list[str], run_taker: Run) -> None:
    said = run_taker("compare", "--since", SINCE)
    assert (said.exit_code, said.stdout.splitlines()[-1]) == (0, "taker: nothing is lacking"), said.output
    assert said.stdout.startswith("taker: 5 event(s) in the log")


def test_what_others_told_and_has_no_effect_here_is_named_until_it_is_sent_again(
    db: Mongo, told: list[str], run_taker: Run, taker: Taker
) -> None:
    db.db.inbox.delete_many({"_id": {"$in": [row(told[1]), row(told[3])]}})
    said = run_taker("compare", "--since", SINCE)
    line = f"taker: not handled here, of maker: 2 {EVENT}; maker outbox resend --since {SINCE}"
    assert (said.exit_code, said.stdout.splitlines()[1:]) == (1, [line]), said.output
    as_json = json.loads(run_taker("compare", "--since", SINCE, "--json").stdout)
    assert [one["id"] for one in as_json["unhandled"]] == [told[1], told[3]]

    for rows in SentRows(db, "maker.events", datetime.fromisoformat(SINCE)).resend():
        assert rows == 5
    eventually(lambda: db.db.inbox.count_documents({}) == 5)
    eventually(lambda: db.db.outbox.count_documents({"state": "sent"}) == 5)
    said = run_taker("compare", "--since", SINCE)
    assert (said.exit_code, said.stdout.splitlines()[0]) == (0, f"taker: 5 event(s) in the log since {SINCE}")
    assert len(taker.seen) == 7, "who had three of them never saw the duplicates"


def test_what_it_told_and_does_not_know_any_more_is_named(db: Mongo, told: list[str], run_maker: Run) -> None:
    db.db.outbox.delete_one({"_id": told[2]})
    said = run_maker("compare", "--since", SINCE)
    line = f"maker: told to others and unknown here: 1 {EVENT}; --json names each"
    assert (said.exit_code, said.stdout.splitlines()[1:]) == (1, [line]), said.output
    (forgotten,) = json.loads(run_maker("compare", "--since", SINCE, "--json").stdout)["forgotten"]
    assert (forgotten["id"], forgotten["subject"], forgotten["producer"]) == (told[2], "thing", "maker")


def test_what_is_parked_or_past_or_not_wanted_is_not_lacking(
    db: Mongo, told: list[str], publish: Callable[..., None], broker: AmqpVhost, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(new_event("not-ours"))
    eventually(lambda: db.db.outbox.count_documents({"state": "sent"}) == 6)
    db.db.inbox.delete_many({})
    db.db.dead_letters.insert_one({"_id": "dl_1", "queue": QUEUE, "message_id": told[4]})
    db.db.positions.insert_one({"_id": "/emitra/maker|thing", "sequence": 4})
    rows = [
        Consumer(
            EVENT, "maker", ThingMade(), lambda *_: None,
            takes=lambda event: event.subject != "not-ours", order=Order.LATEST,
        )
    ]  # fmt: skip
    said = commands(db, broker, monkeypatch, "taker", consumes=rows)("compare", "--since", SINCE)
    assert (said.exit_code, said.stdout.splitlines()[-1]) == (0, "taker: nothing is lacking"), said.output
    db.db.positions.update_one({}, {"$set": {"sequence": 3}})
    said = commands(db, broker, monkeypatch, "taker", consumes=rows)("compare", "--since", SINCE)
    assert f"of maker: 1 {EVENT}" in said.stdout, said.output


def test_what_happened_before_is_not_looked_at(db: Mongo, told: list[str], run_taker: Run) -> None:
    db.db.inbox.delete_many({})
    said = run_taker("compare", "--since", datetime.now(UTC).isoformat())
    assert said.exit_code == 0, said.output
    assert "taker: 0 event(s) in the log" in said.stdout


def test_a_user_that_may_not_read_the_log_is_told_so(
    told: list[str], run_taker: Run, takers_url: str, broker: AmqpVhost, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(CONSUMER, broker.management_url, takers_url)
    monkeypatch.setenv("EVENTS_LOG_URL", takers_url)
    said = run_taker("compare", "--since", SINCE)
    assert (said.exit_code, "events.log cannot be read: 403" in said.stderr) == (69, True), said.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compare", "--since", "yesterday"], "an instant with its offset from UTC"),
        (["compare", "--since", "2026-11-25T09:30:00"], "an instant with its offset from UTC"),
        (["restore", "nowhere", "--until", "noon"], "an instant with its offset from UTC"),
        (["restore", "nowhere"], "there is no dump of taker"),
        (["log", "nowhere"], "take one first"),
        (["broker", "nowhere", "--load"], "nowhere cannot be read"),
    ],
)
def test_wrong_input_is_told_and_changes_nothing(run_taker: Run, arguments: list[str], words: str) -> None:
    said = run_taker(*arguments)
    assert (said.exit_code, words in said.stderr) == (2, True), said.output


def test_by_command_a_database_is_kept_and_comes_back(db: Mongo, run_taker: Run, tmp_path: Path) -> None:
    folder = str(tmp_path)
    db.db.things.insert_many([{"_id": n} for n in range(3)])
    assert run_taker("dump", folder).exit_code == 0
    db.db.things.insert_one({"_id": 3})
    eventually(lambda: time.time() % 1 < 0.5, 3)
    until = datetime.now(UTC) + timedelta(seconds=1)
    eventually(lambda: datetime.now(UTC) > until + timedelta(seconds=1), 5)
    db.db.things.delete_many({})
    assert "change(s) written; any instant from" in run_taker("log", folder).stdout
    assert len(run_taker("list", folder).stdout.splitlines()) == 2
    refused = run_taker("restore", folder, "--until", "2020-01-01T00:00:00Z")
    assert (refused.exit_code, "nothing before it" in refused.stderr) == (2, True)
    said = run_taker("restore", folder, "--until", until.isoformat(), "--replace")
    assert said.exit_code == 0, said.output
    assert "and 1 change(s). Next: taker prepare" in said.stdout
    assert sorted(one["_id"] for one in db.db.things.find()) == [0, 1, 2, 3]


def test_the_brokers_definitions_are_kept_and_loaded(run_taker: Run, broker: AmqpVhost, tmp_path: Path) -> None:
    file = tmp_path / "definitions.json"
    said = run_taker("broker", str(file))
    assert (said.exit_code, file.stat().st_mode & 0o077) == (0, 0), said.output
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        connection.channel().queue_delete(QUEUE)
    api = Management(broker.management_url, broker.url)
    assert QUEUE not in {one["name"] for one in api.ask(f"queues/{broker.name}?disable_stats=true")}
    assert run_taker("broker", str(file), "--load").exit_code == 0
    assert QUEUE in {one["name"] for one in api.ask(f"queues/{broker.name}?disable_stats=true")}
