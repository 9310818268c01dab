"""The levels of `make test`: what each is run with, and the table at the end."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree  # the reports are written by our own pytest a moment before

from rich.table import Table

from emitra_local import import_rules
from emitra_local.console import console, say, stage
from emitra_local.environments import Environments
from emitra_local.locks import stale_locks
from emitra_local.problems import CannotStart
from emitra_local.stack import disposable_stack
from emitra_local.workspace import Package, Workspace

# All levels together must fit in ten minutes: one that takes this long hangs.
SUITE_TIMEOUT_SECONDS = 480
# Black-box suites in tests/, in this order, each with the folders it takes: e2e and fault share one whole stack.
# load is not a test.
BLACK_BOX = {"architecture": ("architecture", "contract"), "end to end, faults": ("e2e", "fault")}


@dataclass(frozen=True)
class Result:
    """How one suite went; a check without cases of its own (a linter) counts as one."""

    name: str
    passed: int
    failed: int
    skipped: int
    seconds: float


def run_tests(root: Path, only: str = "") -> int:
    """Run every suite, or those of the package in a folder named `only`; 0 when all passed. Prints the table."""
    environments = Environments(root, say)
    workspace = environments.workspace
    packages = [each for each in workspace.packages if each.has_tests and each.installable]
    packages = [each for each in packages if (each.folder / "tests").is_dir() and only in ("", each.folder.name)]
    if not packages:
        raise CannotStart(
            f"There is no package {only!r} with tests; SERVICE is the name of a folder in services/ or shared/."
        )
    black_box = BLACK_BOX if not only and (root / "tests" / "pyproject.toml").exists() else {}
    with stage("Python environments for the tests there"):
        names = [f"{package.folder.name}-test" for package in packages]
        environments.ensure_all([*names, *(["tests"] if black_box else []), *([] if only else ["lint"])])
    results: list[Result] = []
    with ThreadPoolExecutor(1) as beside:
        linting = beside.submit(_lint, environments) if not only else None
        with disposable_stack(root, with_services=False, stage=stage, say=say) as stack:
            for package in packages:
                results.append(_pytest(environments, package, stack.infrastructure_env))
        for name, levels in black_box.items():
            folders = [f"tests/{level}" for level in levels]
            results.append(_run_pytest(environments, "tests", name, root, folders, {}))
        results = _lint_results(linting) + results
    return _summarise(results)


def run_lint(root: Path) -> int:
    """Every check that runs nothing; 0 when all passed."""
    environments = Environments(root, say)
    with stage("Python environment for the linters there"):
        environments.ensure("lint")
    with ThreadPoolExecutor(1) as beside:
        return _summarise(_lint_results(beside.submit(_lint, environments)))


def run_bench(root: Path) -> int:
    """tests/load/bench.py in the environment of the black-box tests."""
    environments = Environments(root, say)
    environments.ensure("tests")
    python = str(environments.program("tests", "python"))
    return subprocess.run([python, "-m", "tests.load.bench"], cwd=root, env=_environ(root), check=False).returncode


def _pytest(environments: Environments, package: Package, infrastructure: dict[str, str]) -> Result:
    return _run_pytest(
        environments, f"{package.folder.name}-test", package.folder.name, package.folder, ["tests"], infrastructure
    )


def _run_pytest(
    environments: Environments, environment: str, name: str, folder: Path, tests: list[str], env: dict[str, str]
) -> Result:
    console.rule(f"[bold]{name}", align="left")
    report = environments.root / ".local" / "test-results" / f"{name.replace(' ', '-')}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    started = time.monotonic()
    # `-m pytest` puts the current folder on the path: a suite's own helpers are `tests.support…`.
    command = [str(environments.program(environment, "python")), "-m", "pytest", *tests, f"--junitxml={report}"]
    command += ["-o", f"cache_dir={environments.root / '.local' / 'cache' / 'pytest' / name}"]
    try:
        code = subprocess.run(
            command,
            cwd=folder,
            env=_environ(environments.root) | env,
            check=False,
            timeout=SUITE_TIMEOUT_SECONDS,
        ).returncode
    except subprocess.TimeoutExpired:
        console.print(f"[red]{name} did not finish in {SUITE_TIMEOUT_SECONDS} s[/]")
        code = -1
    return _read_report(name, report, code, time.monotonic() - started)


def _read_report(name: str, report: Path, code: int, seconds: float) -> Result:
    if not report.exists():
        return Result(name, 0, 1, 0, seconds)
    counts = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):  # noqa: S314 - our own file
        for key in counts:
            counts[key] += int(suite.get(key, 0))
    failed = counts["failures"] + counts["errors"]
    if code and not failed:
        failed = 1  # no tests at all, or pytest itself broke
    return Result(name, max(0, counts["tests"] - failed - counts["skipped"]), failed, counts["skipped"], seconds)


def _lint(environments: Environments) -> list[tuple[Result, str]]:
    root, workspace = environments.root, environments.workspace
    python = str(environments.program("lint", "python"))
    cache = root / ".local" / "cache"
    found = [
        _locks_fit(workspace),
        _check("ruff check", [python, "-m", "ruff", "check", f"--cache-dir={cache / 'ruff'}"], root),
        _check("ruff format", [python, "-m", "ruff", "format", "--check", f"--cache-dir={cache / 'ruff'}"], root),
        _check("import rules", import_rules.command(environments), root, import_rules.path(workspace)),
    ]
    mypy = [python, "-m", "mypy", "--config-file", str(root / "pyproject.toml"), "--cache-dir", str(cache / "mypy")]
    mypy += ["--explicit-package-bases", "--no-error-summary"]
    for package in workspace.packages:
        inside = [*sorted(each.name for each in package.folder.glob("*.py")), "src", "tests"]
        # The black-box tests are `tests.…`, seen from the root.
        folder, targets = (package.folder, inside) if package.installable else (root, [package.folder.name])
        targets = [each for each in targets if (folder / each).exists()]
        sources = {"MYPYPATH": os.pathsep.join(map(str, [folder, *(each.source for each in workspace.packages)]))}
        found.append(_check(f"mypy {package.folder.name}", [*mypy, *targets], folder, sources))
    return found


def _locks_fit(workspace: Workspace) -> tuple[Result, str]:
    started = time.monotonic()
    stale = [str(path.relative_to(workspace.root)) for path in stale_locks(workspace)]
    said = f"out of date, `make lock` renews them: {', '.join(stale)}\n" if stale else ""
    return Result("locks", int(not stale), int(bool(stale)), 0, time.monotonic() - started), said


def _check(name: str, command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> tuple[Result, str]:
    started = time.monotonic()
    finished = subprocess.run(
        command, cwd=cwd, env=os.environ | dict(env or {}), capture_output=True, text=True, check=False
    )
    failed = int(finished.returncode != 0)
    said = finished.stdout + finished.stderr if failed else ""
    return Result(name, 1 - failed, failed, 0, time.monotonic() - started), said


def _lint_results(linting: Future[list[tuple[Result, str]]] | None) -> list[Result]:
    results = []
    for result, said in linting.result() if linting else []:
        results.append(result)
        if said:
            console.rule(f"[bold red]{result.name}", align="left")
            console.print(said, markup=False, soft_wrap=True)
    return results


def _summarise(results: list[Result]) -> int:
    table = Table("suite", "passed", "failed", "skipped", "seconds", box=None)
    for result in results:
        colour = "red" if result.failed else "green"
        numbers = [str(number) if number else "" for number in (result.passed, result.failed, result.skipped)]
        table.add_row(f"[{colour}]{result.name}[/]", *numbers, f"{result.seconds:.1f}")
    console.print()
    console.print(table)
    passed, failed = sum(result.passed for result in results), sum(result.failed for result in results)
    console.print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0


def _environ(root: Path) -> dict[str, str]:
    return os.environ | {"EMITRA_ROOT": str(root)}
