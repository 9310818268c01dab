"""`make test SERVICE=identity` runs of the tests across services those that speak of identity, and no others."""

import re
import subprocess
import sys

from tests.conftest import ROOT


def chosen(service: str) -> list[str]:
    """The ids of the cases that are run for a service."""
    command = [sys.executable, "-m", "pytest", "tests/architecture", "tests/contract", "--collect-only", "-q"]
    command += [
        "--service",
        service,
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        "-o",
        "addopts=--import-mode=importlib",
    ]
    collected = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    return [line for line in collected.stdout.splitlines() if "::" in line]


def test_the_cases_of_a_service_are_those_that_name_it() -> None:
    cases = chosen("identity")
    assert [case for case in cases if not re.search(r"\[(.*/)?identity\W|\[.*-identity]", case)] == []
    assert {case.partition("::")[0].rpartition("/")[2] for case in cases} >= {
        "test_services.py",
        "test_manifests.py",
        "test_dialect.py",
        "test_documents.py",
        "test_openapi.py",
        "test_image.py",
        "test_clients.py",
        "test_events.py",
    }


def test_what_is_no_service_has_none() -> None:
    assert chosen("parking") == []
