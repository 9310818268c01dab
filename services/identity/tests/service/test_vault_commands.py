"""The vault's command line as a platform engineer uses it, and a reading that dies half-way."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.keys import ISSUER, KEY_SET
from tests.support.vault import CLERK, aadhaar
from typer.testing import CliRunner, Result

from identity.application.vault.detokenise_identifier import DetokeniseIdentifier
from identity.application.vault.store_identifier import StoreIdentifier
from identity.bootstrap import Identity, bootstrap
from identity.domain.vault.identifiers import Kind
from identity.entrypoints.service import main
from identity.settings import Settings
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import eventually, programs, settings_for

REVEAL = Path(__file__).parents[1] / "support" / "reveal_once.py"
NAME_OF_THE_KILLED = "identity-to-be-killed"
PURPOSE = "vault-purpose:benefit-transfer"

Run = Callable[..., Result]


@pytest.fixture
def environment(settings: Settings, mongo: Mongo, tmp_path: Path) -> dict[str, str]:
    return {
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": mongo.db.name,
        "AMQP_URL": settings.amqp_url,
        "INTERNAL_TOKEN_JWKS": settings.internal_token_jwks,
        "CURSOR_SECRET": settings.cursor_secret,
        "ISSUER": ISSUER,
        "SIGNING_KEYS": KEY_SET,
        "VAULT_KEY_STORE": f"file:{tmp_path / 'vault-keys.json'}",
    }


@pytest.fixture
def run(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(main, ["vault", *words], env={"COLUMNS": "200", "NO_COLOR": "1"})

    return invoke


@pytest.fixture
def opened(run: Run, environment: dict[str, str], mongo: Mongo) -> Identity:
    """The application beside the commands, as a replica that goes on serving; its vault has its first keys."""
    assert run("rotate-keys", "--first").exit_code == 0
    return bootstrap(settings_for(Settings, **environment), mongo)


def store(identity: Identity, number: int, reference: str) -> str:
    command = StoreIdentifier(kind=Kind.AADHAAR, typed=aadhaar(number), reference=reference, actor=CLERK, at=utc_now())
    return identity.vault.store(command).reference


def read(identity: Identity, reference: str, reading_id: str) -> str:
    return identity.vault.detokenise(
        DetokeniseIdentifier(
            reference=reference,
            purpose="benefit-transfer",
            scopes=frozenset({PURPOSE}),
            reading_id=reading_id,
            actor=CLERK,
            at=utc_now(),
        )
    ).identifier.number


def listed(run: Run) -> dict[str, tuple[str, int]]:
    rows = [line.split() for line in run("keys").stdout.splitlines()]
    return {row[0]: (row[1], int(row[2])) for row in rows}


def test_a_new_vault_gets_its_first_keys_once(run: Run) -> None:
    made = run("rotate-keys", "--first")
    assert [line.partition("-")[0] for line in made.stdout.splitlines()] == ["wrap", "index"]
    assert run("rotate-keys", "--first").stdout == "there are keys already\n"
    assert {state for state, _ in listed(run).values()} == {"closing", "indexing"}


def test_where_no_key_store_is_set_there_is_no_vault_to_begin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VAULT_KEY_STORE")
    assert run("rotate-keys", "--first").stdout == "VAULT_KEY_STORE is not set: there is no vault here\n"
    assert run("rotate-keys").exit_code == 1


def test_keys_are_rotated_while_a_replica_serves(run: Run, opened: Identity) -> None:
    references = [store(opened, number, f"vlt_{number:032x}") for number in range(3)]
    old_wrap, old_index = sorted(listed(run), reverse=True)

    coming = run("rotate-keys").stdout.strip()
    assert listed(run)[coming] == ("coming", 0)
    assert run("remove-key", old_wrap).exit_code == 1
    assert run("reencrypt").stdout == "0 records are sealed anew\n"

    now = run("rotate-keys", "--after", "1").stdout.strip()
    assert run("rotate-keys", "--use", "index").exit_code == 0
    eventually(lambda: listed(run)[now][0] == "closing")
    refused = run("remove-key", old_wrap)
    assert (refused.exit_code, "reencrypt" in refused.stderr) == (1, True)
    assert run("reencrypt").stdout == "3 records are sealed anew\n"
    assert run("reindex").stdout == "3 records are indexed anew\n"
    for old in (old_wrap, old_index):
        assert run("remove-key", old).exit_code == 0
    assert listed(run)[now] == ("closing", 3)

    assert [read(opened, reference, f"rdg_{n}") for n, reference in enumerate(references)] == [
        aadhaar(number) for number in range(3)
    ]
    assert [store(opened, number, "vlt_another") for number in range(3)] == references


def test_the_audit_says_who_read_what_and_misses_what_was_taken_away(run: Run, opened: Identity, mongo: Mongo) -> None:
    reference = store(opened, 7, "vlt_" + "7" * 32)
    for number in range(2):
        read(opened, reference, f"rdg_{number}")
    lines = [json.loads(line) for line in run("audit").stdout.splitlines()]
    assert [line["reading_id"] for line in lines] == ["rdg_0", "rdg_1"]
    assert (lines[0]["reference"], lines[0]["person_id"]) == (reference, CLERK.person_id)
    assert aadhaar(7) not in run("audit").output
    assert run("audit", "--until", "2020-01-01").stdout == ""
    assert run("audit", "--check").exit_code == 0
    mongo.db.vault_readings.delete_one({"_id": "rdg_0"})
    done = run("audit", "--check")
    assert (done.exit_code, reference in done.stderr) == (1, True)


def test_a_number_is_erased_on_somebodys_word(run: Run, opened: Identity) -> None:
    reference = store(opened, 8, "vlt_" + "8" * 32)
    words = ["erase", reference, "--reason", "person-asked", "--person-id", "per_officer"]
    assert run(*words).exit_code == 0
    again = run(*words)
    assert (again.exit_code, "erased before" in again.stderr) == (1, True)
    assert store(opened, 8, "vlt_" + "9" * 32) == "vlt_" + "9" * 32


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["rotate-keys", "--use", "sign"], 2, "sign"),
        (["rotate-keys", "--after", "-1"], 2, "--after"),
        (["remove-key"], 2, "key_id"),
        (["remove-key", "wrap-20200101T000000Z"], 1, "identity vault keys"),
        (["erase", "vlt_1", "--reason", "boredom", "--person-id", "per_1"], 2, "boredom"),
        (["erase", "vlt_1", "--reason", "mistake", "--person-id", "Sita"], 2, "per_0190ab12"),
        (["erase", "vlt_1", "--reason", "mistake", "--person-id", "per_1"], 1, "vlt_1"),
        (["audit", "--since", "yesterday"], 2, "--since"),
    ],
)
def test_a_command_that_cannot_be_carried_out_says_why(run: Run, words: list[str], code: int, says: str) -> None:
    done = run(*words)
    assert (done.exit_code, done.stdout) == (code, "")
    assert says in done.stderr


def test_a_vault_without_a_key_store_names_the_setting(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VAULT_KEY_STORE")
    for words in (["keys"], ["rotate-keys"], ["reencrypt"]):
        done = run(*words)
        assert (done.exit_code, "VAULT_KEY_STORE" in done.stderr) == (1, True), words
    monkeypatch.setenv("ENVIRONMENT", "live")
    done = run("keys")
    assert (done.exit_code, "VAULT_KEY_STORE" in done.stderr) == (78, True)


def abort_what_it_left_open(mongo: Mongo) -> None:
    operations: list[dict[str, Any]] = [
        {"$currentOp": {"allUsers": True, "idleSessions": True}},
        {"$match": {"appName": NAME_OF_THE_KILLED, "transaction": {"$exists": True}}},
    ]
    left_open = [{"id": session["lsid"]["id"]} for session in mongo.client.admin.aggregate(operations)]
    assert len(left_open) == 1
    mongo.client.admin.command({"killSessions": left_open})


@pytest.mark.parametrize(("crash_point", "recorded"), [("V1", 0), ("V2", 1)])
def test_a_reading_that_dies_half_way_shows_nothing_that_is_not_recorded(
    opened: Identity, environment: dict[str, str], mongo: Mongo, crash_point: str, recorded: int
) -> None:
    reference = store(opened, 9, "vlt_" + "9" * 32)
    env = {
        **os.environ,
        **environment,
        "CRASH_POINT": crash_point,
        "MONGODB_URI": f"{environment['MONGODB_URI']}&appName={NAME_OF_THE_KILLED}",
    }
    assert programs.run(REVEAL.read_text(), [reference], env, 60) == (-signal.SIGKILL, [])
    if crash_point == "V1":  # what MongoDB does by itself after a minute
        abort_what_it_left_open(mongo)
    assert len(opened.vault.read.readings_of(reference, 0, 10).readings) == recorded
    assert read(opened, reference, "rdg_after") == aadhaar(9)
    assert opened.vault.read.miscounted() == []
    assert len(opened.vault.read.readings_of(reference, 0, 10).readings) == recorded + 1
