"""The folder a stack lives in: who holds it, and how to stop what runs from it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from emitra_local.problems import CannotStart
from emitra_local.processes import end_all

# Long enough for MongoDB's and RabbitMQ's own orderly stops, one after the other.
STOP_TIMEOUT_SECONDS = 60
LEFTOVER_GRACE_SECONDS = 15
POLL_SECONDS = 0.1
TEST_STATE = "test-"
# Outlives the settings that named the servers: whoever cleans may have set others, or none.
ELSEWHERE = "elsewhere"
# Of Linux, in memory: no write there waits for a disk.
MEMORY = Path("/dev/shm")  # noqa: S108 - folders of our own are made in it, for us alone
MEMORY_PREFIX = "emitra-"
# Of a test's stack some 700 MB are written, 300 of them the journal's; a container often has 64 MB there.
MEMORY_NEEDED_BYTES = 3 * 2**30


def mark_of(state: Path) -> str:
    """The mark of the processes of a stack: from the place of its folder, so that leftovers are found even after the
    folder was deleted by hand."""
    return hashlib.sha256(os.fsencode(state.resolve())).hexdigest()


def take_lock(state: Path) -> TextIO:
    """Make the folder and hold it until the returned file is closed or this process ends.

    Raises CannotStart naming the pid that holds it.
    """
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = (state / "lock").open("a+")
    if not _locked(lock):
        lock.seek(0)
        holder = lock.read().strip()
        lock.close()
        raise CannotStart(f"This stack runs already (pid {holder}). `make status` shows it, `make stop` stops it.")
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def stop_running(state: Path) -> bool:
    """Stop the stack in a folder, whoever holds it, or end what a killed one left there. False if there was nothing.

    Raises CannotStart when the process that holds it does not end.
    """
    holder = 0
    with suppress(FileNotFoundError), (state / "lock").open("r+") as lock:
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS + LEFTOVER_GRACE_SECONDS
        while not _locked(lock):
            if not holder:
                # Empty for the moment between taking the lock and writing the pid; to kill 0 is to kill ourselves.
                lock.seek(0)
                if holder := int(lock.read().strip() or 0):
                    with suppress(ProcessLookupError):
                        os.kill(holder, signal.SIGTERM)
            if time.monotonic() > deadline:
                raise CannotStart(f"The launcher, pid {holder or 'not known'}, does not end.")
            time.sleep(POLL_SECONDS)
        return bool(end_all(mark_of(state), LEFTOVER_GRACE_SECONDS) or holder)
    return bool(end_all(mark_of(state), LEFTOVER_GRACE_SECONDS))


def abandoned_test_stacks(root: Path) -> list[Path]:
    """The folders of test stacks whose holder is gone."""
    states = []
    for state in (root / ".local").glob(f"{TEST_STATE}*/"):
        with suppress(FileNotFoundError), (state / "lock").open("r+") as lock:
            # An empty one is being taken at this moment.
            if lock.read() and _locked(lock):
                states.append(state)
    return states


def memory_of(state: Path) -> Path:
    """Where a stack of tests has its servers' data, if they are in memory."""
    return MEMORY / f"{MEMORY_PREFIX}{mark_of(state)[:16]}"


def take_memory(state: Path) -> Path | None:
    """memory_of(state), made for us alone; None where there is no room for what tests write."""
    if not MEMORY.is_dir() or min(shutil.disk_usage(MEMORY).free, _memory_available()) < MEMORY_NEEDED_BYTES:
        return None
    taken = memory_of(state)
    shutil.rmtree(taken, ignore_errors=True)
    made = taken.with_name(f".{taken.name}")
    made.mkdir(mode=0o700, exist_ok=True)
    # Whose it is, before it has a name by which it is looked for.
    (made / "state").symlink_to(state.resolve())
    return made.rename(taken)


def delete_test_stack(state: Path) -> None:
    """A stopped stack's folder, and its servers' data where they are in memory. Repeatable."""
    shutil.rmtree(memory_of(state), ignore_errors=True)
    shutil.rmtree(state, ignore_errors=True)


def delete_orphaned_memory() -> None:
    """What is in memory of stacks whose folder somebody deleted by hand."""
    for taken in MEMORY.glob(f"{MEMORY_PREFIX}*"):
        if not (taken / "state").exists():
            shutil.rmtree(taken, ignore_errors=True)


def remember_elsewhere(state: Path, kept: Iterable[str]) -> None:
    """Add to what this stack has made outside of its folder, a line for each. Repeatable."""
    if missing := [line for line in kept if line not in made_elsewhere(state)]:
        with (state / ELSEWHERE).open("a") as file:
            file.writelines(f"{line}\n" for line in missing)


def made_elsewhere(state: Path) -> list[str]:
    """What the stack of a folder has made outside of it since the folder was made, on servers that the user named."""
    with suppress(FileNotFoundError):
        return (state / ELSEWHERE).read_text().splitlines()
    return []


def _memory_available() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    kilobytes = {name: int(value.split()[0]) for name, _, value in (line.partition(":") for line in lines)}
    return kilobytes["MemAvailable"] * 1024


def _locked(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
