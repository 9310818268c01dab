"""Who holds a stack's folder, and whom stopping it signals."""

import signal
import time
from pathlib import Path

import pytest

from emitra_local.stack_folder import stop_running, take_lock


def test_a_launcher_that_has_not_written_its_pid_yet_is_waited_for_not_our_own_process_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = take_lock(tmp_path)
    held.truncate(0)
    signalled = []

    def launcher_comes_to_write_its_pid(_seconds: float) -> None:
        if not held.closed:
            held.write("4321\n")
            held.flush()

    def launcher_ends(pid: int, number: int) -> None:
        signalled.append((pid, number))
        held.close()

    monkeypatch.setattr(time, "sleep", launcher_comes_to_write_its_pid)
    monkeypatch.setattr("emitra_local.stack_folder.os.kill", launcher_ends)

    assert stop_running(tmp_path)

    assert signalled == [(4321, signal.SIGTERM)]
