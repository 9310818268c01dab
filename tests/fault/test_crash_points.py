"""kill -9 between the lines where money or an event could be lost or doubled; then the books must still be right.

The names are those of the design's crash points. Each program dies once, at the named point, by its own SIGKILL, and is
started again as an orchestrator would; nothing else is repaired by hand.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pika
import pymongo
import pytest
import urllib3

from emitra_local.stack import Stack
from tests.support.platform import Answer, Client, Platform, eventually, new_key


@pytest.fixture
def crash(stack: Stack, tmp_path: Path) -> Iterator[Callable[[str, str], Callable[[], None]]]:
    """Arms a crash point in a program; what it returns waits until the program died there and is back."""
    armed: list[str] = []

    def arm(program: str, point: str) -> Callable[[], None]:
        died = tmp_path / f"died-at-{point}"
        stack.restart_program(program, {"CRASH_POINT": point, "CRASH_ONCE_FILE": str(died)})
        stack.await_ready([program])
        armed.append(program)

        def back() -> None:
            eventually(died.exists, 20, f"{program} dies at {point}")
            stack.await_ready([program])

        return back

    yield arm
    for program in armed:
        stack.restart_program(program)
        stack.await_ready([program])


@pytest.fixture
def kiosk(platform: Platform) -> Client:
    return platform.client("kiosk-jaipur")


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


def accepted_by_biller(stack: Stack, payment_id: str) -> list[dict[str, Any]]:
    """What the biller has of a payment, as its own books tell."""
    answer = urllib3.request("GET", stack.simulator_urls["biller-simulator"] + "/control/payments", timeout=10)
    return [each for each in answer.json()["payments"] if each["request_id"].startswith(payment_id)]


def completed_events(stack: Stack, payment_id: str) -> list[dict[str, Any]]:
    """The payment's `payment.completed` rows that billing's relay has marked as sent."""
    with pymongo.MongoClient[dict[str, Any]](stack.infrastructure.mongodb_uri) as client:
        outbox = client[stack.infrastructure.database_of("billing")].outbox
        wanted = {"routing_key": "payment.completed.v1", "aggregate.id": payment_id, "state": "sent"}
        return list(outbox.find(wanted))


def assert_paid_once(stack: Stack, kiosk: Client, payment: dict[str, Any]) -> None:
    """One posting at the biller, one receipt, one event, one effect; and the books balance."""
    payment_id = payment["payment_id"]
    done = kiosk.payment_when(payment_id, "COMPLETED", 40)
    assert done["receipt"]["receipt_number"]
    posted = accepted_by_biller(stack, payment_id)
    assert [each["status"] for each in posted] == ["SUCCESS"]
    events = eventually(lambda: completed_events(stack, payment_id), 30, "the event left")
    assert len(events) == 1
    seen = kiosk.transaction_when(done["transaction_token"], "COMPLETED", 30)
    assert len([event for event in seen["events"] if event["type"] == "payment.completed"]) == 1
    stack.services["billing"].command("check-books")


def test_a2_api_dies_after_the_commit_before_the_response(stack: Stack, kiosk: Client, crash: Any) -> None:
    back = crash("billing-api", "A2")
    payment = pay_and_lose_the_answer(kiosk, "200000000102", new_key())
    back()
    assert_paid_once(stack, kiosk, payment)


def test_s2_api_dies_after_the_biller_took_it_before_the_outcome(stack: Stack, kiosk: Client, crash: Any) -> None:
    back = crash("billing-api", "S2")
    payment = pay_and_lose_the_answer(kiosk, "200000000202", new_key())
    back()
    assert_paid_once(stack, kiosk, payment)


@pytest.mark.parametrize("point", ["A3", "A4", "A5"])
def test_the_relay_dies_around_a_publish(stack: Stack, kiosk: Client, crash: Any, point: str) -> None:
    """A3 before the publish, A4 after it before the confirm, A5 after the confirm before the row is marked."""
    back = crash("billing-relay", point)
    answer = kiosk.pay(kiosk.fetch_bill(f"20000000030{point[1]}"))
    assert answer.status in {201, 202}, answer
    back()
    assert_paid_once(stack, kiosk, answer.json)


def test_c3_consumer_dies_after_its_commit_before_the_ack(stack: Stack, kiosk: Client, crash: Any) -> None:
    back = crash("gateway-worker", "C3")
    answer = kiosk.pay(kiosk.fetch_bill("200000000401"))
    back()
    assert_paid_once(stack, kiosk, answer.json)
    # Delivered again, the message was known by its inbox row: that, and not luck in the view, made it one effect.
    queue_is_empty(stack, "gateway.payment.completed.v1")
    metrics = urllib3.request("GET", f"http://127.0.0.1:{stack.ports['gateway-worker-probe']}/metrics", timeout=10)
    known = 'consumer_messages_total{outcome="duplicate",queue="gateway.payment.completed.v1"} 1.0'
    assert known in metrics.data.decode()


def queue_is_empty(stack: Stack, queue: str) -> None:
    with pika.BlockingConnection(pika.URLParameters(stack.infrastructure.amqp_url)) as connection:
        channel = connection.channel()
        eventually(
            lambda: channel.queue_declare(queue, passive=True).method.message_count == 0, 20, f"{queue} is empty"
        )
