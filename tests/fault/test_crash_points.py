"""kill -9 between the lines where money or an event could be lost or doubled; then the books must still be right.

The names are those of the design's crash points. Each program dies at the named point by its own SIGKILL (A6: sleeps),
and is started again as an orchestrator would; nothing else is repaired by hand. After each: I1 to I8.

A2, S2 and A3 to A5 do not wait until the dead one's lease or grace has run out (`at_once`): A1, S1 and A6 do.
"""

import json
import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import pika
import pymongo
import pytest
import urllib3
from rich.console import Console

from emitra_local import journeys
from emitra_local.ports import remembered_ports
from emitra_local.stack import Stack
from tests.support.crash import Crash
from tests.support.invariants import assert_invariants
from tests.support.platform import Answer, Client, Platform, eventually, new_key

GATEWAY_QUEUE = "gateway.payment.completed.v1"
EVENTS_LOG = "events.log"
STREAM_TIMEOUT_SECONDS = 20.0
STREAM_PREFETCH = 500
# Of 20 in production, to save half a minute. Two deliveries are spent before a message is suspected; in each of the
# others a neighbour has an even chance to be handled before the deadly one.
DELIVERY_LIMIT = 12
POISON_TIMEOUT_SECONDS = 150
EXIT_UNAVAILABLE = 69  # sysexits(3): the supervisor starts it afresh
SUPERVISORD_LINES = 2_000


@pytest.fixture
def portal(platform: Platform) -> Client:
    return platform.client("portal-sandbox")


# ---- A: the api and the relay


@pytest.mark.long
@pytest.mark.usefixtures("short_transactions")
def test_a1_api_dies_before_the_commit(stack: Stack, kiosk: Client, crash: Crash) -> None:
    back = crash("billing-api", "A1")
    payment = pay_and_lose_the_answer(kiosk, "200000000101", new_key())
    back()
    assert_paid_once(stack, kiosk, payment)


def test_a2_api_dies_after_the_commit_before_the_response(stack: Stack, kiosk: Client, crash: Crash) -> None:
    back = crash("billing-api", "A2")
    payment = pay_and_lose_the_answer(kiosk, "200000000102", new_key())
    back(at_once=True)
    assert_paid_once(stack, kiosk, payment)


@pytest.mark.parametrize(("point", "copies"), [("A3", 1), ("A4", 2), ("A5", 2)])
def test_the_relay_dies_around_a_publish(stack: Stack, kiosk: Client, crash: Crash, point: str, copies: int) -> None:
    """A3 before the publish, A4 after it before the confirm, A5 after the confirm before the row is marked.

    What the broker may not have is sent again, for the row says so; what it had twice is known by its id.
    """
    known_before = outcomes_at_gateway(stack)["duplicate"]
    back = crash("billing-relay", point)
    answer = kiosk.pay(kiosk.fetch_bill(f"20000000030{point[1]}"))
    assert answer.status in {201, 202}, answer
    back(at_once=True)
    assert_paid_once(stack, kiosk, answer.json)
    published = events_about(stack, answer.json["payment_id"])
    assert len(published) == copies
    assert len({event["id"] for event in published}) == 1
    eventually(
        lambda: outcomes_at_gateway(stack)["duplicate"] - known_before == copies - 1,
        what="the gateway's inbox knew every further copy",
    )


@pytest.mark.long
def test_a6_a_relay_that_slept_past_its_lease_harms_nothing_when_it_wakes(
    stack: Stack, crash: Crash, tmp_path: Path
) -> None:
    """It falls asleep with the first of an application's events in hand, after it looked at its lease, and publishes
    that event when it wakes, behind those that the second relay published meanwhile: nobody can prevent it."""
    crash("certificates-relay", "A3", CRASH_SIGNAL="STOP")
    sleeper = stack.pid("certificates-relay")
    with second_relay(stack, "certificates", remembered_ports(tmp_path / "ports.json", ["probe"])["probe"]):
        made = journeys.perform(stack.run_info, Console(quiet=True))
        os.kill(sleeper, signal.SIGCONT)
        ended = eventually(lambda: how_it_ended(stack, "certificates-relay", sleeper), what="the one that slept ends")
    assert ended == f"exit status {EXIT_UNAVAILABLE}; not expected"
    books = assert_invariants(stack)
    application_id = next(
        certificate["application_id"]
        for certificate in books.certificates
        if made["certificate"].endswith(certificate["_id"])
    )
    sequences = [int(event["sequence"]) for event in events_about(stack, application_id)]
    # Too late by its own heartbeat, and the broker has closed the connection: then it published nothing more.
    assert sequences in ([1, 2], [1, 2, 1])


