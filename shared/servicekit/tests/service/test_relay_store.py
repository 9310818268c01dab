"""What the relay's store thread reads, marks and measures on a real database, and the doorbell's change stream."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import Int64
from prometheus_client import REGISTRY

from servicekit.broker.metrics import RelayMetrics
from servicekit.broker.relay_store import RelayStore, _Doorbell
from servicekit.mongo import Mongo
from servicekit.mongo.leases import Lease

from .conftest import INDEXES, new_event

UNDER_WAY_AT_MOST = 1_256


class Store(RelayStore):
    """The store without its thread; what it hands over is kept."""

    def __init__(self, mongo: Mongo) -> None:
        self.handed_over: list[list[str]] = []
        lease = Lease(mongo.db, "relay", "relay-1", 10)
        super().__init__(mongo, lease, RelayMetrics("maker"), threading.Event(), self._keep, print)

    def _keep(self, rows: list[dict[str, Any]]) -> None:
        self.handed_over.append([row["_id"] for row in rows])


@pytest.fixture
def store(db: Mongo) -> Store:
    return Store(db)


def put(
    db: Mongo, *row_ids: str, sequence: int = 1, state: str = "pending", created_at: datetime | None = None
) -> None:
    db.db.outbox.insert_many(
        {
            "_id": row_id,
            "aggregate": {"type": "thing", "id": row_id},
            "seq": Int64(sequence),
            "state": state,
            "created_at": created_at or datetime.now(UTC),
        }
        for row_id in row_ids
    )


def measured(metric: str) -> float | None:
    return REGISTRY.get_sample_value(metric, {"service": "maker"})


@pytest.fixture
def another_order(db: Mongo) -> Iterator[None]:
    """The index of pending rows has the newest first: nobody may rely on the order in which rows are found."""
    name, pending = "pending_in_order", {"state": "pending"}
    db.db.outbox.drop_index(name)
    db.db.outbox.create_index([("state", 1), ("created_at", -1)], name=name, partialFilterExpression=pending)
    yield
    db.db.outbox.drop_index(name)
    db.prepare(INDEXES)


# Reading -------------------------------------------------------------------------------------------------------------


def test_pending_rows_are_handed_over_once_by_sequence_and_then_by_id(db: Mongo, store: Store) -> None:
    assert store._read() == 0
    put(db, "d", "b", sequence=2)
    put(db, "c", "e")
    put(db, "0", state="sent")
    put(db, "1", state="unroutable")
    assert store._read() == 4
    assert store._read() == 0
    put(db, "a", sequence=9)
    assert store._read() == 1
    assert store.handed_over == [["c", "e", "b", "d"], ["a"]]


@pytest.mark.usefixtures("another_order")
def test_a_read_takes_the_first_rows_in_one_answer(db: Mongo, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicekit.broker.relay_store.READ_BATCH", 3)
    for number, row_id in enumerate("abcdef"):
        put(db, row_id, created_at=datetime.now(UTC) + timedelta(seconds=number))
    db.db.command("profile", 2)
    try:
        assert store._read() == 3
    finally:
        db.db.command("profile", 0)
    asked = [entry["op"] for entry in db.db["system.profile"].find({"ns": f"{db.db.name}.outbox"})]
    db.db["system.profile"].drop()
    assert store.handed_over == [["a", "b", "c"]]
    assert asked == ["query"], "rows of a second answer might be of another point in time"


@pytest.mark.parametrize(("under_way", "count"), [(UNDER_WAY_AT_MOST, 1), (UNDER_WAY_AT_MOST + 1, 0)])
def test_while_enough_are_under_way_nothing_is_read(db: Mongo, store: Store, under_way: int, count: int) -> None:
    put(db, "a")
    store._known = {f"known-{number}" for number in range(under_way)}
    assert store._read() == count
    assert store.handed_over == [["a"]] * count


# Marking -------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("far_from_utc")
def test_what_the_broker_has_is_marked_and_only_what_was_sent_may_be_forgotten(
    db: Mongo, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    points: list[tuple[str, int]] = []

    def note(point: str) -> None:
        points.append((point, db.db.outbox.count_documents({"state": "pending"})))

    monkeypatch.setattr("servicekit.broker.relay_store.crash_point", note)
    put(db, *"abcd")
    store._read()
    store.mark()
    assert points == []
    began = datetime.now(UTC)
    for row_id, state in (("a", "sent"), ("b", "unroutable"), ("c", "sent")):
        store.settled(row_id, state)
    store.mark()
    rows = {row["_id"]: row for row in db.db.outbox.find()}
    assert {row_id: row["state"] for row_id, row in rows.items()} == {
        "a": "sent",
        "b": "unroutable",
        "c": "sent",
        "d": "pending",
    }
    assert [row_id for row_id, row in rows.items() if "sent_at" in row] == ["a", "c"]
    assert began - timedelta(seconds=1) < rows["a"]["sent_at"] <= datetime.now(UTC)
    assert store._known == {"d"}
    assert points == [("A5", 4)]
    store.mark()
    assert points == [("A5", 4)]


# Measuring -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("far_from_utc", "another_order")
def test_the_age_of_the_oldest_and_the_numbers_are_told(
    db: Mongo, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicekit.broker.relay_store.PENDING_COUNTED_AT_MOST", 3)
    now = datetime.now(UTC)
    put(db, "0", state="sent", created_at=now - timedelta(hours=9))
    put(db, "1", "2", state="unroutable", created_at=now - timedelta(hours=9))
    put(db, "9", created_at=now - timedelta(seconds=10))
    put(db, "4", created_at=now - timedelta(seconds=100))
    store._measure()
    assert measured("emitra_outbox_oldest_pending_seconds") == pytest.approx(100, abs=5)
    assert (measured("emitra_outbox_pending"), measured("emitra_outbox_unroutable")) == (2, 2)
    put(db, *"5678")
    store._measure()
    assert measured("emitra_outbox_pending") == 3


@pytest.mark.parametrize("ahead", [None, timedelta(minutes=1)])
def test_where_nothing_waits_or_a_clock_is_ahead_no_age_is_told(
    db: Mongo, store: Store, ahead: timedelta | None
) -> None:
    store._metrics.oldest_pending_seconds.set(7)
    if ahead:
        put(db, "a", created_at=datetime.now(UTC) + ahead)
    store._measure()
    assert measured("emitra_outbox_oldest_pending_seconds") == 0


# The doorbell --------------------------------------------------------------------------------------------------------


@pytest.fixture
def wake() -> threading.Event:
    return threading.Event()


@pytest.fixture
def bell(db: Mongo, wake: threading.Event, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Doorbell]:
    monkeypatch.setattr("servicekit.broker.relay_store.IDLE_POLL_SECONDS", 0.2)
    put(db, "there")
    stopping = threading.Event()
    bell = _Doorbell(db, wake, stopping)
    bell.start()
    yield bell
    stopping.set()
    bell.arm()
    bell.join(10)
    assert not bell.is_alive()


def test_an_insert_rings_and_a_mark_does_not(db: Mongo, bell: _Doorbell, wake: threading.Event) -> None:
    assert wake.wait(10), "it rings as its stream opens"
    bell.arm()
    wake.clear()
    db.db.outbox.update_many({}, {"$set": {"state": "sent"}})
    db.db.things.insert_one({})
    assert not wake.wait(0.1)
    put(db, new_event("t1").id)
    assert wake.wait(10)
    wake.clear()
    put(db, new_event("t2").id)
    assert not wake.wait(0.1), "the store thread looks by itself until it arms the bell"
    bell.arm()
    assert wake.wait(10)
