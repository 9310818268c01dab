"""A service that stands on a release of servicekit is as it was, whatever becomes of servicekit in this repository."""

from pathlib import Path

import pytest

from emitra_local import checks
from emitra_local.environments import Environments
from emitra_local.locks import stale_locks
from tests.guide.repository import commit, git, run

NAME = "labour-welfare"
SERVICEKIT = "shared/servicekit"
# Higher than any of this repository.
VERSION = "99.0.0"
MOVED = "the head has moved"


@pytest.fixture(scope="module")
def service(copy: Path) -> Path:
    """The folder of a new service that stands on a release; servicekit's head broke with that release."""
    library = copy / SERVICEKIT / "pyproject.toml"
    library.write_text(library.read_text().replace('version = "', f'version = "{VERSION}" # ', 1))
    commit(copy, "chore(servicekit): a release")
    with (copy / "releases.toml").open("a") as releases:
        head = git(copy, "rev-parse", "HEAD").strip()
        releases.write(f'\n[[release]]\npackage = "{SERVICEKIT}"\nversion = "{VERSION}"\ncommit = "{head}"\n')
    run(copy, f"make new-service NAME={NAME} TEAM=@emitra/labour")
    made = copy / "services" / NAME
    pyproject = made / "pyproject.toml"
    line = f'[tool.emitra]\nreleased = {{ servicekit = "{VERSION}" }}\n'
    pyproject.write_text(pyproject.read_text().replace("[tool.emitra]\n", line))
    library.write_text(library.read_text().replace('"flask>=3.1,<4"', '"flask>=4"'))
    with (library.parent / "src" / "servicekit" / "__init__.py").open("a") as module:
        module.write(f'\nraise ImportError("{MOVED}")\n')
    commit(copy, "feat(servicekit)!: everything is otherwise")
    return made


def test_its_locks_its_types_its_imports_and_its_tests_are_those_of_the_release(copy: Path, service: Path) -> None:
    run(copy, f"make test SERVICE={NAME}")

    environments = Environments(copy, lambda _: None)
    package = environments.workspace.package_named(NAME)
    stale = [path.parent.name for path in stale_locks(environments.workspace)]
    assert (NAME in stale, "billing" in stale) == (False, True)
    environments.ensure("lint")
    assert checks._types(environments, package) == ""
    assert checks._import_rules(environments, package) == ""
    assert git(copy, "status", "--porcelain") == "", "trying it leaves nothing behind"


def test_without_the_line_it_stands_on_the_head(copy: Path, service: Path) -> None:
    pyproject = service / "pyproject.toml"
    lines = pyproject.read_text().splitlines(keepends=True)
    pyproject.write_text("".join(line for line in lines if not line.startswith("released = ")))
    try:
        with pytest.raises(AssertionError, match=MOVED):
            run(copy, f"make test SERVICE={NAME} T=contract")
    finally:
        pyproject.write_text("".join(lines))
