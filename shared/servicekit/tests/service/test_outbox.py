"""Rows of the outbox: what they hold, and which of those that were sent can be sent again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from bson import Int64
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from servicekit.events.envelope import serialise
from servicekit.events.outbox import (
    RESENT_AT_ONCE,
    SENT_ROWS_KEPT_SECONDS,
    Outbox,
    SentRows,
    resend_unroutable,
    unroutable,
)
from servicekit.mongo import Mongo, duplicate_key

from .conftest import EVENT, new_event

MAKERS = "maker.events"
SINCE = datetime(2026, 11, 26, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def add(db: Mongo) -> Callable[..., None]:
    """Puts a row there as if it had been published."""

    def put(row_id: str, sent_at: datetime | None = SINCE, **changes: Any) -> None:
        (row,) = Outbox(db.db, "maker").rows(new_event(row_id))
        sent = {"state": "sent", "sent_at": sent_at} if sent_at else {}
        db.db.outbox.insert_one({**row, "_id": row_id, **sent, **changes})

    return put


Add = Callable[..., None]


def resent(rows: SentRows) -> list[int]:
    """The sizes of all batches; of one that never ends, the first ten."""
    return list(islice(rows.resend(), 10))


def states(db: Mongo) -> dict[str, str]:
    return {row["_id"]: row["state"] for row in db.db.outbox.find()}


@pytest.mark.usefixtures("far_from_utc")
def test_an_event_is_a_pending_row_with_the_bytes_that_will_be_sent(db: Mongo) -> None:
    event, began = new_event("t1", 7), datetime.now(UTC)
    db.transact(lambda session: Outbox(db.db, "maker").add(session, event))
    (row,) = db.db.outbox.find()
    assert began - SECOND < row.pop("created_at") <= datetime.now(UTC)
    assert type(row["seq"]) is Int64
    assert row == {
        "_id": event.id,
        "aggregate": {"type": "thing", "id": "t1"},
        "seq": 7,
        "exchange": MAKERS,
        "routing_key": EVENT,
        "message_id": event.id,
        "message_type": EVENT,
        "content_type": "application/cloudevents+json",
        "body": serialise(event, "maker"),
        "headers": {},
        "state": "pending",
    }


def test_events_are_added_with_their_transaction_or_not_at_all(db: Mongo) -> None:
    def act(session: Any) -> None:
        Outbox(db.db, "maker").add(session, new_event("t1"), new_event("t2"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        db.transact(act)
    assert db.db.outbox.count_documents({}) == 0


def test_no_event_is_no_row_and_no_error(db: Mongo) -> None:
    db.transact(lambda session: Outbox(db.db, "maker").add(session))
    assert db.db.outbox.count_documents({}) == 0


def test_a_sequence_that_was_taken_is_refused_by_its_index(db: Mongo) -> None:
    db.transact(lambda session: Outbox(db.db, "maker").add(session, new_event("t1", 1), new_event("t1", 2)))
    with pytest.raises(DuplicateKeyError) as refused:
        db.transact(lambda session: Outbox(db.db, "maker").add(session, new_event("t1", 2)))
    assert duplicate_key(refused.value) == ("aggregate.type", "aggregate.id", "seq")


def test_what_no_queue_took_is_counted_and_made_pending_once(db: Mongo, add: Add) -> None:
    for number in range(3):
        add(f"lost-{number}", None, state="unroutable")
    add("sent")
    add("waits", None)
    assert unroutable(db.db) == 3
    assert resend_unroutable(db.db) == 3
    assert states(db) == {**{f"lost-{number}": "pending" for number in range(3)}, "sent": "sent", "waits": "pending"}
    assert (unroutable(db.db), resend_unroutable(db.db)) == (0, 0)


@pytest.fixture
def many_kinds(add: Add) -> None:
    add("before", SINCE - SECOND)
    add("first", SINCE)
    add("of-another-type", SINCE + SECOND, routing_key="thing.changed.v1")
    add("to-a-retry", SINCE + SECOND, exchange="maker.retry.10s")
    add("last", SINCE + 2 * SECOND)
    add("waits", None)
    add("lost", None, state="unroutable")
    # Another state with a time: nothing writes one, but only what is sent may be sent again.
    add("odd", SINCE, state="pending")


@pytest.mark.usefixtures("many_kinds")
@pytest.mark.parametrize(
    ("event", "rows"),
    [(None, {"first", "of-another-type", "last"}), (EVENT, {"first", "last"}), ("thing.gone.v1", set())],
)
def test_what_was_sent_since_over_one_exchange_is_made_pending(db: Mongo, event: str | None, rows: set[str]) -> None:
    sent, before = SentRows(db, MAKERS, SINCE, event), states(db)
    assert sent.count() == len(rows)
    assert sum(resent(sent)) == len(rows)
    assert {row: state for row, state in states(db).items() if state != before[row]} == dict.fromkeys(rows, "pending")
    assert all("sent_at" not in row for row in db.db.outbox.find({"_id": {"$in": list(rows)}}))
    assert sent.count() == 0
    assert resent(sent) == []


def test_they_leave_in_the_order_in_which_they_were_sent_a_batch_at_a_time(db: Mongo, add: Add) -> None:
    # Ids, and with them what a scan would find first, against the times; those of one time in the order they came in.
    order = ["9", "8", "1", "4", "3", "2"]
    for row_id, seconds in zip(order, (0, 1, 2, 2, 2, 3), strict=True):
        add(row_id, SINCE + seconds * SECOND)
    steps = SentRows(db, MAKERS, SINCE, batch=2).resend()
    pending: list[set[str]] = []
    for size in islice(steps, 10):
        assert size == 2
        pending.append({row_id for row_id, state in states(db).items() if state == "pending"})
    assert pending == [set(order[:2]), set(order[:4]), set(order)]


def test_what_the_relay_sends_again_meanwhile_is_not_taken_a_second_time(db: Mongo, add: Add) -> None:
    for number in range(3):
        add(str(number), SINCE + number * SECOND)
    add("of another exchange", SINCE + 100 * SECOND, exchange="maker.parking")
    taken = []
    for size in islice(SentRows(db, MAKERS, SINCE, batch=1).resend(), 10):
        taken.append(size)
        again = {"state": "sent", "sent_at": SINCE + 10 * SECOND}
        db.db.outbox.update_many({"state": "pending"}, {"$set": again})
    assert taken == [1, 1, 1]


def test_a_row_that_changed_between_two_looks_is_left_alone(db: Mongo, add: Add) -> None:
    for row_id, state in (("0", "sent"), ("1", "unroutable"), ("2", "pending")):
        add(row_id, SINCE, state=state)
    sent = SentRows(db, MAKERS, SINCE)
    assert db.transact(lambda session: sent._make_pending(["0", "1", "2"], session)) == 1
    assert states(db) == {"0": "pending", "1": "unroutable", "2": "pending"}


def test_a_batch_is_one_transaction(db: Mongo, add: Add) -> None:
    def make_pending_and_fail(session: ClientSession) -> None:
        SentRows(db, MAKERS, SINCE)._make_pending(["0"], session)
        raise ZeroDivisionError

    add("0")
    with pytest.raises(ZeroDivisionError):
        db.transact(make_pending_and_fail)
    assert states(db) == {"0": "sent"}


def test_a_batch_is_a_moments_work_and_rows_are_kept_for_a_week(db: Mongo) -> None:
    assert SentRows(db, MAKERS, SINCE).batch == RESENT_AT_ONCE == 500
    assert SENT_ROWS_KEPT_SECONDS == 7 * 24 * 60 * 60


def test_looking_for_rows_goes_by_an_index(db: Mongo, add: Add) -> None:
    add("1")
    add("2", None, state="unroutable")
    db.db.command("profile", 2)
    try:
        unroutable(db.db)
        SentRows(db, MAKERS, SINCE).count()
        resent(SentRows(db, MAKERS, SINCE))
    finally:
        db.db.command("profile", 0)
    looks = [entry["planSummary"] for entry in db.db["system.profile"].find({"ns": f"{db.db.name}.outbox"})]
    db.db["system.profile"].drop()
    assert len(looks) >= 4
    assert all(look.startswith(("IXSCAN", "EXPRESS", "IDHACK", "COUNT_SCAN", "EOF")) for look in looks), looks
