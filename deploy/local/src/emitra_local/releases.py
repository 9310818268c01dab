"""What releases.toml says was released (docs/release.md): its tags, and the repository as it was then. Standard library
only."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from emitra_local.problems import CannotStart

LIST = "releases.toml"
CHECKOUTS = ".local/releases"


@dataclass(frozen=True)
class Release:
    """One version of one package: its folder, e.g. `services/billing`, and the commit it is."""

    package: str
    version: str
    commit: str

    @property
    def tag(self) -> str:
        """E.g. `billing-0.1.0`."""
        return f"{PurePosixPath(self.package).name}-{self.version}"


def releases(root: Path) -> list[Release]:
    """Everything that was released, as the list at the root says."""
    with (root / LIST).open("rb") as file:
        return [Release(**row) for row in tomllib.load(file)["release"]]


def last_release(root: Path, package: str) -> Release | None:
    """The newest release of a package, e.g. of `services/billing`; none before its first."""
    of_package = [release for release in releases(root) if release.package == package]
    return max(of_package, key=lambda release: [int(part) for part in release.version.split(".")], default=None)


def release_of(root: Path, package: str, version: str) -> Release:
    """Raises CannotStart, with the versions that there are, when a package has no such release."""
    versions = {release.version: release for release in releases(root) if release.package == package}
    if version not in versions:
        there = f"there are {', '.join(versions)}" if versions else "there is none yet (docs/release.md)"
        raise CannotStart(f"{LIST} has no release {version} of {package}; {there}.")
    return versions[version]


def checkout(root: Path, release: Release) -> Path:
    """The repository as it was at a release's commit: a folder in `.local/releases`, unpacked when it is not there yet.

    Raises CannotStart when this clone does not have the commit, or it is none of that release.
    """
    folder = root / CHECKOUTS / release.commit[:12]
    if not folder.is_dir():
        _check(root, release, tagged=False)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            archive, unpacked = Path(scratch, "archive.zip"), Path(scratch, "unpacked")
            _git(root, "archive", f"--output={archive}", release.commit)
            shutil.unpack_archive(archive, unpacked)
            try:
                unpacked.rename(folder)
            except OSError:
                if not folder.is_dir():  # as it is when another process was at it at the same time
                    raise
    return folder


def make_missing_tags(root: Path) -> Iterator[str]:
    """Makes each tag that is not there yet and names it.

    Raises CannotStart, before any tag is made, for a commit that does not lead here or has another version, and for a
    tag that is at another commit.
    """
    known = set(_git(root, "tag", "--list").splitlines())
    for release in releases(root):
        _check(root, release, tagged=release.tag in known)
    for release in releases(root):
        if release.tag not in known:
            _git(root, "tag", "--annotate", release.tag, f"--message={release.tag}", release.commit)
            yield release.tag


def _check(root: Path, release: Release, *, tagged: bool) -> None:
    entry = f"{LIST}: {release.tag}"
    if not _has(root, release.commit):
        shallow = (root / _git(root, "rev-parse", "--git-path", "shallow").strip()).exists()
        remedy = (
            "it is shallow: `git fetch --unshallow` brings the rest"
            if shallow
            else "`git fetch` brings what main has, and else the list is wrong"
        )
        raise CannotStart(f"{entry} is the commit {release.commit}, which this clone does not have; {remedy}.")
    try:
        _git(root, "merge-base", "--is-ancestor", release.commit, "HEAD")
    except subprocess.CalledProcessError:
        raise CannotStart(f"{entry} is the commit {release.commit}, which does not lead to this one.") from None
    if tagged and _git(root, "rev-parse", f"{release.tag}^{{commit}}").strip() != release.commit:
        raise CannotStart(
            f"{entry} was tagged at another commit. A tag is never moved: give the release a next number."
        )
    version = _version(root, release)
    if version != release.version:
        raise CannotStart(f"{entry}: that commit has the version {version}.")


def _version(root: Path, release: Release) -> str:
    """What the package called itself at its commit."""

    def at_commit(path: str) -> str:
        return _git(root, "show", f"{release.commit}:{release.package}/{path}")

    document: dict[str, Any] = tomllib.loads(at_commit("pyproject.toml"))
    if "version" in document["project"]:
        return str(document["project"]["version"])
    module = at_commit(document["tool"]["hatch"]["version"]["path"])
    match = re.search(r'^__version__ = "(.+)"$', module, re.MULTILINE)
    return match[1] if match else "none"


def _has(root: Path, commit: str) -> bool:
    """Raises CannotStart where there is no git, or no clone."""
    try:
        _git(root, "rev-parse", "HEAD")
        _git(root, "cat-file", "-e", f"{commit}^{{commit}}")
    except FileNotFoundError:
        raise CannotStart(f"{LIST}: releases are unpacked by git, which is not installed.") from None
    except subprocess.CalledProcessError as error:
        if "rev-parse" in error.cmd:
            raise CannotStart(f"{LIST}: releases are unpacked from git, and this is no clone.") from None
        return False
    return True


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True).stdout
