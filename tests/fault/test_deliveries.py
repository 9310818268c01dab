"""Every message twice, in any order, a month late, after the inbox forgot it: the effects are those of the first."""

import io
import json
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pika
import pymongo
import pytest
from pymongo.collection import Collection
from rich.console import Console

from emitra_local import journeys
from emitra_local.stack import Stack
from tests.support.invariants import assert_invariants
from tests.support.platform import Platform, eventually
from tests.support.programs import metric
from tests.support.settled import assert_each_paid_once, database
from tests.support.traffic import Traffic

pytestmark = pytest.mark.long

SETTLED_WITHIN_SECONDS = 60
# MongoDB removes expired rows once a minute; asked to, every second, once the minute that has begun is over.
TTL_MONITOR_SECONDS = {"usually": 60, "here": 1}
FORGOTTEN_WITHIN_SECONDS = 90
# The chassis' own: leases go on by themselves, and rows of the inbox and the outbox are looked at one by one.
BOOKKEEPING = {"inbox", "leases", "outbox"}


@dataclass(frozen=True)
class Delivery:
    """A message on its way to one consumer's queue."""

    queue: str
    row: dict[str, Any]


@dataclass
class History:
    """Every message that was delivered on the stack so far, to be delivered again."""

    stack: Stack
    deliveries: list[Delivery]
    consumers: list[str]

    def again(self, times: int, to: str = "") -> int:
        """Publish each message so many times, in any order, to the queues that begin with `to`; returns how many."""
        publishings = [delivery for delivery in self.deliveries if delivery.queue.startswith(to)] * times
        random.shuffle(publishings)
        with pika.BlockingConnection(pika.URLParameters(self.stack.infrastructure.amqp_url)) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            for publishing in publishings:
                row = publishing.row
                properties = pika.BasicProperties(
                    message_id=row["message_id"],
                    type=row["message_type"],
                    content_type=row["content_type"],
                    delivery_mode=2,
                    headers=row["headers"],
                )
                channel.basic_publish("", publishing.queue, row["body"], properties, mandatory=True)
        return len(publishings)

    def outcomes(self) -> dict[str, float]:
        """How many messages the consumers' processes have brought to each end."""
        return {
            outcome: sum(
                metric(self.stack, f"{service}-worker", "emitra_messages_total", f'outcome="{outcome}"')
                for service in self.consumers
            )
            for outcome in ("handled", "duplicate", "skipped", "retried", "parked")
        }

    def brought_to_an_end(self, before: dict[str, float], count: int) -> dict[str, float]:
        """The outcomes of `count` messages since `before`, once all have one."""

        def since() -> dict[str, float]:
            return {outcome: value - before[outcome] for outcome, value in self.outcomes().items()}

        eventually(
            lambda: sum(since().values()) >= count, SETTLED_WITHIN_SECONDS, f"{count} messages came to their end"
        )
        return since()

    def effects(self, services: Iterable[str]) -> dict[str, Any]:
        """All that these services keep, and how many events they have told."""
        kept: dict[str, Any] = {}
        for service in services:
            with database(self.stack, service) as db:
                for name in sorted(set(db.list_collection_names()) - BOOKKEEPING):
                    kept[f"{service}.{name}"] = {
                        str(document["_id"]): _in_order(document) for document in db[name].find()
                    }
                kept[f"{service} told"] = db.outbox.count_documents({})
        return kept


def _in_order(document: dict[str, Any]) -> dict[str, Any]:
    """A transaction's events are a set: readers sort them."""
    if "events" in document:
        document["events"].sort(key=lambda event: event["id"])
    return document


def _none_left(rows: Collection[dict[str, Any]], like: dict[str, Any]) -> bool:
    return rows.find_one(like) is None


