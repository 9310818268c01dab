"""Generated files are what the programs print today, and the ones that are not are named.

The environments are folders with programs that start the code of the repository: making them is uv's.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.support.repositories import add_package, write_module

from emitra_local.checks import _generated_is_new
from emitra_local.environments import Environments
from emitra_local.generated import ASYNCAPI, code_owners, generated, platform_documents

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
    add_service(tmp_path, "gateway", SERVICE)
    (add_package(tmp_path, "shared/contracts", "emitra-contracts") / "src/contracts").rename(
        tmp_path / "shared/contracts/src/emitra_contracts"
    )
    write_module(tmp_path, "emitra_contracts.cli", CONTRACTS)
    manifests = tmp_path / "deploy/k8s/services/gateway"
    manifests.mkdir(parents=True)
    (manifests / "contract.yaml").write_text("secrets: {}\nroutes: base/openapi.yaml\n")
    add_program(
        tmp_path,
        "contracts-test",
        "python",
        "shared/contracts",
        "module = sys.argv[2]; del sys.argv[1:3]; runpy.run_module(module, None, '__main__', True)",
    )
    return tmp_path


def add_program(root: Path, environment: str, name: str, package: str, start: str) -> None:
    """A program in an environment, which imports from a package's source."""
    program = root / ".local/venvs" / environment / "bin" / name
    program.parent.mkdir(parents=True)
    path = root / package / "src"
    program.write_text(f"#!{sys.executable}\nimport runpy, sys\nsys.path.insert(0, {str(path)!r})\n{start}\n")
    program.chmod(0o755)


def add_service(root: Path, name: str, code: str) -> None:
    add_package(root, f"services/{name}", f"emitra-{name}")
    write_module(root, f"{name}.entrypoints.service", code)
    add_program(root, name, "python", f"services/{name}", "exec(sys.argv[2])")


@pytest.fixture(autouse=True)
def _environments_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Environments, "ensure", lambda self, name: self.root / ".local/venvs" / name)


def written(root: Path, faults: Sequence[str] = ()) -> list[str]:
    """Writes what is out of date, as `make generate` does; the files' names."""
    names = []
    now = generated(Environments(root))
    assert [known in fault for known, fault in zip(faults, now.faults, strict=True)] == [True] * len(faults), now.faults
    for path, text in now.stale.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        names.append(str(path.relative_to(root)))
    return names


def test_each_file_holds_what_its_program_prints_and_a_repeat_changes_nothing(root: Path) -> None:
    assert written(root) == [
        "services/gateway/openapi.yaml",
        "services/gateway/events.json",
        "deploy/k8s/services/gateway/base/openapi.yaml",
    ]
    assert (root / "services/gateway/openapi.yaml").read_text() == "openapi: 3.1.0\n"
    assert (root / "deploy/k8s/services/gateway/base/openapi.yaml").read_text() == "openapi: 3.1.0\n"
    assert written(root) == []


def test_the_gateways_copy_has_the_schemas_of_the_services_events_too(root: Path) -> None:
    schema = root / "services/gateway/contracts/events/crop.sown.v1/schema.json"
    schema.parent.mkdir(parents=True)
    schema.write_text('{"$id": "urn:emitra:events:crop.sown.v1"}')
    written(root)
    copy = (root / "deploy/k8s/services/gateway/base/openapi.yaml").read_text()
    schemas = '{"crop.sown.v1": {"$id": "urn:emitra:events:crop.sown.v1"}}'
    assert copy == f"openapi: 3.1.0\nx-events: {schemas}\n"
    assert (root / "services/gateway/openapi.yaml").read_text() == "openapi: 3.1.0\n"


def test_what_a_change_made_stale_is_named_and_nothing_else(root: Path) -> None:
    written(root)
    # Longer, since Python takes its bytecode for new by second and size.
    write_module(root, "gateway.entrypoints.service", SERVICE.replace("3.1.0", "3.1.10"))
    assert written(root) == ["services/gateway/openapi.yaml", "deploy/k8s/services/gateway/base/openapi.yaml"]
    (root / "services/gateway/events.json").write_text("by hand")
    assert written(root) == ["services/gateway/events.json"]


def test_lint_names_service_file_rule_and_what_to_do_instead(root: Path) -> None:
    written(root)
    (root / "services/gateway/events.json").write_text("by hand")
    assert _generated_is_new(Environments(root)) == (
        "gateway: services/gateway/events.json: it is generated, and not what the code says now; run `make generate`, "
        "change nothing in it by hand"
    )


def test_what_is_made_of_all_services_is_no_part_of_a_services_change(root: Path) -> None:
    with (root / "services/gateway/pyproject.toml").open("a") as document:
        document.write('[tool.emitra]\nteam = "@emitra/platform"\n')
    made = {str(path.relative_to(root)): text for path, text in platform_documents(Environments(root)).files.items()}
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


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("def main():\n    raise RuntimeError('no')\n", "services/broken cannot say"),
        ("import nothing_that_is_installed\n", "nothing_that_is_installed"),
        ("def main(:\n", "SyntaxError"),
        ("import sys\ndef main():\n    sys.exit('no settings')\n", "no settings"),
    ],
)
def test_a_service_that_cannot_print_keeps_no_other_from_having_its_files(root: Path, code: str, fault: str) -> None:
    written(root)
    write_module(root, "gateway.entrypoints.service", SERVICE.replace("3.1.0", "3.1.10"))
    add_service(root, "broken", code)

    assert written(root, [fault]) == [
        "services/gateway/openapi.yaml",
        "deploy/k8s/services/gateway/base/openapi.yaml",
    ]
    # What is made of all of them is made of all or not at all.
    made = platform_documents(Environments(root))
    assert made.files == {}
    assert fault in made.faults[0]


def test_a_folder_that_is_no_service_is_told_and_the_others_have_their_files(root: Path) -> None:
    (add_package(root, "services/parking", "emitra-parking") / "pyproject.toml").write_text("[project")
    assert written(root, ["services/parking/pyproject.toml cannot be read as TOML"]) == [
        "services/gateway/openapi.yaml",
        "services/gateway/events.json",
        "deploy/k8s/services/gateway/base/openapi.yaml",
    ]
