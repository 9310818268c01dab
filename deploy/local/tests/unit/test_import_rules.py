"""The import rules catch what they are for. The real import-linter reads a small repository with one wrong import."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.repositories import add_package, write_module

from emitra_local import import_rules
from emitra_local.workspace import Workspace


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for service in ("billing", "identity"):
        add_package(tmp_path, f"services/{service}", f"emitra-{service}")
        write_module(tmp_path, f"{service}.domain.money")
        write_module(tmp_path, f"{service}.application.pay", f"import {service}.domain.money\n")
        write_module(tmp_path, f"{service}.adapters.store", f"import {service}.application.pay\nimport pymongo\n")
        write_module(tmp_path, f"{service}.settings", "import servicekit.settings\n")
        write_module(tmp_path, f"{service}.bootstrap", f"import {service}.adapters.store\nimport {service}.settings\n")
        write_module(
            tmp_path,
            f"{service}.entrypoints.service",
            f"import {service}.bootstrap\nimport servicekit.broker.relay\nimport flask\n",
        )
    add_package(tmp_path, "shared/servicekit", "emitra-servicekit")
    write_module(tmp_path, "servicekit.settings", "import marshmallow\n")
    write_module(tmp_path, "servicekit.broker.relay", "import pika\nimport kombu\nimport servicekit.events.outbox\n")
    write_module(tmp_path, "servicekit.events.outbox", "import servicekit.mongo.client\n")
    write_module(tmp_path, "servicekit.mongo.client", "import pymongo\nimport servicekit.settings\n")
    write_module(tmp_path, "servicekit.http.app", "import servicekit.http.exchange\nimport servicekit.settings\n")
    write_module(tmp_path, "servicekit.http.exchange", "import servicekit.http.callers\n")
    write_module(tmp_path, "servicekit.http.callers")
    write_module(tmp_path, "billing.application.bills.fetch")
    write_module(tmp_path, "billing.application.payments.pay", "import billing.application.bills.fetch\n")
    add_package(tmp_path, "shared/emitra_contracts", "emitra-contracts")
    add_package(tmp_path, "deploy/emitra_local", "emitra-local")
    return tmp_path


def complaints(root: Path) -> dict[str, str]:
    """By whose rules they are (a service, or "shared") what is complained of; nobody is in it who follows them."""
    workspace = Workspace(root)
    assert workspace.broken == {}
    said = {}
    for service in (None, *workspace.services):
        name = service.folder.name if service else "shared"
        config = root / f"{name}.ini"
        config.write_text(import_rules.rendered(workspace, service))
        program = Path(sys.executable).with_name("lint-imports")
        finished = subprocess.run(
            [program, "--config", config, "--no-cache"],
            env={**import_rules.path(workspace), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
        if finished.returncode:
            said[name] = import_rules.explained(workspace, service, finished.stdout + finished.stderr)
    return said


def test_a_repository_that_follows_the_rules_passes(repository: Path) -> None:
    assert complaints(repository) == {}


@pytest.mark.parametrize(
    ("module", "text", "rule"),
    [
        ("billing.application.pay", "import identity.domain.money", "Services never import each other"),
        ("billing.domain.money", "import billing.application.pay", "Layers inside a service"),
        ("billing.stray", "", "Layers inside a service"),
        ("billing.application.bills.fetch", "import billing.application.payments.pay", "Areas depend on one another"),
        ("servicekit.events.outbox", "import servicekit.broker.relay", "The rooms of the chassis"),
        ("servicekit.settings", "import servicekit.mongo.client", "The rooms of the chassis"),
        ("servicekit.stray", "", "The rooms of the chassis"),
        ("servicekit.http.callers", "import servicekit.http.exchange", "HTTP in the chassis"),
        ("billing.adapters.store", "import billing.entrypoints.service", "Layers inside a service"),
        (
            "billing.entrypoints.http.payments.routes",
            "import billing.adapters.store",
            "Only bootstrap imports adapters",
        ),
        ("billing.domain.money", "import pymongo", "The domain imports no framework"),
        ("billing.domain.money", "import servicekit.settings", "The domain imports no framework"),
        ("billing.application.pay", "import servicekit.settings", "The application imports no web framework"),
        ("billing.adapters.store", "import kombu", "Only servicekit.broker imports kombu or pika"),
        ("servicekit.settings", "import pika", "Only servicekit.broker imports kombu or pika"),
        ("servicekit.settings", "import billing.bootstrap", "Shared libraries import no service"),
        ("emitra_contracts.schemas", "import servicekit.settings", "The contracts import nothing of ours"),
        ("billing.adapters.store", "import emitra_local", "Services import neither the launcher"),
    ],
)
def test_a_forbidden_import_breaks_its_rule(repository: Path, module: str, text: str, rule: str) -> None:
    write_module(repository, module, text + "\n")

    said = complaints(repository)

    whose = "billing" if module.startswith("billing") else "shared"
    shown = "billing" if whose == "billing" else "platform"
    assert any(re.match(f"{shown}: {rule}.*: .*[.;]", line) for line in said[whose].splitlines()), said
    assert "identity" not in said


def test_a_stray_module_is_named_with_its_file(repository: Path) -> None:
    write_module(repository, "billing.stray", "")

    assert "services/billing/src/billing/stray.py: billing.stray" in complaints(repository)["billing"]


def test_a_complaint_names_the_file_and_what_to_do_instead(repository: Path) -> None:
    write_module(repository, "billing.application.pay", "import os\nimport pymongo\n")

    said = complaints(repository)["billing"]

    assert "services/billing/src/billing/application/pay.py:2: billing.application.pay imports pymongo" in said
    assert "name a port in ports.py; adapters/ implements it" in said


@pytest.mark.parametrize("text", ["def broken(:\n", "import identity.domain.money\n"])
def test_one_broken_service_keeps_no_other_from_being_looked_at(repository: Path, text: str) -> None:
    write_module(repository, "billing.domain.money", text)
    write_module(repository, "identity.domain.money", "import pymongo\n")

    said = complaints(repository)

    assert said.keys() == {"billing", "identity"}
    assert "The domain imports no framework" in said["identity"]
    assert "services/billing" in said["billing"]
