"""`make mutants`: mutmut changes the code of one package in small ways; its tests must notice every change.

What is changed, which tests must notice, and why a change that none noticed may stay: `tests/mutants.toml` of the
package. The report beside it says of each module what came of its last run, and at which commit that was; a run of a
part renews the modules of the part. Nothing is changed in the working tree: mutmut works on a copy.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from emitra_local import import_rules
from emitra_local.console import console, say, stage
from emitra_local.environments import Environments
from emitra_local.mutant_report import Mutant, Survivor, complaints, judged, kept, report, run_now, table
from emitra_local.problems import CannotStart
from emitra_local.stack import disposable_stack
from emitra_local.workspace import Package

# mutmut makes no mutants of decorated methods; these decorators can as well be applied in the statement after.
_APPLIED_AFTER = ("property", "contextmanager")
# mutmut beside the package's own libraries, which come first: two packages may need different versions of one.
_START = "import runpy, site, sys; site.addsitedir(sys.argv.pop(1)); runpy.run_module('mutmut', None, '__main__', True)"
# mutmut draws one of these before its counts, which it writes again and again over each other.
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
# So often somebody who reads a log hears how far it is.
TELL_EVERY_SECONDS = 60
_SETTINGS = {
    "source_paths": ["src"],
    "timeout_multiplier": ["5"],
    "timeout_constant": ["3"],
}


@dataclass(frozen=True)
class Plan:
    """A package's `tests/mutants.toml`: `code` (patterns below src/), `tests`, `without` (files of tests that notice by
    luck, and `file::test`s that start other programs), the reasons of survivors, and whether the tests need MongoDB and
    RabbitMQ (`infra`)."""

    code: Sequence[str]
    tests: Sequence[str]
    without: Sequence[str]
    survivors: Sequence[Survivor]
    infra: bool = False

    @property
    def arguments(self) -> list[str]:
        """What pytest is given besides the tests."""
        return ["-p", "no:cacheprovider", "--hypothesis-profile=ci", *map(_left_out, self.without)]

    @classmethod
    def of(cls, package: Package) -> Plan:
        """Raises CannotStart when the package has none."""
        path = package.folder / "tests" / "mutants.toml"
        if not path.exists():
            raise CannotStart(f"{path} is missing: it says what `make mutants` changes there and who must notice")
        text = tomllib.loads(path.read_text(encoding="utf-8"))
        survivors = [Survivor(**survivor) for survivor in text.get("survivor", [])]
        return cls(text["code"], text["tests"], text.get("without", []), survivors, text.get("infra", False))


def run_mutants(root: Path, name: str, part: str = "") -> int:
    """Print how many mutants of a package its tests notice, and write that into its report; 0 when enough are noticed
    and every survivor has a reason. With `part` (pieces of paths, `domain/ledger,domain/books`) only what fits one."""
    environments = Environments(root, say)
    if not name:
        raise CannotStart("Name the package: make mutants SERVICE=billing")
    package = environments.workspace.package_named(name)
    plan = Plan.of(package)
    whole = modules_of(package.folder, plan.code)
    pieces = [piece.strip() for piece in part.split(",")]
    modules = {module: path for module, path in whole.items() if any(piece in str(path) for piece in pieces)}
    if not modules:
        raise CannotStart(f"No module of {name} that is changed fits {part}")
    code = [str(path.relative_to(package.folder)) for path in modules.values()]
    environments.ensure_all(["mutants", environments.tested_in(package)])
    commit = _git(root, "rev-parse", "--short=9", "HEAD") or "unknown"
    with stage(f"A copy of {name} to change"):
        copy = _copy(package, root / ".local" / "mutants" / name, plan, code)
    servers = disposable_stack(root, with_services=False, stage=stage, say=say) if plan.infra else nullcontext()
    with servers as stack:
        changed = _mutants(environments, package, plan, copy, stack.infrastructure_env if stack else {})
    survivors = Plan.of(package).survivors  # Read now: a run is long enough to write down reasons meanwhile.
    mutants = judged(changed, survivors)
    console.print(table(mutants))
    said = complaints(mutants, [one for one in survivors if one.is_of(modules)] if part else survivors)
    for complaint in said:
        console.print(complaint, markup=False, soft_wrap=True)
    written = package.folder / "tests" / "MUTANTS.md"
    earlier = kept(written.read_text(encoding="utf-8"), set(whole) - set(modules)) if written.exists() else []
    since = {at: _changed_since(root, package.folder, at) for at in {one.run_at for one in earlier}}
    stale = {one.module for one in earlier if whole[one.module] in since[one.run_at]}
    told = [*earlier, *run_now(modules, mutants, commit)]
    never = set(whole) - {one.module for one in told}
    written.write_text(report(name, plan.code, told, stale=stale, never=never), encoding="utf-8")
    say(f"wrote {written.relative_to(root)}")
    return int(bool(said))


def modules_of(folder: Path, patterns: Sequence[str]) -> dict[str, Path]:
    """The modules of a package that mutmut finds something to change in, with their paths: those with a function that
    does something."""
    paths = sorted(path for pattern in patterns for path in (folder / "src").glob(pattern))
    return {
        ".".join(path.relative_to(folder / "src").with_suffix("").parts): path
        for path in paths
        if any(map(_does_something, ast.walk(ast.parse(path.read_text(encoding="utf-8")))))
    }


def _does_something(node: ast.AST) -> bool:
    """Whether it is a function with more than its docstring, of a Protocol's or an abstract class's none has more."""
    if not isinstance(node, ast.FunctionDef):
        return False
    return any(not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)) for line in node.body)


def _changed_since(root: Path, folder: Path, commit: str) -> set[Path]:
    """The files of a package that are not as they were at a commit: all of them when it is not known here."""
    names = _git(root, "diff", "--name-only", commit, "--", str(folder / "src"))
    return set(folder.rglob("*.py")) if names is None else {root / name for name in names.splitlines()}


def _git(root: Path, *arguments: str) -> str | None:
    """What git says; None when it cannot answer."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return None if done.returncode else done.stdout.strip()


