"""Becomes a command of a service, with what its processes run with. Standard library only; run by path.

`.local/run/bin` has a program of every service's name that does this.
"""

import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

# Of the caller's own environment; everything else comes from the service's.
HANDED_ON = ("OPERATOR_TOKEN", "EVENTS_LOG_URL", "RABBITMQ_MANAGEMENT_URL", "TERM", "COLUMNS")


def become(described: Path, arguments: Sequence[str]) -> None:
    """`described` is the description of one of the service's processes; the command runs in the caller's folder."""
    program = json.loads(described.read_text(encoding="utf-8"))
    handed_on = {name: os.environ[name] for name in HANDED_ON if os.environ.get(name)}
    executable = program["argv"][0]
    os.execve(executable, [executable, *arguments], program["env"] | handed_on)  # noqa: S606 - no shell wanted


def write_programs(state: Path, services: Sequence[str]) -> None:
    """Make `bin/<service>` for each service of the stack in `state`."""
    folder = state / "bin"
    folder.mkdir(exist_ok=True)
    for service in services:
        described = state / "programs" / f"{service}-api.json"
        words = [sys.executable, "-IS", __file__, str(described)]
        program = folder / service
        program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
        program.chmod(0o700)


if __name__ == "__main__":
    become(Path(sys.argv[1]), sys.argv[2:])
