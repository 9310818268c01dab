"""A service that goes leaves the broker: nothing more comes, nothing is lost, and what is empty is gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import pika
import pytest
import urllib3
from pika.adapters.blocking_connection import BlockingChannel

from servicekit import ids
from servicekit.broker.admin import BrokerRefused, apply, read
from servicekit.broker.retirement import retire
from servicekit.broker.topology import Topology
from servicekit.testing.plugin import AmqpVhost

LEAVING = Topology("leaving", ("thing.taken.v1",), (("maker", "thing.made.v1"),))
STAYING = Topology("staying", (), (("maker", "thing.made.v1"),))
LISTENER = Topology("listener", (), (("leaving", "thing.taken.v1"),))
QUEUE, PARKING = "leaving.thing.made.v1", "parking.leaving.thing.made.v1"


@pytest.fixture
def own_url(amqp_vhost: AmqpVhost) -> Iterator[str]:
    """The leaving service's own way in, its topology loaded beside that of one that stays."""
    user = f"leaving_{ids.event_id()}"
    at = urlsplit(amqp_vhost.url)
    url = f"amqp://{user}:secret@{at.hostname}:{at.port}/{amqp_vhost.name}"
    apply(STAYING, amqp_vhost.management_url, amqp_vhost.url)
    apply(LEAVING, amqp_vhost.management_url, url)
    yield url
    with_administrator(amqp_vhost, "DELETE", f"users/{user}")


def with_administrator(amqp_vhost: AmqpVhost, method: str, path: str) -> int:
    at = urlsplit(amqp_vhost.management_url)
    headers = urllib3.make_headers(basic_auth=f"{at.username}:{at.password}")
    return urllib3.request(method, f"{at.scheme}://{at.hostname}:{at.port}/api/{path}", headers=headers).status


@contextmanager
def channel_on(amqp_vhost: AmqpVhost) -> Iterator[BlockingChannel]:
    with pika.BlockingConnection(pika.URLParameters(amqp_vhost.url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        yield channel


def left_of(amqp_vhost: AmqpVhost, own_url: str) -> dict[str, set[str]]:
    """What of the leaving service is still on the broker, by kind."""
    actual: dict[str, Any] = read(amqp_vhost.management_url, own_url)
    named = {kind: {row["name"] for row in actual[kind]} for kind in ("exchanges", "queues", "policies")}
    return {kind: {name for name in names if "leaving" in name} for kind, names in named.items()}


def test_what_is_empty_goes_with_its_user_and_a_repeat_changes_nothing(amqp_vhost: AmqpVhost, own_url: str) -> None:
    user = quote(urlsplit(own_url).username or "", safe="")
    assert with_administrator(amqp_vhost, "GET", f"users/{user}") == 200
    for _ in range(2):
        assert retire(LEAVING, amqp_vhost.management_url, own_url) == []
        assert left_of(amqp_vhost, amqp_vhost.url) == {"exchanges": set(), "queues": set(), "policies": set()}
        assert with_administrator(amqp_vhost, "GET", f"users/{user}") == 404


def test_a_neighbours_queue_and_its_bindings_stay(amqp_vhost: AmqpVhost, own_url: str) -> None:
    retire(LEAVING, amqp_vhost.management_url, own_url)
    with channel_on(amqp_vhost) as channel:
        channel.basic_publish("maker.events", "thing.made.v1", b"{}", mandatory=True)
        assert channel.basic_get("staying.thing.made.v1")[2] == b"{}"


@pytest.mark.parametrize(("queue", "remedy"), [(QUEUE, "handle them"), (PARKING, "`dead-letters`")])
def test_a_message_is_told_and_kept_until_it_is_handled_and_none_comes_after_it(
    amqp_vhost: AmqpVhost, own_url: str, queue: str, remedy: str
) -> None:
    with channel_on(amqp_vhost) as channel:
        channel.basic_publish("", queue, b"{}")
        (sentence,) = retire(LEAVING, amqp_vhost.management_url, own_url)
        assert sentence.startswith(f"{queue} has 1 messages: ")
        assert remedy in sentence
        # What is published from now on goes to the others only.
        channel.basic_publish("maker.events", "thing.made.v1", b"{}")
        assert channel.basic_get(queue, auto_ack=True)[2] == b"{}"
        assert channel.basic_get(QUEUE)[2] is None
    assert retire(LEAVING, amqp_vhost.management_url, own_url) == []


def test_a_worker_that_still_reads_is_told(amqp_vhost: AmqpVhost, own_url: str) -> None:
    with channel_on(amqp_vhost) as channel:
        channel.basic_consume(QUEUE, lambda *_: None)
        (sentence,) = retire(LEAVING, amqp_vhost.management_url, own_url)
    assert "stop the worker" in sentence
    assert retire(LEAVING, amqp_vhost.management_url, own_url) == []


def test_a_service_whose_events_others_read_changes_nothing_and_names_them(amqp_vhost: AmqpVhost, own_url: str) -> None:
    apply(LISTENER, amqp_vhost.management_url, amqp_vhost.url)
    before = read(amqp_vhost.management_url, amqp_vhost.url)
    (sentence,) = retire(LEAVING, amqp_vhost.management_url, own_url)
    assert sentence.startswith("listener.thing.taken.v1 listens to leaving.events")
    assert read(amqp_vhost.management_url, amqp_vhost.url) == before


def test_a_user_that_cannot_look_is_told_without_its_password(amqp_vhost: AmqpVhost, own_url: str) -> None:
    with pytest.raises(BrokerRefused, match="cannot look") as refused:
        retire(LEAVING, amqp_vhost.management_url, own_url.replace(":secret@", ":wrong@"))
    assert "wrong" not in str(refused.value)
