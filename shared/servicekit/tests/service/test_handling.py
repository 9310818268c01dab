"""From a delivery to its outcome: what takes effect, what is counted and logged, what is tried again, when it waits."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import marshmallow as ma
import pytest
import structlog
from prometheus_client import REGISTRY
from pymongo.client_session import ClientSession
from pymongo.errors import (
    AutoReconnect,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)
from structlog.testing import capture_logs

from servicekit.errors import Conflict, DependencyUnavailable
from servicekit.events.envelope import CONTENT_TYPE, Message, NewEvent, ReceivedEvent, serialise
from servicekit.events.handling import DatabaseAway, Delivery, Handling, Stopped
from servicekit.events.ordering import Positions
from servicekit.events.redelivery import Redelivery
from servicekit.events.table import Consumer, Order
from servicekit.mongo import Mongo

from .conftest import CONSUMER, EVENT, QUEUE, Taker, ThingMade, new_event

OTHER_EVENT, OTHER_QUEUE = "thing.changed.v1", "taker.thing.changed.v1"


class Clock(threading.Event):
    """What "stopping" is asked for: a wait takes its time on this clock, and none of ours. Notes what was waited."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000.0
        self.waits: list[float] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        assert len(self.waits) < 100, "it waits for ever"
        self.now += timeout or 0.0
        self.meanwhile()
        return self.is_set()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("servicekit.events.handling.time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.fixture
def table() -> dict[str, Consumer]:
    consumer = Consumer(EVENT, "maker", ThingMade(), Taker.take)
    return {QUEUE: consumer, OTHER_QUEUE: replace(consumer, event=OTHER_EVENT)}


@pytest.fixture
def redelivery(db: Mongo) -> Redelivery:
    return Redelivery(db.db, CONSUMER)


@pytest.fixture
def handling(db: Mongo, taker: Taker, table: dict[str, Consumer], redelivery: Redelivery, clock: Clock) -> Handling:
    return Handling(db, taker, table, redelivery, clock)


@pytest.fixture
def logs() -> Any:
    with capture_logs() as entries:
        yield entries


def delivery_of(event: NewEvent, **changes: Any) -> Delivery:
    message = Message(event.id, event.type, CONTENT_TYPE, serialise(event, "maker"), {})
    return Delivery(QUEUE if event.type == EVENT else OTHER_QUEUE, replace(message, **changes))


def delivery(thing: str, sequence: int = 1, event: str = EVENT, **changes: Any) -> Delivery:
    return delivery_of(replace(new_event(thing, sequence), type=event), **changes)


def effects(db: Mongo) -> list[str]:
    return sorted(effect["thing_id"] for effect in db.db.effects.find())


def sent_away(db: Mongo) -> list[tuple[str, str]]:
    return [(row["exchange"], row["headers"]["x-emitra-reason"]) for row in db.db.outbox.find()]


class Counts:
    """What the metrics have counted since."""

    NAMES = (
        ("handled", "skipped", "duplicate", "stale", "retried", "parked"),
        ("count", "sum"),
    )

    def __init__(self) -> None:
        self._before = self._read()

    def _read(self) -> dict[tuple[str, str], float]:
        outcomes, times = self.NAMES
        return {
            **{
                (queue, outcome): REGISTRY.get_sample_value(
                    "emitra_messages_total", {"queue": queue, "outcome": outcome}
                )
                or 0.0
                for queue in (QUEUE, OTHER_QUEUE)
                for outcome in outcomes
            },
            **{
                (queue, name): REGISTRY.get_sample_value(f"emitra_message_handling_seconds_{name}", {"queue": queue})
                or 0.0
                for queue in (QUEUE, OTHER_QUEUE)
                for name in times
            },
        }

    @property
    def since(self) -> dict[tuple[str, str], float]:
        now = self._read()
        return {key: now[key] - before for key, before in self._before.items() if now[key] != before}


@pytest.fixture
def counts() -> Counts:
    return Counts()


def fail(error: BaseException, times: int = 1_000_000) -> Callable[..., None]:
    """Raises that error so many times, and does nothing from then on."""
    left = iter(range(times))

    def act(*_: object) -> None:
        if next(left, None) is not None:
            raise error

    return act


def no_answer() -> None:
    raise ConnectionFailure


# What takes effect ---------------------------------------------------------------------------------------------------


def test_a_message_takes_effect_with_its_inbox_row_and_is_counted_with_its_time(
    db: Mongo, handling: Handling, taker: Taker, clock: Clock, counts: Counts
) -> None:
    def take_long(_: ReceivedEvent) -> None:
        clock.now += 4

    taker.before, began, delivered = take_long, datetime.now(UTC), delivery("t1")
    handling.handle([delivered])
    (row,) = db.db.inbox.find()
    assert effects(db) == ["t1"]
    assert row.keys() == {"_id", "handled_at"}
    assert row["_id"] == f"{QUEUE}|{delivered.message.id}"
    assert began - timedelta(seconds=1) < row["handled_at"] <= datetime.now(UTC)
    # Sums since the process began are floats.
    assert counts.since == pytest.approx({(QUEUE, "handled"): 1, (QUEUE, "count"): 1, (QUEUE, "sum"): 4})


def test_a_group_shares_its_time_among_the_messages_that_were_handled(
    db: Mongo, handling: Handling, table: dict[str, Consumer], taker: Taker, clock: Clock, counts: Counts
) -> None:
    def take_long(_: ReceivedEvent) -> None:
        clock.now += 5

    taker.before = take_long
    table[OTHER_QUEUE] = replace(table[OTHER_QUEUE], takes=lambda _event: False)
    handling.handle([delivery("t1"), delivery("t2"), delivery("t3", event=OTHER_EVENT), delivery("t4")])
    assert effects(db) == ["t1", "t2", "t4"]
    assert db.db.inbox.count_documents({}) == 3
    assert counts.since == pytest.approx(
        {(QUEUE, "handled"): 3, (QUEUE, "count"): 3, (QUEUE, "sum"): 15 / 4 * 3, (OTHER_QUEUE, "skipped"): 1}
    )


def test_a_group_is_one_transaction(
    db: Mongo, handling: Handling, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact, transactions = db.transact, []

    def noted(callback: Callable[[ClientSession], Any]) -> Any:
        transactions.append(callback)
        return transact(callback)

    monkeypatch.setattr(db, "transact", noted)
    handling.handle([delivery("t1"), delivery("t2")])
    assert len(transactions) == 1
    handling.handle([delivery("t3")])
    assert len(transactions) == 2


def test_a_group_of_which_one_fails_is_handled_one_by_one(
    db: Mongo, handling: Handling, taker: Taker, counts: Counts, logs: list[Mapping[str, Any]]
) -> None:
    def poison(event: ReceivedEvent) -> None:
        if event.data["thing_id"] == "bad":
            raise ZeroDivisionError

    taker.before = poison
    handling.handle([delivery("t1"), delivery("bad"), delivery("t2")])
    assert effects(db) == ["t1", "t2"]
    assert sent_away(db) == [("taker.retry.10s", "ZeroDivisionError")]
    assert logs[0] == {"event": "group_commit_split", "size": 3, "reason": "ZeroDivisionError", "log_level": "info"}
    assert {key: number for key, number in counts.since.items() if key[1] != "sum"} == {
        (QUEUE, "handled"): 2,
        (QUEUE, "retried"): 1,
        (QUEUE, "count"): 3,
    }


def test_a_message_alone_is_no_group(handling: Handling, taker: Taker, logs: list[Mapping[str, Any]]) -> None:
    taker.before = fail(ZeroDivisionError())
    handling.handle([delivery("t1")])
    assert [entry["event"] for entry in logs] == ["message_not_handled"]


def test_a_duplicate_takes_no_effect_and_is_counted(db: Mongo, handling: Handling, counts: Counts) -> None:
    delivered = delivery("t1")
    handling.handle([delivered])
    handling.handle([delivered])
    assert effects(db) == ["t1"]
    assert sent_away(db) == []
    assert (counts.since[QUEUE, "handled"], counts.since[QUEUE, "duplicate"]) == (1, 1)


def test_the_same_message_over_another_queue_is_another_one(
    db: Mongo, handling: Handling, table: dict[str, Consumer]
) -> None:
    table[OTHER_QUEUE] = table[QUEUE]
    delivered = delivery("t1")
    handling.handle([delivered, Delivery(OTHER_QUEUE, delivered.message)])
    assert effects(db) == ["t1", "t1"]


def test_what_is_not_wanted_is_skipped_without_asking_the_database(
    db: Mongo, handling: Handling, table: dict[str, Consumer], counts: Counts, monkeypatch: pytest.MonkeyPatch
) -> None:
    table[QUEUE] = replace(table[QUEUE], takes=lambda event: event.sequence > 1)
    monkeypatch.setattr(db, "transact", fail(AssertionError()))
    handling.handle([delivery("t1")])
    handling.handle([delivery("t2"), delivery("t3")])
    assert {key: number for key, number in counts.since.items() if key[1] == "skipped"} == {(QUEUE, "skipped"): 3}
    assert sent_away(db) == []


def test_handlers_are_run_by_queue_in_the_tables_order_and_within_by_delivery(
    handling: Handling, taker: Taker, logs: list[Mapping[str, Any]]
) -> None:
    order: list[str] = []
    taker.before = lambda event: order.append(event.data["thing_id"])
    handling.handle(
        [delivery("x", 1, OTHER_EVENT), delivery("b", 9), delivery("a", 3), delivery("y", 1, OTHER_EVENT)],
    )
    assert order == ["b", "a", "x", "y"]
    (line,) = logs
    assert (line["event"], line["queues"]) == ("messages_handled", sorted([QUEUE, OTHER_QUEUE]))
    assert sorted(line["subjects"]) == ["a", "b", "x", "y"]


def test_a_handler_of_many_gets_all_of_its_queue_and_its_log_says_how_many(
    handling: Handling, taker: Taker, table: dict[str, Consumer]
) -> None:
    calls: list[tuple[list[str], Any]] = []

    def take(application: Taker, events: Sequence[ReceivedEvent], session: ClientSession) -> None:
        assert application is taker
        assert session.in_transaction
        calls.append(([event.data["thing_id"] for event in events], structlog.contextvars.get_contextvars()))

    table[QUEUE] = Consumer(EVENT, "maker", ThingMade(), handle_many=take)
    handling.handle([delivery("a"), delivery("b")])
    assert calls == [(["a", "b"], {"queue": QUEUE, "messages": "2"})]


def test_a_handler_of_one_logs_under_its_message(handling: Handling, taker: Taker) -> None:
    bound: list[Any] = []
    taker.before = lambda _event: bound.append(structlog.contextvars.get_contextvars())
    deliveries = [delivery("a"), delivery("b")]
    handling.handle(deliveries)
    assert bound == [
        {"queue": QUEUE, "request_id": "request-1", "message_id": delivered.message.id, "subject": subject}
        for delivered, subject in zip(deliveries, ("a", "b"), strict=True)
    ]


# Its order -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def in_order(table: dict[str, Consumer]) -> None:
    table |= {queue: replace(consumer, order=Order.LATEST) for queue, consumer in table.items()}


def applied(db: Mongo) -> list[tuple[str, int]]:
    return [(effect["thing_id"], effect["seq"]) for effect in db.db.effects.find()]


@pytest.mark.usefixtures("in_order")
def test_a_group_is_applied_by_sequence_over_all_queues(
    db: Mongo, handling: Handling, counts: Counts, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = handling._positions.read

    def read_inside(events: Sequence[ReceivedEvent], session: ClientSession) -> Any:
        assert session.in_transaction, "somebody else might move them on in between"
        return read(events, session)

    monkeypatch.setattr(handling._positions, "read", read_inside)
    handling.handle([delivery("t1", 3), delivery("t1", 2, OTHER_EVENT), delivery("t2", 1), delivery("t1", 1)])
    assert [sequence for thing, sequence in applied(db) if thing == "t1"] == [1, 2, 3]
    assert ("t2", 1) in applied(db)
    assert db.db.positions.find_one({"_id": "/emitra/maker|t1"}) == {"_id": "/emitra/maker|t1", "sequence": 3}
    assert (counts.since[QUEUE, "handled"], counts.since[OTHER_QUEUE, "handled"]) == (3, 1)


@pytest.mark.usefixtures("in_order")
def test_what_comes_after_a_later_one_is_stale_and_leaves_nothing(
    db: Mongo, handling: Handling, counts: Counts
) -> None:
    handling.handle([delivery("t1", 5)])
    handling.handle([delivery("t1", 4), delivery("t1", 5), delivery("t1", 6)])
    handling.handle([delivery("t1", 6, OTHER_EVENT)])
    assert applied(db) == [("t1", 5), ("t1", 6)]
    assert db.db.inbox.count_documents({}) == 2
    assert (counts.since[QUEUE, "stale"], counts.since[OTHER_QUEUE, "stale"]) == (2, 1)
    assert sent_away(db) == []


@pytest.mark.usefixtures("in_order")
def test_one_that_is_not_wanted_moves_its_aggregate_on(
    db: Mongo, handling: Handling, table: dict[str, Consumer], counts: Counts
) -> None:
    table[QUEUE] = replace(table[QUEUE], takes=lambda event: event.sequence != 3)
    for sequence in (1, 3, 2):
        handling.handle([delivery("t1", sequence)])
    assert applied(db) == [("t1", 1)]
    assert {key[1]: number for key, number in counts.since.items() if key[1] not in ("sum", "count")} == {
        "handled": 1,
        "skipped": 1,
        "stale": 1,
    }


@pytest.mark.usefixtures("in_order")
def test_a_failed_effect_moves_nothing_on(db: Mongo, handling: Handling, taker: Taker) -> None:
    taker.before = fail(ZeroDivisionError(), 3)
    delivered = delivery("t1", 2)
    handling.handle([delivered])
    assert db.db.positions.count_documents({}) == 0
    handling.handle([delivered])
    assert applied(db) == [("t1", 2)]


def test_positions_are_read_of_these_aggregates_only_as_the_transaction_has_left_them(db: Mongo) -> None:
    positions = Positions(db.db)
    event, other = (
        ReceivedEvent("evt", EVENT, "/emitra/maker", thing, datetime.now(UTC), 3, {}, "request-1") for thing in "ab"
    )

    def act(session: ClientSession) -> list[dict[str, int]]:
        moved = positions.read([], session)
        assert [moved.is_stale(event), moved.is_stale(event), moved.is_stale(other)] == [False, True, False]
        positions.write(moved, session)
        return [positions.read(events, session)._sequences for events in ([event], [event, other], [])]

    assert db.transact(act) == [{"/emitra/maker|a": 3}, {"/emitra/maker|a": 3, "/emitra/maker|b": 3}, {}]


def test_where_no_order_is_asked_for_none_is_kept(db: Mongo, handling: Handling) -> None:
    for sequence in (2, 1):
        handling.handle([delivery("t1", sequence)])
    assert applied(db) == [("t1", 2), ("t1", 1)]
    assert db.db.positions.count_documents({}) == 0


# What goes wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("failures", "tries"), [(1, 2), (2, 3), (3, 3)])
def test_a_bug_gets_two_quick_tries_before_the_ladder(
    db: Mongo, handling: Handling, taker: Taker, clock: Clock, failures: int, tries: int
) -> None:
    taker.before = fail(ZeroDivisionError(), failures)
    handling.handle([delivery("t1")])
    assert len(taker.seen) == tries
    assert effects(db) == (["t1"] if failures < 3 else [])
    assert sent_away(db) == ([("taker.retry.10s", "ZeroDivisionError")] if failures == 3 else [])
    assert clock.waits == []


def test_a_bug_is_logged_with_its_place_and_without_a_word_of_what_it_says(
    db: Mongo, handling: Handling, taker: Taker, counts: Counts, logs: list[Mapping[str, Any]]
) -> None:
    taker.before = fail(ZeroDivisionError("a person's name"))
    delivered = delivery("t1")
    handling.handle([delivered])
    (entry,) = logs
    (row,) = db.db.outbox.find()
    assert entry["stack"].splitlines()[0] == "ZeroDivisionError"
    assert entry["stack"].splitlines()[-1].endswith(" act")
    assert (row["routing_key"], row["message_id"]) == (QUEUE, delivered.message.id)
    assert entry == {
        "event": "message_not_handled",
        "queue": QUEUE,
        "message_id": delivered.message.id,
        "kind": "bug",
        "outcome": "retried",
        "reason": "ZeroDivisionError",
        "stack": row["headers"]["x-emitra-stack"],
        "log_level": "error",
    }
    assert counts.since[QUEUE, "retried"] == 1


def labelled(label: str) -> PyMongoError:
    return OperationFailure("", 1, {"errorLabels": [label]})


@pytest.mark.parametrize(
    ("error", "kind", "tries"),
    [
        (DependencyUnavailable("away"), "transient", 1),
        (Conflict("no"), "bug", 3),
        (labelled("TransientTransactionError"), "transient", 1),
        (labelled("AnotherLabel"), "bug", 3),
        (ValueError(), "bug", 3),
        # In a database that answers all the same: it waits five times, and holds its worker no longer.
        (AutoReconnect(), "transient", 6),
        (ExecutionTimeout(""), "transient", 6),
        (WTimeoutError(""), "transient", 6),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_what_may_pass_by_itself_is_not_tried_at_once_again(
    db: Mongo,
    handling: Handling,
    logs: list[Mapping[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    kind: str,
    tries: int,
) -> None:
    attempts: list[object] = []

    def transact(callback: object) -> None:
        attempts.append(callback)
        raise error

    monkeypatch.setattr(db, "transact", transact)
    handling.handle([delivery("t1")])
    entry = logs[-1]
    assert (entry["kind"], entry["outcome"], entry["reason"]) == (kind, "retried", type(error).__name__)
    assert ("stack" in entry) == (kind == "bug")
    assert len(attempts) == tries
    (row,) = db.db.outbox.find()
    assert row["headers"]["x-emitra-stack"] == entry.get("stack", "")


TWO_FIELDS = ma.Schema.from_dict({"b": ma.fields.Integer(required=True), "a": ma.fields.Integer(required=True)})


def changed(old: bytes, new: bytes) -> bytes:
    return serialise(new_event("t1"), "maker").replace(old, new)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"content_type": "text/plain"}, "content type 'text/plain' is not accepted"),
        ({"body": b"\xff"}, "not JSON: UnicodeDecodeError"),
        ({"body": changed(b"thing_id", b"other")}, "invalid data: a, b, other"),
        ({"body": changed(b"thing.made.v1", b"thing.made.v9")}, "type 'thing.made.v9' does not belong in this queue"),
    ],
)
def test_what_cannot_be_read_is_parked_at_once_with_the_reason(
    db: Mongo,
    handling: Handling,
    table: dict[str, Consumer],
    taker: Taker,
    counts: Counts,
    logs: list[Mapping[str, Any]],
    changes: dict[str, Any],
    reason: str,
) -> None:
    if "invalid" in reason:
        table[QUEUE] = replace(table[QUEUE], schema=TWO_FIELDS())
    handling.handle([delivery("t1", **changes)])
    assert sent_away(db) == [("taker.parking", f"unreadable: {reason}")]
    (entry,) = logs
    assert (entry["kind"], entry["outcome"], entry["reason"]) == ("unreadable", "parked", f"unreadable: {reason}")
    assert "stack" not in entry
    (row,) = db.db.outbox.find()
    assert row["headers"]["x-emitra-stack"] == ""
    assert taker.seen == []
    assert counts.since[QUEUE, "parked"] == 1


@pytest.mark.parametrize("content_type", ["application/cloudevents+json", "application/json"])
def test_both_types_of_content_are_read(db: Mongo, handling: Handling, content_type: str) -> None:
    handling.handle([delivery("t1", content_type=content_type)])
    assert effects(db) == ["t1"]


def test_a_worn_out_message_is_parked(db: Mongo, handling: Handling, taker: Taker, counts: Counts) -> None:
    taker.before = fail(ZeroDivisionError())
    handling.handle([delivery("t1", headers={"x-emitra-attempt": 5})])
    assert sent_away(db) == [("taker.parking", "tried 6 times; last: ZeroDivisionError")]
    assert counts.since[QUEUE, "parked"] == 1


@pytest.mark.parametrize("field", ["_id", "number"])
def test_a_duplicate_of_the_handlers_own_is_a_bug_and_no_message_that_was_handled(
    db: Mongo, handling: Handling, taker: Taker, field: str
) -> None:
    db.db.things.create_index("number", unique=True)
    db.db.things.insert_one({"_id": "here", "number": "here"})
    twin = {"_id": "other", "number": "other", field: "here"}

    def meet_the_twin(_: ReceivedEvent) -> None:
        db.db.things.insert_one(twin)

    taker.before = meet_the_twin
    handling.handle([delivery("t1")])
    assert sent_away(db) == [("taker.retry.10s", "DuplicateKeyError")]
    assert (effects(db), db.db.inbox.count_documents({}), len(taker.seen)) == ([], 0, 3)


class NotOnAMajority:
    """The inbox of a primary that is cut off: a row is there, refuses its twin, and may yet be rolled back."""

    def __init__(self, row_id: str, *, there: bool) -> None:
        self._row_id, self._there = row_id, there

    def insert_many(self, *_: object, **__: object) -> None:
        raise DuplicateKeyError("", 11_000, {"keyPattern": {"_id": 1}})

    def with_options(self, read_concern: Any) -> Any:
        assert read_concern.level == "local"
        return SimpleNamespace(find_one=partial(self.find_one, there=self._there))

    def find_one(self, row: object, fields: object, there: bool = False) -> object:
        assert (row, fields) == ({"_id": self._row_id}, {"_id": 1})
        return row if there else None


@pytest.mark.parametrize(("there", "reason"), [(True, "WTimeoutError"), (False, "DuplicateKeyError")])
def test_a_message_whose_row_may_be_rolled_back_is_no_duplicate_yet(
    db: Mongo, handling: Handling, counts: Counts, there: bool, reason: str
) -> None:
    delivered = delivery("t1")
    inbox: Any = NotOnAMajority(f"{QUEUE}|{delivered.message.id}", there=there)
    handling._inbox = inbox
    handling.handle([delivered])
    assert sent_away(db) == [("taker.retry.10s", reason)]
    assert (QUEUE, "duplicate") not in counts.since
    if there:
        with pytest.raises(WTimeoutError, match=r"^the message's inbox row is not on a majority yet$"):
            handling._is_handled(handling._read(delivered))


# While the database does not answer ----------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ConnectionFailure(), ExecutionTimeout(""), WTimeoutError("")])
def test_while_the_database_is_down_the_message_waits_and_then_takes_effect(
    db: Mongo,
    handling: Handling,
    taker: Taker,
    clock: Clock,
    logs: list[Mapping[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    error: PyMongoError,
) -> None:
    monkeypatch.setattr(db, "ping", no_answer)
    transact, down = db.transact, fail(error, 7)

    def when_up(callback: Callable[[ClientSession], Any]) -> Any:
        down()
        return transact(callback)

    monkeypatch.setattr(db, "transact", when_up)
    handling.handle([delivery("t1")])
    assert clock.waits == [0.1, 0.5, 1.0, 2.0, 5.0, 5.0, 5.0]
    assert effects(db) == ["t1"]
    assert sent_away(db) == []
    assert logs[:-1] == [
        {
            "event": "database_down_waiting",
            "queue": QUEUE,
            "reason": type(error).__name__,
            "seconds": seconds,
            "log_level": "warning",
        }
        for seconds in clock.waits
    ]


def test_another_error_of_the_database_is_not_waited_for(
    db: Mongo, handling: Handling, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "ping", no_answer)
    monkeypatch.setattr(db, "transact", fail(OperationFailure("")))
    handling.handle([delivery("t1")])
    assert clock.waits == []
    assert sent_away(db) == [("taker.retry.10s", "OperationFailure")]


def test_a_message_that_times_out_in_a_database_that_answers_holds_its_worker_for_five_waits(
    db: Mongo, handling: Handling, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "transact", fail(ExecutionTimeout("")))
    handling.handle([delivery("t1")])
    assert clock.waits == [0.1, 0.5, 1.0, 2.0, 5.0]
    assert sent_away(db) == [("taker.retry.10s", "ExecutionTimeout")]


def test_after_more_than_a_minute_without_an_answer_the_message_goes_back(
    db: Mongo, handling: Handling, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicekit.events.handling.DATABASE_PROBE_SECONDS", (20.0,))
    monkeypatch.setattr(db, "ping", no_answer)
    error = ConnectionFailure("down")
    monkeypatch.setattr(db, "transact", fail(error))
    with pytest.raises(DatabaseAway) as away:
        handling.handle([delivery("t1")])
    assert clock.waits == [20.0] * 4, "a minute is waited for"
    assert away.value.__cause__ is error
    assert sent_away(db) == []


def test_a_database_that_answers_is_not_away(
    db: Mongo, handling: Handling, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicekit.events.handling.DATABASE_PROBE_SECONDS", (20.0,) * 5)
    monkeypatch.setattr(db, "transact", fail(ConnectionFailure()))
    handling.handle([delivery("t1")])
    assert clock.waits == [20.0] * 5
    assert sent_away(db) == [("taker.retry.10s", "ConnectionFailure")]


@pytest.mark.parametrize("together", [True, False])
def test_a_stop_ends_the_waiting_and_the_message_goes_back(
    db: Mongo, handling: Handling, clock: Clock, monkeypatch: pytest.MonkeyPatch, together: bool
) -> None:
    monkeypatch.setattr(db, "ping", no_answer)
    error = ConnectionFailure("down")
    monkeypatch.setattr(db, "transact", fail(error))
    clock.meanwhile = clock.set
    with pytest.raises(Stopped) as stopped:
        handling.handle([delivery("t1"), delivery("t2")] if together else [delivery("t1")])
    assert type(stopped.value) is Stopped
    assert stopped.value.__cause__ is error
    assert clock.waits == [0.1]
    assert sent_away(db) == []


@pytest.mark.parametrize("unreadable", [True, False])
def test_a_message_waits_for_its_way_out_whatever_the_database_says(
    db: Mongo,
    handling: Handling,
    taker: Taker,
    redelivery: Redelivery,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    unreadable: bool,
) -> None:
    taker.before = fail(ZeroDivisionError())
    name = "park" if unreadable else "retry_or_park"
    send, refused = getattr(redelivery, name), fail(OperationFailure("the disk is full"), 3)

    def when_allowed(*arguments: Any) -> str:
        refused()
        return str(send(*arguments))

    monkeypatch.setattr(redelivery, name, when_allowed)
    handling.handle([delivery("t1", body=b"") if unreadable else delivery("t1")])
    assert clock.waits == [0.1, 0.5, 1.0]
    assert len(sent_away(db)) == 1


# What a death leaves -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("in_order")
def test_a_death_before_the_commit_leaves_nothing(
    db: Mongo, handling: Handling, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(point: str, *_: str) -> None:
        if point == "C2":
            raise SystemExit

    monkeypatch.setattr("servicekit.events.handling.crash_point", die)
    with pytest.raises(SystemExit):
        handling.handle([delivery("t1", 2)])
    assert (applied(db), db.db.inbox.count_documents({}), db.db.positions.count_documents({})) == ([], 0, 0)


@pytest.mark.parametrize("works", [True, False])
def test_at_each_named_point_there_is_what_a_death_there_would_leave(
    db: Mongo, handling: Handling, taker: Taker, monkeypatch: pytest.MonkeyPatch, works: bool
) -> None:
    passed: list[tuple[Any, ...]] = []

    def note(*point: str) -> None:
        passed.append((*point, len(effects(db)), db.db.inbox.count_documents({}), len(sent_away(db))))

    monkeypatch.setattr("servicekit.events.handling.crash_point", note)
    delivered, other = delivery("t1"), delivery("t2")
    if works:
        handling.handle([delivered, other])
        assert passed == [("C1", 0, 0, 0), ("C2", delivered.message.id, other.message.id, 0, 0, 0), ("C3", 2, 2, 0)]
    else:
        taker.before = fail(DependencyUnavailable("away"))
        handling.handle([delivered])
        assert passed == [("C1", 0, 0, 0), ("C4", 0, 0, 1)]
