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
from tests.support.platform import Platform, eventually
from tests.support.programs import end
from tests.support.settled import assert_each_paid_once, database
from tests.support.traffic import Traffic

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = member_names(3)
# Ten seconds without a primary until the others elect, the election, and the services finding it.
ELECTED_WITHIN_SECONDS = 45
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
    with Traffic(platform) as traffic:
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
    with Traffic(platform) as traffic:
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
    with Traffic(platform) as traffic:
        traffic.more(5)
        for member in MEMBERS:
            end(stack, member, signal.SIGKILL)
        traffic.refused()
        assert primary(stack, mongodb)
        traffic.more(5)
    stack.await_ready()
    assert_each_paid_once(stack, traffic.promised)


def test_what_a_transaction_locked_whose_process_died_is_free_again_in_seconds(
    stack: Stack, platform: Platform, mongodb: Any
) -> None:
    with database(stack, "billing") as billing, billing.client.start_session() as session:
        centres = [each["kiosk_id"] for each in platform.run_info["clients"] if each.get("kiosk_id")]

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
        with Traffic(platform) as traffic:
            traffic.more(3, within_seconds=ABANDONED_FOR_AT_MOST_SECONDS)
        assert_each_paid_once(stack, traffic.promised)
