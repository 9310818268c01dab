"""The HTTP half over a real MongoDB: what a caller is told when the store is slow, gone or right."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pymongo
import pytest
from flask.testing import FlaskClient

from servicekit.http import idempotency_claim
from servicekit.mongo import Idempotency, Mongo, idempotency
from servicekit.testing import eventually


def test_a_store_that_cannot_be_reached_is_a_503_with_retry_after(
    client: FlaskClient, sample: Any, headers: dict[str, str]
) -> None:
    gone: pymongo.MongoClient[Any]
    with pymongo.MongoClient("mongodb://127.0.0.1:1/?directConnection=true", serverSelectionTimeoutMS=100) as gone:
        sample.act = lambda: gone.test.things.find_one({})
        answer = client.get("/v1/payments/pay_1", headers=headers)
    assert (answer.status_code, answer.json["code"]) == (503, "dependency-unavailable")  # type: ignore[index]
    assert answer.headers["Retry-After"] == "2"


def test_a_store_that_is_too_slow_is_a_504(
    client: FlaskClient, sample: Any, headers: dict[str, str], mongo: Mongo
) -> None:
    mongo.db.things.insert_one({})

    def act() -> None:
        with pymongo.timeout(0.2):
            mongo.db.things.find_one({"$where": "sleep(2000) || true"})

    sample.act = act
    started = time.monotonic()
    answer = client.get("/v1/payments/pay_1", headers=headers)
    assert (answer.status_code, answer.json["code"]) == (504, "dependency-timeout")  # type: ignore[index]
    assert time.monotonic() - started < 1.5


def test_an_unforeseen_duplicate_is_a_500_without_the_document(
    client: FlaskClient, sample: Any, headers: dict[str, str], mongo: Mongo
) -> None:
    sample.act = lambda: [mongo.db.things.insert_one({"_id": "Sita Devi"}) for _ in range(2)]
    answer = client.get("/v1/payments/pay_1", headers=headers)
    assert answer.status_code == 500
    assert "Sita" not in answer.text


def test_an_exhausted_deadline_stops_a_transaction_before_it_begins(
    client: FlaskClient, sample: Any, headers: dict[str, str], mongo: Mongo
) -> None:
    def act() -> None:
        eventually_over = time.monotonic() + 0.06
        while time.monotonic() < eventually_over:
            pass
        mongo.transact(lambda session: mongo.db.things.insert_one({}, session=session))

    sample.act = act
    answer = client.get("/v1/payments/pay_1", headers={**headers, "Emitra-Timeout-Ms": "150"})
    assert answer.status_code == 504
    assert mongo.db.things.count_documents({}) == 0


@pytest.fixture
def once(mongo: Mongo, sample: Any) -> Mongo:
    mongo.prepare({idempotency.COLLECTION: idempotency.INDEXES})
    ledger = Idempotency(mongo)

    def effect(session: Any) -> None:
        mongo.db.payments.insert_one({}, session=session)

    sample.act = lambda: ledger.once(idempotency_claim(), "pay_1", effect).replayed
    return mongo


def test_a_repeat_with_the_same_key_has_one_effect_and_says_so(
    client: FlaskClient, keyed_headers: dict[str, str], payment: dict[str, Any], once: Mongo
) -> None:
    answers = [client.post("/v1/payments", json=payment, headers=keyed_headers) for _ in range(3)]
    assert [a.status_code for a in answers] == [201] * 3
    assert [a.headers.get("Idempotent-Replayed") for a in answers] == [None, "true", "true"]
    assert once.db.payments.count_documents({}) == 1


def test_the_key_with_another_body_is_a_422(
    client: FlaskClient, keyed_headers: dict[str, str], payment: dict[str, Any], once: Mongo
) -> None:
    client.post("/v1/payments", json=payment, headers=keyed_headers)
    answer = client.post("/v1/payments", json={**payment, "bill_id": "other"}, headers=keyed_headers)
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency-key-reused")  # type: ignore[index]
    assert once.db.payments.count_documents({}) == 1


def test_twins_at_the_same_moment_have_one_effect(
    client: FlaskClient, keyed_headers: dict[str, str], payment: dict[str, Any], once: Mongo
) -> None:
    app = client.application

    def send(_: int) -> int:
        return app.test_client().post("/v1/payments", json=payment, headers=keyed_headers).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(send, range(6)))
    assert set(statuses) == {201}
    eventually(lambda: once.db.payments.count_documents({}) == 1)
