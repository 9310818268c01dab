"""The checks that start no server: locks, ruff, import rules, generated files, the contract gate, mypy per package.

A package that cannot be checked fails its own checks and nobody else's.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from emitra_local import import_rules
from emitra_local.environments import Environments
from emitra_local.generated import CONTRACTS_ENVIRONMENT, contract_gate, generated
from emitra_local.locks import stale_locks
from emitra_local.problems import CannotStart
from emitra_local.suite_results import Result
from emitra_local.workspace import Package

# What a check had to say; nothing when it passed.
Check = Callable[[], str]

RUFF_REMEDY = "`make format` mends what it can; mend the rest as it says."
MYPY_REMEDY = (
    "Mend the type, or what does not have it; a library without types has a line in the root's pyproject.toml, "
    "[[tool.mypy.overrides]]. `# type: ignore[code]` is for what a library says wrongly."
)


def run_checks(environments: Environments, at_once: int = 1) -> list[tuple[Result, str]]:
    """Every check, each with what it had to say (nothing when it passed), `at_once` of them at a time. Needs the
    environment `lint`, and makes the packages' own."""
    root, workspace = environments.root, environments.workspace
    ruff = [str(environments.program("lint", "python")), "-m", "ruff"]
    # Named, so that a folder's pyproject.toml is no configuration, whatever is wrong with it.
    ruff_settings = [f"--cache-dir={root / '.local' / 'cache' / 'ruff'}", f"--config={root / 'pyproject.toml'}"]
    checks: list[tuple[str, Check]] = [
        *((f"service {name}", partial(str, fault)) for name, fault in workspace.broken.items()),
        ("locks", partial(_locks_fit, environments)),
        ("ruff check", partial(_ruff, environments, [*ruff, "check", *ruff_settings])),
        ("ruff format", partial(_ruff, environments, [*ruff, "format", "--check", *ruff_settings])),
        ("import rules", partial(_import_rules, environments)),
        *((f"import rules {one.folder.name}", partial(_import_rules, environments, one)) for one in workspace.services),
        ("generated", partial(_generated_is_new, environments)),
        ("contract gate", partial(_contract_gate, environments)),
        *((f"mypy {package.folder.name}", partial(_types, environments, package)) for package in workspace.packages),
    ]
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(_checked, checks))


def _checked(check: tuple[str, Check]) -> tuple[Result, str]:
    name, said_by = check
    started = time.monotonic()
    try:
        text = said_by()
    except CannotStart as error:
        text = str(error)
    failed = int(bool(text))
    return Result(name, 1 - failed, failed, 0, time.monotonic() - started), text


def _ruff(environments: Environments, command: Sequence[str]) -> str:
    """ruff, with whose the file is."""
    said = _said(command, environments.root)
    lines = re.sub(r"^( *)--> (\S+?)((?::\d+)*)$", partial(_with_service, environments), said, flags=re.MULTILINE)
    return f"{lines}\n{RUFF_REMEDY}\n" if said else ""


def _with_service(environments: Environments, place: re.Match[str]) -> str:
    return f"{place[1]}--> {_whose(environments, Path(place[2]))}: {place[2]}{place[3]}"


def _locks_fit(environments: Environments) -> str:
    rule = "the lock answers other requirements than pyproject.toml has; run `make lock`"
    return "".join(f"{_told(environments, path, rule)}\n" for path in stale_locks(environments.workspace))


def _import_rules(environments: Environments, service: Package | None = None) -> str:
    workspace = environments.workspace
    env = import_rules.path(workspace, service) | {"COLUMNS": "1000"}  # no path is broken into two lines
    said = _said(import_rules.command(environments, service), environments.root, env)
    return import_rules.explained(workspace, service, said) if said else ""


def _generated_is_new(environments: Environments) -> str:
    now = generated(environments)
    rule = "it is generated, and not what the code says now; run `make generate`, change nothing in it by hand"
    return "\n".join([*now.faults, *(_told(environments, path, rule) for path in now.stale)])


def _told(environments: Environments, path: Path, rule: str) -> str:
    """Whose file, which file, and the rule with what to do instead."""
    file = path.relative_to(environments.root)
    return f"{_whose(environments, file)}: {file}: {rule}"


def _whose(environments: Environments, file: Path) -> str:
    """The service in one of whose folders a file is, or that it is the platform's; from the root of the repository."""
    names = [name for name in environments.workspace.service_names if name in file.parts]
    return names[0] if names else "platform"


def _contract_gate(environments: Environments) -> str:
    environments.ensure(CONTRACTS_ENVIRONMENT)
    return _said([*contract_gate(environments), "check"], environments.root)


def _types(environments: Environments, package: Package) -> str:
    """mypy, which reads the libraries of the package's own tests: they differ from those of another package's."""
    root, name = environments.root, package.folder.name
    inside = [*sorted(script.name for script in package.folder.glob("*.py")), "src", "tests"]
    # The black-box tests are `tests.…`, seen from the root.
    folder, targets = (
        (package.folder, inside) if package.installable else (root, [str(package.folder.relative_to(root))])
    )
    environment = environments.tested_in(package)
    environments.ensure(environment)
    ours, _ = environments.workspace.closure(package, "test" if package.has_tests else "")
    sources = {"MYPYPATH": os.pathsep.join(map(str, [folder, *(member.source for member in ours)]))}
    mypy = [str(environments.program("lint", "python")), "-m", "mypy", f"--config-file={root / 'pyproject.toml'}"]
    mypy += [f"--python-executable={environments.program(environment, 'python')}"]
    mypy += [f"--cache-dir={root / '.local' / 'cache' / 'mypy' / name}"]
    mypy += ["--explicit-package-bases", "--no-error-summary"]
    nested = [other.folder for other in environments.workspace.packages if package.folder in other.folder.parents]
    mypy += [f"--exclude=^{other.relative_to(folder)}/" for other in nested]
    said = _said([*mypy, *(target for target in targets if (folder / target).exists())], folder, sources)
    # mypy names files from where it is run.
    return re.sub(r"^(?=\S+\.pyi?:\d)", _beginning(environments, folder), said, flags=re.MULTILINE) + (
        f"\n{MYPY_REMEDY}\n" if said else ""
    )


def _beginning(environments: Environments, folder: Path) -> str:
    """What stands before a path in a folder: whose it is, and the folder."""
    inside = folder.relative_to(environments.root)
    return f"{_whose(environments, inside)}: {'' if inside == Path() else f'{inside}/'}"


def _said(command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """What a command that failed has printed; nothing when it succeeded."""
    finished = subprocess.run(
        command, cwd=cwd, env=os.environ | dict(env or {}), capture_output=True, text=True, check=False
    )
    if not finished.returncode:
        return ""
    return finished.stdout + finished.stderr or f"`{Path(command[0]).name}` ended with {finished.returncode}"
