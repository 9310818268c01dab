"""What each service says of itself, asked of its own command line in its own environment."""

import json
import subprocess
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
import yaml

from emitra_local.environments import Environments
from tests.conftest import ROOT
from tests.support.remedies import pytest_runtest_makereport

__all__ = ["pytest_runtest_makereport"]

SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/pyproject.toml"))

_environments = Environments(ROOT)


@cache
def printed(service: str, *command: str) -> str:
    """What a service's command prints; it needs neither settings nor servers."""
    _environments.ensure(service)
    program = str(_environments.program(service, service))
    return subprocess.run([program, *command], capture_output=True, text=True, check=True, timeout=60, env={}).stdout


@cache
def asked(service: str, *command: str) -> Any:
    """The JSON that a service's command prints."""
    return json.loads(printed(service, *command))


@cache
def openapi(service: str) -> Mapping[str, Any]:
    """A service's committed document."""
    return dict(yaml.safe_load((ROOT / "services" / service / "openapi.yaml").read_text()))


def with_document(name: str) -> set[str]:
    """The services that have committed their `openapi.yaml` or `events.json`; nobody suffers from the others."""
    return {service for service in SERVICES if (ROOT / "services" / service / name).exists()}


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)