# ---- C: consumers


@pytest.mark.parametrize("point", ["C1", pytest.param("C2", marks=pytest.mark.long)])
@pytest.mark.usefixtures("short_transactions")
def test_consumer_dies_before_its_commit(stack: Stack, kiosk: Client, crash: Crash, point: str) -> None:
    """C1 before the transaction, C2 inside of it: nothing of it is there, and the message comes again."""
    back = crash("gateway-worker", point)
    answer = kiosk.pay(kiosk.fetch_bill(f"20000000040{point[1]}"))
    back()
    assert_paid_once(stack, kiosk, answer.json)
    eventually(lambda: outcomes_at_gateway(stack) == {"handled": 1}, what="the message came again and was new")


def test_c3_consumer_dies_after_its_commit_before_the_ack(stack: Stack, kiosk: Client, crash: Crash) -> None:
    back = crash("gateway-worker", "C3")
    answer = kiosk.pay(kiosk.fetch_bill("200000000403"))
    back()
    assert_paid_once(stack, kiosk, answer.json)
    # Delivered again, the message was known by its inbox row: that, and not luck in the view, made it one effect.
    eventually(lambda: outcomes_at_gateway(stack) == {"duplicate": 1}, what="the message came again and was known")


@pytest.mark.long
def test_c4_consumer_dies_after_it_sent_the_message_to_be_tried_again_before_the_ack(
    stack: Stack, kiosk: Client, crash: Crash, mongodb: pymongo.MongoClient[dict[str, Any]]
) -> None:
    back = crash("gateway-worker", "C4")
    gateway = mongodb[stack.infrastructure.database_of("gateway")]
    # Its three tries fail, and after it died the three of the redelivery, which sends it away once more.
    refused = {"failCommands": ["insert"], "errorCode": 8000, "namespace": f"{gateway.name}.inbox"}
    mongodb.admin.command({"configureFailPoint": "failCommand", "mode": {"times": 6}, "data": refused})
    answer = kiosk.pay(kiosk.fetch_bill("200000000404"))
    back()
    assert_paid_once(stack, kiosk, answer.json)
    event_id = events_about(stack, answer.json["payment_id"])[0]["id"]
    assert gateway.outbox.count_documents({"message_id": event_id}) == 1
    eventually(lambda: outcomes_at_gateway(stack) == {"retried": 1, "handled": 1}, what="it came back once")


