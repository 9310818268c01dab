"""Idempotency keys on a real database: what a claim stores, what a repeat gets, and when nobody can tell yet."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from servicekit.errors import DependencyUnavailable, IdempotencyKeyReused
from servicekit.idempotency import Claim, Once
from servicekit.mongo import Idempotency, Mongo

CLAIM = Claim("c1", "make-thing", "key-0123456789abcdef", "f1", datetime(2099, 1, 1, tzinfo=UTC))


@pytest.fixture
def keys(db: Mongo) -> Idempotency:
    return Idempotency(db)


def make(db: Mongo, thing: str) -> Callable[[ClientSession], object]:
    return lambda session: db.db.things.insert_one({"_id": thing}, session=session)


def things(db: Mongo) -> list[str]:
    return sorted(thing["_id"] for thing in db.db.things.find())


def claims(db: Mongo) -> list[dict[str, Any]]:
    return list(db.db.idempotency.find({}, {"_id": 0}))


def test_a_claim_is_stored_with_its_effect(db: Mongo, keys: Idempotency) -> None:
    assert keys.once(CLAIM, "first", make(db, "first")) == Once("first", replayed=False)
    assert things(db) == ["first"]
    assert claims(db) == [
        {
            "client_id": "c1",
            "operation": "make-thing",
            "key": CLAIM.key,
            "fingerprint": "f1",
            "expires_at": CLAIM.expires_at,
            "resource_id": "first",
        }
    ]


def test_a_repeat_gets_the_first_ones_resource_and_does_nothing(db: Mongo, keys: Idempotency) -> None:
    keys.once(CLAIM, "first", make(db, "first"))
    assert keys.once(CLAIM, "second", make(db, "second")) == Once("first", replayed=True)
    assert things(db) == ["first"]


@pytest.mark.parametrize("other", [{"client_id": "c2"}, {"operation": "drop-thing"}, {"key": "another-key-012345"}])
def test_another_client_operation_or_key_is_another_request(
    db: Mongo, keys: Idempotency, other: dict[str, str]
) -> None:
    keys.once(CLAIM, "first", make(db, "first"))
    assert keys.find(replace(CLAIM, **other)) is None  # type: ignore[arg-type]
    assert keys.once(replace(CLAIM, **other), "second", make(db, "second")) == Once("second", replayed=False)  # type: ignore[arg-type]
    assert things(db) == ["first", "second"]


def test_an_earlier_request_is_known_before_anything_is_done(db: Mongo, keys: Idempotency) -> None:
    assert keys.find(CLAIM) is None
    keys.once(CLAIM, "first", make(db, "first"))
    assert keys.find(CLAIM) == Once("first", replayed=True)


@pytest.mark.parametrize("act", ["find", "once"])
def test_a_key_used_for_another_request_is_refused(db: Mongo, keys: Idempotency, act: str) -> None:
    keys.once(CLAIM, "first", make(db, "first"))
    other = replace(CLAIM, fingerprint="f2")
    with pytest.raises(IdempotencyKeyReused) as refused:
        keys.find(other) if act == "find" else keys.once(other, "second", make(db, "second"))
    assert str(refused.value) == (
        "This Idempotency-Key was used before for a request with another body or address. "
        "Send the first request again unchanged, or use a new key for a new request."
    )
    assert things(db) == ["first"]


def test_the_claim_goes_before_the_effect(db: Mongo, keys: Idempotency) -> None:
    """A twin conflicts at the claim, before it can meet what the first one did."""
    keys.once(CLAIM, "first", make(db, "first"))
    assert keys.once(CLAIM, "second", fail).replayed


def fail(_: ClientSession) -> None:
    raise ZeroDivisionError


def test_a_key_whose_effect_failed_is_unused_and_the_effect_gone(db: Mongo, keys: Idempotency) -> None:
    def make_and_fail(session: ClientSession) -> None:
        make(db, "first")(session)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        keys.once(CLAIM, "first", make_and_fail)
    assert (claims(db), things(db)) == ([], [])
    assert keys.once(CLAIM, "second", make(db, "second")) == Once("second", replayed=False)


def test_a_duplicate_of_another_index_is_the_effects_own_error(db: Mongo, keys: Idempotency) -> None:
    db.db.things.insert_one({"_id": "taken"})
    with pytest.raises(DuplicateKeyError):
        keys.once(CLAIM, "taken", make(db, "taken"))
    assert claims(db) == []


def test_while_it_is_open_whether_the_first_one_stays_a_repeat_is_asked_to_come_again(
    db: Mongo, keys: Idempotency
) -> None:
    def refused(_: ClientSession) -> None:
        """By a claim that no majority has, and that nobody can read for that reason."""
        raise DuplicateKeyError("", 11_000, {"keyPattern": {"client_id": 1, "operation": 1, "key": 1}})

    with pytest.raises(DependencyUnavailable) as uncertain:
        keys.once(CLAIM, "second", refused)
    assert uncertain.value.retry_after_seconds == 5
    assert str(uncertain.value) == (
        "It is not certain yet that the first request with this Idempotency-Key stays. Repeat the request with "
        "the same key."
    )


def test_several_claims_are_written_with_one_transaction(db: Mongo, keys: Idempotency) -> None:
    other = replace(CLAIM, key="another-key-012345")
    db.transact(lambda session: keys.claim(session, {"a": CLAIM, "b": other}))
    assert {claim["resource_id"]: claim["key"] for claim in claims(db)} == {"a": CLAIM.key, "b": other.key}

    def claim_and_fail(session: ClientSession) -> None:
        keys.claim(session, {"c": replace(CLAIM, key="a-third-key-0123456")})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        db.transact(claim_and_fail)
    assert len(claims(db)) == 2
