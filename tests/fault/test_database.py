"""MongoDB loses its primary, by kill -9 and in order, or all its members at once, while people pay."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymongo
import pytest
from bson import Int64
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError

from emitra_local.mongodb import TRANSACTION_LIFETIME_SECONDS, member_names
from emitra_local.stack import Stack, disposable_stack
from tests.support.platform import Answer, Client, Platform, eventually, new_key
from tests.support.programs import end, frozen, logged, metric
from tests.support.settled import assert_each_paid_once, database
from tests.support.traffic import Promised, Traffic, new_consumer

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = member_names(3)
# Ten seconds without a primary until the others elect, the election, and the services finding it.
ELECTED_WITHIN_SECONDS = 45
# A primary without the others steps down after ten seconds. What a test wants from it has to happen before.
CUT_OFF_FOR_AT_MOST_SECONDS = 9
# Twice of it is less than that: what waits in vain for a majority, and its repeat.
TIMEOUT_MS = "3000"
IMPATIENT = {"MONGODB_TIMEOUT_SECONDS": "2"}
# MongoDB looks for transactions that are too old at intervals of half their lifetime or more.
ABANDONED_FOR_AT_MOST_SECONDS = 2 * TRANSACTION_LIFETIME_SECONDS + 10


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    if "MONGODB_URI" in os.environ:
        pytest.skip("MONGODB_URI names a database that is not ours to break")
    with disposable_stack(ROOT, mongodb_members=len(MEMBERS)) as started:
        yield started


@pytest.fixture(scope="module")
def platform(stack: Stack) -> Platform:
    return Platform(stack.run_info)


@pytest.fixture
def mongodb(stack: Stack) -> Iterator[pymongo.MongoClient[dict[str, Any]]]:
    with pymongo.MongoClient[dict[str, Any]](stack.infrastructure.mongodb_uri, serverSelectionTimeoutMS=500) as client:
        yield client


def primary(stack: Stack, mongodb: pymongo.MongoClient[dict[str, Any]]) -> str:
    """The program that takes the writes."""

    def known() -> str:
        try:
            address = mongodb.admin.command("hello")["me"]
        except PyMongoError:
            return ""
        return next(name for name in MEMBERS if address == f"127.0.0.1:{stack.ports[name]}")

    return eventually(known, ELECTED_WITHIN_SECONDS, "there is a primary")


def another_primary(stack: Stack, mongodb: Any, *, than: str) -> None:
    eventually(lambda: primary(stack, mongodb) != than, ELECTED_WITHIN_SECONDS, "there is another primary")


def test_a_primary_that_is_killed_is_followed_by_another(stack: Stack, platform: Platform, mongodb: Any) -> None:
    with Traffic(platform, fees=True) as traffic:
        traffic.more(5)
        killed = primary(stack, mongodb)
        stack.stop_program(killed)  # by SIGKILL, as everything in a disposable stack's infrastructure
        assert primary(stack, mongodb) != killed
        traffic.more(10)
        stack.start_program(killed)
        traffic.more(5)
    stack.await_ready()
    assert_each_paid_once(stack, traffic.promised)


def test_a_primary_that_steps_down_under_load_loses_and_doubles_nothing(
    stack: Stack, platform: Platform, mongodb: Any
) -> None:
    with Traffic(platform, fees=True) as traffic:
        for _ in range(2):
            traffic.more(5)
            before = primary(stack, mongodb)
            # Older servers close the connection at a step-down, newer ones answer.
            with contextlib.suppress(AutoReconnect):
                mongodb.admin.command("replSetStepDown", 20, secondaryCatchUpPeriodSecs=10)
            another_primary(stack, mongodb, than=before)
        traffic.more(10)
    stack.await_ready()
    assert_each_paid_once(stack, traffic.promised)


def test_a_set_that_is_killed_as_a_whole_comes_back_with_all_it_promised(
    stack: Stack, platform: Platform, mongodb: Any
) -> None:
    with Traffic(platform, fees=True) as traffic:
        traffic.more(5)
        for member in MEMBERS:
            end(stack, member, signal.SIGKILL)
        traffic.refused()
        assert primary(stack, mongodb)
        traffic.more(5)
    stack.await_ready()
    assert_each_paid_once(stack, traffic.promised)


@contextlib.contextmanager
def cut_off_primary(stack: Stack, mongodb: Any) -> Iterator[None]:
    """Takes both other members away from the primary; at the end it is killed, and they elect one of themselves."""
    cut_off = primary(stack, mongodb)
    others = [name for name in MEMBERS if name != cut_off]
    # Killed and not stopped by SIGSTOP: what the primary had already sent would be read from the socket afterwards.
    for name in others:
        stack.stop_program(name)
    yield
    stack.stop_program(cut_off)
    for name in others:
        stack.start_program(name)
    assert primary(stack, mongodb) != cut_off
    stack.start_program(cut_off)
    stack.await_ready()


def a_bill(client: Client) -> dict[str, Any]:
    return client.fetch_bill(new_consumer())


def test_a_message_that_only_a_cut_off_primary_knows_is_not_taken_for_handled(
    stack: Stack, platform: Platform, mongodb: Any
) -> None:
    stack.restart_program("gateway-worker", IMPATIENT)
    stack.await_ready(["gateway-worker"])
    client, key, worker = platform.client("kiosk-jaipur"), new_key(), stack.pid("gateway-worker")
    bill = a_bill(client)

    def tried_again() -> bool:
        """Its transaction waited for a majority in vain, and whatever the worker concludes has been concluded."""
        waits = len(logged(stack, "gateway-worker", event="database_down_waiting")) - waited
        return waits >= 2 or metric(stack, "gateway-worker", "emitra_messages_total", 'outcome="duplicate"') > 0

    with frozen(worker):
        paid = client.pay(bill, key)
        assert paid.status in {201, 202}, paid
        with database(stack, "billing") as billing:
            sent = {"aggregate.id": paid.json["payment_id"], "state": "sent"}
            eventually(lambda: billing.outbox.find_one(sent), 20, "the event waits in the gateway's queue")
        waited = len(logged(stack, "gateway-worker", event="database_down_waiting"))
        with cut_off_primary(stack, mongodb):
            os.kill(worker, signal.SIGCONT)
            eventually(tried_again, CUT_OFF_FOR_AT_MOST_SECONDS, "the worker has tried the message twice")
    assert_each_paid_once(stack, [Promised(key, bill["bill_id"], paid.json)])
    stack.restart_program("gateway-worker")
    stack.await_ready(["gateway-worker"])


def test_a_payment_that_only_a_cut_off_primary_has_is_not_promised(
    stack: Stack, platform: Platform, mongodb: Any
) -> None:
    client, key = platform.client("kiosk-jaipur"), new_key()
    bill = a_bill(client)

    def pay() -> Answer:
        request = {"bill_id": bill["bill_id"], "amount": bill["amount"], "mode": "WALLET"}
        return client.post("/v1/payments", request, key, **{"Emitra-Timeout-Ms": TIMEOUT_MS})

    with cut_off_primary(stack, mongodb):
        in_doubt, repeated = pay(), pay()
    for answer in (in_doubt, repeated):  # which of the two depends on whose time is up first
        assert (answer.status, answer.json.get("retryable")) in {(503, True), (504, True)}, answer
    paid = eventually(lambda: answer if (answer := pay()).status in {200, 201, 202} else None, 60, "it is paid")
    assert_each_paid_once(stack, [Promised(key, bill["bill_id"], paid.json)])


def test_what_a_transaction_locked_whose_process_died_is_free_again_in_seconds(
    stack: Stack, platform: Platform, mongodb: Any
) -> None:
    with database(stack, "billing") as billing, billing.client.start_session() as session:
        centres = [client["kiosk_id"] for client in platform.run_info["clients"] if client.get("kiosk_id")]

        def begun() -> bool:
            """Every wallet is changed, and that is never committed: what a killed process leaves behind."""
            session.start_transaction()
            try:
                change = {"$inc": {"available_paise": Int64(1)}}
                billing.wallets.update_many({"_id": {"$in": centres}}, change, session=session)
            except OperationFailure:  # somebody is at work on one of them
                session.abort_transaction()
                return False
            return True

        eventually(begun, 20, "the wallets are locked")
        with Traffic(platform, fees=True) as traffic:
            traffic.more(3, within_seconds=ABANDONED_FOR_AT_MOST_SECONDS)
        assert_each_paid_once(stack, traffic.promised)
