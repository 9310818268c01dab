"""Guessing is slowed down; nobody is locked out by somebody else's guesses."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.support.asking import GRANT, ask, ask_as, assert_oauth_problem, basic

from identity.adapters.mongo_failed_authentications import MongoFailedAuthentications
from identity.application.clients.authenticate_client import AuthenticateClient
from identity.application.clients.errors import InvalidClient, TooManyFailedAuthentications
from identity.bootstrap import Identity
from servicekit.mongo import Mongo
from servicekit.testing import eventually

Sandbox = dict[str, dict[str, Any]]
# To come: by its own clock the database deletes what has ended.
NOON = datetime(2100, 11, 23, 6, 30, tzinfo=UTC)


def guess(client_id: str, at: datetime) -> AuthenticateClient:
    return AuthenticateClient(client_id=client_id, client_secret="x", at=at)


@pytest.mark.parametrize("client_id", ["cli_sandbox_load_38", "cli_nobody"])
def test_the_eleventh_failure_in_a_minute_is_told_to_wait(
    client: FlaskClient, sandbox: Sandbox, client_id: str
) -> None:
    guesses = [ask(client, GRANT, basic(client_id, f"guess-{n}")) for n in range(12)]
    assert [answer.status_code for answer in guesses] == [401] * 10 + [429] * 2
    assert_oauth_problem(guesses[-1], 429, "invalid_client")
    assert 0 < int(guesses[-1].headers["Retry-After"]) <= 60


def test_a_right_secret_works_while_guesses_are_refused_and_does_not_count(
    client: FlaskClient, sandbox: Sandbox
) -> None:
    kiosk = sandbox["load-39"]
    statuses = []
    for n in range(12):
        ask(client, GRANT, basic(kiosk["client_id"], f"guess-{n}"))
        statuses.append(ask_as(client, kiosk).status_code)
    assert statuses == [200] * 12
    assert ask(client, GRANT, basic(kiosk["client_id"], "guess")).status_code == 429
    assert ask(client, GRANT, basic(sandbox["kiosk-jodhpur"]["client_id"], "guess")).status_code == 401


def test_after_the_minute_failures_are_counted_anew(own_identity: Identity) -> None:
    for second in range(10):
        with pytest.raises(InvalidClient):
            own_identity.authenticate_client(guess("cli_1", NOON + timedelta(seconds=second)))
    with pytest.raises(TooManyFailedAuthentications) as caught:
        own_identity.authenticate_client(guess("cli_1", NOON + timedelta(seconds=59)))
    assert caught.value.retry_after_seconds == 1
    with pytest.raises(InvalidClient):
        own_identity.authenticate_client(guess("cli_1", NOON + timedelta(seconds=60)))


def test_every_one_of_many_failures_at_once_is_counted(mongo: Mongo) -> None:
    windows = MongoFailedAuthentications(mongo.db, b"a key of tests")
    with ThreadPoolExecutor(16) as threads:
        counts = sorted(threads.map(lambda _: windows.record("cli_1", NOON, 60).failures, range(100)))
    assert counts == list(range(1, 101))


def test_closed_windows_are_deleted_by_the_database(mongo: Mongo) -> None:
    MongoFailedAuthentications(mongo.db, b"a key of tests").record("cli_1", NOON, 60)
    # It is written without waiting for a majority, and read once a majority has it.
    window = eventually(mongo.db["failed_authentications"].find_one)
    assert window is not None
    expiring = [
        index
        for index in mongo.db["failed_authentications"].list_indexes()
        if index.get("expireAfterSeconds") == 0 and list(index["key"]) == ["ends_at"]
    ]
    assert window == {"_id": window["_id"], "failures": 1, "ends_at": NOON + timedelta(seconds=60)}
    assert len(expiring) == 1


def test_what_was_typed_as_a_client_id_is_not_kept(client: FlaskClient, shared_mongo: Mongo) -> None:
    typed = "000000012340"
    assert ask(client, GRANT, basic(typed, "x")).status_code == 401
    windows = eventually(lambda: list(shared_mongo.db["failed_authentications"].find()))
    assert typed not in repr(windows)
    other = MongoFailedAuthentications(shared_mongo.db, b"another key").record(typed, NOON, 60)
    assert other.failures == 1  # nobody can tell without the key whether an id was typed
