"""Packages and what they need, read from the folders."""

from pathlib import Path

import pytest
from tests.support.repositories import add_package

from emitra_local.problems import CannotStart
from emitra_local.workspace import Workspace


def test_a_new_service_appears_by_adding_its_folder(tmp_path: Path) -> None:
    add_package(tmp_path, "services/billing", "emitra-billing")
    add_package(tmp_path, "services/kiosk-registry", "emitra-kiosk-registry")
    add_package(tmp_path, "shared/servicekit", "emitra-servicekit")

    services = Workspace(tmp_path).services

    assert [service.folder.name for service in services] == ["billing", "kiosk-registry"]
    assert services[1].import_names() == ["kiosk_registry"]


def test_the_closure_follows_our_packages_and_collects_what_comes_from_outside(tmp_path: Path) -> None:
    add_package(tmp_path, "shared/servicekit", "emitra-servicekit", ["flask>=3"])
    add_package(tmp_path, "shared/contracts", "emitra-contracts", ["jsonschema"])
    add_package(
        tmp_path, "services/billing", "emitra-billing", ["Emitra_ServiceKit>=1", "pymongo"], ["emitra-contracts"]
    )
    workspace = Workspace(tmp_path)
    billing = workspace.package_in("services/billing")

    assert workspace.closure(billing)[1] == {"emitra-billing": ["pymongo"], "emitra-servicekit": ["flask>=3"]}
    assert [package.name for package in workspace.closure(billing, "test")[0]] == [
        "emitra-billing",
        "emitra-servicekit",
        "emitra-contracts",
    ]


def test_packages_that_need_each_other_are_taken_once(tmp_path: Path) -> None:
    add_package(tmp_path, "shared/one", "emitra-one", ["emitra-two"])
    add_package(tmp_path, "shared/two", "emitra-two", ["emitra-one", "flask"])
    workspace = Workspace(tmp_path)

    assert len(workspace.closure(workspace.package_in("shared/one"))[0]) == 2


def test_a_package_of_ours_that_is_missing_is_never_looked_up_in_a_registry(tmp_path: Path) -> None:
    add_package(tmp_path, "services/billing", "emitra-billing", ["emitra-servicekit"])
    workspace = Workspace(tmp_path)

    with pytest.raises(CannotStart, match="emitra-billing needs emitra-servicekit"):
        workspace.closure(workspace.package_in("services/billing"))
