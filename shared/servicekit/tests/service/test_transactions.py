"""Transactions, keys and leases on a real replica set."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from pymongo import IndexModel
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from servicekit.deadlines import deadline
from servicekit.errors import DependencyTimeout
from servicekit.idempotency import Claim
from servicekit.mongo import Idempotency, Lease, Mongo, duplicate_key


def claim(key: str = "key-0123456789abcdef", fingerprint: str = "f1", client: str = "c1") -> Claim:
    return Claim(client, "make-thing", key, fingerprint, datetime.now(UTC) + timedelta(days=1))


def make_thing(db: Mongo, thing: str):  # type: ignore[no-untyped-def]
    def effect(session: ClientSession) -> None:
        db.db.things.insert_one({"_id": thing}, session=session)

    return effect


def test_a_failed_transaction_leaves_nothing_behind(db: Mongo) -> None:
    def fail(session: ClientSession) -> None:
        db.db.things.insert_one({"_id": "t1"}, session=session)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        db.transact(fail)
    assert db.db.things.count_documents({}) == 0


def test_a_duplicate_says_which_index_refused_it(db: Mongo) -> None:
    db.prepare({"things": [IndexModel([("owner", 1), ("name", 1)], unique=True)]})
    db.db.things.insert_one({"owner": "o", "name": "n"})
    with pytest.raises(DuplicateKeyError) as caught:
        db.transact(lambda session: db.db.things.insert_one({"owner": "o", "name": "n"}, session=session))
    assert duplicate_key(caught.value) == ("owner", "name")
    with pytest.raises(DuplicateKeyError) as caught:
        db.transact(lambda session: db.db.things.insert_many([{"owner": "o", "name": "n"}], session=session))
    assert duplicate_key(caught.value) == ("owner", "name")


def test_a_transaction_does_not_begin_when_the_callers_time_is_up(db: Mongo) -> None:
    with deadline(0.01), pytest.raises(DependencyTimeout):
        db.transact(lambda session: db.db.things.insert_one({}, session=session))


def test_twenty_requests_with_one_key_make_one_thing(db: Mongo) -> None:
    db.db.create_collection("things")
    keys = Idempotency(db)
    gate = threading.Barrier(20)

    def request(number: int):  # type: ignore[no-untyped-def]
        gate.wait()
        return keys.once(claim(), f"thing-{number}", make_thing(db, f"thing-{number}"))

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(request, range(20)))
    assert len({answer.value for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    assert db.db.things.count_documents({}) == 1


def test_a_lease_has_one_holder_who_may_renew_it(db: Mongo) -> None:
    first, second = Lease(db.db, "work", "one", 30), Lease(db.db, "work", "two", 30)
    assert first.acquire()
    assert not second.acquire()
    assert first.acquire()
    assert first.held
    assert not second.held


def test_a_lease_that_ran_out_or_was_released_goes_to_the_next(db: Mongo) -> None:
    first, second = Lease(db.db, "work", "one", 0.05), Lease(db.db, "work", "two", 30)
    assert first.acquire()
    expired = threading.Event()
    expired.wait(0.1)
    assert not first.held
    assert second.acquire()
    assert not first.acquire()
    second.release()
    assert first.acquire()
