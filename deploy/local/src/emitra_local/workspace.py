"""The packages of this repository, read from their pyproject.toml files. Standard library only."""

from __future__ import annotations

import keyword
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from emitra_local.problems import CannotStart
from emitra_local.releases import CHECKOUTS, checkout, release_of

# Every distribution of this repository is named so.
OURS = "emitra-"
# A label of DNS has 63 characters at most, and a pod's name has `-worker` and two hashes more than its service's.
LONGEST_NAME = 32
NAME_RULE = (
    f"a name is lower-case words of letters and digits, joined by single hyphens, that begins with a letter and has at "
    f"most {LONGEST_NAME} characters, such as kiosk-registry"
)
HOW_TO_ADD = 'CONTRIBUTING.md, "Add a service"'
# Environments and programs of the launcher's own, which a service of such a name would overwrite; and the broker's own.
TAKEN_NAMES = {"amq", "epmd", "generators", "infrastructure", "lint", "mutants", "rabbitmq", "tools"}

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")


@dataclass(frozen=True)
class Package:
    """One folder with a pyproject.toml."""

    folder: Path

    @cached_property
    def _document(self) -> dict[str, Any]:
        file = self.folder / "pyproject.toml"
        try:
            return tomllib.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise CannotStart(f"{_shown(file)} is missing ({HOW_TO_ADD})") from None
        except (OSError, ValueError) as error:
            raise CannotStart(f"{_shown(file)} cannot be read as TOML: {error}") from error

    @property
    def name(self) -> str:
        """The distribution's normalised name, e.g. `emitra-billing`."""
        return _normalised(self._document["project"]["name"])

    @property
    def team(self) -> str:
        """Who owns the folder of a service, e.g. `@emitra/payments`; "" where it does not say so."""
        return str(self._document.get("tool", {}).get("emitra", {}).get("team", ""))

    @property
    def released(self) -> dict[str, str]:
        """The libraries of shared/ of which it stands on a release, by folder, e.g. {"servicekit": "0.2.0"}; on all
        others it stands as they are here. Raises CannotStart for what cannot be read so."""
        pins = self._document.get("tool", {}).get("emitra", {}).get("released", {})
        if not isinstance(pins, dict) or not all(isinstance(version, str) for version in pins.values()):
            raise CannotStart(f'{self._pins} is a table such as {{ servicekit = "0.2.0" }}, not {pins!r}.')
        return pins

    @property
    def _pins(self) -> str:
        return f"{_shown(self.folder / 'pyproject.toml')}: [tool.emitra] released"

    def released_libraries(self, root: Path) -> list[Package]:
        """Those of `released`, unpacked from the repository at `root`. Raises CannotStart for what is no release, or
        cannot be unpacked."""
        libraries = []
        for name, version in self.released.items():
            folder = f"shared/{name}"
            try:
                libraries.append(Package(checkout(root, release_of(root, folder, version)) / folder))
            except CannotStart as error:
                here = f"Or take {name} out, to stand on {folder} as it is."
                raise CannotStart(f"{self._pins}: {error} {here}") from None
        return libraries

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
        """Every package but the broken services."""
        return [
            package
            for package in self._folders
            if package.folder.parent.name != "services" or package.folder.name not in self.broken
        ]

    @property
    def services(self) -> list[Package]:
        return [package for package in self.packages if package.folder.parent.name == "services"]

    @cached_property
    def service_names(self) -> list[str]:
        """The folders in services/, broken ones too."""
        return [package.folder.name for package in self._folders if package.folder.parent.name == "services"]

    @cached_property
    def broken(self) -> dict[str, str]:
        """By the name of its folder why nothing can be done with a service: the file, the rule, what to do instead.
        All others are as if it were not there."""
        faults = {name: next(self._faults(Package(self.root / "services" / name)), "") for name in self.service_names}
        return {name: fault for name, fault in faults.items() if fault}

    def package_named(self, name: str, variable: str = "SERVICE") -> Package:
        """The package in a folder of this name. Raises CannotStart for what is no name, with the rule; for what is not
        here, with what is; and for a broken service, with what is broken."""
        require_name(name, variable)
        for package in self.packages:
            if package.folder.name == name:
                return package
        if name in self.broken:
            raise CannotStart(f"{name} is broken. {self.broken[name]}")
        known = ", ".join(package.folder.name for package in self.packages)
        raise CannotStart(f"{variable}={name}: there is no package of this name; there are {known}.")

    @cached_property
    def _folders(self) -> list[Package]:
        patterns = ("services/*", "shared/*", "deploy/*", "tests", "tests/load")
        folders = {path.parent for pattern in patterns for path in self.root.glob(f"{pattern}/pyproject.toml")}
        # Code without a pyproject.toml was meant to be a service; without code it is what another branch left behind.
        folders |= {path.parents[2] for path in self.root.glob("services/*/src/*/*.py")}
        return [Package(folder) for folder in sorted(folders)]

    def _faults(self, service: Package) -> Iterator[str]:
        name = service.folder.name
        file, module = f"services/{name}/pyproject.toml", name.replace("-", "_")
        others = {package.folder.name for package in self._folders if package.folder.parent.name != "services"}
        if not is_name(name) or module in sys.stdlib_module_names or keyword.iskeyword(module):
            yield f"services/{name}: {NAME_RULE}, and no module of Python's own. Rename the folder."
        if name in TAKEN_NAMES | others or name.startswith("mongod") or name.endswith("-test"):
            yield f"services/{name}: the name is taken by another part of this repository. Rename the folder."
        try:
            if service.name != f"{OURS}{name}":
                yield f'{file}: the distribution of services/{name} is `name = "{OURS}{name}"`, not {service.name}.'
            if not service.installable or ":" not in service.program:
                yield f"{file}: a service has a [build-system] and its program in [project.scripts] ({HOW_TO_ADD})."
            needed, _ = self.closure(service, "test" if service.has_tests else "")
            for library in service.released.keys() - {package.folder.name for package in needed}:
                yield f"{file}: [tool.emitra] released names {library}, which the service does not need. Take it out."
        except CannotStart as error:
            yield str(error)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            yield f"{file}: [project] has name, dependencies and scripts.{name} ({HOW_TO_ADD}); it fails at {error}."
        if module not in service.import_names():
            yield f"services/{name}/src/{module}/__init__.py is missing ({HOW_TO_ADD})."

    def is_release(self, package: Package) -> bool:
        """Whether a package is one of a release, not of this repository as it is."""
        return self.root / CHECKOUTS in package.folder.parents

    def package_in(self, folder: str) -> Package:
        """The package whose folder is `folder`, relative to the root, e.g. "deploy/local"."""
        return Package(self.root / folder)

    def closure(self, package: Package, extra: str = "") -> tuple[list[Package], dict[str, list[str]]]:
        """The packages of this repository that `package` needs (itself first), in the releases that it names, and per
        package the requirement strings that come from outside the repository."""
        ours = {member.name: member for member in self._folders if member.folder.parent.name != "services"}
        ours |= {member.name: member for member in (*package.released_libraries(self.root), package)}
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
                    raise CannotStart(
                        f"{_shown(current.folder / 'pyproject.toml')}: {current.name} needs {name}, and no folder of "
                        "shared/ or deploy/ has it. Take it out, or add that folder."
                    )
                elif requirement not in theirs:
                    theirs.append(requirement)
        return list(needed.values()), outside


def is_name(text: str) -> bool:
    """Whether a text could be the name of a service, by NAME_RULE."""
    return len(text) <= LONGEST_NAME and _NAME.fullmatch(text) is not None


def require_name(text: str, variable: str) -> None:
    """Raises CannotStart, with the rule, when the value of a variable is no name."""
    if not is_name(text):
        raise CannotStart(f"{variable}={text}: {NAME_RULE}.")


def _shown(file: Path) -> str:
    """A package's file as people call it: services/billing/pyproject.toml."""
    return "/".join(file.parts[-3:])


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _name_and_extras(requirement: str) -> tuple[str, list[str]]:
    match = _REQUIREMENT.match(requirement)
    if match is None:
        raise ValueError(f"cannot read the requirement {requirement!r}")
    extras = [extra.strip() for extra in (match[2] or "").split(",") if extra.strip()]
    return _normalised(match[1]), extras
