"""Every way in which a broker may differ from a topology, told in one sentence each."""

from collections.abc import Callable
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest

from servicekit.broker.comparison import differences, refusal
from servicekit.broker.topology import Topology

TOPOLOGY = Topology("taker", ("thing.taken.v1",), (("maker", "thing.made.v1"),))
QUEUE, PARKING, RETRY = "taker.thing.made.v1", "parking.taker.thing.made.v1", "taker.retry.1m"
RECREATE = "this cannot be changed in place: move its messages, delete it, and load the topology"
UNRULED = (
    'dead-letter-exchange is not set and should be "taker.parking", '
    f'dead-letter-routing-key is not set and should be "{QUEUE}", '
    'dead-letter-strategy is not set and should be "at-least-once", '
)


class Broker:
    """What the management API would list: all of the topology, and something of somebody else's."""

    def __init__(self) -> None:
        definitions = deepcopy(TOPOLOGY.definitions())
        ruled = {policy["name"] for policy in definitions["policies"]}
        for queue in definitions["queues"]:
            queue["policy"] = queue["name"] if queue["name"] in ruled else None
            queue["messages"] = 7
        definitions["queues"].append({"name": "old", "durable": True, "auto_delete": False, "arguments": {}})
        definitions["bindings"].append({**definitions["bindings"][0], "routing_key": "a look"})
        definitions["exchanges"].append({"name": "amq.topic", "type": "topic"})
        self.lists: dict[str, list[dict[str, Any]]] = {**definitions, "operator-policies": []}

    def named(self, kind: str, name: str) -> dict[str, Any]:
        (row,) = [row for row in self.lists[kind] if row["name"] == name]
        return row

    def lose(self, kind: str, name: str) -> None:
        self.lists[kind].remove(self.named(kind, name))

    def unbind(self, **known: str) -> None:
        (row,) = [row for row in self.lists["bindings"] if row.items() >= known.items()]
        self.lists["bindings"].remove(row)


Change = Callable[[Broker], object]


def exchange(**changes: Any) -> Change:
    return lambda broker: broker.named("exchanges", RETRY).update(changes)


def queue(**changes: Any) -> Change:
    return lambda broker: broker.named("queues", QUEUE).update(changes)


def arguments(**changes: Any) -> Change:
    return queue(arguments={name.replace("_", "-"): value for name, value in changes.items()})


def under_policy(name: str, definition: dict[str, Any], queue_name: str = QUEUE) -> Change:
    def change(broker: Broker) -> None:
        broker.lists["policies"].insert(0, {"name": "somebody's", "definition": {"max-length": 9}})
        broker.lists["policies"] = [policy for policy in broker.lists["policies"] if policy["name"] != name]
        broker.lists["policies"].append({"name": name, "definition": definition})
        broker.named("queues", queue_name)["policy"] = name

    return change


