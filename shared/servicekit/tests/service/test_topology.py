"""A service refuses to start on a broker that is not as its topology says, and says what differs.

Every process here runs as its own broker user, with the least permissions that work.
"""

import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pika
import pytest
import urllib3
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from servicekit import ids
from servicekit.broker.admin import BrokerRefused, apply, read
from servicekit.broker.comparison import differences
from servicekit.broker.topology import Topology
from servicekit.broker.watch import TopologyDiffers, TopologyWatch
from servicekit.events.envelope import NewEvent
from servicekit.events.outbox import Outbox
from servicekit.mongo import Mongo
from servicekit.testing import eventually
from servicekit.testing.plugin import AmqpVhost
from servicekit.testing.programs import Program
from servicekit.testing.tokens import JWKS

TOPOLOGY = Topology("taker", ("thing.taken.v1",), (("maker", "thing.made.v1"),))
QUEUE = "taker.thing.made.v1"
MAKERS = "maker.events"
REFUSED = 69
START_SECONDS = 30
ANSWER_SECONDS = 15

PROGRAM = """
import marshmallow
from servicekit.http import Blueprint
from servicekit.broker import watch
from servicekit.events import Consumer
from servicekit.service import Service, command_line
from servicekit.settings import ServiceSettings

class Settings(ServiceSettings):
    service_name = "taker"

watch.LOOK_EVERY_SECONDS = 0.2
command_line(Service(name="taker", version="1", settings=Settings, bootstrap=lambda settings, mongo: mongo,
        blueprints=[],
        publishes=["thing.taken.v1"],
        consumes=[Consumer("thing.made.v1", "maker", marshmallow.Schema(), lambda app, event, session: None)]))()
"""


@dataclass
class Broker:
    """A virtual host with the taker's topology, its administrator, and the taker's own way in."""

    vhost: str
    administrator_url: str
    own_url: str

    @property
    def check_url(self) -> str:
        at = urlsplit(self.administrator_url)
        return f"{at.scheme}://{at.hostname}:{at.port}"

    def request(self, method: str, path: str, body: Any = None, *, own: bool = False) -> urllib3.BaseHTTPResponse:
        """One request to the management API, as the administrator or as the taker."""
        at = urlsplit(self.own_url if own else self.administrator_url)
        headers = urllib3.make_headers(basic_auth=f"{at.username}:{at.password}")
        at_path = f"{self.check_url}/api/{path}"
        # RabbitMQ closes a kept connection after it refused something; that is no answer.
        again = urllib3.Retry(total=2, allowed_methods=None, status=0, redirect=0, raise_on_status=False)
        return urllib3.request(method, at_path, json=body, headers=headers, retries=again, timeout=ANSWER_SECONDS)

    def change(self, method: str, kind: str, name: str, body: Any = None) -> None:
        """What an administrator's mistake would do."""
        answer = self.request(method, f"{kind}/{self.vhost}/{name}", body)
        assert answer.status < 300, answer.data

    def policy(self, kind: str, queue: str, priority: int, **definition: Any) -> None:
        pattern = "^" + queue.replace(".", r"\.") + "$"
        body = {"pattern": pattern, "apply-to": "queues", "priority": priority, "definition": definition}
        self.change("PUT", kind, "other", body)

    def differences(self) -> list[str]:
        return differences(TOPOLOGY, read(self.check_url, self.own_url))


@pytest.fixture
def taken(amqp_vhost: AmqpVhost, takers_url: str) -> Broker:
    broker = Broker(amqp_vhost.name, amqp_vhost.management_url, takers_url)
    apply(TOPOLOGY, broker.administrator_url, broker.own_url)
    return broker


@dataclass
class Run:
    """A process of the taker that ran to its end."""

    status: int
    logged: list[dict[str, Any]]

    @property
    def told(self) -> list[str]:
        return [line["difference"] for line in self.logged if line["event"] == "topology_differs"]


Start = Callable[..., Program]


