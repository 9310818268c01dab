"""Tags are made of the list of releases, and only of what is true of it."""

import subprocess
from pathlib import Path

import pytest

from emitra_local.problems import CannotStart
from emitra_local.releases import make_missing_tags


def git(root: Path, *arguments: str) -> str:
    author = ["-c", "user.name=A Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *author, *arguments], cwd=root, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable, value in {"NAME": "A Tester", "EMAIL": "tester@example.org"}.items():
        monkeypatch.setenv(f"GIT_COMMITTER_{variable}", value)
        monkeypatch.setenv(f"GIT_AUTHOR_{variable}", value)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    package = tmp_path / "services" / "billing"
    (package / "src").mkdir(parents=True)
    (package / "pyproject.toml").write_text(
        '[project]\ndynamic = ["version"]\n[tool.hatch.version]\npath = "src/v.py"\n'
    )
    (package / "src" / "v.py").write_text('__version__ = "0.1.0"\n')
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=first")
    return tmp_path


def listed(root: Path, *rows: tuple[str, str]) -> None:
    (root / "releases.toml").write_text(
        "".join(
            f'[[release]]\npackage = "services/billing"\nversion = "{version}"\ncommit = "{commit}"\n'
            for version, commit in rows
        )
    )


def test_a_release_gets_its_tag_once(root: Path) -> None:
    commit = git(root, "rev-parse", "HEAD")
    listed(root, ("0.1.0", commit))
    assert list(make_missing_tags(root)) == ["billing-0.1.0"]
    assert git(root, "rev-parse", "billing-0.1.0^{commit}") == commit
    assert list(make_missing_tags(root)) == []


def test_a_commit_with_another_version_is_not_tagged(root: Path) -> None:
    commit = git(root, "rev-parse", "HEAD")
    listed(root, ("0.1.0", commit), ("0.2.0", commit))
    with pytest.raises(CannotStart, match=r"billing-0\.2\.0: that commit has the version 0\.1\.0"):
        list(make_missing_tags(root))
    assert git(root, "tag", "--list") == ""


def test_a_commit_of_another_branch_is_not_tagged(root: Path) -> None:
    git(root, "checkout", "--quiet", "-b", "aside")
    git(root, "commit", "--quiet", "--allow-empty", "--message=aside")
    commit = git(root, "rev-parse", "HEAD")
    git(root, "checkout", "--quiet", "main")
    listed(root, ("0.1.0", commit))
    with pytest.raises(CannotStart, match="does not lead to this one"):
        list(make_missing_tags(root))


def test_a_tag_is_never_moved(root: Path) -> None:
    listed(root, ("0.1.0", git(root, "rev-parse", "HEAD")))
    list(make_missing_tags(root))
    git(root, "commit", "--quiet", "--allow-empty", "--message=second")
    listed(root, ("0.1.0", git(root, "rev-parse", "HEAD")))
    with pytest.raises(CannotStart, match="never moved"):
        list(make_missing_tags(root))
