"""What the topology promises, read off the rendered definitions."""

import json
import re
from typing import Any

import marshmallow as ma
import pytest
from typer.testing import CliRunner

from servicekit.broker.topology import Topology
from servicekit.events.table import Consumer, Order
from servicekit.service import Service, command_line

TOPOLOGY = Topology("taker", ("thing.taken.v1",), (("maker", "thing.made.v1"),))


def test_every_queue_but_the_log_is_a_quorum_queue() -> None:
    kinds = {queue["name"]: queue["arguments"]["x-queue-type"] for queue in TOPOLOGY.definitions()["queues"]}
    assert kinds.pop("events.log") == "stream"
    assert set(kinds.values()) == {"quorum"}


def test_every_consumed_queue_has_parking_and_a_way_back() -> None:
    definitions = TOPOLOGY.definitions()
    routes = {(b["source"], b["destination"], b["routing_key"]) for b in definitions["bindings"]}
    queue = "taker.thing.made.v1"
    assert ("maker.events", queue, "thing.made.v1") in routes
    assert ("taker.redeliver", queue, queue) in routes
    assert ("taker.parking", f"parking.{queue}", queue) in routes
    (policy,) = [p for p in definitions["policies"] if re.match(p["pattern"], queue)]
    assert policy["definition"] == {
        "delivery-limit": 20,
        "dead-letter-exchange": "taker.parking",
        "dead-letter-routing-key": queue,
        "dead-letter-strategy": "at-least-once",
        "overflow": "reject-publish",
    }


def test_the_ladder_waits_ten_seconds_to_six_hours() -> None:
    definitions = TOPOLOGY.definitions()
    waits = {p["name"]: p["definition"]["message-ttl"] for p in definitions["policies"] if "retry" in p["name"]}
    assert list(waits.values()) == [10_000, 60_000, 600_000, 3_600_000, 21_600_000]


def test_a_policy_matches_its_own_queue_only() -> None:
    definitions = TOPOLOGY.definitions()
    for queue in definitions["queues"]:
        matching = [p["name"] for p in definitions["policies"] if re.search(p["pattern"], queue["name"])]
        assert matching in ([], [queue["name"]])


def test_the_services_user_may_write_its_exchanges_and_read_its_queues_by_their_whole_names() -> None:
    permissions = TOPOLOGY.permissions()
    definitions = TOPOLOGY.definitions()
    own = {each["name"] for kind in ("exchanges", "queues") for each in definitions[kind]}
    strangers = {"", "amq.default", "maker.other.v1", "taker.other.v1", "taker.thing.made.v10", "taker.thing-made.v1"}
    allowed = {
        kind: {name for name in own | strangers if re.search(pattern, name)} for kind, pattern in permissions.items()
    }
    ladder = {f"taker.retry.{delay}" for delay in ("10s", "1m", "10m", "1h", "6h")}
    assert allowed == {
        "configure": {""},  # The name of nothing: RabbitMQ takes an empty expression for everything's refusal.
        "write": {"taker.events", "taker.parking", "taker.redeliver", *ladder},
        "read": {"taker.thing.made.v1", "parking.taker.thing.made.v1"},
    }


def test_who_consumes_nothing_may_read_nothing() -> None:
    read = Topology("maker", ("thing.made.v1",), ()).permissions()["read"]
    assert not re.search(read, "maker.events")


@pytest.mark.parametrize(("order", "printed"), [(None, None), (Order.LATEST, "latest")])
def test_a_services_table_of_events_tells_its_order(order: Order | None, printed: str | None) -> None:
    consumer = Consumer("thing.made.v1", "maker", ma.Schema(), print, order=order)
    service = Service("taker", "1", lambda *_: None, [], consumes=[consumer])
    (row,) = json.loads(CliRunner().invoke(command_line(service), ["events"]).stdout)["consumes"]
    assert row["order"] == printed


@pytest.mark.parametrize("handlers", [{}, {"handle": print, "handle_many": print}])
def test_a_consumer_has_exactly_one_handler(handlers: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"thing\.made\.v1 needs either"):
        Consumer("thing.made.v1", "maker", ma.Schema(), **handlers)
