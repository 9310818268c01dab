"""What tools outside of `make` are told fits what is here; they would only say so when somebody uses them."""

import re
from typing import Any

import pytest
import yaml

from emitra_local.workspace import OURS, Workspace
from tests.architecture.documents import TARGETS, files
from tests.conftest import ROOT


def hooks() -> dict[str, dict[str, Any]]:
    """The hooks of pre-commit by id."""
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repository["repo"] == "local", "nothing is fetched to check a commit"
    return {hook["id"]: hook for hook in repository["hooks"]}


def test_the_hooks_run_the_front_door() -> None:
    commands = {hook["entry"] for hook in hooks().values() if hook["language"] == "system"}
    assert commands == {"make format", "make lint"}
    assert {command.removeprefix("make ") for command in commands} <= TARGETS


@pytest.mark.parametrize(
    ("subject", "fits"),
    [
        ("fix(billing): a bill is paid once", True),
        ("refactor(servicekit)!: into rooms", True),
        ("docs(billing,gateway): what they leave out", True),
        ("test: all of them", True),
        ("build(deps): bump flask", True),
        ('Revert "fix(billing): a bill is paid once"', True),
        ("a bill is paid once", False),
        ("fix(billing) a bill is paid once", False),
        ("wip: something", False),
    ],
)
def test_a_commits_subject_says_what_kind_it_is(subject: str, fits: bool) -> None:
    hook = hooks()["subject"]
    assert hook["args"] == ["--negate"], "the hook fails where no line fits"
    assert bool(re.match(hook["entry"], subject)) is fits


def test_every_package_is_watched_for_updates_but_ours_are_looked_up_nowhere() -> None:
    (python, _) = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    watched = [folder for pattern in python["directories"] for folder in ROOT.glob(pattern.removeprefix("/"))]
    assert sorted(watched) == sorted(package.folder for package in Workspace(ROOT).packages)
    assert python["ignore"] == [{"dependency-name": f"{OURS}*"}]


def test_a_lock_holds_hashes_and_no_address() -> None:
    """Where packages come from is the machine's own setting; `npm` writes addresses that have to go."""
    locks = [path for path in files(".lock", ".json") if path.suffix == ".lock" or path.name == "package-lock.json"]
    assert len(locks) > 10
    assert [str(path.relative_to(ROOT)) for path in locks if "://" in path.read_text(encoding="utf-8")] == []
