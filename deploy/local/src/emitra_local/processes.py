"""Processes of one stack, found by a mark that every one of them inherits, never by name and never by a stale pid.

The mark is an environment variable with the stack's own random id. Children, restarts and grandchildren carry it, a
foreign process that got a recycled pid does not.
"""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import ExitStack, suppress
from pathlib import Path

MARK = "EMITRA_STACK_ID"
# Between two looks at /proc while processes are ending.
POLL_SECONDS = 0.05


def marked(stack_id: str) -> list[int]:
    """The pids of all processes of this user that carry the mark."""
    mark = f"{MARK}={stack_id}".encode()
    pids = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            # A process may end while we look, and other people's are not ours to read.
            with suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    pids.append(int(entry.name))
    return [pid for pid in pids if pid != os.getpid()]


def end_all(stack_id: str, grace_seconds: float) -> int:
    """End every process with the mark: SIGTERM, then SIGKILL for what is left after the grace. Returns how many there
    were. Repeatable; returns when none is left."""
    first = marked(stack_id)
    _signal_all(first, signal.SIGTERM, grace_seconds)
    while remaining := marked(stack_id):  # those that did not listen, or were started meanwhile
        _signal_all(remaining, signal.SIGKILL, POLL_SECONDS)
        time.sleep(POLL_SECONDS)
    return len(first)


def is_running(pid: int) -> bool:
    """Whether a process has this pid and is not a zombie."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _signal_all(pids: list[int], number: int, grace_seconds: float) -> None:
    deadline = time.monotonic() + grace_seconds
    with ExitStack() as handles:
        waiting = set()
        for pid in pids:
            with suppress(ProcessLookupError):
                handle = os.pidfd_open(pid)  # a pid may be given to another process, a handle may not
                handles.callback(os.close, handle)
                signal.pidfd_send_signal(handle, number)
                waiting.add(handle)
        while waiting and (left := deadline - time.monotonic()) > 0:
            ended, _, _ = select.select(waiting, [], [], left)
            waiting.difference_update(ended)