@pytest.mark.long
@pytest.mark.usefixtures("short_transactions")
def test_c5_a_poisonous_message_is_parked_by_the_broker_and_its_neighbours_are_handled(
    stack: Stack, kiosk: Client, crash: Crash, mongodb: pymongo.MongoClient[dict[str, Any]]
) -> None:
    stack.stop_program("gateway-worker")
    payments = [kiosk.pay(kiosk.fetch_bill(f"2000000005{number}")).json for number in range(10, 30)]
    outbox = mongodb[stack.infrastructure.database_of("billing")].outbox

    def left() -> list[dict[str, Any]] | None:
        rows = list(
            outbox.find({"aggregate.id": {"$in": [payment["payment_id"] for payment in payments]}, "state": "sent"})
        )
        return rows if len(rows) == len(payments) else None

    # At the head of the queue: what is behind it comes with it each time.
    poison = min(eventually(left, what="the events of all payments left"), key=lambda row: row["_id"])
    letters = mongodb[stack.infrastructure.database_of("gateway")].dead_letters
    with delivery_limit(stack, GATEWAY_QUEUE, DELIVERY_LIMIT):
        crash.armed.append("gateway-worker")
        # Without the comparison at the start: it would refuse to serve under the other limit.
        deadly = {"CRASH_POINT": "C2", "CRASH_MESSAGE_ID": poison["message_id"], "BROKER_CHECK_URL": ""}
        stack.start_program("gateway-worker", deadly)
        parked = eventually(
            lambda: list(letters.find({"state": "parked"})), POISON_TIMEOUT_SECONDS, "the broker parks the message"
        )
    assert [letter["message_id"] for letter in parked] == [poison["message_id"]]
    for payment in payments:
        if payment["payment_id"] != poison["aggregate"]["id"]:
            kiosk.transaction_when(payment["transaction_token"], "COMPLETED")
    # People find the defect, mend it and send the message again: then nothing is missing.
    crash.disarm()
    stack.services["gateway"].command("dead-letters", "redrive", "--id", parked[0]["_id"])
    assert_invariants(stack)


# ---- S: the saga


@pytest.mark.long
def test_s1_api_dies_after_the_intent_before_it_asked_the_biller(stack: Stack, kiosk: Client, crash: Crash) -> None:
    back = crash("billing-api", "S1")
    payment = pay_and_lose_the_answer(kiosk, "200000000201", new_key())
    back()
    assert_paid_once(stack, kiosk, payment)


def test_s2_api_dies_after_the_biller_took_it_before_the_outcome(stack: Stack, kiosk: Client, crash: Crash) -> None:
    back = crash("billing-api", "S2")
    payment = pay_and_lose_the_answer(kiosk, "200000000202", new_key())
    back(at_once=True)
    assert_paid_once(stack, kiosk, payment)


@pytest.mark.long
@pytest.mark.parametrize(("point", "asked"), [("S3-before-call", 1), ("S3-after-call", 2)])
def test_s3_sweeper_dies_around_giving_the_money_back(
    stack: Stack, portal: Client, crash: Crash, point: str, asked: int
) -> None:
    """The biller refuses what a card had authorised; the provider is asked to let go of it, under one id."""
    back = crash("billing-worker", point)
    bill = portal.fetch_bill("100000000006")
    payment = portal.pay(bill, mode="CARD", payment_instrument="tok_sandbox_ok").json
    urllib3.request(
        "POST", stack.simulator_urls["biller-simulator"] + "/control/clock", json={"advance_seconds": 30}, timeout=10
    )
    back()
    failed = portal.payment_when(payment["payment_id"], "FAILED", 60)
    assert failed["failure"]["code"] == "biller-refused"
    books = assert_invariants(stack)
    [authorised] = [record for record in books.provider if record["request_id"] == f"{payment['payment_id']}:auth"]
    assert authorised["capture"] is None
    # Under one id, so that asking again is harmless; and two sweeping threads may both have asked.
    assert authorised["void"]["request_id"] == f"{payment['payment_id']}:void"
    assert authorised["void"]["times_received"] >= asked


# ---- what they share


def pay_and_lose_the_answer(kiosk: Client, consumer: str, key: str) -> dict[str, Any]:
    """A payment whose first request ends without an answer from billing; the caller does what it is told: repeats."""
    bill = kiosk.fetch_bill(consumer)
    first = kiosk.pay(bill, key)
    assert first.status in {502, 503, 504}, first
    assert first.json["retryable"] is True

    def again() -> Answer | None:
        answer = kiosk.pay(bill, key)
        return answer if answer.status in {200, 201, 202} else None

    return eventually(again, 30, "the repeated request is answered").json


def assert_paid_once(stack: Stack, kiosk: Client, payment: dict[str, Any]) -> None:
    """It completes as its bill's only payment, everybody's books agree, and the biller was asked to take it once, not a
    second time blindly."""
    payment_id = payment["payment_id"]
    done = kiosk.payment_when(payment_id, "COMPLETED", 40)
    assert done["receipt"]["receipt_number"]
    books = assert_invariants(stack)
    assert [row["_id"] for row in books.payments.values() if row["bill_id"] == done["bill_id"]] == [payment_id]
    posted = [record for record in books.billers if record["request_id"].startswith(payment_id)]
    assert [(record["status"], record["times_received"]) for record in posted] == [("SUCCESS", 1)]


