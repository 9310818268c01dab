"""Commands in a copy of the repository, as a person gives them."""

import os
import subprocess
from pathlib import Path

from emitra_local.ports import remembered_ports
from tests.conftest import ROOT

# A hang's limit: environments are made in the copy, on a machine that may be busy.
STEP_SECONDS = 2_400


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=guide", "-c", "user.email=guide@example.org"]
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


def environ(copy: Path) -> dict[str, str]:
    """A terminal of a person's own, with the downloads of this repository at hand."""
    cache = os.environ.get("UV_CACHE_DIR", str(ROOT / ".local" / "cache" / "uv"))
    port = remembered_ports(copy.parent / "port.json", ["gateway"])["gateway"]
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("EMITRA", "PYTEST", "VIRTUAL_ENV"))
    }
    return kept | {"UV_CACHE_DIR": cache, "GATEWAY_PORT": str(port)}


def run(copy: Path, script: str) -> str:
    finished = subprocess.run(
        ["sh", "-eu", "-c", script],
        cwd=copy,
        env=environ(copy),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=STEP_SECONDS,
    )
    assert finished.returncode == 0, f"{script}\n{finished.stdout}{finished.stderr}"
    return finished.stdout
