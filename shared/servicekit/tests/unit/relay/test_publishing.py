"""How the relay begins and publishes."""

from functools import partial
from types import SimpleNamespace
from typing import Any

import pika
import pytest
from pika.adapters.select_connection import SelectConnection

from servicekit.broker import relay as relaying
from servicekit.broker.relay_store import RelayInDoubt

from .conftest import EXCHANGES, Waits, World, named


def test_the_parts_are_put_together(world: World) -> None:
    mongo, lease, metrics, stopping, _, _ = world.store.given
    assert (mongo, lease, metrics) == (world.mongo, world.lease, world.relay.metrics)
    assert world.lease.given == ("the database", "relay", "relay-1", 10.0)
    assert not stopping.is_set()
    with pytest.raises(RelayInDoubt, match=r"^not connected to the broker yet$"):
        world.relay.ready()


def test_every_exchange_is_looked_for_before_anything_is_read(world: World, logs: list[Any]) -> None:
    def look() -> None:
        assert world.broker.declared == [(exchange, True) for exchange in EXCHANGES]
        assert world.store.done == ["start"]
        world.relay.ready()

    world.at(0.5, look, world.relay.stop)
    world.relay.run()
    assert named(logs, "relay_publishing") == [
        {"event": "relay_publishing", "exchanges": EXCHANGES, "log_level": "info"}
    ]


def test_a_broker_that_starts_is_waited_for_and_one_in_alarm_for_longer(world: World) -> None:
    world.at(0.5, world.relay.stop)
    world.relay.run()
    parameters = world.broker.parameters
    assert (parameters.host, parameters.port, parameters.virtual_host) == ("rabbitmq.invalid", 5678, "a-vhost")
    assert (parameters.heartbeat, parameters.blocked_connection_timeout) == (10, 300)
    assert (parameters.connection_attempts, parameters.retry_delay) == (60, 0.5)
    assert world.broker.callbacks["custom_ioloop"] is world.loop


def test_while_another_has_the_lease_it_stands_by_and_is_ready(
    world: World, monkeypatch: pytest.MonkeyPatch, logs: list[Any]
) -> None:
    world.lease.others = 3
    world.relay._stopping = waits = Waits()
    was_ready: list[bool] = []
    acquire = world.lease.acquire

    def ask() -> bool:
        if world.lease.others < 3:
            world.relay.ready()
            was_ready.append(True)
        return bool(acquire())

    monkeypatch.setattr(world.lease, "acquire", ask)

    def look() -> None:
        with pytest.raises(RelayInDoubt, match="not connected"):
            world.relay.ready()

    world.at(0.0, look)
    world.at(0.5, world.relay.stop)
    world.store.stopping = waits
    world.relay.run()
    assert waits.waits == [1.0] * 3
    assert len(was_ready) == 3
    assert named(logs, "relay_standing_by") == [{"event": "relay_standing_by", "log_level": "info"}]


def test_a_stop_ends_the_standing_by(world: World) -> None:
    world.lease.others = 1_000
    world.relay._stopping = waits = Waits()
    waits.stop_after = 2
    world.relay.run()
    assert len(waits.waits) == 2
    assert world.store.done == []
    assert not world.lease.released


def test_a_broker_that_cannot_be_reached_is_doubt(world: World) -> None:
    world.broker.opens = False
    error = OSError("no route")
    world.at(1.0, lambda: world.broker.callbacks["on_open_error_callback"](world.broker, error))
    with pytest.raises(RelayInDoubt, match=r"^cannot connect: OSError\('no route'\)$"):
        world.relay.run()


