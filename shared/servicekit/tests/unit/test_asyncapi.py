"""The AsyncAPI document of one service says what its topology does."""

import yaml

from servicekit.broker.asyncapi import asyncapi_document, asyncapi_yaml
from servicekit.broker.topology import Topology

EVENT = "thing.made.v1"
QUEUE = "taker.thing.made.v1"
TOPOLOGY = Topology("taker", ("thing.taken.v1",), (("maker", EVENT),))
DOCUMENT = asyncapi_document(TOPOLOGY, "1.2.3")


def test_what_is_published_is_sent_and_what_is_consumed_is_received() -> None:
    done = {name: (each["action"], each["channel"]["$ref"]) for name, each in DOCUMENT["operations"].items()}
    assert done == {
        "taker-publish-thing-taken-v1": ("send", "#/channels/thing-taken-v1"),
        "taker-consume-thing-made-v1": ("receive", "#/channels/taker-thing-made-v1"),
    }


def test_channels_are_bound_as_the_broker_has_them() -> None:
    published = DOCUMENT["channels"]["thing-taken-v1"]
    assert published["bindings"]["amqp"]["exchange"] == {
        "name": "taker.events",
        "type": "topic",
        "durable": True,
        "autoDelete": False,
    }
    consumed = DOCUMENT["channels"]["taker-thing-made-v1"]
    assert consumed["bindings"]["amqp"]["queue"]["name"] == consumed["address"] == QUEUE
    assert consumed["x-arguments"] == {"x-queue-type": "quorum"}
    assert consumed["x-policy"]["dead-letter-exchange"] == "taker.parking"
    assert consumed["x-bound-to"] == {"exchange": "maker.events", "routing-key": EVENT}


def test_the_ladder_and_parking_are_those_of_the_topology() -> None:
    consume = DOCUMENT["operations"]["taker-consume-thing-made-v1"]
    assert [step["delay-seconds"] for step in consume["x-retry"]] == [10, 60, 600, 3_600, 21_600]
    assert {step["exchange"] for step in consume["x-retry"]} <= set(TOPOLOGY.exchanges)
    assert consume["x-parking"] == {"exchange": "taker.parking", "queue": f"parking.{QUEUE}"}


def test_a_service_without_events_has_an_empty_document() -> None:
    empty = asyncapi_document(Topology("quiet", (), ()), "1")
    assert (empty["channels"], empty["operations"]) == ({}, {})


def test_the_yaml_is_the_document_without_anchors() -> None:
    text = asyncapi_yaml(DOCUMENT)
    assert yaml.safe_load(text) == DOCUMENT
    assert "&id" not in text
