"""Services whose names begin alike stay apart on one broker, and nobody's user becomes another's."""

from collections.abc import Callable, Iterator
from urllib.parse import quote, urlsplit

import pika
import pytest
import urllib3
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from servicekit.broker.admin import BrokerRefused, apply, read
from servicekit.broker.retirement import retire
from servicekit.broker.topology import Topology, owner_of
from servicekit.testing.plugin import AmqpVhost

MADE = (("maker", "thing.made.v1"),)
TOPOLOGIES = {
    name: Topology(name, ("thing.taken.v1",), MADE) for name in ("billing", "billing-x", "parking", "agriculture")
}
NEIGHBOURS = [("billing", "billing-x"), ("billing-x", "billing"), ("billing", "parking"), ("parking", "billing")]


@pytest.fixture
def urls(amqp_vhost: AmqpVhost) -> Iterator[dict[str, str]]:
    """Each service's own way in, its topology loaded but for agriculture's."""
    at = urlsplit(amqp_vhost.url)
    users = {name: f"{amqp_vhost.name}_{name}" for name in TOPOLOGIES}
    ways = {name: f"amqp://{user}:secret@{at.hostname}:{at.port}{at.path}" for name, user in users.items()}
    for name in ways.keys() - {"agriculture"}:
        apply(TOPOLOGIES[name], amqp_vhost.management_url, ways[name])
    yield ways
    for user in users.values():
        with_administrator(amqp_vhost, "DELETE", f"users/{quote(user)}")


def with_administrator(amqp_vhost: AmqpVhost, method: str, path: str) -> urllib3.BaseHTTPResponse:
    at = urlsplit(amqp_vhost.management_url)
    headers = urllib3.make_headers(basic_auth=f"{at.username}:{at.password}")
    return urllib3.request(method, f"{at.scheme}://{at.hostname}:{at.port}/api/{path}", headers=headers)


Attempt = Callable[[BlockingChannel, str], object]
ATTEMPTS: dict[str, Attempt] = {
    "consume": lambda channel, whose: channel.basic_consume(f"{whose}.thing.made.v1", print),
    "take what is parked": lambda channel, whose: channel.basic_get(f"parking.{whose}.thing.made.v1"),
    "purge": lambda channel, whose: channel.queue_purge(f"{whose}.thing.made.v1"),
    "delete a queue": lambda channel, whose: channel.queue_delete(f"{whose}.thing.made.v1"),
    "delete an exchange": lambda channel, whose: channel.exchange_delete(f"{whose}.events"),
    "declare a queue": lambda channel, whose: channel.queue_declare(f"{whose}.other.made.v1", durable=True),
    "bind": lambda channel, whose: channel.queue_bind(f"{whose}.thing.made.v1", "maker.events", "#"),
    "unbind": lambda channel, whose: channel.queue_unbind(f"{whose}.thing.made.v1", "maker.events", "thing.made.v1"),
    "publish": lambda channel, whose: channel.basic_publish(f"{whose}.redeliver", f"{whose}.thing.made.v1", b"{}"),
}


@pytest.mark.parametrize(("service", "neighbour"), NEIGHBOURS)
def test_a_services_user_may_do_nothing_to_a_neighbour_whose_name_begins_like_its_own(
    amqp_vhost: AmqpVhost, urls: dict[str, str], service: str, neighbour: str
) -> None:
    before = read(amqp_vhost.management_url, amqp_vhost.url)
    with pika.BlockingConnection(pika.URLParameters(urls[service])) as connection:
        for attempt in ATTEMPTS.values():
            channel = connection.channel()
            channel.confirm_delivery()
            with pytest.raises(ChannelClosedByBroker) as refused:
                attempt(channel, neighbour)
            assert refused.value.reply_code == 403
    assert read(amqp_vhost.management_url, amqp_vhost.url) == before


@pytest.mark.parametrize(("service", "neighbour"), NEIGHBOURS)
def test_a_service_that_goes_leaves_a_neighbour_whose_name_begins_like_its_own_whole(
    amqp_vhost: AmqpVhost, urls: dict[str, str], service: str, neighbour: str
) -> None:
    def neighbours() -> dict[str, list[str]]:
        actual = read(amqp_vhost.management_url, amqp_vhost.url)
        names = {kind: [row["name"] for row in actual[kind]] for kind in ("exchanges", "queues", "policies")}
        names["bindings"] = [row["destination"] for row in actual["bindings"]]
        return {kind: sorted(name for name in named if owner_of(name) == neighbour) for kind, named in names.items()}

    before = neighbours()
    assert all(before.values())
    assert retire(TOPOLOGIES[service], amqp_vhost.management_url, urls[service]) == []
    assert neighbours() == before
    with pika.BlockingConnection(pika.URLParameters(urls[neighbour])) as connection:
        assert connection.channel().basic_get(f"{neighbour}.thing.made.v1")[2] is None


@pytest.mark.parametrize("act", [apply, retire])
def test_anothers_broker_user_is_neither_changed_nor_deleted_and_both_are_named(
    amqp_vhost: AmqpVhost, urls: dict[str, str], act: Callable[[Topology, str, str], object]
) -> None:
    permissions = f"vhosts/{amqp_vhost.name}/permissions"
    before = with_administrator(amqp_vhost, "GET", permissions).json()
    with pytest.raises(BrokerRefused, match=r"_billing in AMQP_URL is billing's and not agriculture's"):
        act(TOPOLOGIES["agriculture"], amqp_vhost.management_url, urls["billing"])
    assert with_administrator(amqp_vhost, "GET", permissions).json() == before
    assert not any(
        row["name"].startswith("agriculture.") for row in read(amqp_vhost.management_url, amqp_vhost.url)["queues"]
    )


def test_a_service_keeps_its_user_when_it_consumes_something_else_and_when_it_may_read_the_log(
    amqp_vhost: AmqpVhost, urls: dict[str, str]
) -> None:
    path = f"permissions/{amqp_vhost.name}/{quote(urlsplit(urls['billing']).username or '')}"
    at = urlsplit(amqp_vhost.management_url)
    headers = urllib3.make_headers(basic_auth=f"{at.username}:{at.password}")
    body = {"configure": "^$", "write": "^(billing\\.events)$", "read": "^(billing\\.old\\.made\\.v1|events\\.log)$"}
    url = f"{at.scheme}://{at.hostname}:{at.port}/api/{path}"
    assert urllib3.request("PUT", url, json=body, headers=headers).status == 204
    apply(TOPOLOGIES["billing"], amqp_vhost.management_url, urls["billing"])
    permissions = with_administrator(amqp_vhost, "GET", path).json()
    assert permissions["read"] == TOPOLOGIES["billing"].permissions()["read"]