def test_a_row_is_published_persistent_and_mandatory_and_marked_when_the_broker_has_it(world: World) -> None:
    before = world.measured("emitra_relay_published_total")

    def look() -> None:
        ((message,),) = world.broker.bursts
        properties = message.properties
        assert (message.exchange, message.key, message.body) == ("maker.events", "thing.made.v1", b"{}")
        assert message.mandatory is True
        assert (properties.message_id, properties.type) == ("message of a", "thing.made.v1")
        assert (properties.content_type, properties.delivery_mode) == ("application/cloudevents+json", 2)
        assert properties.headers == {"mine": "kept", "x-outbox-id": "a"}
        assert world.store.done == ["start"]
        assert world.measured("emitra_relay_in_flight") == 1

    world.at(0.5, world.rows(world.row("a")))
    world.at(0.6, look, lambda: world.broker.ack(1))
    world.at(1.0, lambda: world.store.done.append(world.measured("emitra_relay_in_flight")), world.relay.stop)
    world.relay.run()
    assert world.store.done == ["start", ("a", "sent"), 0.0, "join", "mark"]
    assert world.measured("emitra_relay_published_total") == before + 1
    assert world.points == ["A3", "A4"]


@pytest.mark.parametrize(
    ("tag", "multiple", "settled"), [(2, False, ["b"]), (2, True, ["a", "b"]), (3, True, ["a", "b", "c"])]
)
def test_a_confirm_speaks_for_one_or_for_all_up_to_it(
    world: World, tag: int, multiple: bool, settled: list[str]
) -> None:
    world.at(0.5, world.rows(*map(world.row, "abc")))
    world.at(0.6, lambda: world.broker.ack(tag, multiple=multiple), lambda: world.store.done.append("then"))
    world.at(0.7, lambda: world.broker.lose(OSError()))
    with pytest.raises(RelayInDoubt):
        world.relay.run()
    assert world.store.done[: 2 + len(settled)] == ["start", *((row, "sent") for row in settled), "then"]


def test_of_an_aggregate_one_event_is_under_way_at_a_time_and_others_go_on(world: World) -> None:
    rows = [world.row("a1", "a"), world.row("b1", "b"), world.row("a2", "a"), world.row("a3", "a")]
    world.at(0.5, world.rows(*rows))
    seen: list[list[str]] = []

    def note() -> None:
        seen.append(list(world.broker.published))

    for second, tag in enumerate((2, 1, 3, 4), start=1):
        world.at(second, note, partial(world.broker.ack, tag))
    world.at(6, world.rows(world.row("a4", "a")))
    world.at(7, note, lambda: world.broker.ack(5))
    world.at(8, world.relay.stop)
    world.relay.run()
    assert seen == [
        ["a1", "b1"],
        ["a1", "b1"],
        ["a1", "b1", "a2"],
        ["a1", "b1", "a2", "a3"],
        ["a1", "b1", "a2", "a3", "a4"],
    ]


def test_no_more_than_256_are_under_way_and_each_confirm_makes_room(world: World) -> None:
    counts: list[int] = []
    world.at(0.5, world.rows(*[world.row(str(number)) for number in range(300)]))
    world.at(1.0, lambda: counts.append(len(world.broker.published)), lambda: world.broker.ack(1))
    world.at(1.5, lambda: counts.append(len(world.broker.published)), lambda: world.broker.ack(11, multiple=True))
    world.at(2.0, lambda: counts.append(len(world.broker.published)), lambda: world.broker.lose(OSError()))
    with pytest.raises(RelayInDoubt):
        world.relay.run()
    assert counts == [256, 257, 267]


def test_after_many_confirms_at_once_what_follows_leaves_in_one_burst(world: World) -> None:
    rows = [world.row(f"{aggregate}{number}", aggregate) for number in (1, 2) for aggregate in "abc"]
    world.at(0.5, world.rows(*rows))
    world.at(1.0, *(partial(world.broker.ack, tag) for tag in (1, 2, 3)))
    world.at(2.0, *(partial(world.broker.ack, tag) for tag in (4, 5, 6)))
    world.at(3.0, world.relay.stop)
    world.relay.run()
    assert [len(burst) for burst in world.broker.bursts] == [3, 3]
    assert world.lease.looks == 3, "at what came, and once after the confirms of each moment"


