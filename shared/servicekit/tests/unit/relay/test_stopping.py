"""How the relay stops."""

from typing import Any

import pytest

from .conftest import EXCHANGES, World, in_doubt, named


def test_an_idle_relay_stops_at_once_and_leaves_the_lease_to_the_next(world: World) -> None:
    world.at(0.5, world.relay.stop, world.relay.stop)
    world.relay.run()
    assert world.store.done == ["start", "join", "mark"]
    assert world.store.wake.is_set()
    assert (world.broker.closed_at, world.loop.now) == (100.5, 100.5)
    assert (world.lease.released, world.loop.closed, world.loop.hung_up) == (True, True, [])


def test_what_is_under_way_is_confirmed_and_marked_and_nothing_more_is_published(world: World) -> None:
    world.at(0.5, world.rows(world.row("a1", "a"), world.row("b"), world.row("a2", "a")))
    world.at(1.0, world.relay.stop, world.rows(world.row("c")))
    world.at(1.5, lambda: world.broker.ack(1))
    world.at(2.0, lambda: world.store.done.append(world.broker.closed_at), lambda: world.broker.ack(2))
    world.relay.run()
    assert world.broker.published == ["a1", "b"]
    assert world.store.done == ["start", ("a1", "sent"), None, ("b", "sent"), "join", "mark"]
    assert world.broker.closed_at == 102
    assert world.lease.released


def test_what_is_refused_during_a_stop_stays_pending(world: World) -> None:
    world.at(0.5, world.rows(world.row("a")))
    world.at(1.0, world.relay.stop, lambda: world.broker.answer("Basic.Nack", 1))
    world.relay.run()
    assert world.store.done == ["start", "join", "mark"]


def test_a_stop_takes_fifteen_seconds_at_most_and_a_second_to_close(world: World) -> None:
    world.relay._confirm_timeout_seconds = 1_000
    world.broker.closes = False
    world.at(0.5, world.rows(world.row("a")))
    world.at(1.0, world.relay.stop)
    assert str(in_doubt(world)) == "the broker did not let us finish in time"
    assert world.broker.closed_at == 116
    assert world.loop.hung_up == [117]


def test_a_stop_while_the_connection_is_being_made_ends_it(world: World) -> None:
    world.broker.opens = False
    world.at(0.5, world.relay.stop)
    world.relay.run()
    assert world.loop.hung_up == [100.5]
    assert world.loop.now == pytest.approx(100.8)
    assert world.lease.released


@pytest.mark.parametrize(("opens", "ends_at"), [(True, 100), (False, 100.3)])
def test_a_stop_before_there_is_a_connection_is_not_forgotten(world: World, opens: bool, ends_at: float) -> None:
    world.broker.opens = opens
    world.relay.stop()
    world.relay.run()
    assert world.store.done == ["join", "mark"]
    assert world.loop.now == pytest.approx(ends_at)


def test_a_stop_while_the_exchanges_are_looked_for_ends_it(world: World) -> None:
    declare = world.broker.exchange_declare

    def slow(exchange: str, *, passive: bool, callback: Any) -> None:
        # The stop meets a connection that is open.
        if exchange == EXCHANGES[0]:
            world.relay._stopping.set()
        declare(exchange, passive=passive, callback=callback)

    world.broker.exchange_declare = slow  # type: ignore[method-assign]
    world.relay.run()
    assert (world.broker.closed_at, world.lease.released) == (100, True)


def test_a_connection_that_ends_during_a_stop_is_doubt_only_while_something_is_under_way(world: World) -> None:
    world.at(0.5, world.rows(world.row("a")))
    world.at(1.0, world.relay.stop, lambda: world.broker.lose(ConnectionError("gone")))
    assert str(in_doubt(world)) == "connection closed: ConnectionError('gone')"


def test_an_error_during_a_stop_with_nothing_under_way_is_none(world: World, logs: list[Any]) -> None:
    world.at(0.5, world.relay.stop, lambda: world.store.fail(ZeroDivisionError()))
    world.relay.run()
    assert world.lease.released
    assert named(logs, "relay_in_doubt") == []
