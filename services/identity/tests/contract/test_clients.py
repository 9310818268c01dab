"""The clients that the contracts know have the scopes that identity's sandbox gives them."""

import pytest

from emitra_contracts import clients
from identity.application.clients import sandbox
from identity.domain.clients.client import ClientKind

KNOWN_AS = {
    ClientKind.KIOSK: "kiosk software",
    ClientKind.PORTAL: "portal",
    ClientKind.APP: "citizens' apps",
    ClientKind.MACHINE: "support",
    ClientKind.OFFICER: "departments' officers",
}
COURTS = ("jaipur", "jodhpur", "udaipur")
KNOWN_BY_NAME = {
    "centres-app": "centres' apps",
    **{f"court-reader-{place}": "revenue courts' readers" for place in COURTS},
}


# What operators on call may do is a command beside a service, not an operation of an API.
CALLERS = [client for client in sandbox.CLIENTS if client.scopes != sandbox.OPERATIONS_SCOPES]


@pytest.mark.parametrize("client", CALLERS, ids=lambda client: client.name)
def test_a_sandbox_client_has_the_scopes_the_contracts_know(client: sandbox.SandboxClient) -> None:
    known_as = KNOWN_BY_NAME.get(client.name) or KNOWN_AS[client.kind]
    assert client.scopes == set(clients()[known_as]["scopes"])
