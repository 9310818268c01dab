"""clients.json, by which the contract gate names whom a change breaks, leaves out no operation and invents none."""

import json
from pathlib import Path

import pytest

from emitra_contracts import clients
from emitra_contracts.api_compatibility import operations, scopes
from tests.architecture.conftest import SERVICES, openapi, with_document
from tests.conftest import ROOT


def asked_for(service: str) -> dict[str, frozenset[str]]:
    """Every operation of a service, e.g. "GET /v1/billers", and the scopes it asks for."""
    return {
        f"{method.upper()} {path}": scopes(openapi(service), (path, method))
        for path, method in operations(openapi(service))
    }


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_has_a_client(service: str) -> None:
    for operation, needed in asked_for(service).items():
        callers = [
            client
            for client, row in clients().items()
            if operation in row["operations"] or (needed and needed <= set(row["scopes"]))
        ]
        assert callers, f"name in clients.json who calls {operation}"


@pytest.mark.parametrize(
    "file", sorted(ROOT.glob("services/*/contracts/clients.json")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_operation_and_scope_of_a_client_exists(file: Path) -> None:
    everything = {k: v for service in with_document("openapi.yaml") for k, v in asked_for(service).items()}
    every_scope = frozenset[str]().union(*everything.values())
    for client, row in json.loads(file.read_text()).items():
        assert set(row.get("operations", ())) <= everything.keys(), client
        assert set(row.get("scopes", ())) <= every_scope, client