@pytest.fixture(scope="module")
def history(stack: Stack) -> History:
    """Some payments, and an application from the form to the certificate."""
    platform = Platform(stack.run_info)
    with Traffic(platform, fees=True) as traffic:
        traffic.more(10)
        journeys.perform(stack.run_info, Console(file=io.StringIO()))
    assert_each_paid_once(stack, traffic.promised)
    queues: dict[str, list[str]] = defaultdict(list)
    consumers = []
    rows: list[dict[str, Any]] = []
    for service, programs in stack.services.items():
        table = json.loads(programs.command("events"))
        for consumed in table["consumes"]:
            queues[consumed["event"]].append(f"{service}.{consumed['event']}")
        consumers += [service] if table["consumes"] else []
        with database(stack, service) as db:
            eventually(partial(_none_left, db.outbox, {"state": "pending"}), 30, "every event has left")
            rows += db.outbox.find({"exchange": f"{service}.events"})
    deliveries = [Delivery(queue, row) for row in rows for queue in queues[row["routing_key"]]]
    assert {delivery.queue for delivery in deliveries} >= {
        "gateway.payment.completed.v1",
        "gateway.application.submitted.v1",
        "gateway.application.decided.v1",
        "gateway.certificate.issued.v1",
        "certificates.payment.completed.v1",
        "billing.application.submitted.v1",
    }
    return History(stack, deliveries, consumers)


@pytest.fixture
def quick_expiry(stack: Stack) -> Any:
    with pymongo.MongoClient[dict[str, Any]](stack.infrastructure.mongodb_uri) as client:
        client.admin.command("setParameter", 1, ttlMonitorSleepSecs=TTL_MONITOR_SECONDS["here"])
        yield
        client.admin.command("setParameter", 1, ttlMonitorSleepSecs=TTL_MONITOR_SECONDS["usually"])


def test_everything_twice_and_in_any_order_is_known_to_the_inbox(stack: Stack, history: History) -> None:
    before, effects = history.outcomes(), history.effects(history.consumers)
    count = history.again(2)
    ends = history.brought_to_an_end(before, count)
    assert ends["handled"] == ends["retried"] == ends["parked"] == 0
    assert history.effects(history.consumers) == effects
    assert_invariants(stack)


@pytest.mark.usefixtures("quick_expiry")
def test_a_message_that_is_a_month_old_is_still_known(stack: Stack, history: History) -> None:
    now = datetime.now(UTC)
    for service in history.consumers:
        with database(stack, service) as db:
            db.inbox.update_many({}, {"$set": {"handled_at": now - timedelta(days=31)}})
            db.inbox.insert_one({"_id": "an old one", "handled_at": now - timedelta(days=91)})
            forgotten = partial(_none_left, db.inbox, {"_id": "an old one"})
            eventually(forgotten, FORGOTTEN_WITHIN_SECONDS, "the inbox forgets old rows")
    before, effects = history.outcomes(), history.effects(history.consumers)
    count = history.again(1)
    ends = history.brought_to_an_end(before, count)
    assert ends["duplicate"] + ends["skipped"] == count
    assert history.effects(history.consumers) == effects
    assert_invariants(stack)


def test_what_the_inbox_has_forgotten_has_no_second_effect(stack: Stack, history: History) -> None:
    for service in history.consumers:
        with database(stack, service) as db:
            db.inbox.delete_many({})
    before, effects = history.outcomes(), history.effects(history.consumers)
    count = history.again(2)
    ends = history.brought_to_an_end(before, count)
    assert ends["handled"] + ends["skipped"] / 2 == len(history.deliveries)
    assert ends["retried"] == ends["parked"] == 0
    assert history.effects(history.consumers) == effects
    assert_invariants(stack)


def test_the_view_is_the_same_in_whatever_order_it_is_told(stack: Stack, history: History) -> None:
    before, effects = history.outcomes(), history.effects(["gateway"])
    message_ids = [delivery.row["message_id"] for delivery in history.deliveries]
    with database(stack, "gateway") as gateway:
        gateway.inbox.delete_many({})
        # Other tests' messages, which no outbox knows, would not come back.
        gateway.transactions.delete_many({"events.id": {"$in": message_ids}})
    count = history.again(2, to="gateway.")
    history.brought_to_an_end(before, count)
    assert history.effects(["gateway"]) == effects
    assert_invariants(stack)
