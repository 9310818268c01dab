"""What the topology promises, read off the rendered definitions."""

import re

from servicekit.messaging.topology import Topology

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


def test_the_services_user_may_configure_nothing_and_write_only_its_own() -> None:
    permissions = TOPOLOGY.permissions()
    assert not re.search(permissions["configure"], "taker.events")
    for exchange in TOPOLOGY.exchanges:
        assert re.search(permissions["write"], exchange)
    assert not re.search(permissions["write"], "maker.events")
    assert re.search(permissions["read"], "taker.thing.made.v1")
    assert not re.search(permissions["read"], "maker.other.v1")
