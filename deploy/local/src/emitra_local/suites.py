"""The levels of `make test`: which there are, what each runs with, and how many run at once."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from emitra_local.checks import run_checks
from emitra_local.console import console, say, stage
from emitra_local.environments import Environments
from emitra_local.generated import CONTRACTS_ENVIRONMENT, Generated, contract_gate, generated, platform_documents
from emitra_local.problems import CannotStart
from emitra_local.stack import disposable_stack
from emitra_local.suite_results import Result, read_report, seconds_of, summarise
from emitra_local.workspace import Package

# The longest takes ten minutes on a quiet machine: one that takes this long hangs, however busy the machine is.
SUITE_TIMEOUT_SECONDS = 2_400
# The whole fault suite waits for leases, graces and time-outs on purpose.
FAULT_TIMEOUT_SECONDS = 3_600
# Ten whole stacks.
MIXED_TIMEOUT_SECONDS = 3_600
# Environments of a copy of the repository are made on the way.
GUIDE_TIMEOUT_SECONDS = 3_600
# Suites wait for polls and restarts half of the time, and have databases and virtual hosts of their own; a third one
# makes the others slower by as much.
SUITES_AT_ONCE = 2


@dataclass(frozen=True)
class Suite:
    """One run of pytest: in which environment, from which folder, with which arguments (its folders, markers)."""

    name: str
    environment: str
    folder: Path
    arguments: tuple[str, ...]
    timeout_seconds: int = SUITE_TIMEOUT_SECONDS


@dataclass
class SuiteRunner:
    """Runs suites, possibly several at a time, and can end those that run."""

    environments: Environments
    env: dict[str, str] = field(default_factory=dict)
    _running: set[subprocess.Popen[str]] = field(default_factory=set)

    def run(self, suite: Suite, *, live: bool = False) -> Result:
        """Run a suite to its end. Its output is shown as it comes when `live`, else as a whole afterwards."""
        local = self.environments.root / ".local"
        report = self._report(suite)
        report.parent.mkdir(parents=True, exist_ok=True)
        report.unlink(missing_ok=True)
        # `-m pytest` puts the current folder on the path: a suite's own helpers are `tests.support…`.
        command = [str(self.environments.program(suite.environment, "python")), "-m", "pytest", *suite.arguments]
        command += [f"--junitxml={report}", "-o", f"cache_dir={local / 'cache' / 'pytest' / suite.name}"]
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=suite.folder,
            env=_environ(self.environments.root) | self.env,
            text=True,
            stdout=None if live else subprocess.PIPE,
            stderr=None if live else subprocess.STDOUT,
        )
        self._running.add(process)
        try:
            output, _ = process.communicate(timeout=suite.timeout_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            output = (process.communicate()[0] or "") + f"\n{suite.name} did not finish in {suite.timeout_seconds} s\n"
        finally:
            self._running.discard(process)
        result = read_report(suite.name, report, process.returncode, time.monotonic() - started)
        if not live:
            _show(result, output)
        return result

    def longest_first(self, suites: Sequence[Suite]) -> list[Suite]:
        """By what they took when they last ran here, so that no long one is left for the end; in front of them, in
        their order, those of which that is not known."""
        return sorted(suites, key=lambda suite: -seconds_of(self._report(suite)))

    def _report(self, suite: Suite) -> Path:
        return self.environments.root / ".local" / "test-results" / f"{suite.name.replace(' ', '-')}.xml"

    def end(self) -> None:
        """End the suites that run now; their run() returns."""
        for process in list(self._running):
            process.terminate()


def run_tests(root: Path, only: str = "", expression: str = "") -> int:
    """Run every suite, or those of the package in a folder named `only`, and of those the tests that fit pytest's
    `expression`; 0 when all passed. Prints the table. What cannot be run has failed, and the others are run."""
    environments = Environments(root, say)
    if expression and not only:
        raise CannotStart("T chooses among the tests of one package: name it, make test SERVICE=billing T=refund")
    if only:
        return _run_package(environments, only, expression)
    packages = _package_suites(environments)
    architecture = Suite("architecture", "tests", root, ("tests/architecture", "tests/contract", "tests/nemesis"))
    # Each has a whole stack of its own, `upgrade` on what the previous release stored.
    stacks = [("end to end", "tests/e2e"), ("faults", "tests/fault"), ("upgrade", "tests/upgrade")]
    on_stacks = [Suite(name, "tests", root, (folder, "-m", "not long")) for name, folder in stacks]
    black_box = [architecture, *on_stacks] if (root / "tests" / "pyproject.toml").exists() else []
    with stage("Python environments for the tests there"):
        environments.ensure("lint")
        faults = _faults(environments, [*packages, *black_box])
    broken = _shown([(Result(name, 0, 1, 0, 0), fault) for name, fault in faults.items()])
    first = [suite for suite in (*packages, *black_box[:1]) if suite.name not in faults]
    # After the others: they measure deadlines and kill processes. Beside one another, because they mostly wait.
    last = [suite for suite in black_box[1:] if suite.name not in faults]
    with ThreadPoolExecutor(1) as beside:
        checks = beside.submit(run_checks, environments)
        with disposable_stack(root, with_services=False, stage=stage, say=say) as stack:
            results = _run_side_by_side(SuiteRunner(environments, stack.infrastructure_env), first)
        results += _run_side_by_side(SuiteRunner(environments), last)
        return summarise([*_shown(checks.result()), *broken, *results])


def _run_package(environments: Environments, name: str, expression: str) -> int:
    """The tests of one package; of a service also the architecture and contract tests that speak of it, unless
    `expression` chooses among its own."""
    root, package = environments.root, environments.workspace.package_named(name)
    suites = [_suite_of(package, *(["-k", expression] if expression else []))] if _is_tested(package) else []
    if package in environments.workspace.services and not expression:
        arguments = ("tests/architecture", "tests/contract", "--service", name)
        suites.append(Suite(f"architecture of {name}", "tests", root, arguments))
    if not suites:
        raise CannotStart(f"{package.folder.relative_to(root)} has no tests of its own.")
    with stage("Python environments for the tests there"):
        environments.ensure_all(suite.environment for suite in suites)
    with disposable_stack(root, with_services=False, stage=stage, say=say) as stack:
        runner = SuiteRunner(environments, stack.infrastructure_env)
        return summarise([runner.run(suite, live=True) for suite in suites])


def run_faults(root: Path) -> int:
    """All of tests/fault on one whole stack, then mixed releases; 0 when all passed."""
    faults = Suite("faults", "tests", root, ("tests/fault",), FAULT_TIMEOUT_SECONDS)
    return _run_alone(root, faults, _mixed(root))


def run_mixed(root: Path) -> int:
    """Of tests/upgrade the stacks with services of two releases; 0 when all passed."""
    return _run_alone(root, _mixed(root))


def run_guide(root: Path) -> int:
    """tests/guide: what a page shows, done in a copy of the repository; 0 when it went as the page says."""
    return _run_alone(root, Suite("guide", "tests", root, ("tests/guide",), GUIDE_TIMEOUT_SECONDS))


def _mixed(root: Path) -> Suite:
    return Suite("mixed releases", "tests", root, ("tests/upgrade", "-m", "long"), MIXED_TIMEOUT_SECONDS)


def _run_alone(root: Path, *suites: Suite) -> int:
    """Suites of the black-box tests, one after the other; 0 when all passed."""
    environments = Environments(root, say)
    with stage("Python environment for the tests there"):
        environments.ensure("tests")
    return summarise([SuiteRunner(environments).run(suite, live=True) for suite in suites])


def run_lint(root: Path) -> int:
    """Every check that runs nothing; 0 when all passed."""
    environments = Environments(root, say)
    with stage("Python environments for the linters there"):
        environments.ensure("lint")
        # Before the table, for they may take a minute; what could not be made is told by its check.
        workspace = environments.workspace
        environments.not_made(
            [*(environments.tested_in(package) for package in workspace.packages), *workspace.service_names]
        )
    return summarise(_shown(run_checks(environments, SUITES_AT_ONCE)))


def format_code(root: Path, folder: str = ".") -> int:
    """Rewrites every Python file below `folder` as `make lint` wants it; 1 when something is left that only a person
    can mend."""
    environments = Environments(root, say)
    environments.ensure("lint")
    ruff = [str(environments.program("lint", "python")), "-m", "ruff"]
    settings = [f"--cache-dir={root / '.local' / 'cache' / 'ruff'}", f"--config={root / 'pyproject.toml'}"]
    codes = [
        subprocess.run([*ruff, *act, *settings, folder], cwd=root, check=False).returncode
        for act in (["check", "--fix"], ["format"])
    ]
    return max(codes)


def generate(root: Path) -> int:
    """Writes every generated file that is out of date, and says which; 1 when a service cannot say what it is."""
    return _write(root, generated(Environments(root, say)))


def write_documents(root: Path) -> int:
    """Writes what is made of all services together, and says where; 1 when a service cannot say what it is."""
    return _write(root, platform_documents(Environments(root, say)))


def _write(root: Path, documents: Generated) -> int:
    for path, text in documents.stale.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        say(f"wrote {path.relative_to(root)}")
    for fault in documents.faults:
        console.print(fault, style="red", markup=False, soft_wrap=True)
    return int(bool(documents.faults))


def release_contracts(root: Path, service: str = "") -> int:
    """Make today's events and APIs the released ones, of one service where it is named; not 0 when that would break
    whoever relies on the old ones."""
    environments = Environments(root, say)
    environments.ensure(CONTRACTS_ENVIRONMENT)
    command = [*contract_gate(environments), "release", *(["--service", service] if service else [])]
    return subprocess.run(command, cwd=root, check=False).returncode


def run_bench(root: Path) -> int:
    """tests/load: messaging beside its peers, tokens, then the whole platform; 0 when none was slow."""
    environments = Environments(root, say)
    environments.ensure_all(["tests", "load"])

    def run(environment: str, module: str, env: dict[str, str]) -> int:
        python = str(environments.program(environment, "python"))
        return subprocess.run([python, "-m", module], cwd=root, env=_environ(root) | env, check=False).returncode

    with disposable_stack(root, in_memory=False, with_services=False, stage=stage, say=say) as stack:
        messaging = run("load", "tests.load.messaging", stack.infrastructure_env)
    tokens = run("load", "tests.load.tokens", {})
    return run("tests", "tests.load.bench", {}) or tokens or messaging


def run_program(root: Path, module: str, *arguments: str) -> int:
    """A program among the black-box tests, in their environment, such as `tests.nemesis`."""
    environments = Environments(root, say)
    environments.ensure("tests")
    command = [str(environments.program("tests", "python")), "-m", module, *arguments]
    return subprocess.run(command, cwd=root, env=_environ(root), check=False).returncode


def _package_suites(environments: Environments) -> list[Suite]:
    # What the services stand on first: theirs take longest, those of the chassis and of the launcher most of all.
    packages = [package for package in reversed(environments.workspace.packages) if _is_tested(package)]
    return [_suite_of(package) for package in sorted(packages, key=environments.workspace.services.__contains__)]


def _suite_of(package: Package, *arguments: str) -> Suite:
    return Suite(package.folder.name, f"{package.folder.name}-test", package.folder, ("tests", *arguments))


def _is_tested(package: Package) -> bool:
    return package.has_tests and (package.folder / "tests").is_dir()


def _faults(environments: Environments, suites: Sequence[Suite]) -> dict[str, str]:
    """Why some suites cannot be run, by their names, those of broken services among them."""
    not_made = environments.not_made({suite.environment for suite in suites})
    cannot_run = {suite.name: not_made[suite.environment] for suite in suites if suite.environment in not_made}
    return environments.workspace.broken | cannot_run


def _run_side_by_side(runner: SuiteRunner, suites: list[Suite]) -> list[Result]:
    with ThreadPoolExecutor(SUITES_AT_ONCE) as pool:
        try:
            return list(pool.map(runner.run, runner.longest_first(suites)))
        except BaseException:  # Ctrl-C: what runs is ended, what waits is not begun
            pool.shutdown(wait=False, cancel_futures=True)
            runner.end()
            raise


def _show(result: Result, output: str) -> None:
    mark = "[red]✗[/]" if result.failed else "[green]✓[/]"
    console.print(f"  {mark} {result.name:<30} {result.passed:>5} passed {result.seconds:6.1f} s")
    if result.failed or result.skipped:
        console.rule(f"[bold red]{result.name}", align="left")
        console.print(output, markup=False, soft_wrap=True)


def _shown(checks: list[tuple[Result, str]]) -> list[Result]:
    for result, output in checks:
        if output:
            console.rule(f"[bold red]{result.name}", align="left")
            console.print(output, markup=False, soft_wrap=True)
    return [result for result, _ in checks]


def _environ(root: Path) -> dict[str, str]:
    return os.environ | {"EMITRA_ROOT": str(root)}
