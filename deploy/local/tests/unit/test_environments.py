"""Environments are made once, again when they should be, and never left half-made unnoticed.

uv and pip are replaced by scripts that write down how they were called: they are other people's programs.
"""

from pathlib import Path

import pytest
from tests.support.repositories import add_launcher, add_package, release, stand_on

from emitra_local.environments import Environments, Recipe
from emitra_local.problems import CannotStart

UV = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
if [ -e "$(dirname "$0")/broken" ]; then echo "no such version"; exit 1; fi
for last; do :; done
if [ "$1" = venv ]; then mkdir -p "$last/bin"; touch "$last/bin/python"; rm -f "$last/stamp"; fi
"""


@pytest.fixture
def environments(tmp_path: Path) -> Environments:
    add_launcher(tmp_path)
    add_package(tmp_path, "services/billing", "emitra-billing")
    for locked in (
        "deploy/local/requirements-bootstrap",
        "deploy/local/requirements-build",
        "services/billing/requirements",
    ):
        (tmp_path / f"{locked}.lock").write_text("")
    made = Environments(tmp_path, say=lambda _: None)
    tools = tmp_path / ".local/venvs/tools"
    (tools / "bin").mkdir(parents=True)
    (tools / "bin/python").touch()
    for name, script in {"uv": UV, "pip": "#!/bin/sh\n"}.items():
        (tools / "bin" / name).write_text(script)
        (tools / "bin" / name).chmod(0o755)
    lock = tmp_path / "deploy/local/requirements-bootstrap.lock"
    (tools / "stamp").write_text(made._stamp(Recipe("tools", lock)))
    return made


def calls(environments: Environments) -> list[str]:
    file = environments.root / ".local/venvs/tools/bin/calls"
    return file.read_text().splitlines() if file.exists() else []


def test_an_environment_is_made_from_its_hashed_lock_then_our_packages_without_dependencies(
    environments: Environments,
) -> None:
    environments.ensure("billing")

    venv, sync, install = calls(environments)
    assert venv.startswith("venv --clear")
    assert "--require-hashes" in sync
    assert sync.endswith("services/billing/requirements.lock")
    assert "--no-deps" in install
    assert "--build-constraint" in install
    assert install.endswith("--editable " + str(environments.root / "services/billing"))


def test_a_library_of_a_release_is_installed_as_it_was_built_and_not_as_it_is_edited(
    environments: Environments,
) -> None:
    root = environments.root
    add_package(root, "shared/servicekit", "emitra-servicekit")
    service = add_package(root, "services/parking", "emitra-parking", ["emitra-servicekit"])
    (service / "requirements.lock").write_text("")
    commit = release(root, "shared/servicekit")
    stand_on(service, '{ servicekit = "1" }')

    Environments(root, say=lambda _: None).ensure("parking")

    released = root / ".local" / "releases" / commit[:12] / "shared" / "servicekit"
    assert calls(environments)[-1].endswith(f" --editable {service} {released}")


def test_an_environment_that_fits_is_left_alone(environments: Environments) -> None:
    environments.ensure("billing")
    before = calls(environments)

    environments.ensure("billing")

    assert calls(environments) == before


@pytest.mark.parametrize(
    "changed",
    ["services/billing/requirements.lock", "services/billing/pyproject.toml", "deploy/local/requirements-build.lock"],
)
def test_an_environment_is_made_again_when_what_it_was_made_from_changes(
    environments: Environments, changed: str
) -> None:
    environments.ensure("billing")
    before = len(calls(environments))
    file = environments.root / changed
    file.write_text(file.read_text() + "# changed\n")

    environments.ensure("billing")

    assert len(calls(environments)) == 2 * before


def test_an_environment_whose_making_was_killed_is_made_again(environments: Environments) -> None:
    folder = environments.ensure("billing")
    before = len(calls(environments))
    (folder / "stamp").unlink()

    environments.ensure("billing")

    assert len(calls(environments)) == 2 * before


def test_a_failed_installation_says_why_and_is_tried_again(environments: Environments) -> None:
    broken = environments.root / ".local/venvs/tools/bin/broken"
    broken.touch()
    with pytest.raises(CannotStart, match="no such version"):
        environments.ensure("billing")
    broken.unlink()

    assert (environments.ensure("billing") / "stamp").exists()


def test_types_for_the_checker_stand_beside_the_libraries_of_the_tests_and_of_nothing_that_runs(
    environments: Environments,
) -> None:
    for locked in ("deploy/local/requirements-stubs", "services/billing/requirements-test"):
        (environments.root / f"{locked}.lock").write_text("")

    environments.ensure_all(["billing", "billing-test"])

    synced = [[Path(word).name for word in call.split() if word.endswith(".lock")] for call in calls(environments)]
    assert ["requirements.lock"] in synced
    assert ["requirements-test.lock", "requirements-stubs.lock"] in synced


def test_those_that_cannot_be_made_are_told_and_the_others_are_made(environments: Environments) -> None:
    add_package(environments.root, "services/parking", "emitra-parking")
    environments = Environments(environments.root, say=lambda _: None)

    faults = environments.not_made(["billing", "parking"])

    assert faults == {"parking": "services/parking/requirements.lock is missing: `make lock` writes it"}
    assert (environments.root / ".local/venvs/billing/stamp").exists()


def test_an_unknown_environment_is_named_with_those_there_are(environments: Environments) -> None:
    with pytest.raises(CannotStart, match=r"biling.*there are local, billing"):
        environments.ensure("biling")