@pytest.fixture
def run(db: Mongo, taken: Broker, tmp_path: Path) -> Iterator[Start]:
    """Starts the taker's program; what still runs afterwards is killed."""
    running: list[Program] = []

    def start(*command: str, **env: str) -> Program:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        given = {
            "MONGODB_URI": os.environ["MONGODB_URI"],
            "MONGODB_DATABASE": db.db.name,
            "AMQP_URL": taken.own_url,
            "BROKER_CHECK_URL": taken.check_url,
            "INTERNAL_TOKEN_JWKS": JWKS,
            "CURSOR_SECRET": "a-cursor-secret-that-only-tests-use",
            "PROBE_PORT": str(port),
        }
        running.append(Program(PROGRAM, command, given | env, tmp_path / f"said-{len(running)}"))
        return running[-1]

    yield start
    for program in running:
        program.send(signal.SIGKILL)
        program.wait(10)


def ended(program: Program) -> Run:
    status = program.wait(START_SECONDS)
    return Run(status, [json.loads(line) for line in program.said() if line.startswith("{")])


def queue_missing(broker: Broker) -> None:
    broker.change("DELETE", "queues", "parking.taker.thing.made.v1")


def queue_of_another_type(broker: Broker) -> None:
    broker.change("DELETE", "queues", QUEUE)
    broker.change("PUT", "queues", QUEUE, {"durable": True, "arguments": {"x-queue-type": "classic"}})
    _bind_again(broker)


def queue_with_another_argument(broker: Broker) -> None:
    broker.change("DELETE", "queues", QUEUE)
    arguments = {"x-queue-type": "quorum", "x-max-length": 1}
    broker.change("PUT", "queues", QUEUE, {"durable": True, "arguments": arguments})
    _bind_again(broker)


def _bind_again(broker: Broker) -> None:
    for exchange, key in ((MAKERS, "thing.made.v1"), ("taker.redeliver", QUEUE)):
        broker.change("POST", "bindings", f"e/{exchange}/q/{QUEUE}", {"routing_key": key})


def policy_missing(broker: Broker) -> None:
    broker.change("DELETE", "policies", QUEUE)


def policy_overruled(broker: Broker) -> None:
    broker.policy("policies", QUEUE, 99, **{"delivery-limit": 3})


def policy_of_the_operator(broker: Broker) -> None:
    broker.policy("operator-policies", QUEUE, 1, **{"max-length": 10})


def binding_deleted(broker: Broker) -> None:
    broker.change("DELETE", "bindings", f"e/{MAKERS}/q/{QUEUE}/thing.made.v1")


def exchange_of_another_type(broker: Broker) -> None:
    broker.change("DELETE", "exchanges", "taker.retry.1m")
    broker.change("PUT", "exchanges", "taker.retry.1m", {"type": "direct", "durable": True})
    broker.change("POST", "bindings", "e/taker.retry.1m/q/taker.retry.1m", {"routing_key": ""})


