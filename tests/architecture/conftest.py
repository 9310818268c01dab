"""What each service says of itself, asked of its own command line in its own environment."""

import json
import re
import subprocess
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
import yaml

from emitra_local.environments import Environments
from emitra_local.problems import CannotStart
from tests.conftest import ROOT
from tests.support.remedies import pytest_runtest_makereport

__all__ = ["pytest_runtest_makereport"]

SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/pyproject.toml"))

_environments = Environments(ROOT)


@cache
def printed(service: str, *command: str) -> str:
    """What a service's command prints; it needs neither settings nor servers. Raises CannotStart."""
    return run_in(service, service, *command)


def run_in(service: str, program: str, *arguments: str) -> str:
    """What a program of a service's environment prints. Raises CannotStart, which names where the service fails."""
    _environments.ensure(service)
    command = [str(_environments.program(service, program)), *arguments]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env={})
    if finished.returncode:
        places = re.findall(rf'File "{re.escape(str(ROOT))}/(\w+/[^"]+)", line (\d+)', finished.stderr)
        file = ":".join(places[-1]) if places else f"services/{service}"
        last = (finished.stderr.strip().splitlines() or [f"status {finished.returncode}"])[-1]
        raise CannotStart(f"{service}: {file}: {service} cannot be asked what it is, for {last}; mend this first")
    return finished.stdout


@cache
def asked(service: str, *command: str) -> Any:
    """The JSON that a service's command prints."""
    return json.loads(printed(service, *command))


@cache
def openapi(service: str) -> Mapping[str, Any]:
    """A service's committed document."""
    return dict(yaml.load((ROOT / "services" / service / "openapi.yaml").read_text(), yaml.CSafeLoader))


def with_document(name: str) -> set[str]:
    """The services that have committed their `openapi.yaml` or `events.json`; nobody suffers from the others."""
    return {service for service in SERVICES if (ROOT / "services" / service / name).exists()}


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)
