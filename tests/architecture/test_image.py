"""The one Dockerfile fits every service; no image is built here, for that needs a container engine."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from string import Template

import pytest

from emitra_local import images
from emitra_local.workspace import Workspace
from tests.architecture.conftest import SERVICES
from tests.architecture.manifests import pods
from tests.conftest import ROOT

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text().replace("\\\n", " ")
WORKSPACE = Workspace(ROOT)


def copied(service: str) -> list[str]:
    """What is taken from the repository for a service's image, as paths from the root."""
    copies = re.findall(r"^COPY (?!--from)(\S+) \S+$", DOCKERFILE, re.MULTILINE)
    given = images.arguments(WORKSPACE, WORKSPACE.package_named(service))
    stands_for = dict(given[index + 1].split("=") for index, word in enumerate(given) if word == "--build-arg")
    return [Template(source).substitute(stands_for) for source in copies]


def test_what_the_image_is_made_of_is_there(service: str) -> None:
    assert len(copied(service)) == 5
    assert [source for source in copied(service) if not (ROOT / source).exists()] == []


def test_every_package_of_ours_that_a_service_needs_is_in_its_image(service: str) -> None:
    needed, _ = WORKSPACE.closure(WORKSPACE.package_named(service))
    within = {str(package.folder.relative_to(ROOT)) for package in needed}
    outside = {folder for folder in within if not {folder, *map(str, Path(folder).parents)} & set(copied(service))}
    assert not outside


def test_the_image_starts_the_services_own_program(service: str) -> None:
    scripts = tomllib.loads((ROOT / "services" / service / "pyproject.toml").read_text())["project"]["scripts"]
    assert service in scripts
    (link,) = re.findall(r'ln -s "\$\{SERVICE\}" (\S+)', DOCKERFILE)
    (entrypoint,) = re.findall(r"^ENTRYPOINT (.+)$", DOCKERFILE, re.MULTILINE)
    assert f"/app/bin/{json.loads(entrypoint)[0]}" == link


def test_the_image_runs_as_the_user_that_the_pods_run_as() -> None:
    (user,) = re.findall(r"^USER (\d+):\d+$", DOCKERFILE, re.MULTILINE)
    users = {spec["securityContext"]["runAsUser"] for service in SERVICES for _, spec, _ in pods(service)}
    assert users == {int(user)}


@pytest.mark.parametrize(
    ("chassis", "pyproject", "builds"),
    [
        ("shared/servicekit", "", True),
        ("shared/servicekit", '[tool.emitra]\nteam = "@emitra/labour"\n', True),
        ("shared/servicekit", '[tool.emitra]\nreleased = { servicekit = "0.2.0" }\n', False),
        (".local/releases/0/shared/servicekit", '[tool.emitra]\nreleased = { servicekit = "0.2.0" }\n', True),
    ],
)
def test_an_image_is_never_built_with_another_chassis_than_the_one_that_was_tested(
    tmp_path: Path, chassis: str, pyproject: str, builds: bool
) -> None:
    (check,) = re.findall(r'^RUN (test "\$\{SERVICEKIT\}" .+)$', DOCKERFILE, re.MULTILINE)
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "pyproject.toml").write_text(pyproject)
    script = check.replace("/build/tools/bin/python", sys.executable)
    finished = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, env={"SERVICEKIT": chassis}, capture_output=True, text=True, check=False
    )
    assert (finished.returncode == 0) == builds, finished.stderr
    assert ("make image" in finished.stderr) == (not builds)


@pytest.mark.parametrize(
    ("needs", "folders"),
    [
        (["emitra-papers", "emitra-servicekit", "flask>=3"], "./shared/papers"),
        (["emitra-servicekit"], ""),
        (["emitra-contracts[gate]", "emitra-servicekit"], "./shared/contracts"),
    ],
)
def test_the_libraries_that_a_service_names_are_installed(tmp_path: Path, needs: list[str], folders: str) -> None:
    (script,) = re.findall(r"^RUN (\S+python -c .+) > libraries$", DOCKERFILE, re.MULTILINE)
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "pyproject.toml").write_text(f"[project]\ndependencies = {json.dumps(needs)}\n")
    script = script.replace("/build/tools/bin/python", sys.executable)
    assert subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True).stdout == (
        folders + "\n"
    )
    assert "./service $(cat libraries)" in DOCKERFILE


def test_the_libraries_of_releases_are_in_the_context() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored.index(".local") < ignored.index("!.local/releases/*/shared")