def _left_out(test: str) -> str:
    return f"--deselect={test}" if "::" in test else f"--ignore={test}"


def undecorated(source: str) -> str:
    """`source` with its properties and context managers written without decorators, so that they too are mutated."""
    lines = source.splitlines(keepends=True)
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    for function in sorted(functions, key=lambda function: function.lineno, reverse=True):
        match function.decorator_list:
            case [ast.Name(id=decorator)] if decorator in _APPLIED_AFTER and function.end_lineno:
                applied = f"{' ' * function.col_offset}{function.name} = {decorator}({function.name})\n"
                lines.insert(function.end_lineno, applied)
                del lines[function.decorator_list[0].lineno - 1]
    return "".join(lines)


def _copy(package: Package, folder: Path, plan: Plan, code: Sequence[str]) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    without_caches = shutil.ignore_patterns("__pycache__")
    for part in ("src", "tests"):
        shutil.copytree(package.folder / part, folder / part, ignore=without_caches)
    for pattern in code:
        for path in folder.glob(pattern):
            path.write_text(undecorated(path.read_text(encoding="utf-8")), encoding="utf-8")
    settings = _SETTINGS | {
        "only_mutate": [pattern.replace("**/", "") for pattern in code],
        "pytest_add_cli_args": plan.arguments,
        "pytest_add_cli_args_test_selection": plan.tests,
    }
    (folder / "setup.cfg").write_text(_ini(settings), encoding="utf-8")
    return folder


def _ini(settings: Mapping[str, Sequence[str]]) -> str:
    lines = ["[mutmut]"]
    for key, values in settings.items():
        lines += [f"{key} ={f' {values[0]}' if len(values) == 1 else ''}"]
        lines += [f"    {value}" for value in values if len(values) > 1]
    return "\n".join(lines) + "\n"


def lines_to_tell(lines: Iterable[str], seconds: Callable[[], float]) -> Iterator[str]:
    """What mutmut writes, without its spinner: a count once in `TELL_EVERY_SECONDS`, everything else at once."""
    tell_at = 0.0
    for line in lines:
        text = line.strip()
        if text.startswith(tuple(_SPINNER)):
            if (now := seconds()) < tell_at:
                continue
            tell_at = now + TELL_EVERY_SECONDS
            text = text.lstrip(_SPINNER).strip()
        if text:
            yield text


def refuse_what_is_not_found_again(listed: str) -> None:
    """Raises CannotStart, naming them, for tests that mutmut takes for noticing because it does not find them again.
    `listed` is what pytest collected, a test a line."""
    lost = [line for line in listed.splitlines() if "::" in line and ("\\" in line or not line.isascii())]
    if lost:
        raise CannotStart(
            "These tests have a backslash or a letter outside of ASCII in their ids. mutmut does not find them again, "
            "and counts every mutant as noticed that they run on. Give their parametrize plain `ids`:\n"
            + "\n".join(lost)
        )


def _mutants(
    environments: Environments, package: Package, plan: Plan, folder: Path, servers: dict[str, str]
) -> list[Mutant]:
    python = environments.program(environments.tested_in(package), "python")
    (mutmuts_own,) = environments.program("mutants", "python").parent.parent.glob("lib/python3*/site-packages")
    env = os.environ | import_rules.path(environments.workspace) | {"EMITRA_ROOT": str(environments.root)} | servers

    @contextmanager
    def mutmut(*arguments: str, stdout: int | None = subprocess.PIPE) -> Iterator[Iterable[str]]:
        command = [str(python), "-c", _START, str(mutmuts_own), *arguments]
        with subprocess.Popen(command, cwd=folder, env=env, text=True, stdout=stdout) as process:
            try:
                yield process.stdout or ()
                process.wait()
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise CannotStart(f"mutmut {arguments[0]} failed; what it worked on is in {folder}")

    def diff(name: str) -> str:
        with mutmut("show", name) as lines:
            return "".join(lines)

    listing = [str(python), "-m", "pytest", "--collect-only", *plan.arguments, *plan.tests]
    collected = subprocess.run(listing, cwd=folder, env=env, text=True, capture_output=True, check=False)
    if collected.returncode:
        raise CannotStart(f"pytest cannot collect the tests of {folder}:\n{collected.stdout}{collected.stderr}")
    refuse_what_is_not_found_again(collected.stdout)
    # One at a time: tests that wait for one another must not be slow because of others, and so be taken for noticing.
    with mutmut("run", "--max-children", "1", stdout=None if console.is_terminal else subprocess.PIPE) as lines:
        for line in lines_to_tell(lines, time.monotonic):
            console.print(f"    {line}", markup=False, soft_wrap=True)
    with mutmut("results", "--all", "true") as lines:
        told = [line.strip().rsplit(": ", 1) for line in lines]
    return [Mutant.read(name, status, diff(name) if status == "survived" else "") for name, status in told]
