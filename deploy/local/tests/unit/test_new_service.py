"""What `make new-service` writes: two folders, no more lines than a team wants to own, and nothing over anybody's."""

import tomllib
from pathlib import Path

import pytest
from tests.support.repositories import add_package

from emitra_local.new_service import TEMPLATE, write_service
from emitra_local.problems import CannotStart
from emitra_local.workspace import Package

# A third of them is the manifests of three environments, each a release line and where its secrets are.
MOST_LINES = 200


def test_a_service_is_its_two_folders_and_its_name_is_everywhere_in_them(tmp_path: Path) -> None:
    written = write_service(tmp_path, "labour-welfare", "@emitra/labour")
    assert {path.relative_to(tmp_path).parts[:2] for path in written} == {
        ("services", "labour-welfare"),
        ("deploy", "k8s"),
    }
    assert all("$" not in path.read_text().replace('"$inc"', "") for path in written)
    service = Package(tmp_path / "services" / "labour-welfare")
    assert (service.name, service.team) == ("emitra-labour-welfare", "@emitra/labour")
    assert service.program == "labour_welfare.entrypoints.service:main"
    project = tomllib.loads((service.folder / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"labour-welfare": "labour_welfare.entrypoints.service:main"}


def test_it_is_no_more_than_a_team_wants_to_own() -> None:
    lines = [line for file in TEMPLATE.rglob("*.template") for line in file.read_text().splitlines() if line]
    assert len(lines) <= MOST_LINES


@pytest.mark.parametrize("name", ["", "Billing2", "x" * 60, "../labour", "labour/welfare", "labour--welfare", "9lives"])
def test_what_is_no_name_is_refused_with_the_rule_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotStart, match="lower-case words"):
        write_service(tmp_path, name, "@emitra/labour")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("team", ["", "labour", "@", "@emitra/labour welfare"])
def test_what_is_no_team_is_refused_with_an_example(tmp_path: Path, team: str) -> None:
    with pytest.raises(CannotStart, match="TEAM=@emitra/labour"):
        write_service(tmp_path, "labour-welfare", team)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", ["services/billing", "deploy/k8s/services/billing", "shared/billing"])
def test_what_is_there_is_left_alone(tmp_path: Path, there: str) -> None:
    add_package(tmp_path, there, "emitra-billing")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(CannotStart, match="is there already"):
        write_service(tmp_path, "billing", "@emitra/payments")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_name_of_the_launchers_own_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="another name"):
        write_service(tmp_path, "lint", "@emitra/labour")
