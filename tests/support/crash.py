"""Programs of the stack that die where a test says (servicekit.faults), and come back as under an orchestrator."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pymongo

from emitra_local.stack import Stack
from tests.support.platform import eventually

# A program must reach its crash point within this: the sweeper waits out a dead one's grace and lease (12 s, 15 s).
DEATH_TIMEOUT_SECONDS = 45


@dataclass
class Crash:
    """Arms crash points: `crash(program, point)` restarts the program with one, and returns what waits for its death
    there and for its return. It dies there once; `env` may say otherwise (see servicekit.faults).

    With `at_once` nobody waits until the dead one's lease and grace have run out: the database says that they have.
    """

    stack: Stack
    folder: Path
    armed: list[str] = field(default_factory=list)

    def __call__(self, program: str, point: str, **env: str) -> Callable[..., None]:
        died = self.folder / f"{program}-died-at-{point}"
        self.stack.restart_program(program, {"CRASH_POINT": point, "CRASH_ONCE_FILE": str(died)} | env)
        self.stack.await_ready([program])
        if program.endswith("-api"):  # its parent lives on, and with it what it was started with
            self.armed.append(program)
        else:
            self.stack.set_environment(program)

        def back(*, at_once: bool = False) -> None:
            eventually(died.exists, DEATH_TIMEOUT_SECONDS, f"{program} dies at {point}")
            if at_once:
                self._time_passes(program)
            self.stack.await_ready([program])

        return back

    def disarm(self) -> None:
        for program in self.armed:
            self.stack.restart_program(program)
        self.stack.await_ready(self.armed)
        self.armed.clear()

    def _time_passes(self, program: str) -> None:
        """For what a dead one holds: the lease of a relay, the grace of a payment, refund or top-up whose API died."""
        service, _, process = program.rpartition("-")
        now = datetime.now(UTC)
        with pymongo.MongoClient[dict[str, Any]](self.stack.infrastructure.mongodb_uri) as client:
            database = client[self.stack.infrastructure.database_of(service)]
            if process == "relay":
                database.leases.update_one({"_id": "relay"}, {"$set": {"expires_at": now}})
            elif process == "api":
                of_old_and_new_name = {"next_action_at": now, "resume_at": now}
                database.payments.update_many({"next_action_at": {"$gt": now}}, {"$set": of_old_and_new_name})
                database.refunds.update_many({"resume_at": {"$gt": now}}, {"$set": {"resume_at": now}})
                database.top_ups.update_many({"resume_at": {"$gt": now}}, {"$set": {"resume_at": now}})
