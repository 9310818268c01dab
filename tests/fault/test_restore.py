"""One service is brought back to an earlier minute while the others go on, as docs/operations.md says it."""

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
import pytest

from emitra_local.stack import Stack, disposable_stack
from tests.conftest import ROOT
from tests.support.invariants import assert_invariants
from tests.support.platform import Platform, eventually
from tests.support.settled import database
from tests.support.shown_commands import blocks
from tests.support.traffic import Traffic

pytestmark = pytest.mark.long

COMMAND_SECONDS = 120
# What a small database of the tests takes on a busy machine; mostly the start of five Python programs.
RESTORED_WITHIN_SECONDS = 60
AFTERWARDS_SECONDS = 90
# What somebody deletes by mistake, and would be missed most.
GONE = {"gateway": "transactions", "certificates": "applications", "billing": "payments"}

Content = dict[str, list[bytes]]


@pytest.fixture
def stack() -> Iterator[Stack]:
    """Its own: what was lost stays lost."""
    if "MONGODB_URI" in os.environ:
        pytest.skip("MONGODB_URI names a database that is not ours to break")
    with disposable_stack(ROOT) as started:
        yield started


@pytest.fixture
def platform(stack: Stack) -> Platform:
    return Platform(stack.run_info)


def steps() -> list[str]:
    """The commands of the page's part, block by block."""
    page = ROOT / "docs" / "operations.md"
    return [block.text for block in blocks(page) if "backup" in block.text and "test_restore.py" in block.reason]


def content(stack: Stack, service: str) -> Content:
    with database(stack, service) as db:
        names = [name for name in db.list_collection_names() if not name.startswith("backup_")]
        return {name: [bson.encode(one) for one in db[name].find({}, sort=[("_id", 1)])] for name in names}


def quiet_second(stack: Stack, service: str) -> tuple[datetime, Content]:
    """A second in which nothing happens, and what the database is then; without what beats all the time (leases)."""
    before = content(stack, service)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    eventually(lambda: datetime.now(UTC) > until + timedelta(milliseconds=200), 5, "the second is over")
    after = content(stack, service)
    return until, {name: before[name] for name in before if before[name] == after.get(name)}


def ids(stack: Stack, service: str, collection: str, **query: Any) -> set[str]:
    with database(stack, service) as db:
        return {row["_id"] for row in db[collection].find(query, {"_id": 1})}


def each_program(stack: Stack, service: str, act: Callable[[str], None]) -> None:
    for process in stack.services[service].processes:
        act(f"{service}-{process}")


class Page:
    """Somebody who follows the page: a shell beside the programs."""

    def __init__(self, stack: Stack, service: str, folder: Path) -> None:
        self.took = 0.0
        self.environment = {
            "PATH": f"{stack.state / 'bin'}:/usr/bin:/bin",
            "SERVICE": service,
            "BACKUPS": str(folder / service),
            "EVENTS_LOG_URL": stack.infrastructure.amqp_url,
            "RABBITMQ_MANAGEMENT_URL": stack.infrastructure.management_url,
        }

    def follow(self, script: str, expected: int = 0) -> str:
        """What the commands print; they end with `expected`."""
        began = time.monotonic()
        finished = subprocess.run(
            ["sh", "-eu", "-c", script],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        self.took = time.monotonic() - began
        assert finished.returncode == expected, f"{script}\n{finished.stdout}{finished.stderr}"
        return finished.stdout

    def lacking(self, ask: str) -> dict[str, list[dict[str, str]]]:
        return dict(json.loads(self.follow(f"{ask.strip()} --json || true")))


@pytest.mark.parametrize("service", sorted(GONE))
def test_one_service_comes_back_and_knows_what_it_lacks(
    service: str, stack: Stack, platform: Platform, tmp_path: Path
) -> None:
    follow = (page := Page(stack, service, tmp_path)).follow
    keep, keep_broker, keep_wrong, bring_back, ask, keep_again = steps()
    with Traffic(platform, fees=True) as traffic:
        traffic.more(8)
        follow(keep)  # under payments
        traffic.more(8)
    assert_invariants(stack)
    follow(keep_broker)
    until, well = quiet_second(stack, service)
    assert {GONE[service], "inbox", "outbox"} <= well.keys()
    page.environment["UNTIL"] = until.isoformat()
    outbox, inbox = (ids(stack, service, name) for name in ("outbox", "inbox"))
    with Traffic(platform, fees=True) as traffic:
        traffic.more(10)
    assert_invariants(stack)
    told = ids(stack, service, "outbox", exchange=f"{service}.events") - outbox
    handled = ids(stack, service, "inbox") - inbox
    with database(stack, service) as db:
        lost = {row["_id"]: row for row in db[GONE[service]].find()}
        db[GONE[service]].delete_many({})

    follow(f'"{service}" backup log "$BACKUPS"')  # step 1
    each_program(stack, service, stack.stop_program)
    follow(keep_wrong)
    said, took = follow(bring_back), page.took
    assert took < RESTORED_WITHIN_SECONDS
    restored = content(stack, service)
    assert [name for name in well if well[name] != restored[name]] == []
    each_program(stack, service, stack.start_program)
    stack.await_ready()

    line = follow(ask, 1 if told or handled else 0)  # step 4
    lacking = page.lacking(ask)
    assert {one["id"] for one in lacking["forgotten"]} == told
    assert handled <= {f"{service}.{one['event']}|{one['id']}" for one in lacking["unhandled"]}
    commands = re.findall(rf"[a-z-]+ outbox resend --since {re.escape(page.environment['UNTIL'])}", line)
    assert len(commands) == len({one["producer"] for one in lacking["unhandled"]})
    for command in commands:  # step 5
        follow(command)

    # What names something that is lost cannot be handled: it is tried again for hours, and then people decide.
    hopeless = payments_for(stack, lost.keys() - ids(stack, service, GONE[service]))
    eventually(
        lambda: {one["subject"] for one in page.lacking(ask)["unhandled"]} <= hopeless,
        AFTERWARDS_SECONDS,
        "what others told is handled here",
    )
    assert {one["id"] for one in page.lacking(ask)["forgotten"]} == told
    if service == "gateway":  # it makes nothing of its own: all of it comes back
        assert not told
        assert_invariants(stack)
        assert views(stack) == {token: _told(row) for token, row in lost.items()}
    if service == "billing":
        follow("billing check-books --anew")
    with Traffic(platform, fees=True) as traffic:  # and it works on
        traffic.more(5)
    follow(keep_again)
    print(
        f"{service}: {said.strip().splitlines()[0]}; {took:.1f} s; {len(lacking['unhandled'])} events had to be sent "
        f"again by {len(commands)} producers, {len(told)} of its own are known to others alone"
    )


def payments_for(stack: Stack, applications: Collection[str]) -> set[str]:
    return ids(stack, "billing", "payments", application_id={"$in": list(applications)})


def views(stack: Stack) -> dict[str, tuple[str, list[str]]]:
    with database(stack, "gateway") as gateway:
        return {row["_id"]: _told(row) for row in gateway.transactions.find()}


def _told(transaction: dict[str, Any]) -> tuple[str, list[str]]:
    return str(transaction.get("status")), sorted(event["type"] for event in transaction["events"])
