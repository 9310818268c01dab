"""What the topology promises, read off the rendered definitions."""

import json
import re
from typing import Any

import marshmallow as ma
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from servicekit.broker.topology import Topology, owner_of
from servicekit.events.addresses import exchange_of
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
    with pytest.raises(ValueError, match=r"^the consumer of thing\.made\.v1 needs either handle or handle_many$"):
        Consumer("thing.made.v1", "maker", ma.Schema(), **handlers)


def test_a_service_has_these_names() -> None:
    queue = "taker.thing.made.v1"
    ladder = ["taker.retry.10s", "taker.retry.1m", "taker.retry.10m", "taker.retry.1h", "taker.retry.6h"]
    assert exchange_of("maker") == "maker.events"
    assert (TOPOLOGY.queues, TOPOLOGY.parking_queues) == ([queue], [f"parking.{queue}"])
    assert TOPOLOGY.exchanges == ["taker.events", *ladder, "taker.parking", "taker.redeliver"]
    assert Topology("maker", ("thing.made.v1",), ()).exchanges == ["maker.events"]
    assert Topology("taker", (), (("maker", "thing.made.v1"),)).exchanges == TOPOLOGY.exchanges[1:]


def binding(source: str, destination: str, key: str) -> dict[str, Any]:
    return {
        "source": source,
        "destination": destination,
        "destination_type": "queue",
        "routing_key": key,
        "arguments": {},
    }


LASTING = {"durable": True, "auto_delete": False}


def test_a_producers_definitions_are_its_exchange_and_the_log_of_all_events() -> None:
    assert Topology("maker", ("thing.made.v1",), ()).definitions() == {
        "exchanges": [{"name": "maker.events", "type": "topic", "internal": False, "arguments": {}, **LASTING}],
        "queues": [
            {
                "name": "events.log",
                "arguments": {
                    "x-queue-type": "stream",
                    "x-max-age": "7D",
                    "x-max-length-bytes": 2_000_000_000,
                    "x-stream-max-segment-size-bytes": 50_000_000,
                },
                **LASTING,
            }
        ],
        "bindings": [binding("maker.events", "events.log", "#")],
        "policies": [],
    }


def test_a_consumers_definitions_are_its_queue_its_ladder_and_its_parking() -> None:
    definitions = Topology("taker", (), (("maker", "thing.made.v1"),)).definitions()
    queue, ladder = "taker.thing.made.v1", [f"taker.retry.{delay}" for delay in ("10s", "1m", "10m", "1h", "6h")]
    kinds = {"maker.events": "topic", "taker.redeliver": "direct", "taker.parking": "direct"}
    assert definitions["exchanges"] == [
        {"name": name, "type": kind, "internal": False, "arguments": {}, **LASTING}
        for name, kind in (kinds | dict.fromkeys(ladder, "fanout")).items()
    ]
    assert definitions["queues"] == [
        {"name": name, "arguments": {"x-queue-type": "quorum"}, **LASTING}
        for name in (*ladder, queue, f"parking.{queue}")
    ]
    assert definitions["bindings"] == [
        *[binding(name, name, "") for name in ladder],
        binding("maker.events", queue, "thing.made.v1"),
        binding("taker.redeliver", queue, queue),
        binding("taker.parking", f"parking.{queue}", queue),
    ]


def test_every_policy_is_for_one_queue_and_a_promise_where_it_sends_on() -> None:
    policies = {policy["name"]: policy for policy in TOPOLOGY.definitions()["policies"]}
    assert len(policies) == 7
    for name, policy in policies.items():
        assert (policy["apply-to"], policy["priority"]) == ("queues", 10)
        assert policy.keys() == {"name", "pattern", "apply-to", "priority", "definition"}
        assert policy["pattern"] == "^" + name.replace(".", r"\.") + "$"
    assert policies["taker.retry.1m"]["definition"] == {
        "message-ttl": 60_000,
        "dead-letter-exchange": "taker.redeliver",
        "dead-letter-strategy": "at-least-once",
        "overflow": "reject-publish",
    }
    assert policies["parking.taker.thing.made.v1"]["definition"] == {"delivery-limit": 1_000_000}


