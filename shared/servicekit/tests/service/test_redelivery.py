"""A message that failed becomes an outbox row, once: where it goes, what it carries, and when that is not certain."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from bson import Int64
from pymongo.errors import DuplicateKeyError, WTimeoutError

from servicekit.events.envelope import Message
from servicekit.events.redelivery import REASON_MAX_CHARACTERS, Redelivery
from servicekit.mongo import Mongo, duplicate_key

from .conftest import CONSUMER, EVENT, QUEUE


@pytest.fixture
def redelivery(db: Mongo) -> Redelivery:
    return Redelivery(db.db, CONSUMER)


def message(**headers: Any) -> Message:
    return Message(
        "m1", EVENT, "application/json", b"\xff{}", {name.replace("_", "-"): headers[name] for name in headers}
    )


def rows(db: Mongo) -> list[dict[str, Any]]:
    return list(db.db.outbox.find())


LADDER = ["10s", "1m", "10m", "1h", "6h"]


@pytest.mark.parametrize(
    ("attempt", "exchange", "reason", "outcome"),
    [
        *[(attempt, f"taker.retry.{delay}", "why", "retried") for attempt, delay in enumerate(LADDER)],
        (5, "taker.parking", "tried 6 times; last: why", "parked"),
        (6, "taker.parking", "tried 7 times; last: why", "parked"),
    ],
)
def test_a_message_waits_longer_each_time_and_is_parked_past_the_ladders_end(
    db: Mongo, redelivery: Redelivery, attempt: int, exchange: str, reason: str, outcome: str
) -> None:
    assert redelivery.retry_or_park(QUEUE, message(x_emitra_attempt=attempt), "why", "a\nstack") == outcome
    (row,) = rows(db)
    assert (row["exchange"], row["routing_key"]) == (exchange, QUEUE)
    assert row["headers"] == {
        "x-emitra-attempt": attempt + 1,
        "x-emitra-reason": reason,
        "x-emitra-stack": "a\nstack",
    }


@pytest.mark.usefixtures("far_from_utc")
@pytest.mark.parametrize("park", [True, False])
def test_the_row_has_the_message_as_it_came_for_its_one_queue(db: Mongo, redelivery: Redelivery, park: bool) -> None:
    began = datetime.now(UTC)
    send = redelivery.park if park else redelivery.retry_or_park
    assert send(QUEUE, message(mine="kept"), "why") == ("parked" if park else "retried")
    (row,) = rows(db)
    exchange = "taker.parking" if park else "taker.retry.10s"
    assert UUID(row.pop("_id")).version == 7
    assert began - timedelta(seconds=1) < row.pop("created_at") <= datetime.now(UTC)
    assert row == {
        "aggregate": {"type": f"{exchange} of {QUEUE}", "id": "m1"},
        "seq": 1,
        "exchange": exchange,
        "routing_key": QUEUE,
        "message_id": "m1",
        "message_type": EVENT,
        "content_type": "application/json",
        "body": b"\xff{}",
        "headers": {"mine": "kept", "x-emitra-attempt": 1, "x-emitra-reason": "why", "x-emitra-stack": ""},
        "state": "pending",
    }
    assert type(row["seq"]) is Int64


def test_what_the_broker_said_of_this_delivery_stays_behind(db: Mongo, redelivery: Redelivery) -> None:
    told = {"x-delivery-count": 3, "x-acquired-count": 1, "x-death": [], "x-first-death-queue": "q"}
    told |= {f"x-last-death-{what}": "q" for what in ("exchange", "queue", "reason")}
    redelivery.park(QUEUE, message(**told, price=2**70), "why")
    (row,) = rows(db)
    assert row["headers"].keys() == {"price", "x-emitra-attempt", "x-emitra-reason", "x-emitra-stack"}
    assert row["headers"]["price"] == str(2**70)


@pytest.mark.parametrize("longer", [-1, 0, 1, 100])
def test_a_reason_is_cut(db: Mongo, redelivery: Redelivery, longer: int) -> None:
    redelivery.park(QUEUE, message(), "x" * (REASON_MAX_CHARACTERS + longer))
    assert len(rows(db)[0]["headers"]["x-emitra-reason"]) == REASON_MAX_CHARACTERS + min(longer, 0)


@pytest.mark.parametrize("name", ["park", "retry_or_park"])
def test_a_repeat_says_the_same_and_makes_no_second_row(db: Mongo, redelivery: Redelivery, name: str) -> None:
    assert len({getattr(redelivery, name)(QUEUE, message(), "why") for _ in range(3)}) == 1
    assert len(rows(db)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"x_emitra_attempt": 1},
        {"x_emitra_redrive": 1},
        {"x_emitra_redrive": 2},
    ],
)
def test_another_try_or_one_after_a_redrive_is_no_repeat(
    db: Mongo, redelivery: Redelivery, other: dict[str, int]
) -> None:
    redelivery.park(QUEUE, message(), "why")
    redelivery.park(QUEUE, message(x_emitra_redrive=3), "why")
    redelivery.park(QUEUE, message(**other), "why")
    redrive = other.get("x_emitra_redrive")
    assert [row["aggregate"]["id"] for row in rows(db)] == [
        "m1",
        "m1 redrive 3",
        f"m1 redrive {redrive}" if redrive else "m1",
    ]


def test_a_row_refused_for_another_reason_is_no_repeat(
    db: Mongo, redelivery: Redelivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicekit.ids.event_id", lambda: "one id for all")
    redelivery.park(QUEUE, message(), "why")
    with pytest.raises(DuplicateKeyError) as refused:
        redelivery.park(QUEUE, message(x_emitra_attempt=1), "why")
    assert duplicate_key(refused.value) == ("_id",)


class NotOnAMajority:
    """The outbox of a primary that is cut off: a row is there, refuses its twin, and may yet be rolled back."""

    refusal = DuplicateKeyError("", 11_000, {"keyPattern": {"aggregate.type": 1, "aggregate.id": 1, "seq": 1}})

    def insert_one(self, row: dict[str, Any]) -> None:
        self.row = row
        raise self.refusal

    def find_one(self, query: object, fields: object) -> None:
        aggregate = self.row["aggregate"]
        assert query == {"aggregate.type": aggregate["type"], "aggregate.id": "m1", "seq": 1}
        assert fields == {"_id": 1}


def test_a_row_that_may_be_rolled_back_is_no_repeat_yet() -> None:
    redelivery = Redelivery({"outbox": NotOnAMajority()}, CONSUMER)  # type: ignore[arg-type]
    with pytest.raises(WTimeoutError, match=r"^the message's outbox row is not on a majority yet$") as uncertain:
        redelivery.park(QUEUE, message(), "why")
    assert uncertain.value.__cause__ is NotOnAMajority.refusal
