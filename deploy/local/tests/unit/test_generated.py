"""Generated files are what the programs print today, and the ones that are not are named."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.repositories import add_package, write_module

from emitra_local.environments import Environments
from emitra_local.generated import ASYNCAPI, code_owners, out_of_date, platform_documents

SERVICE = """
import sys
EVENTS = '{"publishes": ["a.v1"], "consumes": []}'
def main():
    print({"openapi": "openapi: 3.1.0", "events": EVENTS, "asyncapi": "one"}[sys.argv[1]])
"""
CONTRACTS = "import sys\nprint(sys.argv[1], *sys.stdin.read().split())\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository of one service, whose manifests have a copy, and of contracts that print what they are given."""
    place = add_package(tmp_path, "services/gateway", "emitra-gateway")
    with (place / "pyproject.toml").open("a") as document:
        document.write('[project.scripts]\ngateway = "gateway.service:main"\n')
    write_module(tmp_path, "gateway.service", SERVICE)
    (add_package(tmp_path, "shared/contracts", "emitra-contracts") / "src/contracts").rename(
        tmp_path / "shared/contracts/src/emitra_contracts"
    )
    write_module(tmp_path, "emitra_contracts.cli", CONTRACTS)
    manifests = tmp_path / "deploy/k8s/services/gateway"
    manifests.mkdir(parents=True)
    (manifests / "contract.yaml").write_text("secrets: {}\nroutes: base/openapi.yaml\n")
    python = tmp_path / ".local/venvs/lint/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    return tmp_path


def written(root: Path) -> list[str]:
    """Writes what is out of date, as `make generate` does; the files' names."""
    names = []
    for path, text in out_of_date(Environments(root)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        names.append(str(path.relative_to(root)))
    return names


def test_each_file_holds_what_its_program_prints_and_a_repeat_changes_nothing(root: Path) -> None:
    assert written(root) == [
        "services/gateway/openapi.yaml",
        "services/gateway/events.json",
        "deploy/k8s/services/gateway/base/openapi.yaml",
        "services/gateway/src/gateway/entrypoints/pages/event-schemas.json",
    ]
    assert (root / "services/gateway/openapi.yaml").read_text() == "openapi: 3.1.0\n"
    assert (root / "deploy/k8s/services/gateway/base/openapi.yaml").read_text() == "openapi: 3.1.0\n"
    assert written(root) == []


def test_what_a_change_made_stale_is_named_and_nothing_else(root: Path) -> None:
    written(root)
    # Longer, since Python takes its bytecode for new by second and size.
    write_module(root, "gateway.service", SERVICE.replace("3.1.0", "3.1.10"))
    assert written(root) == ["services/gateway/openapi.yaml", "deploy/k8s/services/gateway/base/openapi.yaml"]
    (root / "services/gateway/events.json").write_text("by hand")
    assert written(root) == ["services/gateway/events.json"]


def test_what_is_made_of_all_services_is_no_part_of_a_services_change(root: Path) -> None:
    with (root / "services/gateway/pyproject.toml").open("a") as document:
        document.write('[tool.emitra]\nteam = "@emitra/platform"\n')
    made = {str(path.relative_to(root)): text for path, text in platform_documents(Environments(root)).items()}
    assert made.keys() == {ASYNCAPI, "docs/platform.svg", "CODEOWNERS"}
    assert made[ASYNCAPI] == "asyncapi one\n"
    assert made["CODEOWNERS"] == code_owners({"gateway": "@emitra/platform"})
    assert made.keys().isdisjoint(written(root))


def test_a_folder_is_its_teams_and_of_a_service_without_a_team_the_platforms() -> None:
    owners = code_owners({"billing": "@emitra/payments", "orphan": ""}).splitlines()
    assert owners[-3:] == [
        "* @emitra/platform",
        "/services/billing/ @emitra/payments",
        "/deploy/k8s/services/billing/ @emitra/payments",
    ]


def test_a_service_that_cannot_print_is_no_reason_to_write_anything(root: Path) -> None:
    written(root)
    write_module(root, "gateway.service", "def main():\n    raise RuntimeError('no')\n")
    with pytest.raises(subprocess.CalledProcessError):
        written(root)
    assert (root / "services/gateway/openapi.yaml").read_text() == "openapi: 3.1.0\n"