class Made(ma.Schema):
    class Kept(ma.Schema):
        at = ma.fields.AwareDateTime(required=True)

    thing_id = ma.fields.String(required=True)
    number = ma.fields.String(allow_none=True)
    kept = ma.fields.Nested(Kept)


def test_a_consumer_tells_what_it_reads_with_nested_members_written_out() -> None:
    consumer = Consumer("thing.made.v1", "maker", Made(), print)
    assert consumer.reads == {
        "type": "object",
        "required": ["thing_id"],
        "additionalProperties": False,
        "properties": {
            "thing_id": {"type": "string"},
            "number": {"type": ["string", "null"]},
            "kept": {
                "type": "object",
                "required": ["at"],
                "additionalProperties": False,
                "properties": {"at": {"type": "string", "format": "date-time"}},
            },
        },
    }


def test_a_row_of_the_table_takes_all_in_any_order_and_no_money_unless_it_says_so() -> None:
    consumer = Consumer("thing.made.v1", "maker", ma.Schema(), print)
    event: Any = None
    assert (consumer.takes(event), consumer.order, consumer.money) == (True, None, False)


# Those that would be taken for another's if names were put together otherwise, and the words that they are made of.
_SERVICES = st.sampled_from(["billing", "billing-x", "x", "parking", "events", "retry", "redeliver", "log", "payment"])
_EVENTS = st.builds(
    "{}.{}.v{}".format,
    st.sampled_from(["payment", "billing", "retry", "parking", "events"]),
    st.sampled_from(["completed", "10s", "log", "v1"]).filter(lambda word: word[0].isalpha()),
    st.integers(1, 12),
)
_CONSUMED = st.lists(st.tuples(_SERVICES, _EVENTS), max_size=3, unique=True)


def own_names(topology: Topology) -> set[str]:
    """What a service makes on the broker that is not its producers' or everybody's."""
    definitions = topology.definitions()
    names = {row["name"] for kind in ("queues", "policies") for row in definitions[kind]} | set(topology.exchanges)
    return names - {"events.log"}


@given(st.lists(_SERVICES, min_size=2, max_size=2, unique=True), st.lists(_EVENTS, max_size=3), _CONSUMED, _CONSUMED)
def test_no_two_services_have_a_name_in_common_and_each_knows_its_own(
    services: list[str], published: list[str], first: list[tuple[str, str]], second: list[tuple[str, str]]
) -> None:
    one, other = (
        Topology(service, tuple(published), tuple(consumed))
        for service, consumed in zip(services, (first, second), strict=True)
    )
    assert own_names(one) & own_names(other) == set()
    assert {owner_of(name) for name in own_names(one)} <= {one.service}
    permitted = one.permissions()
    strangers = own_names(other) | {"events.log"}
    assert not any(re.search(permitted[kind], name) for kind in ("configure", "write", "read") for name in strangers)


@pytest.mark.parametrize(
    ("service", "publishes", "consumes", "said"),
    [
        ("billing.payment", (), (), "'billing.payment' is no name of a service: .* among those of 'billing'"),
        ("parking.billing", (), (), "'parking.billing' is no name of a service"),
        ("amq", (), (), "'amq' is no name of a service"),
        ("Billing", (), (), "'Billing' is no name of a service"),
        ("", (), (), "'' is no name of a service"),
        ("agriculture", (), (("amq", "x.made.v1"),), "'amq' is no name of a service"),
        ("agriculture", (), (("billing.retry", "x.made.v1"),), "'billing.retry' is no name of a service"),
        ("agriculture", ("retry.10s",), (), "'retry.10s' is no name of an event"),
        ("agriculture", ("payment.*.v1",), (), "'payment.\\*.v1' is no name of an event"),
        ("agriculture", (), (("maker", "#"),), "'#' is no name of an event"),
        (
            "parking",
            (),
            (("billing", "billing.payment.completed.v1"),),
            "the queue 'parking.billing.payment.completed.v1' could be another service's than that of 'parking'",
        ),
    ],
)
def test_a_name_by_which_a_service_could_have_anothers_is_refused(
    service: str, publishes: Any, consumes: Any, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Topology(service, publishes, consumes)
