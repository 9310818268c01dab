"""Programs of the stack that die where a test says (servicekit.faults), and come back as under an orchestrator."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from emitra_local.stack import Stack
from tests.support.platform import eventually

# A program must reach its crash point within this: the sweeper waits out a dead one's grace and lease (12 s, 15 s).
DEATH_TIMEOUT_SECONDS = 45


@dataclass
class Crash:
    """Arms crash points: `crash(program, point)` restarts the program with one, and returns what waits for its death
    there and for its return. It dies there once; `env` may say otherwise (see servicekit.faults)."""

    stack: Stack
    folder: Path
    armed: list[str] = field(default_factory=list)

    def __call__(self, program: str, point: str, **env: str) -> Callable[[], None]:
        died = self.folder / f"{program}-died-at-{point}"
        self.armed.append(program)
        self.stack.restart_program(program, {"CRASH_POINT": point, "CRASH_ONCE_FILE": str(died)} | env)
        self.stack.await_ready([program])

        def back() -> None:
            eventually(died.exists, DEATH_TIMEOUT_SECONDS, f"{program} dies at {point}")
            self.stack.await_ready([program])

        return back

    def disarm(self) -> None:
        for program in self.armed:
            self.stack.restart_program(program)
        self.stack.await_ready(self.armed)
        self.armed.clear()
