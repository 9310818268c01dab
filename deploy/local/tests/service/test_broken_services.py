"""`make run` with broken services beside one that is well: each is told with what is wrong, and harms nobody.

The services are a page of Python that does what the launcher asks of every service; servers, environments and processes
are real.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
from tests.service.conftest import ROOT
from tests.support.repositories import add_launcher, add_package, write_module

from emitra_local.checks import run_checks
from emitra_local.environments import Environments, Recipe
from emitra_local.ports import remembered_ports
from emitra_local.problems import CannotStart
from emitra_local.stack import Stack
from emitra_local.stack_folder import stop_running
from emitra_local.supervision import Supervisor

DEADLINE_SECONDS = 120
# `emitra-local`, which waits less long for whom it need not wait.
COMMAND = "from emitra_local import cli, stack; stack.PATIENCE_SECONDS = 2; cli.main()"
SERVICE = """
import http.server, os, sys

class Probe(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(ANSWER)
        self.end_headers()

ANSWER = 200

def main():
    command = sys.argv[1]
    if command == "processes":
        print("api")
    if command == "fail":
        sys.exit("there is no seed to be had")
    if command == "api":
        http.server.HTTPServer(("127.0.0.1", int(os.environ["API_PROBE_PORT"])), Probe).serve_forever()
"""
# By the name of the service: which of its files is written how, and what has to be told.
BROKEN = {
    "at-import": ("src/at_import/entrypoints/service.py", "def main(:\n", "SyntaxError: invalid syntax"),
    "at-lock": (
        "requirements.lock",
        "urllib3==2.5.0\n",
        "services/at-lock/requirements.lock: the Python environment at-lock",
    ),
    # Everybody's settings name these two.
    "gateway": ("pyproject.toml", "", "services/gateway/pyproject.toml: [project] has name"),
    "identity": ("pyproject.toml", "[project", "services/identity/pyproject.toml cannot be read as TOML"),
    "at-seed": ("deploy-local.toml", '[[seed]]\nargs = ["fail"]\n', "there is no seed to be had"),
    "at-settings": ("deploy-local.toml", '[env]\nA = "{none}"\n', "unknown reference {none}"),
    "at-probe": (
        "src/at_probe/entrypoints/service.py",
        SERVICE.replace("200", "503"),
        "at-probe-api does not become ready",
    ),
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One service that is well, `parking`, and the broken ones."""
    root = tmp_path_factory.mktemp("repository")
    launcher = add_launcher(root)
    for name in ("bootstrap", "build"):
        lock = f"requirements-{name}.lock"
        (launcher / lock).write_text((ROOT / "deploy" / "local" / lock).read_text())
    home, ours = root / ".local" / "venvs", ROOT / ".local" / "venvs"
    (home / "tools" / "bin").mkdir(parents=True)
    for program in ("uv", "pip", "python"):
        (home / "tools" / "bin" / program).symlink_to(ours / "tools" / "bin" / program)
    stamp = Environments(root)._stamp(Recipe("tools", launcher / "requirements-bootstrap.lock"))
    (home / "tools" / "stamp").write_text(stamp)
    (launcher / "requirements-stubs.lock").write_text("# nothing\n")
    (root / "pyproject.toml").write_text("[tool.mypy]\nwarn_unreachable = true\n")
    Environments(ROOT).ensure("lint")
    for name in ("local", "lint"):  # the simulators are in the first one
        (home / name).symlink_to(ours / name)
    for name in ("parking", *BROKEN):
        place = add_package(root, f"services/{name}", f"emitra-{name}")
        for lock in ("requirements.lock", "requirements-test.lock"):
            (place / lock).write_text("# nothing\n")
        write_module(root, f"{name.replace('-', '_')}.bootstrap")
        write_module(root, f"{name.replace('-', '_')}.entrypoints.service", SERVICE)
    for name, (file, text, _) in BROKEN.items():
        (root / "services" / name / file).write_text(text)
    (root / "services" / "at-lock" / "requirements-test.lock").write_text(BROKEN["at-lock"][1])
    (root / "services" / "Parking2" / "src" / "Parking2").mkdir(parents=True)
    (root / "services" / "Parking2" / "src" / "Parking2" / "__init__.py").touch()
    yield root
    stop_running(root / ".local" / "run")


@pytest.fixture
def environ(repository: Path, running: Stack) -> dict[str, str]:
    """What the command runs with: servers that are up."""
    gateway = remembered_ports(repository / "ports.json", ["gateway"])["gateway"]
    own = {"EMITRA_ROOT": str(repository), "GATEWAY_PORT": str(gateway), "COLUMNS": "200"}
    return os.environ | running.infrastructure_env | own | {"UV_CACHE_DIR": str(ROOT / ".local" / "cache" / "uv")}


def said_by(command: str, environ: dict[str, str]) -> str:
    """What a command says that ends by itself."""
    program = [sys.executable, "-c", COMMAND, command]
    return subprocess.run(program, env=environ, check=True, capture_output=True, text=True, timeout=120).stdout


class Run:
    """`emitra-local run SERVICES`, and what it has said."""

    def __init__(self, services: str, environ: dict[str, str]) -> None:
        # At a terminal Ctrl-C is heard; a pipeline may have begun these tests in the background, where it is not.
        listening = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        command = [sys.executable, "-c", listening + COMMAND, "run", services]
        self.process = subprocess.Popen(
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.said = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def await_line(self, text: str) -> None:
        """Raises AssertionError, with everything that was said, when the text is not said in time."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while text not in self.said:
            assert time.monotonic() < deadline, f"never said {text!r}:\n{self.said}"
            assert self.process.poll() is None, self.said
            time.sleep(0.1)

    def interrupted(self) -> int:
        """The exit code after Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(DEADLINE_SECONDS)
        self._reader.join()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self.process:
            self.process.terminate()
            self._reader.join()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line


def test_broken_services_are_told_of_with_the_reason_and_looked_at_until_they_are_well(
    repository: Path, environ: dict[str, str]
) -> None:
    with Run("", environ) as run:
        run.await_line("Ctrl-C stops everything")

        for name, (_, _, why) in BROKEN.items():
            _, told, after = run.said.partition(f"✗ {name} is not well")
            assert told, run.said
            assert why in after.partition("✗")[0], run.said
        assert "services/Parking2: a name is lower-case words" in run.said
        assert "✗ parking" not in run.said
        assert "the payment    not made, for it needs gateway, identity, billing" in run.said
        status = said_by("status", environ)
        assert "parking-api" in status
        assert "at-import is not well" in status

        for name in ("at-import", "at-probe"):
            write_module(repository, f"{name.replace('-', '_')}.entrypoints.service", SERVICE + "# mended\n")
            run.await_line(f"✓ {name} is well.")

        assert run.interrupted() == 1
        assert run.said.endswith("Broken at the end: Parking2, at-lock, at-seed, at-settings, gateway, identity.\n")


def test_some_services_are_run_and_a_broken_one_that_was_not_asked_for_is_no_failure(
    repository: Path, environ: dict[str, str]
) -> None:
    with Run("parking", environ) as run:
        run.await_line("Ctrl-C stops everything")
        assert "not well" not in run.said

        said_by("stop", environ)
        assert run.process.wait(DEADLINE_SECONDS) == 0


def test_a_service_that_does_not_answer_any_more_is_told_of(repository: Path, environ: dict[str, str]) -> None:
    with Run("parking", environ) as run:
        run.await_line("Ctrl-C stops everything")
        supervisor = Supervisor(repository / ".local" / "run", "")
        supervisor.attach()

        supervisor.stop_program("parking-api")
        run.await_line("✗ parking is not well")
        supervisor.start_program("parking-api")
        run.await_line("✓ parking is well.")

        assert run.interrupted() == 0


@pytest.mark.parametrize("only", ["Parking2", "services/parking", "x" * 60])
def test_what_is_no_name_is_refused_before_anything_is_started(repository: Path, only: str) -> None:
    state = repository / ".local" / "refused"
    with pytest.raises(CannotStart, match="a name is lower-case words"):
        Stack(repository, state, only=[only], keep_going=True).start()
    assert not (state / "supervisord.conf").exists()


@pytest.fixture
def _otherwise_broken(repository: Path) -> Iterator[None]:
    """Two services are broken in ways that only the checks see; afterwards all is as the other tests want it."""
    texts = {
        "services/at-import/src/at_import/entrypoints/service.py": "def main(:\n",
        "services/at-seed/src/at_seed/entrypoints/service.py": "import pika\nmain: int = 'one'\n",
    }
    before = {name: (repository / name).read_text() for name in texts}
    for name, text in texts.items():
        (repository / name).write_text(text)
    yield
    for name, text in before.items():
        (repository / name).write_text(text)


@pytest.mark.usefixtures("_otherwise_broken")
def test_the_checks_of_a_broken_service_are_its_own(
    repository: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", environ["UV_CACHE_DIR"])
    said = {result.name: (result.failed, text) for result, text in run_checks(Environments(repository, lambda _: None))}

    expected = {
        "service Parking2": "services/Parking2: a name is lower-case words",
        "service identity": "services/identity/pyproject.toml cannot be read as TOML",
        "ruff check": "at-import: services/at-import/src/at_import/entrypoints/service.py:1:",
        "import rules at-import": "services/at-import/src/at_import/entrypoints/service.py",
        "import rules at-seed": "services/at-seed/src/at_seed/entrypoints/service.py:1: at_seed.entrypoints.service",
        "mypy at-lock": "services/at-lock/requirements-test.lock: the Python environment at-lock-test cannot be made",
        "mypy at-seed": "at-seed: services/at-seed/src/at_seed/entrypoints/service.py:2: error: Incompatible types",
        "generated": "services/at-import cannot say what belongs into its generated files",
    }
    for name, text in expected.items():
        assert said[name][0] == 1, name
        assert text in said[name][1], said[name][1]
    for name in ("import rules parking", "mypy parking", "import rules at-lock", "mypy at-settings"):
        assert said[name] == (0, ""), name


def test_tests_are_not_begun_with_a_service_that_is_broken(
    repository: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    stack = Stack(repository, repository / ".local" / "strict", only=["parking", "identity"], disposable=True)
    with pytest.raises(CannotStart, match=r"identity cannot be started: services/identity/pyproject\.toml"):
        stack.start()
