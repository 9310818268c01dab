"""What people on call type, and what it answers."""

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from servicekit.broker.admin import apply
from servicekit.broker.relay import Relay
from servicekit.broker.topology import Topology
from servicekit.events.dead_letters import Recorder
from servicekit.events.envelope import Message
from servicekit.events.handling import Delivery
from servicekit.events.table import Consumer
from servicekit.http import Blueprint
from servicekit.mongo import Mongo
from servicekit.service import Service, command_line
from servicekit.settings import ServiceSettings
from servicekit.testing import eventually
from servicekit.testing.plugin import AmqpVhost
from servicekit.testing.tokens import JWKS, access_token

from .conftest import EVENT, QUEUE, Taker, ThingMade
from .test_dead_letters import length, parked_event

ISSUER = "https://api.emitra.example"
REASON = "The producer withdrew them."
Run = Callable[..., Result]
As = Callable[..., None]


class TakerSettings(ServiceSettings):
    service_name = "taker"


@pytest.fixture
def jwks_url() -> Iterator[str]:
    """Where identity's public keys are."""

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(JWKS)))
            self.end_headers()
            self.wfile.write(JWKS.encode())

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Keys) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/.well-known/jwks.json"
        server.shutdown()


@pytest.fixture(params=[False])
def money(request: pytest.FixtureRequest) -> bool:
    """Whether the taker's event moves money."""
    return bool(request.param)


