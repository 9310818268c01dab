"""What the pages show as commands does what it says: each page's blocks of `sh`, in their order, in one plain shell."""

import json
import subprocess
from pathlib import Path

import pytest

from emitra_local.stack import Stack
from tests.conftest import ROOT
from tests.support.shown_commands import blocks, pages

TIMEOUT_SECONDS = 300
SHELLS = ["dash", "bash"]
WITH_COMMANDS = [page for page in pages(ROOT) if any(block.is_run for block in blocks(page))]


@pytest.fixture
def checkout(stack: Stack, tmp_path: Path) -> Path:
    """The repository as it is while `make run` is up, with the stack of the tests in its place."""
    for part in ROOT.iterdir():
        if part.name != ".local":
            (tmp_path / part.name).symlink_to(part)
    state = tmp_path / ".local"
    (state / "run").mkdir(parents=True)
    (state / "run" / "bin").symlink_to(stack.state / "bin")
    (state / "run.json").write_text(json.dumps(stack.run_info))
    return tmp_path


def run(shell: str, script: str, checkout: Path) -> str:
    environment = {"PATH": f"{checkout}/.local/run/bin:/usr/local/bin:/usr/bin:/bin", "HOME": str(checkout)}
    finished = subprocess.run(
        [shell, "-eu", "-c", script],
        cwd=checkout,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )
    assert finished.returncode == 0, f"{script}\n{finished.stdout}{finished.stderr}"
    return finished.stdout


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_of_a_page_work_as_they_stand(page: Path, checkout: Path) -> None:
    run("dash", "\n".join(block.text for block in blocks(page) if block.is_run), checkout)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_bill_is_paid_with_what_the_first_page_shows(shell: str, checkout: Path) -> None:
    shown = [block.text for block in blocks(ROOT / "README.md") if block.is_run and "curl" in block.text]
    said = run(shell, "\n".join(shown), checkout)
    fetched, payment = said.splitlines()
    assert json.loads(fetched)["status"] == "BILLS_FOUND"
    assert json.loads(payment)["status"] == "COMPLETED"
