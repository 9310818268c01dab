"""Builds small repositories in a folder, in the shape of this one."""

import subprocess
from collections.abc import Sequence
from pathlib import Path


def add_package(
    root: Path, folder: str, name: str, needs: Sequence[str] = (), test_needs: Sequence[str] = (), groups: str = ""
) -> Path:
    """A folder with a pyproject.toml and an empty import package named after the folder; a service with its program."""
    place = root / folder
    module = place.name.replace("-", "_")
    source = place / "src" / module
    program = (
        f'[project.scripts]\n{place.name} = "{module}.entrypoints.service:main"\n\n'
        if folder.startswith("services/")
        else ""
    )
    source.mkdir(parents=True)
    (source / "__init__.py").write_text("")
    place.joinpath("pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n\n'
        f'[tool.hatch.build.targets.wheel]\npackages = ["src/{module}"]\n\n'
        f'[project]\nname = "{name}"\nversion = "1"\ndependencies = {list(needs)}\n\n'
        f"[project.optional-dependencies]\ntest = {list(test_needs)}\n\n{program}{groups}"
    )
    return place


def add_launcher(root: Path) -> Path:
    """deploy/local, with the dependency groups every repository has."""
    named = {
        "bootstrap": "uv",
        "build": "hatchling",
        "generators": "g",
        "mongod": "m",
        "lint": "ruff",
        "mutants": "mutmut",
        "stubs": "types-PyYAML",
    }
    groups = "[dependency-groups]\n" + "".join(f'{group} = ["{needs}"]\n' for group, needs in named.items())
    return add_package(root, "deploy/local", "emitra-local", ["rich"], groups=groups)


def write_module(root: Path, module: str, text: str = "") -> None:
    """A module by its dotted name in the only package that has its first part."""
    first, *rest = module.split(".")
    source = next(root.glob(f"*/*/src/{first}"))
    file = source.joinpath(*rest).with_suffix(".py")
    file.parent.mkdir(parents=True, exist_ok=True)
    for folder in [file.parent, *file.parent.parents]:
        if folder == source.parent:
            break
        (folder / "__init__.py").touch()
    file.write_text(text)


def release(root: Path, *folders: str) -> str:
    """Commits everything as it is and lists the packages in it as released, version 1; the commit."""

    def git(*arguments: str) -> str:
        author = ["-c", "user.name=A Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false"]
        return subprocess.run(["git", *author, *arguments], cwd=root, capture_output=True, text=True, check=True).stdout

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message=as released")
    commit = git("rev-parse", "HEAD").strip()
    rows = [f'[[release]]\npackage = "{folder}"\nversion = "1"\ncommit = "{commit}"\n' for folder in folders]
    (root / "releases.toml").write_text("".join(rows))
    return commit


def stand_on(service: Path, pins: str) -> None:
    """The service says on which releases it stands: `{ servicekit = "1" }`."""
    with (service / "pyproject.toml").open("a") as file:
        file.write(f"\n[tool.emitra]\nreleased = {pins}\n")
