"""Locks know what they answer, and say nothing about the machine that made them."""

import re
from pathlib import Path

import pytest
from tests.support.repositories import add_launcher, add_package

from emitra_local.checks import _locks_fit
from emitra_local.environments import Environments
from emitra_local.locks import all_locks, stale_locks, write_locks
from emitra_local.problems import CannotStart
from emitra_local.workspace import Workspace

ROOT = Path(__file__).parents[4]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    add_launcher(tmp_path)
    add_package(tmp_path, "shared/servicekit", "emitra-servicekit", ["flask"], ["pytest"])
    add_package(tmp_path, "services/billing", "emitra-billing", ["emitra-servicekit", "pymongo"], ["pytest"])
    for lock in all_locks(Workspace(tmp_path)):
        lock.path.write_text(lock.header)
    return Workspace(tmp_path)


def test_a_service_has_a_lock_to_run_and_one_to_test_that_keeps_to_it(workspace: Workspace) -> None:
    by_name = {str(lock.path.relative_to(workspace.root)): lock for lock in all_locks(workspace)}

    assert by_name["services/billing/requirements-test.lock"].keeps_to == (
        workspace.root / "services/billing/requirements.lock"
    )
    assert "shared/servicekit/requirements-test.lock" in by_name
    assert "shared/servicekit/requirements.lock" not in by_name


def test_a_requirement_added_far_below_makes_every_lock_above_stale(workspace: Workspace) -> None:
    assert stale_locks(workspace) == []

    pyproject = workspace.root / "shared/servicekit/pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("'flask'", "'flask', 'pika'"))

    stale = {str(path.relative_to(workspace.root)) for path in stale_locks(Workspace(workspace.root))}
    assert stale == {
        "services/billing/requirements.lock",
        "services/billing/requirements-test.lock",
        "shared/servicekit/requirements-test.lock",
    }
    rule = "the lock answers other requirements than pyproject.toml has; run `make lock`"
    assert set(_locks_fit(Environments(workspace.root)).splitlines()) == {
        f"billing: services/billing/requirements.lock: {rule}",
        f"billing: services/billing/requirements-test.lock: {rule}",
        f"platform: shared/servicekit/requirements-test.lock: {rule}",
    }


def test_no_lock_is_of_two_services_which_may_need_different_versions(workspace: Workspace) -> None:
    add_package(workspace.root, "services/parking", "emitra-parking", ["emitra-servicekit", "pymongo<4"], ["pytest"])
    services = {"emitra-billing", "emitra-parking"}

    of_services = [set(lock.requirements) & services for lock in all_locks(Workspace(workspace.root))]
    assert {"emitra-parking"} in of_services
    assert services not in of_services


def test_a_lock_that_cannot_be_written_keeps_no_other_from_being_written(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def uv(self: Environments, *arguments: str, cwd: Path, **_: object) -> None:
        """Finds no version for billing, which is a registry's answer to it."""
        if "emitra-billing" in arguments:
            raise CannotStart("no such version")
        (cwd / "lock").write_text("flask==3 --hash=sha256:1\n")

    monkeypatch.setattr(Environments, "uv", uv)
    (add_package(workspace.root, "services/parking", "emitra-parking") / "pyproject.toml").write_text("[project")

    faults = write_locks(Environments(workspace.root), upgrade=False, say=lambda _: None)

    assert [fault.partition(":")[0] for fault in faults] == [
        "no lock for parking",
        "services/billing/requirements.lock stays as it was",
        "services/billing/requirements-test.lock stays as it was",
    ]
    assert "flask==3" in (workspace.root / "shared/servicekit/requirements-test.lock").read_text()


def test_the_locks_of_this_repository_name_no_registry_and_no_path_and_pin_every_package_by_hash() -> None:
    locks = [path for path in ROOT.glob("*/*/requirements*.lock") if ".local" not in path.parts]

    assert locks
    for path in locks:
        text = path.read_text()
        assert not re.search(r"://|--index|--find-links|(?<!\w)/\w+/", text), path
        pinned = re.findall(r"^[a-z0-9][^\s;]*==", text, re.MULTILINE)
        for entry in re.split(r"\n(?=[a-z0-9])", text)[1:]:
            assert "--hash=sha256:" in entry, f"{path}: {entry}"
        assert pinned, path
