"""The commands of a person at the terminal, on a platform that is MongoDB and RabbitMQ only."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.service.conftest import ROOT

from emitra_local.ports import remembered_ports
from emitra_local.processes import MARK, is_running, marked
from emitra_local.stack_folder import mark_of, remember_elsewhere, stop_running

# Far above what any command takes on a busy machine.
DEADLINE_SECONDS = 60
# `emitra-local run`, but for what would take half a minute more: the services, what they say of themselves, and the
# journeys through them, which the end-to-end tests go.
RUN = """
import signal
import sys
from pathlib import Path
from emitra_local import cli, journeys
from emitra_local.stack import Stack

class Servers(Stack):
    run_info = {"gateway_url": "http://127.0.0.1:1", "docs_url": "http://127.0.0.1:1/docs", "pages": {}}
    run_info["clients"] = ["secret"]

# At a terminal Ctrl-C is heard; a pipeline may have begun these tests in the background, where it is not.
signal.signal(signal.SIGINT, signal.default_int_handler)
environments_of = Path(sys.argv.pop(1))
cli.Stack = lambda _root, state, **settings: Servers(environments_of, state, with_services=False, **settings)
journeys.attempt = lambda *_: dict.fromkeys(("payment", "certificate"), journeys.Outcome("made"))
cli.main()
"""
COMMAND = "from emitra_local.cli import main; main()"


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A repository in which things were made that no command may touch."""
    kept = tmp_path / ".local" / "venvs" / "billing"
    kept.mkdir(parents=True)
    (kept / "stamp").touch()
    yield tmp_path
    stop_running(tmp_path / ".local" / "run")


@pytest.fixture
def running(root: Path) -> Iterator[subprocess.Popen[str]]:
    """`emitra-local run` in `root`, up."""
    command = [sys.executable, "-c", RUN, str(ROOT), "run"]
    with subprocess.Popen(command, env=environ(root), stdout=subprocess.PIPE, text=True) as launcher:
        assert launcher.stdout is not None
        assert any(line.startswith("Ready") for line in launcher.stdout)
        yield launcher
        launcher.terminate()


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process of another stack."""
    env = os.environ | {MARK: "test-commands-stranger"}
    with subprocess.Popen([sys.executable, "-c", "input()"], env=env, stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def environ(root: Path) -> dict[str, str]:
    gateway = remembered_ports(root / "ports.json", ["gateway"])["gateway"]
    return os.environ | {"EMITRA_ROOT": str(root), "GATEWAY_PORT": str(gateway), "COLUMNS": "100"}


def emitra_local(root: Path, *arguments: str) -> str:
    """What a command that ends by itself says."""
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments],
        env=environ(root),
        capture_output=True,
        text=True,
        check=True,
        timeout=DEADLINE_SECONDS,
    )
    return done.stdout


def test_a_platform_is_shown_stopped_by_ctrl_c_and_cleaned_and_nothing_else_is_touched(
    root: Path, running: subprocess.Popen[str], stranger: subprocess.Popen[bytes]
) -> None:
    state, run_file = root / ".local" / "run", root / ".local" / "run.json"
    assert json.loads(run_file.read_text())["clients"] == ["secret"]
    assert run_file.stat().st_mode & 0o777 == 0o600

    shown = emitra_local(root, "status")
    assert {line.split()[0] for line in shown.splitlines() if "RUNNING" in line} >= {"mongod", "rabbitmq", "epmd"}
    assert "http://127.0.0.1:1/docs" in shown
    following = [sys.executable, "-c", COMMAND, "logs", "mongod"]
    with subprocess.Popen(following, env=environ(root), stdout=subprocess.PIPE, text=True) as logs:
        assert logs.stdout is not None
        assert '"s":"I"' in logs.stdout.readline()  # a line of MongoDB's own
        logs.terminate()

    running.send_signal(signal.SIGINT)
    output, _ = running.communicate(timeout=DEADLINE_SECONDS)

    assert (running.returncode, output.splitlines()[-1]) == (0, "Stopped.")
    assert marked(mark_of(state)) == []
    assert not run_file.exists()
    assert (state / "mongod").is_dir()
    assert "is not running" in emitra_local(root, "status")
    assert "Nothing was running." in emitra_local(root, "clean")
    assert not state.exists()
    assert (root / ".local" / "venvs" / "billing" / "stamp").exists()
    assert is_running(stranger.pid)


def test_stop_from_another_terminal_ends_what_runs_and_keeps_its_data(
    root: Path, running: subprocess.Popen[str]
) -> None:
    assert "Stopped what ran in .local/run." in emitra_local(root, "stop")

    assert running.wait(DEADLINE_SECONDS) == 0
    assert marked(mark_of(root / ".local" / "run")) == []
    assert not (root / ".local" / "run.json").exists()
    assert (root / ".local" / "run" / "mongod").is_dir()
    assert "Nothing was running." in emitra_local(root, "stop")


def test_cleaning_says_what_it_leaves_on_the_users_own_servers(root: Path) -> None:
    state = root / ".local" / "run"
    state.mkdir()
    remember_elsewhere(state, ["databases billing on a.example:27017"])
    remember_elsewhere(state, ["databases billing on a.example:27017", "virtual host emitra on b.example"])

    output = emitra_local(root, "clean")

    assert not state.exists()
    assert output.count("databases billing on a.example:27017\n") == 1
    assert "virtual host emitra on b.example\n" in output
    assert "On your own servers" not in emitra_local(root, "clean")
