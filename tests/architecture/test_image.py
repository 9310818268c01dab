"""The one Dockerfile fits every service; no image is built here, for that needs a container engine."""

import json
import re
import tomllib

from emitra_local.workspace import Workspace
from tests.architecture.conftest import SERVICES
from tests.architecture.manifests import pods
from tests.conftest import ROOT

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text().replace("\\\n", " ")
PACKAGES = {package.folder.name: package for package in Workspace(ROOT).packages}


def copied(service: str) -> list[str]:
    """What is taken from the repository for a service's image, as paths from the root."""
    copies = re.findall(r"^COPY (?!--from)(\S+) \S+$", DOCKERFILE, re.MULTILINE)
    return [source.replace("${SERVICE}", service) for source in copies]


def test_what_the_image_is_made_of_is_there(service: str) -> None:
    assert len(copied(service)) == 4
    assert [source for source in copied(service) if not (ROOT / source).exists()] == []


def test_every_package_of_ours_that_a_service_needs_is_in_its_image(service: str) -> None:
    needed, _ = Workspace(ROOT).closure(PACKAGES[service])
    assert {str(package.folder.relative_to(ROOT)) for package in needed} <= set(copied(service))


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