def outcomes_at_gateway(stack: Stack) -> Counter[str]:
    """What became of each `payment.completed.v1` that the gateway's worker took since it was started."""
    url = f"http://127.0.0.1:{stack.ports['gateway-worker-probe']}/metrics"
    metrics = urllib3.request("GET", url, timeout=10).data.decode()
    counted = re.findall(rf'^emitra_messages_total{{outcome="(\w+)",queue="{GATEWAY_QUEUE}"}} (\d+)', metrics, re.M)
    return Counter({outcome: int(count) for outcome, count in counted})


@contextmanager
def channel_to(stack: Stack) -> Iterator[Any]:
    with pika.BlockingConnection(pika.URLParameters(stack.infrastructure.amqp_url)) as connection:
        yield connection.channel()


def events_about(stack: Stack, subject: str) -> list[dict[str, Any]]:
    """Every copy of every event of one aggregate that was published so far, in order, from the stream of all events.

    A mark behind them tells where they end: a stream says nothing of that, and a busy broker pauses in it.
    """
    mark = uuid4().hex
    with channel_to(stack) as channel:
        channel.confirm_delivery()
        channel.basic_publish("", EVENTS_LOG, json.dumps({"subject": mark}))
        channel.basic_qos(prefetch_count=STREAM_PREFETCH)
        events = []
        stream = channel.consume(
            EVENTS_LOG, arguments={"x-stream-offset": "first"}, inactivity_timeout=STREAM_TIMEOUT_SECONDS
        )
        for method, _, body in stream:
            assert method is not None, f"the stream says nothing for {STREAM_TIMEOUT_SECONDS} s"
            channel.basic_ack(method.delivery_tag)
            event = json.loads(body)
            if event["subject"] == mark:
                break
            events += [event] if event["subject"] == subject else []
    return events


@contextmanager
def delivery_limit(stack: Stack, queue: str, deliveries: int) -> Iterator[None]:
    """A policy in front of the queue's own, the same but for its limit: so many redeliveries, then parking."""
    broker = urlsplit(stack.infrastructure.management_url)
    headers = urllib3.make_headers(basic_auth=f"{broker.username}:{broker.password}")
    policies = f"http://{broker.hostname}:{broker.port}/api/policies/{quote(stack.infrastructure.vhost, safe='')}"

    def call(method: str, name: str, body: dict[str, Any] | None = None) -> Any:
        answer = urllib3.request(method, f"{policies}/{name}", json=body, headers=headers, timeout=10)
        assert answer.status < 300, answer.data
        return answer.json() if answer.data else None

    own = call("GET", queue)
    definition = own["definition"] | {"delivery-limit": deliveries}
    call("PUT", "fewer-deliveries", own | {"definition": definition, "priority": own["priority"] + 1})
    try:
        yield
    finally:
        call("DELETE", "fewer-deliveries")


@contextmanager
def second_relay(stack: Stack, service: str, probe_port: int) -> Iterator[None]:
    """Another instance of a service's relay, as a second replica would be."""
    env = stack.env_of(service, "relay") | {"PROBE_PORT": str(probe_port)}
    relay = subprocess.Popen([stack.services[service].executable, "relay"], env=env, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        relay.terminate()
        assert relay.wait(30) == 0


def how_it_ended(stack: Stack, program: str, pid: int) -> str | None:
    """What supervisord noted about the end of one process of a program, e.g. "terminated by SIGKILL"; None before."""
    noted = stack.supervisor.log_tail("supervisord", SUPERVISORD_LINES)
    since = noted.partition(f"spawned: '{program}' with pid {pid}")[2]
    noted_end = re.search(rf"exited: {program} \((.*)\)", since)
    return noted_end[1] if noted_end else None
