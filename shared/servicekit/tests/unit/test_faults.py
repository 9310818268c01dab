import os
import signal
import subprocess
import sys
from pathlib import Path

PROGRAM = """
from servicekit.faults import crash_point
crash_point('S1')
crash_point('S2', 'evt_1', 'evt_2')
print('survived')
"""


def run(tmp_path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    path = {"PYTHONPATH": ":".join(p for p in sys.path if p), "CRASH_ONCE_FILE": str(tmp_path / "crashed")}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**path, **env}, capture_output=True, text=True, check=False
    )


def test_a_process_without_a_crash_point_lives(tmp_path: Path) -> None:
    assert run(tmp_path).stdout == "survived\n"


def test_a_process_dies_at_its_crash_point_the_first_time_only(tmp_path: Path) -> None:
    first = run(tmp_path, CRASH_POINT="S2")
    assert (first.returncode, first.stdout) == (-signal.SIGKILL, "")
    assert run(tmp_path, CRASH_POINT="S2").stdout == "survived\n"


def test_without_a_once_file_it_dies_every_time(tmp_path: Path) -> None:
    for _ in range(2):
        assert run(tmp_path, CRASH_POINT="S1", CRASH_ONCE_FILE="").returncode == -signal.SIGKILL


def test_the_crash_point_of_another_name_does_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, CRASH_POINT="S3").stdout == "survived\n"


def test_only_the_named_message_is_deadly(tmp_path: Path) -> None:
    assert run(tmp_path, CRASH_POINT="S2", CRASH_MESSAGE_ID="evt_3").stdout == "survived\n"
    assert run(tmp_path, CRASH_POINT="S2", CRASH_MESSAGE_ID="evt_2").returncode == -signal.SIGKILL


def test_it_may_stand_still_instead_until_it_is_continued(tmp_path: Path) -> None:
    env = {"PYTHONPATH": ":".join(p for p in sys.path if p), "CRASH_POINT": "S2", "CRASH_SIGNAL": "STOP"}
    with subprocess.Popen([sys.executable, "-c", PROGRAM], env=env, stdout=subprocess.PIPE, text=True) as process:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        process.send_signal(signal.SIGCONT)
        output, _ = process.communicate(timeout=10)
    assert output == "survived\n"
