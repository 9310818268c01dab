"""Whether somebody or something is known cannot be told from an answer's time: the same work is done for both.

Work is counted, which a busy machine cannot falsify: what the database is asked, and the CPU of this thread.
"""

import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo import monitoring
from tests.support.asking import GRANT, ask, basic
from tests.support.signing_in import SIGN_IN, App, Browser, Phone, any_mobile

from identity.application.clients import authenticate_client
from identity.bootstrap import bootstrap
from identity.domain.clients.client_secrets import new_secret
from identity.entrypoints.service import SERVICE
from identity.settings import Settings
from servicekit.mongo import Mongo

ROUNDS = 40
# Of the medians of two kinds of requests, by CPU. One look-up more or a slow hash for one of the two is far above it.
MOST_TIMES_AS_LONG = 1.3


class Commands(monitoring.CommandListener):
    """What a client of MongoDB sends: the command and the collection, never a value."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.sent.append((event.command_name, str(event.command.get(event.command_name))))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Listens to every client of MongoDB that is made in the test."""
    made, heard = monitoring._LISTENERS, Commands()
    monkeypatch.setattr(monitoring, "_LISTENERS", made._replace(command_listeners=[*made.command_listeners, heard]))
    return heard


@pytest.fixture
def watched(settings: Settings, shared_mongo: Mongo, sandbox: Any, commands: Commands) -> Iterator[FlaskClient]:
    """The API over the shared sandbox, every command to the database heard."""
    del sandbox, commands
    with Mongo(settings.mongodb_uri, shared_mongo.db.name, settings.mongodb_timeout_seconds) as own:
        yield SERVICE.flask_app(settings, own, bootstrap(settings, own)).test_client()


def same_work(commands: Commands, one: Callable[[], int], other: Callable[[], int], status: int) -> None:
    """Raises AssertionError unless both are answered by `status`, ask the database the same and take as long."""
    seconds: tuple[list[float], list[float]] = ([], [])
    asked: list[list[tuple[str, str]]] = []
    for _ in range(ROUNDS):
        for number, ask_for in enumerate((one, other)):
            commands.sent.clear()
            began = time.thread_time()
            assert ask_for() == status
            seconds[number].append(time.thread_time() - began)
            asked.append(list(commands.sent))
    assert asked[0], "nothing was heard of the database"
    assert asked[-1] == asked[-2]
    medians = sorted(map(statistics.median, seconds))
    assert medians[1] < MOST_TIMES_AS_LONG * medians[0], medians


def test_known_and_unknown_clients(
    watched: FlaskClient, commands: Commands, sandbox: Any, shared_mongo: Mongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = sandbox["load-07"]["client_id"]
    # Windows that begin here, and outlast the test on a busy machine too.
    monkeypatch.setattr(authenticate_client, "FAILURE_WINDOW_SECONDS", 3_600)
    shared_mongo.db.failed_authentications.delete_many({})

    def failing(client_id: str) -> Callable[[], int]:
        return lambda: ask(watched, GRANT, basic(client_id, new_secret("sandbox"))).status_code

    unknown = f"cli_{secrets.token_hex(8)}"
    for client_id in (known, unknown):
        for _ in range(10):  # until both are told to wait
            failing(client_id)()
    same_work(commands, failing(known), failing(unknown), 429)


def test_known_and_unknown_numbers(watched: FlaskClient, commands: Commands, phone: Phone) -> None:
    # Each gets fewer codes than a number may have in a day.
    known = [any_mobile() for _ in range(ROUNDS // 4)]
    for mobile in known:
        App().sign_in(Browser(watched.application, phone), mobile)

    def asking(mobile: Callable[[], str]) -> Callable[[], int]:
        def send() -> int:
            stranger = Browser(watched.application, phone)
            stranger.open(App().request())
            return stranger.send(SIGN_IN, mobile=mobile()).status_code

        return send

    turns = iter(known * 4)
    same_work(commands, asking(lambda: next(turns)), asking(any_mobile), 200)
