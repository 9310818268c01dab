"""Makes the tags of what releases.toml says was released (docs/release.md)."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from emitra_local.problems import CannotStart

LIST = "releases.toml"


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


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True).stdout
