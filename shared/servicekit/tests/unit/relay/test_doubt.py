"""What the relay takes for doubt, and how it ends then."""

from types import SimpleNamespace
from typing import Any

import pytest

from servicekit.broker.relay_store import RelayInDoubt

from .conftest import World, in_doubt, named


def test_nothing_leaves_once_the_lease_ran_out(world: World, logs: list[Any]) -> None:
    def lose() -> None:
        world.lease.is_held = False

    world.at(0.5, lose, world.rows(world.row("a")))
    assert str(in_doubt(world)) == "the lease ran out"
    assert world.broker.published == []
    assert named(logs, "relay_in_doubt") == [
        {"event": "relay_in_doubt", "reason": "the lease ran out", "log_level": "error"}
    ]


@pytest.mark.parametrize(("published_at", "ends_at"), [(0.5, 6.0), (1.0, 7.0), (1.1, 7.0)])
def test_a_confirm_is_waited_for_so_long_and_no_longer(world: World, published_at: float, ends_at: float) -> None:
    # It looks once a second.
    world.at(published_at, world.rows(world.row("a")))
    assert str(in_doubt(world)) == "no confirm within 5 s"
    assert world.broker.closed_at == 100 + ends_at


def test_the_oldest_message_counts(world: World) -> None:
    for second in range(3):
        world.at(0.5 + second, world.rows(world.row(str(second))))
    world.at(4.0, lambda: world.broker.ack(1))
    in_doubt(world)
    assert world.broker.closed_at == 107


def test_a_blocked_broker_gets_nothing_and_its_confirms_are_waited_for_anew(world: World, logs: list[Any]) -> None:
    seen: list[list[str]] = []
    world.at(0.5, world.rows(world.row("a")))
    world.at(1.5, world.broker.block, world.rows(world.row("b")))
    world.at(59.4, lambda: seen.append(list(world.broker.published)))
    world.at(59.5, world.broker.unblock)
    world.at(60.0, lambda: seen.append(list(world.broker.published)))
    in_doubt(world)
    assert seen == [["a"], ["a", "b"]]
    assert world.broker.closed_at == 165
    assert logs[1:3] == [
        {"event": "broker_blocked", "reason": "low on memory", "log_level": "warning"},
        {"event": "broker_unblocked", "log_level": "info"},
    ]


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        (
            SimpleNamespace(reply_code=404, reply_text="NOT_FOUND - no exchange 'maker.parking'"),
            "missing (404): NOT_FOUND - no exchange 'maker.parking'; the service's `topology --apply` mends it",
        ),
        (
            SimpleNamespace(reply_code=403, reply_text="ACCESS_REFUSED"),
            "not permitted (403): ACCESS_REFUSED; the service's `topology --apply` mends it",
        ),
        (ConnectionError("gone"), "channel closed: ConnectionError('gone')"),
    ],
)
def test_a_closed_channel_is_doubt_and_says_what_to_do_where_that_helps(
    world: World, reason: Any, message: str
) -> None:
    world.at(0.5, lambda: world.broker.close_channel(reason))
    assert str(in_doubt(world)) == message


@pytest.mark.parametrize("in_flight", [True, False])
def test_a_lost_connection_is_doubt(world: World, in_flight: bool) -> None:
    if in_flight:
        world.at(0.5, world.rows(world.row("a")))
    world.at(1.0, lambda: world.broker.lose(ConnectionError("gone")))
    assert str(in_doubt(world)) == "connection closed: ConnectionError('gone')"


def test_what_the_store_met_is_the_reason_and_the_first_one_stays(world: World) -> None:
    first = ZeroDivisionError("in the store")
    world.at(0.5, lambda: world.store.fail(first), lambda: world.store.fail(ValueError("and then")))
    doubt = in_doubt(world)
    assert (str(doubt), doubt.__cause__) == ("in the store", first)
    assert world.store.wake.is_set()
    with pytest.raises(RelayInDoubt, match=r"^in the store$"):
        world.relay.ready()


def test_in_doubt_the_connection_is_closed_and_cut_off_where_that_takes_long(world: World) -> None:
    world.broker.closes = False
    world.at(0.5, lambda: world.store.fail(ZeroDivisionError()))
    in_doubt(world)
    assert world.broker.closed_at == 100.5
    assert world.loop.hung_up == [101.5]
    assert world.loop.now == pytest.approx(101.8)


def test_in_doubt_while_the_connection_is_being_made_it_is_cut_off_at_once(world: World) -> None:
    world.broker.opens = False
    world.at(0.5, lambda: world.store.fail(ZeroDivisionError()))
    in_doubt(world)
    assert world.loop.hung_up[0] == 100.5
    assert world.loop.now == pytest.approx(100.8)


def test_in_doubt_while_it_closes_already_it_is_not_cut_off_sooner(world: World) -> None:
    world.broker.closes = False
    world.at(0.5, world.rows(world.row("a")), world.broker.close)
    world.at(0.6, lambda: world.store.fail(ZeroDivisionError()))
    in_doubt(world)
    assert world.loop.hung_up == [pytest.approx(101.6)]
