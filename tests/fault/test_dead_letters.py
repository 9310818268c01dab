"""Parked messages on the whole stack: recorded, seen, sent again and discarded by the command line people on call use.

D1 and D2 are the design's crash points: the recorder dies before its ack, a re-drive dies half-way.
"""

import json
import signal
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pika
import pymongo
import pytest
import urllib3

from emitra_local.stack import Stack
from tests.support.invariants import assert_invariants
from tests.support.platform import Platform, eventually

pytestmark = pytest.mark.long

PAYMENTS, DECISIONS = "gateway.payment.failed.v1", "gateway.application.decided.v1"
REASON = "The producer sent nonsense, agreed with billing."


def dead_letters(stack: Stack, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """`gateway dead-letters …`, as in a shell beside the gateway."""
    return subprocess.run(
        [str(stack.services["gateway"].executable), "dead-letters", *arguments],
        env=stack.env_of("gateway", "api") | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def output_of(stack: Stack, *arguments: str, **env: str) -> str:
    done = dead_letters(stack, *arguments, **env)
    assert done.returncode == 0, done
    return done.stdout


def letters(stack: Stack, *arguments: str) -> list[dict[str, Any]]:
    return list(json.loads(output_of(stack, "list", "--json", *arguments)))


def publish(stack: Stack, queue: str, body: bytes, message_id: str, **headers: Any) -> None:
    with pika.BlockingConnection(pika.URLParameters(stack.infrastructure.amqp_url)) as connection:
        properties = pika.BasicProperties(
            message_id=message_id, content_type="application/cloudevents+json", delivery_mode=2, headers=headers
        )
        connection.channel().basic_publish("", queue, body, properties)


def length(stack: Stack, queue: str) -> int:
    with pika.BlockingConnection(pika.URLParameters(stack.infrastructure.amqp_url)) as connection:
        return int(connection.channel().queue_declare(queue, passive=True).method.message_count)


# A time that is one: in UTC it would be in the year 0, which neither Python nor the database has.
TOO_EARLY = "0001-01-01T00:00:00.000+12:00"


def decision(token: str, message_id: str, decided_at: str = "2026-11-23T06:30:00.000Z") -> bytes:
    """An event that the gateway's view takes, unless the decision is TOO_EARLY."""
    data = {
        "transaction_token": token,
        "client_id": "cli_test",
        "application_id": f"app_{message_id}",
        "district_code": "102",
        "decision": "APPROVED",
        "decided_at": decided_at,
    }
    envelope = {
        "specversion": "1.0",
        "id": message_id,
        "source": "/emitra/certificates",
        "type": "org.emitra.application.decided.v1",
        "subject": data["application_id"],
        "time": "2026-11-23T06:30:00.000Z",
        "sequence": "2",
        "data": data,
    }
    return json.dumps(envelope).encode()


def the_letter(stack: Stack, message_id: str, state: str = "parked") -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        matching = [letter for letter in letters(stack, "--state", state) if letter["message_id"] == message_id]
        assert len(matching) <= 1
        return matching[0] if matching else None

    return eventually(look, 30, f"message {message_id} is {state}")


def view(stack: Stack, token: str) -> list[str]:
    """The ids of the events that the gateway's view has of a transaction."""
    with pymongo.MongoClient[dict[str, Any]](stack.infrastructure.mongodb_uri) as client:
        transaction = client[stack.infrastructure.database_of("gateway")].transactions.find_one({"_id": token})
    return [event["id"] for event in transaction["events"]] if transaction else []


def known_already(stack: Stack, queue: str) -> float:
    """How many messages of the queue the gateway's worker has found to be duplicates."""
    url = f"http://127.0.0.1:{stack.ports['gateway-worker-probe']}/metrics"
    for line in urllib3.request("GET", url, timeout=10).data.decode().splitlines():
        if line.startswith(f'emitra_messages_total{{outcome="duplicate",queue="{queue}"}}'):
            return float(line.rpartition(" ")[2])
    return 0.0


def test_two_people_discard_what_cannot_be_read_where_money_moves(stack: Stack, platform: Platform) -> None:
    message = str(uuid.uuid4())
    publish(stack, PAYMENTS, b"\xff neither JSON nor money", message)
    letter = the_letter(stack, message)["_id"]
    assert "unreadable: not JSON" in output_of(stack, "show", letter)
    assert "neither" not in output_of(stack, "show", letter)
    assert "neither JSON nor money" in output_of(stack, "show", letter, "--body")
    first, second = (platform.client(name).token for name in ("operations-1", "operations-2"))
    assert dead_letters(stack, "discard", "--id", letter, "--reason", REASON).returncode == 2
    kiosk = platform.client("kiosk-jaipur").token
    assert dead_letters(stack, "discard", "--id", letter, "--reason", REASON, OPERATOR_TOKEN=kiosk).returncode == 2
    assert "nothing is discarded yet" in output_of(
        stack, "discard", "--id", letter, "--reason", REASON, OPERATOR_TOKEN=first
    )
    again = dead_letters(stack, "discard", "--approve", "--id", letter, OPERATOR_TOKEN=first)
    assert (again.returncode, "second person" in again.stderr) == (2, True)
    assert "discarded 1 letter" in output_of(stack, "discard", "--approve", "--id", letter, OPERATOR_TOKEN=second)
    kept = the_letter(stack, message, "discarded")
    assert len({event["by"] for event in kept["history"] if "by" in event}) == 2


def test_a_bugs_letter_sent_again_begins_its_ladder_anew(stack: Stack) -> None:
    message, token = str(uuid.uuid4()), f"EM{uuid.uuid4().hex[:13].upper()}"
    # The sixth try: the ladder's end, without waiting a night for it. The gateway's code has no answer to such a time.
    publish(stack, DECISIONS, decision(token, message, TOO_EARLY), message, **{"x-emitra-attempt": 5})
    letter = the_letter(stack, message)
    assert "OverflowError" in letter["reason"]
    assert "OverflowError" in output_of(stack, "group", "--queue", DECISIONS)
    assert "would re-drive 1 letter of 1" in output_of(stack, "redrive", "--id", letter["_id"], "--dry-run")
    assert "re-drove 1 letter of 1" in output_of(stack, "redrive", "--id", letter["_id"])
    with pymongo.MongoClient[dict[str, Any]](stack.infrastructure.mongodb_uri) as client:
        outbox = client[stack.infrastructure.database_of("gateway")].outbox
        second_try = {"message_id": message, "exchange": "gateway.retry.10s"}
        row: dict[str, Any] = eventually(lambda: outbox.find_one(second_try) or {}, 30, "it waits for its second try")
    assert (row["headers"]["x-emitra-attempt"], row["headers"]["x-emitra-redrive"]) == (1, 1)


def test_d1_the_recorder_dies_before_its_ack(stack: Stack, platform: Platform, tmp_path: Path) -> None:
    operator = platform.client("operations-1").token
    message, died = str(uuid.uuid4()), tmp_path / "died-at-D1"
    stack.restart_program("gateway-worker", {"CRASH_POINT": "D1", "CRASH_ONCE_FILE": str(died)})
    stack.await_ready(["gateway-worker"])
    try:
        publish(stack, DECISIONS, b"not an event", message)
        eventually(died.exists, 30, "gateway-worker dies at D1")
        stack.await_ready(["gateway-worker"])
        eventually(lambda: length(stack, f"parking.{DECISIONS}") == 0, 30, "the message is acknowledged")
        letter = the_letter(stack, message)
        assert [event["what"] for event in letter["history"]] == ["parked"]
        output_of(stack, "discard", "--id", letter["_id"], "--reason", REASON, OPERATOR_TOKEN=operator)
    finally:
        stack.restart_program("gateway-worker")
        stack.await_ready(["gateway-worker"])
    assert_invariants(stack)


def test_d2_a_redrive_dies_half_way(stack: Stack, tmp_path: Path) -> None:
    """Parked for a reason that is gone meanwhile: sent again, each takes effect once."""
    tokens = {str(uuid.uuid4()): f"EM{uuid.uuid4().hex[:13].upper()}" for _ in range(3)}
    for message, token in tokens.items():
        headers = {"x-emitra-attempt": 6, "x-emitra-reason": "of test D2", "x-outbox-id": message}
        publish(stack, f"parking.{DECISIONS}", decision(token, message), message, **headers)
    for message in tokens:
        the_letter(stack, message)
    duplicates = known_already(stack, DECISIONS)
    run = ("redrive", "--reason", "of test D2", "--rate", "100")
    killed = dead_letters(stack, *run, CRASH_POINT="D2", CRASH_ONCE_FILE=str(tmp_path / "died-at-D2"))
    assert killed.returncode == -signal.SIGKILL
    assert len(letters(stack, "--reason", "of test D2", "--state", "redriven")) == 1
    assert "re-drove 2 letters of 2" in output_of(stack, *run)
    for message, token in tokens.items():
        eventually(lambda token=token: view(stack, token), 30, "the view has it")  # type: ignore[misc]
        assert view(stack, token) == [message]
    assert known_already(stack, DECISIONS) == duplicates, "none was sent twice"
    assert dead_letters(stack, *run).returncode == 2, "nothing is left to send"
    assert_invariants(stack)