def operator_policy(pattern: str, **definition: Any) -> Change:
    named = {name.replace("_", "-"): value for name, value in definition.items()}
    row = {"name": "ops", "pattern": pattern, "definition": named}
    return lambda broker: broker.lists["operator-policies"].append(row)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda _: None, []),
        (lambda broker: broker.lose("exchanges", RETRY), [f"exchange {RETRY} is missing"]),
        (lambda broker: broker.lose("queues", PARKING), [f"queue {PARKING} is missing"]),
        (exchange(type="direct"), [f'exchange {RETRY}: type is "direct" and should be "fanout"; {RECREATE}']),
        (exchange(durable=False), [f"exchange {RETRY}: durable is false and should be true; {RECREATE}"]),
        (exchange(auto_delete=True), [f"exchange {RETRY}: auto_delete is true and should be false; {RECREATE}"]),
        (exchange(internal=True), [f"exchange {RETRY}: internal is true and should be false; {RECREATE}"]),
        (
            exchange(arguments={"alternate-exchange": "x"}),
            [f'exchange {RETRY}: argument alternate-exchange is "x" and should not be; {RECREATE}'],
        ),
        (queue(durable=False, policy=None), [f"queue {QUEUE}: durable is false and should be true; {RECREATE}"]),
        (queue(auto_delete=True), [f"queue {QUEUE}: auto_delete is true and should be false; {RECREATE}"]),
        (
            arguments(x_queue_type="classic"),
            [f'queue {QUEUE}: argument x-queue-type is "classic" and should be "quorum"; {RECREATE}'],
        ),
        (
            queue(arguments=None),
            [f'queue {QUEUE}: argument x-queue-type is not set and should be "quorum"; {RECREATE}'],
        ),
        (
            arguments(x_queue_type="quorum", x_max_length=1),
            [f"queue {QUEUE}: argument x-max-length is 1 and should not be; {RECREATE}"],
        ),
        (
            queue(durable=False, arguments={"x-a": None, "x-queue-type": "quorum"}),
            [
                f"queue {QUEUE}: argument x-a is null and should not be, "
                f"durable is false and should be true; {RECREATE}",
            ],
        ),
        (
            queue(policy=None),
            [
                f"queue {QUEUE} has no policy: {UNRULED}"
                'delivery-limit is not set and should be 20, overflow is not set and should be "reject-publish"'
            ],
        ),
        (
            queue(policy="a policy that went meanwhile"),
            [
                f"queue {QUEUE} has no policy: {UNRULED}"
                'delivery-limit is not set and should be 20, overflow is not set and should be "reject-publish"'
            ],
        ),
        (
            under_policy("other", {"delivery-limit": 3}),
            [
                f"queue {QUEUE} is under policy other, which overrules the topology's and must go: {UNRULED}"
                'delivery-limit is 3 and should be 20, overflow is not set and should be "reject-publish"'
            ],
        ),
        (
            under_policy(PARKING, {"delivery-limit": 3}, PARKING),
            [f"queue {PARKING} is under policy {PARKING}: delivery-limit is 3 and should be 1000000"],
        ),
        (under_policy("same", {"delivery-limit": 1_000_000}, PARKING), []),
        (
            under_policy("other", {"max-age": "1D"}, "events.log"),
            [
                "queue events.log is under policy other, which overrules the topology's and must go: "
                'max-age is "1D" and should not be'
            ],
        ),
        (
            operator_policy(r"^taker\.thing", max_length=10, delivery_limit=20),
            [
                f"queue {QUEUE} is under operator policy ops, which must go: it sets "
                '{"max-length": 10, "delivery-limit": 20}'
            ],
        ),
        (
            operator_policy("made", delivery_limit=20),
            [
                f'queue {PARKING} is under operator policy ops, which must go: it sets {{"delivery-limit": 20}}',
            ],
        ),
        (operator_policy(r"^taker\.thing", delivery_limit=20), []),
        (operator_policy(r"^parking\.", delivery_limit=1_000_000), []),
        (operator_policy("^old$", max_length=10), []),
        (
            lambda broker: broker.unbind(source="maker.events", destination=QUEUE),
            [f"binding of queue {QUEUE} to exchange maker.events by routing key 'thing.made.v1' is missing"],
        ),
        (
            lambda broker: broker.unbind(source=RETRY, destination=RETRY),
            [f"binding of queue {RETRY} to exchange {RETRY} by routing key '' is missing"],
        ),
        *[
            (
                lambda broker, member=member: [
                    row.update({member: "other"})
                    for row in broker.lists["bindings"]
                    if row["source"] == "maker.events" and row["destination"] == QUEUE
                ],
                [f"binding of queue {QUEUE} to exchange maker.events by routing key 'thing.made.v1' is missing"],
            )
            for member in ("source", "destination", "routing_key", "destination_type")
        ],
    ],
)
def test_a_difference_is_told_in_one_sentence_and_nothing_else_is(change: Change, told: list[str]) -> None:
    broker = Broker()
    change(broker)
    assert differences(TOPOLOGY, broker.lists) == told


def test_every_difference_is_told() -> None:
    broker = Broker()
    broker.unbind(source="maker.events", destination=QUEUE)
    broker.lose("exchanges", RETRY)
    broker.lose("queues", PARKING)
    assert differences(TOPOLOGY, broker.lists) == [
        f"exchange {RETRY} is missing",
        f"queue {PARKING} is missing",
        f"binding of queue {QUEUE} to exchange maker.events by routing key 'thing.made.v1' is missing",
    ]


@pytest.mark.parametrize(("code", "what"), [(404, "missing"), (403, "not permitted"), (530, "not permitted")])
def test_a_refusal_says_what_is_wrong_and_what_mends_it(code: int, what: str) -> None:
    said = refusal(SimpleNamespace(reply_code=code, reply_text="no queue 'q'"))
    assert said == f"{what} ({code}): no queue 'q'; the service's `topology --apply` mends it"
