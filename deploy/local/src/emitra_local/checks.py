"""The checks that start no server: locks, ruff, import rules, generated files, the contract gate, mypy per package."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from emitra_local import import_rules
from emitra_local.environments import Environments
from emitra_local.generated import out_of_date
from emitra_local.locks import stale_locks
from emitra_local.suite_results import Result
from emitra_local.workspace import Workspace


def run_checks(environments: Environments) -> list[tuple[Result, str]]:
    """Every check, each with what it had to say (nothing when it passed). Needs the environment `lint`."""
    root, workspace = environments.root, environments.workspace
    python = str(environments.program("lint", "python"))
    cache = root / ".local" / "cache"
    results = [
        _locks_fit(workspace),
        _check("ruff check", [python, "-m", "ruff", "check", f"--cache-dir={cache / 'ruff'}"], root),
        _check("ruff format", [python, "-m", "ruff", "format", "--check", f"--cache-dir={cache / 'ruff'}"], root),
        _check("import rules", import_rules.command(environments), root, import_rules.path(workspace)),
        _generated_is_new(environments),
        _check("contract gate", [*contract_gate(environments), "check"], root, import_rules.path(workspace)),
    ]
    mypy = [python, "-m", "mypy", "--config-file", str(root / "pyproject.toml"), "--cache-dir", str(cache / "mypy")]
    mypy += ["--explicit-package-bases", "--no-error-summary"]
    for package in workspace.packages:
        inside = [*sorted(script.name for script in package.folder.glob("*.py")), "src", "tests"]
        # The black-box tests are `tests.…`, seen from the root.
        folder, targets = (
            (package.folder, inside) if package.installable else (root, [str(package.folder.relative_to(root))])
        )
        targets = [target for target in targets if (folder / target).exists()]
        sources = {"MYPYPATH": os.pathsep.join(map(str, [folder, *(member.source for member in workspace.packages)]))}
        results.append(_check(f"mypy {package.folder.name}", [*mypy, *targets], folder, sources))
    return results


def contract_gate(environments: Environments) -> list[str]:
    """The command `emitra-contracts`, run at the root; needs the environment `lint` and import_rules.path()."""
    return [str(environments.program("lint", "python")), "-m", "emitra_contracts.cli"]


def _locks_fit(workspace: Workspace) -> tuple[Result, str]:
    started = time.monotonic()
    stale = [str(path.relative_to(workspace.root)) for path in stale_locks(workspace)]
    text = f"out of date, `make lock` renews them: {', '.join(stale)}\n" if stale else ""
    return Result("locks", int(not stale), int(bool(stale)), 0, time.monotonic() - started), text


def _generated_is_new(environments: Environments) -> tuple[Result, str]:
    started = time.monotonic()
    stale = [str(path.relative_to(environments.root)) for path, _ in out_of_date(environments)]
    text = f"out of date, `make generate` renews them: {', '.join(stale)}\n" if stale else ""
    return Result("generated", int(not stale), int(bool(stale)), 0, time.monotonic() - started), text


def _check(name: str, command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> tuple[Result, str]:
    started = time.monotonic()
    finished = subprocess.run(
        command, cwd=cwd, env=os.environ | dict(env or {}), capture_output=True, text=True, check=False
    )
    failed = int(finished.returncode != 0)
    text = finished.stdout + finished.stderr if failed else ""
    return Result(name, 1 - failed, failed, 0, time.monotonic() - started), text
