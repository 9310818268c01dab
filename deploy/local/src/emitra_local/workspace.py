"""The packages of this repository, read from their pyproject.toml files. Standard library only."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from emitra_local.problems import CannotStart

# Every distribution of this repository is named so.
OURS = "emitra-"

_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")


@dataclass(frozen=True)
class Package:
    """One folder with a pyproject.toml."""

    folder: Path

    @cached_property
    def _document(self) -> dict[str, Any]:
        with (self.folder / "pyproject.toml").open("rb") as file:
            return tomllib.load(file)

    @property
    def name(self) -> str:
        """The distribution's normalised name, e.g. `emitra-billing`."""
        return _normalised(self._document["project"]["name"])

    @property
    def team(self) -> str:
        """Who owns the folder of a service, e.g. `@emitra/payments`; "" where it does not say so."""
        return str(self._document.get("tool", {}).get("emitra", {}).get("team", ""))

    @property
    def installable(self) -> bool:
        """False for a folder of tests: it has dependencies but is not a distribution."""
        return "build-system" in self._document

    @property
    def has_tests(self) -> bool:
        return "test" in self._document["project"].get("optional-dependencies", {})

    @property
    def source(self) -> Path:
        return self.folder / "src"

    @property
    def program(self) -> str:
        """Module and function behind the command of the package's name, e.g. `billing.entrypoints.service:main`."""
        return str(self._document["project"]["scripts"][self.folder.name])

    def import_names(self) -> list[str]:
        """The top-level Python packages under src/, e.g. ["kiosk_registry"]."""
        return sorted(init.parent.name for init in self.source.glob("*/__init__.py"))

    def dependencies(self, extra: str = "") -> list[str]:
        """Requirement strings of the package itself, with those of one extra added when it is named."""
        project = self._document["project"]
        requirements = list(project.get("dependencies", []))
        if extra:
            requirements += project.get("optional-dependencies", {})[extra]
        return requirements

    def group(self, name: str) -> list[str]:
        """The requirement strings of one [dependency-groups] entry."""
        return list(self._document["dependency-groups"][name])


@dataclass(frozen=True)
class Workspace:
    """The repository at `root`: a new package appears by adding its folder, nothing else names it."""

    root: Path

    @cached_property
    def packages(self) -> list[Package]:
        folders = sorted(
            path.parent
            for pattern in ("services/*", "shared/*", "deploy/*", "tests", "tests/load")
            for path in self.root.glob(f"{pattern}/pyproject.toml")
        )
        return [Package(folder) for folder in folders]

    @property
    def services(self) -> list[Package]:
        return [package for package in self.packages if package.folder.parent.name == "services"]

    def package_in(self, folder: str) -> Package:
        """The package whose folder is `folder`, relative to the root, e.g. "deploy/local"."""
        return Package(self.root / folder)

    def closure(self, package: Package, extra: str = "") -> tuple[list[Package], dict[str, list[str]]]:
        """The packages of this repository that `package` needs (itself first), and per package the requirement
        strings that come from outside the repository."""
        ours = {member.name: member for member in self.packages}
        needed: dict[str, Package] = {}
        outside: dict[str, list[str]] = {}
        queue, seen = [(package, extra)], set[tuple[str, str]]()
        while queue:
            current, current_extra = queue.pop(0)
            if (current.name, current_extra) in seen:
                continue
            seen.add((current.name, current_extra))
            needed.setdefault(current.name, current)
            theirs = outside.setdefault(current.name, [])
            for requirement in current.dependencies(current_extra):
                name, extras = _name_and_extras(requirement)
                if name in ours:
                    queue += [(ours[name], name_of_extra) for name_of_extra in (extras or [""])]
                elif name.startswith(OURS):
                    # Never looked up in a registry, where somebody else may hold the name.
                    raise CannotStart(f"{current.name} needs {name}, and no folder of this repository has it")
                elif requirement not in theirs:
                    theirs.append(requirement)
        return list(needed.values()), outside


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _name_and_extras(requirement: str) -> tuple[str, list[str]]:
    match = _REQUIREMENT.match(requirement)
    if match is None:
        raise ValueError(f"cannot read the requirement {requirement!r}")
    extras = [extra.strip() for extra in (match[2] or "").split(",") if extra.strip()]
    return _normalised(match[1]), extras
