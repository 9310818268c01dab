"""Tags and checkouts are made of the list of releases, and only of what is true of it."""

import subprocess
from pathlib import Path

import pytest

from emitra_local.problems import CannotStart
from emitra_local.releases import Release, checkout, last_release, make_missing_tags, release_of


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


def test_a_checkout_has_the_repository_as_it_was_and_stays_when_the_head_moves(root: Path) -> None:
    release = Release("services/billing", "0.1.0", git(root, "rev-parse", "HEAD"))
    version = root / "services" / "billing" / "src" / "v.py"
    version.write_text('__version__ = "0.2.0"\n')
    git(root, "commit", "--quiet", "--all", "--message=second")

    unpacked = checkout(root, release)

    assert (unpacked / "services" / "billing" / "src" / "v.py").read_text() == '__version__ = "0.1.0"\n'
    assert [path.name for path in unpacked.parent.iterdir()] == [unpacked.name], "nothing is left beside it"
    (root / ".git").rename(root / "away")
    assert checkout(root, release) == unpacked, "git is not asked again"


def test_a_checkout_of_another_version_than_the_list_says_is_refused(root: Path) -> None:
    with pytest.raises(CannotStart, match=r"that commit has the version 0\.1\.0"):
        checkout(root, Release("services/billing", "0.2.0", git(root, "rev-parse", "HEAD")))


@pytest.mark.parametrize(
    ("clone", "says"),
    [
        (["--depth=1"], r"it is shallow: `git fetch --unshallow`"),
        (["--single-branch", "--branch=main"], r"`git fetch` brings what main has"),
    ],
)
def test_a_commit_that_a_clone_does_not_have_is_named_with_the_remedy(
    root: Path, tmp_path_factory: pytest.TempPathFactory, clone: list[str], says: str
) -> None:
    git(root, "checkout", "--quiet", "-b", "aside")
    git(root, "commit", "--quiet", "--allow-empty", "--message=aside")
    missing = git(root, "rev-parse", "HEAD" if "--single-branch" in clone else "main")
    git(root, "checkout", "--quiet", "main")
    git(root, "commit", "--quiet", "--allow-empty", "--message=second")
    other = tmp_path_factory.mktemp("other") / "clone"
    git(root, "clone", "--quiet", *clone, f"file://{root}", str(other))

    with pytest.raises(CannotStart, match=says):
        checkout(other, Release("services/billing", "0.1.0", missing))


def test_what_is_no_clone_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="this is no clone"):
        checkout(tmp_path, Release("services/billing", "0.1.0", "0" * 40))


def test_a_release_is_known_by_its_version_and_the_last_by_its_number(root: Path) -> None:
    listed(root, ("0.2.0", "b"), ("0.10.0", "c"), ("0.1.0", "a"))
    assert release_of(root, "services/billing", "0.1.0").commit == "a"
    assert last_release(root, "services/billing") == Release("services/billing", "0.10.0", "c")
    assert last_release(root, "services/portal") is None


@pytest.mark.parametrize(
    ("package", "version", "says"),
    [
        ("services/billing", "0.3.0", r"no release 0\.3\.0 of services/billing; there are 0\.1\.0, 0\.2\.0\."),
        ("services/portal", "0.1.0", r"no release 0\.1\.0 of services/portal; there is none yet"),
    ],
)
def test_what_was_not_released_is_refused_with_what_was(root: Path, package: str, version: str, says: str) -> None:
    listed(root, ("0.1.0", "a"), ("0.2.0", "b"))
    with pytest.raises(CannotStart, match=says):
        release_of(root, package, version)