@pytest.fixture
def run(db: Mongo, jwks_url: str, money: bool, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `taker dead-letters …`."""
    given = {"MONGODB_DATABASE": db.db.name, "AMQP_URL": "amqp://broker.invalid/", "INTERNAL_TOKEN_JWKS": JWKS}
    given |= {"CURSOR_SECRET": "x" * 32, "JWKS_URL": jwks_url, "ISSUER": ISSUER, "OPERATOR_TOKEN": ""}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    service = Service(
        name="taker",
        version="1",
        settings=TakerSettings,
        bootstrap=lambda _settings, mongo: mongo,
        blueprints=[Blueprint("things")],
        consumes=[Consumer(EVENT, "maker", ThingMade(), Taker.take, money=money)],
    )
    return lambda *arguments: CliRunner().invoke(command_line(service), ["dead-letters", *arguments])


@pytest.fixture
def act_as(monkeypatch: pytest.MonkeyPatch) -> As:
    """Puts the access token of a person into the environment."""

    def put(subject: str, **claims: Any) -> None:
        monkeypatch.setenv("OPERATOR_TOKEN", operator_token(subject, **claims))

    return put


def operator_token(subject: str, **claims: Any) -> str:
    said = {
        "iss": ISSUER, "aud": "emitra", "exp": int(time.time()) + 900, "sub": subject, "client_id": f"cli_{subject}",
        "scope": "operations:dead-letters", "person": {"id": subject, "role": "operator"},
    }  # fmt: skip
    return access_token(said | claims)


def states(db: Mongo) -> list[str]:
    return [letter["state"] for letter in db.db.dead_letters.find().sort("subject", 1)]


def refused(result: Result, *words: str) -> None:
    """One line on standard error, exit code 2, and nothing on standard output."""
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert len(result.stderr.splitlines()) == 1, result.stderr
    for word in words:
        assert word in result.stderr


def test_letters_are_listed_by_what_they_are(recorder: Recorder, run: Run) -> None:
    first = parked_event(recorder, "t1", **{"x-emitra-reason": "tried 6 times; last: KeyError"})
    second = parked_event(recorder, "t2", **{"x-emitra-reason": "unreadable: not JSON"})
    everything = run("list").stdout
    assert everything.index(second) < everything.index(first), "those parked last in front"
    assert everything.splitlines()[-1] == "2 of 2 letters parked"
    assert [letter["_id"] for letter in json.loads(run("list", "--reason", "keyerror", "--json").stdout)] == [first]
    assert run("list", "--type", EVENT, "--limit", "1").stdout.splitlines()[-1] == "1 of 2 letters parked"
    assert run("list", "--queue", "taker.other.v1").stdout == "0 of 0 letters parked\n"
    assert run("list", "--state", "discarded").stdout == "0 of 0 letters discarded\n"


def test_letters_are_counted_by_queue_type_and_reason(recorder: Recorder, run: Run) -> None:
    for number in range(3):
        parked_event(recorder, f"t{number}", **{"x-emitra-reason": "unreadable: not JSON" if number else "KeyError"})
    groups = json.loads(run("group", "--json").stdout)
    assert [(group["queue"], group["reason"], group["count"]) for group in groups] == [
        (QUEUE, "unreadable: not JSON", 2),
        (QUEUE, "KeyError", 1),
    ]
    assert groups[0]["oldest"] < groups[0]["newest"]
    assert run("group").stdout.splitlines()[-1] == "3 letters parked in 2 groups"


def test_a_letter_is_shown_without_its_body_unless_asked(recorder: Recorder, run: Run) -> None:
    letter = parked_event(recorder, "t1", **{"x-emitra-stack": "KeyError\nhere.py:1 take"})
    shown = run("show", letter).stdout
    assert "here.py:1 take" in shown
    assert "parked: redrive 0, attempt 6" in shown
    assert "thing_id" not in shown
    assert '"thing_id":"t1"' in run("show", letter, "--body").stdout


def test_what_a_stranger_wrote_cannot_command_the_terminal(recorder: Recorder, run: Run) -> None:
    letter = parked_event(recorder, "t1", **{"x-emitra-reason": "\x1b]0;owned\x07[red]\nsecond line"})
    for shown in (run("list").stdout, run("show", letter).stdout, run("group").stdout):
        assert "·]0;owned·[red]·second line" in shown
        assert "\x1b" not in shown


def test_a_dry_run_says_what_would_be_sent_and_changes_nothing(db: Mongo, recorder: Recorder, run: Run) -> None:
    for number in range(3):
        parked_event(recorder, f"t{number}")
    said = run("redrive", "--all", "--limit", "2", "--dry-run")
    assert said.stdout.splitlines()[-1] == "would re-drive 2 letters of 3; nothing was changed"
    assert states(db) == ["parked"] * 3
    assert db.db.outbox.count_documents({}) == 0


def test_letters_are_sent_again_by_id_queue_or_reason(db: Mongo, recorder: Recorder, run: Run) -> None:
    ids = [parked_event(recorder, f"t{n}", **{"x-emitra-reason": f"because of {n % 2}"}) for n in range(4)]
    assert run("redrive", "--id", ids[0], "--rate", "1000").stdout.startswith("re-drove 1 letter of 1 ")
    assert states(db) == ["redriven", "parked", "parked", "parked"]
    assert run("redrive", "--reason", "of 1", "--rate", "1000").stdout.startswith("re-drove 2 letters of 2 ")
    assert states(db) == ["redriven", "redriven", "parked", "redriven"]
    assert run("redrive", "--queue", QUEUE, "--rate", "1000").exit_code == 0
    assert states(db) == ["redriven"] * 4


def test_one_subjects_events_are_sent_in_their_order(db: Mongo, recorder: Recorder, run: Run) -> None:
    for sequence in (3, 1, 2):
        letter = parked_event(recorder, f"t{sequence}")
        db.db.dead_letters.update_one({"_id": letter}, {"$set": {"subject": "t", "sequence": sequence}})
    assert run("redrive", "--all", "--rate", "1000").exit_code == 0
    sent = [row["message_id"] for row in db.db.outbox.find().sort("_id", 1)]
    letters = {letter["message_id"]: letter["sequence"] for letter in db.db.dead_letters.find()}
    assert [letters[message] for message in sent] == [1, 2, 3]


def test_letters_are_sent_again_no_faster_than_asked_for_and_progress_is_shown(
    db: Mongo, recorder: Recorder, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicekit.operations.throttle.PLAIN_PROGRESS_SECONDS", 0.0)
    for number in range(6):
        parked_event(recorder, f"t{number}")
    began = time.monotonic()
    said = run("redrive", "--all", "--rate", "5")
    assert time.monotonic() - began >= 5 / 5, "the first need not wait"
    assert states(db) == ["redriven"] * 6
    assert [line.split(",")[0] for line in said.stderr.splitlines()] == [
        f"re-drove {number} of 6" for number in range(1, 7)
    ]


def test_a_letter_sent_again_reaches_its_own_consumer_and_no_other_of_the_same_event(
    db: Mongo, broker: AmqpVhost, recorder: Recorder, start_relay: Callable[..., Relay], run: Run
) -> None:
    other = Topology("keeper", (), (("maker", EVENT),))
    apply(other, broker.management_url, broker.url)
    parked_event(recorder, "t1")
    assert run("redrive", "--all").exit_code == 0
    start_relay()
    # The broker confirms, and the relay marks, when every queue has it that is to have it.
    eventually(lambda: db.db.outbox.count_documents({"state": "sent"}) == 1)
    assert {queue: length(broker, queue) for queue in (QUEUE, *other.queues)} == {QUEUE: 1, f"keeper.{EVENT}": 0}


def test_a_database_that_goes_away_half_way_is_told_with_what_was_done(db: Mongo, recorder: Recorder, run: Run) -> None:
    for number in range(3):
        parked_event(recorder, f"t{number}")
    second = sorted(letter["message_id"] for letter in db.db.dead_letters.find())[1]
    db.db.command("collMod", "outbox", validator={"message_id": {"$ne": second}})
    said = run("redrive", "--all", "--rate", "1000")
    assert said.exit_code == 69
    assert said.stdout.startswith("re-drove 1 letter of 3 ")
    assert "run it again" in said.stderr
    db.db.command("collMod", "outbox", validator={})
    assert run("redrive", "--all", "--rate", "1000").stdout.startswith("re-drove 2 letters of 2 ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "dl_unknown"], ["dl_unknown"]),
        (["list", "--state", "lost"], ["--state", "parked, redriven, discarded"]),
        (["list", "--limit", "0"], ["--limit", "10,000"]),
        (["redrive"], ["--id"]),
        (["redrive", "--id", "dl_unknown"], ["dl_unknown"]),
        (["redrive", "--id", "LETTER", "--queue", QUEUE], ["--id"]),
        (["redrive", "--all", "--queue", QUEUE], ["--all"]),
        (["redrive", "--queue", "taker.other.v1"], ["taker.other.v1", QUEUE]),
        (["redrive", "--reason", "no such reason"], ["matches"]),
        (["redrive", "--all", "--rate", "0"], ["--rate", "0"]),
        (["redrive", "--all", "--rate", "-5"], ["--rate", "-5"]),
        (["redrive", "--all", "--rate", "nan"], ["--rate", "nan"]),
        (["redrive", "--all", "--limit", "0"], ["--limit"]),
        (["discard", "--reason", REASON], ["--id"]),
        (["discard", "--id", "LETTER"], ["--reason"]),
        (["discard", "--id", "LETTER", "--reason", "too   short"], ["10 characters"]),
        (["discard", "--id", "LETTER", "--reason", "         x        "], ["10 characters"]),
        (["discard", "--approve", "--id", "LETTER", "--reason", REASON], ["--approve", "--reason"]),
        (["discard", "--approve", "--id", "LETTER"], ["asked to discard"]),
        (["discard", "--id", "LETTER", "--reason", REASON], ["OPERATOR_TOKEN"]),
    ],
)
def test_wrong_input_is_one_line_and_changes_nothing(
    db: Mongo, recorder: Recorder, run: Run, arguments: list[str], words: list[str]
) -> None:
    letter = parked_event(recorder, "t1")
    before = db.db.dead_letters.find_one()
    refused(run(*[letter if argument == "LETTER" else argument for argument in arguments]), *words)
    assert db.db.dead_letters.find_one() == before
    assert db.db.outbox.count_documents({}) == 0


def test_a_letter_that_is_no_longer_parked_is_neither_sent_nor_discarded(
    recorder: Recorder, run: Run, act_as: As
) -> None:
    act_as("per_1")
    letter = parked_event(recorder, "t1")
    assert run("redrive", "--id", letter).exit_code == 0
    refused(run("redrive", "--id", letter), letter, "redriven")
    refused(run("discard", "--id", letter, "--reason", REASON), letter, "redriven")


def test_a_discarded_letter_is_kept_with_who_and_why(db: Mongo, recorder: Recorder, run: Run, act_as: As) -> None:
    letter = parked_event(recorder, "t1")
    act_as("per_1")
    assert run("discard", "--id", letter, "--reason", REASON).stdout == "discarded 1 letter as per_1\n"
    kept: Any = db.db.dead_letters.find_one({"_id": letter})
    assert (kept["state"], bytes(kept["body"])[:1]) == ("discarded", b"{")
    assert {name: kept["history"][-1][name] for name in ("what", "by", "reason")} == {
        "what": "discarded",
        "by": "per_1",
        "reason": REASON,
    }
    refused(run("redrive", "--id", letter), "discarded")


@pytest.mark.parametrize("money", [True], indirect=True)
def test_where_money_moves_two_different_people_discard(db: Mongo, recorder: Recorder, run: Run, act_as: As) -> None:
    letter = parked_event(recorder, "t1")
    act_as("per_1")
    asked = run("discard", "--id", letter, "--reason", REASON)
    assert (asked.exit_code, states(db)) == (0, ["parked"])
    assert f"discard --approve --id {letter}" in asked.stdout
    refused(run("discard", "--approve", "--id", letter), "per_1", "second person")
    # Another client of the same person is the same person.
    act_as("per_1", client_id="cli_another")
    refused(run("discard", "--approve", "--id", letter), "per_1", "second person")
    act_as("per_2")
    refused(run("discard", "--id", letter, "--reason", REASON), "--approve")
    assert states(db) == ["parked"]
    assert run("discard", "--approve", "--id", letter).stdout == "discarded 1 letter, approved by per_2\n"
    kept: Any = db.db.dead_letters.find_one({"_id": letter})
    assert kept["state"] == "discarded"
    assert [(event["what"], event.get("by")) for event in kept["history"][1:]] == [
        ("discard requested", "per_1"),
        ("discard approved", "per_2"),
    ]


@pytest.mark.parametrize("money", [True], indirect=True)
def test_a_request_to_discard_is_void_when_the_letter_is_parked_again(
    db: Mongo, recorder: Recorder, run: Run, act_as: As
) -> None:
    letter = parked_event(recorder, "t1")
    act_as("per_1")
    assert run("discard", "--id", letter, "--reason", REASON).exit_code == 0
    assert run("redrive", "--id", letter).exit_code == 0
    act_as("per_2")
    refused(run("discard", "--approve", "--id", letter), "redriven")
    kept: Any = db.db.dead_letters.find_one({"_id": letter})
    message = Message(kept["message_id"], EVENT, kept["content_type"], kept["body"], {"x-outbox-id": "another row"})
    recorder.handle([Delivery(f"parking.{QUEUE}", message)])
    refused(run("discard", "--approve", "--id", letter), "asked to discard")


@pytest.mark.parametrize(
    ("claims", "word"),
    [
        ({"iss": "https://elsewhere.example"}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"exp": 1_700_000_000}, "expired"),
        ({"exp": None}, "expired"),
        ({"scope": "payments:write"}, "operations:dead-letters"),
        ({"person": None}, "person"),
    ],
)
def test_a_token_that_does_not_name_an_operator_is_refused(
    recorder: Recorder, run: Run, act_as: As, claims: dict[str, Any], word: str
) -> None:
    letter = parked_event(recorder, "t1")
    act_as("per_1", **claims)
    refused(run("discard", "--id", letter, "--reason", REASON), word)


def test_a_token_that_identity_did_not_sign_is_refused(
    recorder: Recorder, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = parked_event(recorder, "t1")
    head, claims, signature = operator_token("per_1").split(".")
    for token in (f"{head}.{claims}.{signature[::-1]}", "not a token", operator_token("per_1") + "x" * 9000):
        monkeypatch.setenv("OPERATOR_TOKEN", token)
        refused(run("discard", "--id", letter, "--reason", REASON), "OPERATOR_TOKEN")
    monkeypatch.setenv("OPERATOR_TOKEN", access_token(json.loads("{}"), token_type="JWT"))
    refused(run("discard", "--id", letter, "--reason", REASON), "not an access token")


def test_without_identitys_keys_nobody_discards(
    db: Mongo, recorder: Recorder, run: Run, act_as: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = parked_event(recorder, "t1")
    act_as("per_1")
    monkeypatch.setenv("JWKS_URL", "http://127.0.0.1:1/keys")
    said = run("discard", "--id", letter, "--reason", REASON)
    assert (said.exit_code, len(said.stderr.splitlines())) == (69, 1)
    monkeypatch.setenv("JWKS_URL", "")
    refused(run("discard", "--id", letter, "--reason", REASON), "JWKS_URL")
    assert states(db) == ["parked"]
