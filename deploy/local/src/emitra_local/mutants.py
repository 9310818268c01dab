"""`make mutants`: mutmut changes the code of one package in small ways; its unit tests must notice every change.

What is changed, which tests must notice, and why a change that none noticed may stay: `tests/mutants.toml` of the
package. The report beside it is written by a whole run. Nothing is changed in the working tree: mutmut works on a copy.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emitra_local import import_rules
from emitra_local.console import console, say, stage
from emitra_local.environments import Environments
from emitra_local.mutant_report import Mutant, Survivor, complaints, judged, report, table
from emitra_local.problems import CannotStart
from emitra_local.workspace import Package

# mutmut makes no mutants of decorated methods; these decorators can as well be applied in the statement after.
_APPLIED_AFTER = ("property", "contextmanager")
# mutmut beside the package's own libraries, which come first: two packages may need different versions of one.
_START = "import runpy, site, sys; site.addsitedir(sys.argv.pop(1)); runpy.run_module('mutmut', None, '__main__', True)"
_SETTINGS = {
    "source_paths": ["src"],
    "pytest_add_cli_args": ["-p", "no:cacheprovider", "--hypothesis-profile=ci"],
    "timeout_multiplier": ["5"],
    "timeout_constant": ["3"],
}


@dataclass(frozen=True)
class Plan:
    """A package's `tests/mutants.toml`: `code` (patterns below src/), `tests`, `without` (tests that notice by luck)
    and the reasons of survivors."""

    code: Sequence[str]
    tests: Sequence[str]
    without: Sequence[str]
    survivors: Sequence[Survivor]

    @classmethod
    def of(cls, package: Package) -> Plan:
        """Raises CannotStart when the package has none."""
        path = package.folder / "tests" / "mutants.toml"
        if not path.exists():
            raise CannotStart(f"{path} is missing: it says what `make mutants` changes there and who must notice")
        text = tomllib.loads(path.read_text(encoding="utf-8"))
        survivors = [Survivor(**survivor) for survivor in text.get("survivor", [])]
        return cls(text["code"], text["tests"], text.get("without", []), survivors)


def run_mutants(root: Path, name: str, part: str = "") -> int:
    """Print how many mutants of a package its tests notice, and write its report; 0 when enough are noticed and every
    survivor has a reason. With `part` (a piece of a path, `domain/ledger`) only what fits it, without a report."""
    environments = Environments(root, say)
    if not name:
        raise CannotStart("Name the package: make mutants SERVICE=billing")
    package = environments.workspace.package_named(name)
    plan = Plan.of(package)
    code = [f"src/{pattern}" for pattern in plan.code]
    if part:
        code = [
            str(path.relative_to(package.folder))
            for pattern in code
            for path in sorted(package.folder.glob(pattern))
            if part in str(path)
        ]
    environments.ensure_all(["mutants", environments.tested_in(package)])
    with stage(f"A copy of {name} to change"):
        copy = _copy(package, root / ".local" / "mutants" / name, plan, code)
    mutants = judged(_mutants(environments, environments.tested_in(package), copy), plan.survivors)
    console.print(table(mutants))
    said = complaints(mutants, [] if part else plan.survivors)
    for complaint in said:
        console.print(complaint, markup=False, soft_wrap=True)
    if part:
        return 0
    written = package.folder / "tests" / "MUTANTS.md"
    written.write_text(report(name, plan.code, mutants), encoding="utf-8")
    say(f"wrote {written.relative_to(root)}")
    return int(bool(said))


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
    ignored = [f"--ignore={test}" for test in plan.without]
    settings = _SETTINGS | {
        "only_mutate": [pattern.replace("**/", "") for pattern in code],
        "pytest_add_cli_args": [*_SETTINGS["pytest_add_cli_args"], *ignored],
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


def _mutants(environments: Environments, tested_in: str, folder: Path) -> list[Mutant]:
    python = environments.program(tested_in, "python")
    (mutmuts_own,) = environments.program("mutants", "python").parent.parent.glob("lib/python3*/site-packages")

    def mutmut(*arguments: str, live: bool = False) -> str:
        command = [str(python), "-c", _START, str(mutmuts_own), *arguments]
        env = os.environ | import_rules.path(environments.workspace) | {"EMITRA_ROOT": str(environments.root)}
        finished = subprocess.run(
            command, cwd=folder, env=env, text=True, check=False, stdout=None if live else subprocess.PIPE
        )
        if finished.returncode:
            raise CannotStart(f"mutmut {arguments[0]} failed; what it worked on is in {folder}")
        return finished.stdout or ""

    # One at a time: tests that wait for one another must not be slow because of others, and so be taken for noticing.
    mutmut("run", "--max-children", "1", live=True)
    told = [line.strip().rsplit(": ", 1) for line in mutmut("results", "--all", "true").splitlines()]
    return [Mutant.read(name, status, mutmut("show", name) if status == "survived" else "") for name, status in told]