def test_what_comes_back_is_set_aside_and_never_sent_again(world: World, logs: list[Any]) -> None:
    world.at(0.5, world.rows(world.row("a"), world.row("b")))
    world.at(1.0, lambda: world.broker.give_back(world.broker.bursts[0][0]), lambda: world.broker.ack(2, multiple=True))
    world.at(2.0, world.rows(world.row("a")))
    world.at(3.0, lambda: world.broker.ack(3), world.relay.stop)
    world.relay.run()
    # Made pending by people it is sent as any other.
    assert world.store.done[1:4] == [("a", "unroutable"), ("b", "sent"), ("a", "sent")]
    assert named(logs, "event_unroutable") == [
        {
            "event": "event_unroutable",
            "outbox_id": "a",
            "exchange": "maker.events",
            "routing_key": "thing.made.v1",
            "reply": "NO_ROUTE",
            "log_level": "error",
        }
    ]


def test_a_message_without_headers_that_comes_back_is_nobodys(world: World) -> None:
    world.at(0.5, world.rows(world.row("a")))
    message = SimpleNamespace(exchange="", key="", body=b"", properties=pika.BasicProperties())
    world.at(1.0, lambda: world.broker.give_back(message), lambda: world.broker.ack(1), world.relay.stop)
    world.relay.run()
    assert ("a", "sent") in world.store.done


def test_what_the_broker_refuses_is_sent_again_after_a_second_and_its_aggregate_waits(
    world: World, logs: list[Any]
) -> None:
    before = world.measured("emitra_relay_nacks_total"), world.measured("emitra_relay_published_total")
    seen: list[list[str]] = []

    def note() -> None:
        seen.append(list(world.broker.published))

    world.at(0.5, world.rows(world.row("a1", "a"), world.row("a2", "a")))
    world.at(1.0, lambda: world.broker.answer("Basic.Nack", 1))
    world.at(1.99, note)
    world.at(2.01, note, lambda: world.broker.ack(2))
    world.at(3.0, note, lambda: world.broker.ack(3))
    world.at(4.0, world.relay.stop)
    world.relay.run()
    assert seen == [["a1"], ["a1", "a1"], ["a1", "a1", "a2"]]
    assert world.store.done[1:3] == [("a1", "sent"), ("a2", "sent")]
    assert world.measured("emitra_relay_nacks_total") == before[0] + 1
    assert world.measured("emitra_relay_published_total") == before[1] + 2
    assert named(logs, "event_nacked") == [
        {"event": "event_nacked", "outbox_id": "a1", "exchange": "maker.events", "log_level": "warning"}
    ]


def test_what_was_refused_goes_before_what_came_meanwhile(world: World) -> None:
    world.at(0.5, world.rows(world.row("a")))
    world.at(1.0, lambda: world.broker.answer("Basic.Nack", 1), world.broker.block, world.rows(world.row("b")))
    world.at(3.0, world.broker.unblock, lambda: world.broker.ack(3, multiple=True), world.relay.stop)
    world.relay.run()
    assert world.broker.published == ["a", "a", "b"]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    pieces: list[bytes] = []
    monkeypatch.setattr(SelectConnection, "_adapter_emit_data", lambda _connection, piece: pieces.append(piece))
    return pieces


def test_a_burst_leaves_in_one_piece_and_all_else_as_it_comes(sent: list[bytes]) -> None:
    connection = relaying._Connection.__new__(relaying._Connection)
    connection._adapter_emit_data(b"1")
    with connection.burst():
        connection._adapter_emit_data(b"2")
        connection._adapter_emit_data(b"3")
        assert sent == [b"1"]
    connection._adapter_emit_data(b"4")
    with connection.burst():
        pass
    assert sent == [b"1", b"23", b"4"]


def test_of_a_burst_that_fails_nothing_leaves_and_nothing_is_kept(sent: list[bytes]) -> None:
    connection = relaying._Connection.__new__(relaying._Connection)

    def fail() -> None:
        with connection.burst():
            connection._adapter_emit_data(b"1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    connection._adapter_emit_data(b"2")
    assert sent == [b"2"]