RECREATE = "this cannot be changed in place: move its messages, delete it, and load the topology"
OURS = (
    'dead-letter-exchange is not set and should be "taker.parking", '
    'dead-letter-routing-key is not set and should be "taker.thing.made.v1", '
    'dead-letter-strategy is not set and should be "at-least-once", '
)
MISTAKES: Mapping[Callable[[Broker], None], str] = {
    queue_missing: "queue parking.taker.thing.made.v1 is missing",
    queue_of_another_type: (f'queue {QUEUE}: argument x-queue-type is "classic" and should be "quorum"; {RECREATE}'),
    queue_with_another_argument: f"queue {QUEUE}: argument x-max-length is 1 and should not be; {RECREATE}",
    policy_missing: (
        f"queue {QUEUE} has no policy: {OURS}"
        'delivery-limit is not set and should be 20, overflow is not set and should be "reject-publish"'
    ),
    policy_overruled: (
        f"queue {QUEUE} is under policy other, which overrules the topology's and must go: {OURS}"
        'delivery-limit is 3 and should be 20, overflow is not set and should be "reject-publish"'
    ),
    policy_of_the_operator: (
        f'queue {QUEUE} is under operator policy other, which must go: it sets {{"max-length": 10}}'
    ),
    binding_deleted: f"binding of queue {QUEUE} to exchange {MAKERS} by routing key 'thing.made.v1' is missing",
    exchange_of_another_type: f'exchange taker.retry.1m: type is "direct" and should be "fanout"; {RECREATE}',
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_a_difference_is_told_in_one_sentence_and_nothing_else_is(
    taken: Broker, mistake: Callable[[Broker], None]
) -> None:
    assert taken.differences() == []
    mistake(taken)
    eventually(lambda: taken.differences() == [MISTAKES[mistake]])


@pytest.mark.parametrize("process", ["worker", "relay"])
def test_a_process_refuses_to_start_with_every_difference_and_what_mends_it(
    taken: Broker, run: Start, process: str
) -> None:
    binding_deleted(taken)
    policy_overruled(taken)
    eventually(lambda: len(taken.differences()) == 2)
    refused = ended(run(process))
    assert refused.status == REFUSED
    assert refused.told == [MISTAKES[policy_overruled], MISTAKES[binding_deleted]]
    assert refused.logged[-1]["event"] == "topology_refused"
    assert refused.logged[-1]["mend"] == "taker topology --apply"


@pytest.mark.parametrize(("process", "started"), [("worker", "consuming"), ("relay", "relay_publishing")])
def test_a_process_starts_where_nothing_differs_and_where_nobody_can_be_asked(
    taken: Broker, run: Start, process: str, started: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        nowhere = f"http://127.0.0.1:{reserved.getsockname()[1]}"
    asked = run(process)
    eventually(lambda: any(started in line for line in asked.said()), START_SECONDS)
    assert not any("topology" in line for line in asked.said())
    asked.send(signal.SIGTERM)
    assert asked.wait(START_SECONDS) == 0
    not_asked = run(process, BROKER_CHECK_URL=nowhere)
    eventually(lambda: any(started in line for line in not_asked.said()), START_SECONDS)
    assert any("topology_not_compared" in line for line in not_asked.said())


@pytest.mark.parametrize(("process", "started"), [("worker", "consuming"), ("relay", "relay_publishing")])
def test_a_running_process_works_on_and_tells_of_a_lost_binding_until_it_is_back(
    taken: Broker, run: Start, process: str, started: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def probe(path: str) -> tuple[int, str]:
        answer = urllib3.request("GET", f"http://127.0.0.1:{port}{path}", timeout=ANSWER_SECONDS, retries=False)
        return answer.status, answer.data.decode()

    running = run(process, PROBE_PORT=str(port))
    eventually(lambda: any(started in line for line in running.said()), START_SECONDS)
    assert 'emitra_topology_differences{service="taker"} 0.0' in probe("/metrics")[1]
    binding_deleted(taken)
    eventually(lambda: probe("/readyz") == (503, "not ready: TopologyDiffers\n"))
    assert 'emitra_topology_differences{service="taker"} 1.0' in probe("/metrics")[1]
    policy_overruled(taken)
    eventually(lambda: 'emitra_topology_differences{service="taker"} 2.0' in probe("/metrics")[1])
    taken.change("DELETE", "policies", "other")
    apply(TOPOLOGY, taken.administrator_url, taken.own_url)
    eventually(lambda: probe("/readyz")[0] == 200)
    assert 'emitra_topology_differences{service="taker"} 0.0' in probe("/metrics")[1]
    assert running.status is None
    entries = [json.loads(line) for line in running.said() if "topology" in line]
    assert [entry.get("difference", entry["event"]) for entry in entries] == [
        MISTAKES[binding_deleted],
        MISTAKES[policy_overruled],
        "topology_restored",
    ]
    assert entries[0]["level"] == "error"
    assert entries[0]["mend"] == "taker topology --apply"


def test_what_only_one_look_saw_alarms_nobody_and_silence_changes_nothing(taken: Broker) -> None:
    watch = TopologyWatch(TOPOLOGY, taken.check_url, taken.own_url, threading.Event())
    for _ in range(2):
        binding_deleted(taken)
        watch.look()
        watch.ready()
        apply(TOPOLOGY, taken.administrator_url, taken.own_url)
        watch.look()
    binding_deleted(taken)
    for _ in range(2):
        watch.look()
    with pytest.raises(TopologyDiffers):
        watch.ready()
    user = quote(str(urlsplit(taken.own_url).username))
    taken.change("DELETE", "permissions", user)
    watch.look()
    with pytest.raises(TopologyDiffers):
        watch.ready()


def test_what_is_on_the_broker_besides_is_no_difference(taken: Broker) -> None:
    taken.change("PUT", "queues", "taker.of.an.older.version", {"durable": True})
    taken.change("POST", "bindings", f"e/{MAKERS}/q/{QUEUE}", {"routing_key": "also.this.v1"})
    assert taken.differences() == []


@pytest.mark.parametrize(
    ("process", "kind", "name"), [("worker", "queues", QUEUE), ("relay", "exchanges", "taker.parking")]
)
def test_what_is_missing_is_seen_without_the_management_api(
    taken: Broker, run: Start, process: str, kind: str, name: str
) -> None:
    taken.change("DELETE", kind, name)
    refused = ended(run(process, BROKER_CHECK_URL=""))
    assert refused.status == REFUSED
    assert refused.logged[-1]["reason"].startswith("missing (404): ")
    assert f"'{name}'" in refused.logged[-1]["reason"]
    assert "topology --apply" in refused.logged[-1]["reason"]


@pytest.mark.parametrize(
    ("permissions", "reason"),
    [
        ({"configure": "^$", "write": ".*", "read": "^$"}, "not permitted (403): "),
        (None, "not permitted (530): "),  # not even into the virtual host
    ],
)
def test_a_worker_that_may_not_read_is_told_so_and_not_that_something_is_missing(
    taken: Broker, run: Start, permissions: dict[str, str] | None, reason: str
) -> None:
    user = quote(str(urlsplit(taken.own_url).username))
    taken.change("PUT" if permissions else "DELETE", "permissions", user, permissions)
    refused = ended(run("worker", BROKER_CHECK_URL=""))
    assert refused.status == REFUSED
    assert refused.logged[-1]["reason"].startswith(reason)


def test_a_relay_that_may_not_write_is_told_so(taken: Broker, run: Start, db: Mongo) -> None:
    user = quote(str(urlsplit(taken.own_url).username))
    taken.change("PUT", "permissions", user, {"configure": "^$", "write": "^$", "read": ".*"})
    event = NewEvent(ids.event_id(), "thing.taken.v1", "thing", "1", 1, datetime.now(UTC), {}, "request-1")
    db.transact(lambda session: Outbox(db.db, "taker").add(session, event))
    refused = ended(run("relay"))
    assert refused.status == REFUSED
    assert refused.logged[-1]["reason"].startswith("not permitted (403): ")
    assert "'taker.events'" in refused.logged[-1]["reason"]


def test_a_services_own_user_reads_the_management_api_and_changes_nothing_there(taken: Broker) -> None:
    before = read(taken.administrator_url, taken.own_url)
    vhost, user = taken.vhost, urlsplit(taken.own_url).username
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    one_message = {"pattern": ".*", "definition": {"max-length": 1}}
    attempts: list[tuple[str, str, Any]] = [
        ("PUT", f"queues/{vhost}/taker.mine", {"durable": True}),
        ("DELETE", f"queues/{vhost}/{QUEUE}", None),
        ("PUT", f"exchanges/{vhost}/taker.mine", {"type": "topic"}),
        ("DELETE", f"exchanges/{vhost}/taker.events", None),
        ("POST", f"bindings/{vhost}/e/{MAKERS}/q/{QUEUE}", {"routing_key": "mine"}),
        ("DELETE", f"bindings/{vhost}/e/{MAKERS}/q/{QUEUE}/thing.made.v1", None),
        ("PUT", f"policies/{vhost}/mine", one_message),
        ("DELETE", f"policies/{vhost}/{QUEUE}", None),
        ("PUT", f"operator-policies/{vhost}/mine", one_message),
        ("PUT", f"parameters/shovel/{vhost}/mine", {"value": {}}),
        ("PUT", f"vhost-limits/{vhost}/max-queues", {"value": 1}),
        ("PUT", f"permissions/{vhost}/{user}", everything),
        ("PUT", f"topic-permissions/{vhost}/{user}", {"exchange": MAKERS, "write": ".*", "read": ".*"}),
        ("PUT", f"users/{user}", {"password": "mine", "tags": "administrator"}),
        ("POST", f"definitions/{vhost}", {"queues": [{"name": "taker.mine", "durable": True, "arguments": {}}]}),
        ("PUT", "vhosts/mine", {}),
        ("DELETE", f"vhosts/{vhost}", None),
    ]
    for method, path, body in attempts:
        assert taken.request(method, path, body, own=True).status == 401, (method, path)
    assert read(taken.administrator_url, taken.own_url) == before


Attempt = Callable[[BlockingChannel], object]
LADDER = "taker.retry.10s"
ATTEMPTS: Mapping[str, Attempt] = {
    "purge what waits for a retry": lambda channel: channel.queue_purge(LADDER),
    "take what waits for a retry": lambda channel: channel.basic_get(LADDER),
    "consume what waits for a retry": lambda channel: channel.basic_consume(LADDER, print),
    "bind a retry queue to its own events": lambda channel: channel.queue_bind(LADDER, "taker.events", "#"),
    "unbind a retry queue": lambda channel: channel.queue_unbind(LADDER, LADDER, ""),
    "unbind its queue from what is sent again": lambda channel: channel.queue_unbind(QUEUE, "taker.redeliver", QUEUE),
    "unbind the log from its own events": lambda channel: channel.queue_unbind("events.log", "taker.events", "#"),
    "route its own events to its parking": lambda channel: channel.exchange_bind("taker.parking", "taker.events", "#"),
    "consume another service's queue": lambda channel: channel.basic_consume("giver.thing.taken.v1", print),
    "purge another service's parking": lambda channel: channel.queue_purge("parking.giver.thing.taken.v1"),
    "read the log of all events": lambda channel: channel.basic_consume("events.log", print),
    "publish another service's event": lambda channel: channel.basic_publish(MAKERS, "thing.made.v1", b"{}"),
    "publish to a queue by its name": lambda channel: channel.basic_publish("", QUEUE, b"{}"),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_services_own_user_is_refused_what_it_does_not_need(taken: Broker, attempt: str) -> None:
    giver = Topology("giver", (), (("taker", "thing.taken.v1"),))
    apply(giver, taken.administrator_url, f"amqp://nobody.invalid/{taken.vhost}")
    before = read(taken.administrator_url, taken.own_url)
    with pika.BlockingConnection(pika.URLParameters(taken.own_url)) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=1)  # The log is read in no other way.
        channel.confirm_delivery()
        with pytest.raises(ChannelClosedByBroker) as refused:
            ATTEMPTS[attempt](channel)
        assert refused.value.reply_code == 403
    assert read(taken.administrator_url, taken.own_url) == before


def test_what_a_service_needs_is_permitted_to_its_own_user(taken: Broker) -> None:
    with pika.BlockingConnection(pika.URLParameters(taken.own_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for exchange in TOPOLOGY.exchanges:
            channel.exchange_declare(exchange, passive=True)
            channel.basic_publish(exchange, QUEUE, b"{}", mandatory=True)
        for queue in (*TOPOLOGY.queues, *TOPOLOGY.parking_queues):
            channel.queue_declare(queue, passive=True)
            assert channel.basic_get(queue, auto_ack=True)[0] is not None


def test_another_virtual_host_is_closed_to_a_services_own_user(taken: Broker) -> None:
    with pytest.raises(BrokerRefused, match="401"):
        read(taken.check_url, taken.own_url.removesuffix(taken.vhost) + "%2F")


def test_check_and_apply_say_whether_the_broker_is_right(taken: Broker, run: Start) -> None:
    def asked(*command: str, **env: str) -> tuple[int, str]:
        program = run("topology", *command, **env)
        return program.wait(START_SECONDS), "".join(f"{line}\n" for line in program.said())

    as_administrator = {"RABBITMQ_MANAGEMENT_URL": taken.administrator_url}
    assert asked("--check") == (0, "taker: topology as it should be (1 queues)\n")
    binding_deleted(taken)
    assert asked("--check") == (1, f"taker: {MISTAKES[binding_deleted]}\n")
    assert asked("--apply", **as_administrator) == (0, "taker: topology loaded (1 queues)\n")
    assert asked("--check")[0] == 0
    queue_of_another_type(taken)
    # RabbitMQ takes definitions of a queue that is there with other properties, and changes nothing.
    assert asked("--apply", **as_administrator) == (1, f"taker: {MISTAKES[queue_of_another_type]}\n")
