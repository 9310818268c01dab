"""clients.json, by which the contract gate names whom a change breaks, leaves out no operation and invents none."""

from emitra_contracts import clients
from emitra_contracts.api_compatibility import operations, scopes
from tests.architecture.conftest import SERVICES, openapi


def asked_for() -> dict[str, frozenset[str]]:
    """Every operation of every service, e.g. "GET /v1/billers", and the scopes it asks for."""
    return {
        f"{method.upper()} {path}": scopes(openapi(service), (path, method))
        for service in SERVICES
        for path, method in operations(openapi(service))
    }


def test_every_operation_has_a_client() -> None:
    for operation, needed in asked_for().items():
        callers = [
            client
            for client, row in clients().items()
            if operation in row["operations"] or (needed and needed <= set(row["scopes"]))
        ]
        assert callers, f"name in clients.json who calls {operation}"


def test_every_operation_and_scope_of_a_client_exists() -> None:
    every_scope = frozenset[str]().union(*asked_for().values())
    for client, row in clients().items():
        assert set(row["operations"]) <= asked_for().keys(), client
        assert set(row["scopes"]) <= every_scope, client
