"""Everything that carries a stack's mark is ended, whoever started it, and nothing else."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from emitra_local.processes import MARK, end_all, is_running, marked

OURS, THEIRS = "test-processes-ours", "test-processes-theirs"
# A parent whose child ignores SIGTERM and outlives it; says the child's pid.
FAMILY = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"],
    stdout=subprocess.PIPE, start_new_session=True)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def family() -> Iterator[tuple[subprocess.Popen[str], int]]:
    environ = os.environ | {MARK: OURS}
    with subprocess.Popen([sys.executable, "-c", FAMILY], env=environ, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        yield parent, int(parent.stdout.readline())
        parent.kill()


def test_children_that_do_not_listen_are_ended_too(family: tuple[subprocess.Popen[str], int]) -> None:
    parent, child = family
    assert set(marked(OURS)) == {parent.pid, child}

    assert end_all(OURS, grace_seconds=0.2) == 2

    assert marked(OURS) == []
    assert not is_running(child)


def test_children_are_found_after_their_parent_was_killed(family: tuple[subprocess.Popen[str], int]) -> None:
    parent, child = family
    parent.kill()
    parent.wait()

    assert marked(OURS) == [child]
    assert end_all(OURS, grace_seconds=0) == 1


def test_another_stacks_processes_are_left_alone(family: tuple[subprocess.Popen[str], int]) -> None:
    parent, child = family

    assert end_all(THEIRS, grace_seconds=0) == 0

    assert is_running(parent.pid)
    assert is_running(child)
    end_all(OURS, grace_seconds=0)
