"""An operator sees the centre's clients and gives the one that waits its public key. No secret goes over the wire."""

import json
from typing import Any

from identity.application.clients.claim_client import ClaimClient
from identity.application.clients.errors import ClientClaimed, NoSuchCentreClient, UnusablePublicKeys
from identity.bootstrap import Identity, read_public_keys
from identity.domain.clients.client import Client
from identity.domain.people.definitions import InvalidDefinition
from identity.entrypoints.http.clients.schemas import CentreClientSchema, CentreClientsSchema, ClientKeysSchema
from servicekit.access import Role
from servicekit.errors import FieldProblem
from servicekit.http import Blueprint, application, caller

_CLIENT_ID = {
    "in": "path",
    "name": "client_id",
    "description": "The centre's client.",
    "example": "cli_ksk_RJ10200001",
}

clients = Blueprint("clients", description="The clients of a centre, for its operator.")


@clients.route("/v1/centre-clients")
@clients.requires("clients:claim", roles=[Role.OPERATOR])
@clients.response(200, CentreClientsSchema)
def list_centre_clients() -> dict[str, Any]:
    """Look at the clients of your centre

    For somebody who signed in as the operator of a centre. A client that is `waiting` was made when the centre was
    approved, and can do nothing until it is given a public key.
    """
    kiosk_id = caller().kiosk_id
    own = application(Identity).centre_clients.of_kiosk(kiosk_id) if kiosk_id else ()
    return {"items": [_shown(client) for client in own]}


@clients.route("/v1/centre-clients/<string:client_id>/public-keys", methods=["POST"], parameters=[_CLIENT_ID])
@clients.requires("clients:claim", roles=[Role.OPERATOR])
@clients.repeatable("the same keys again change nothing, others are refused")
@clients.raises(NoSuchCentreClient, ClientClaimed, UnusablePublicKeys)
@clients.arguments(ClientKeysSchema)
@clients.response(200, CentreClientSchema)
def claim_centre_client(body: dict[str, Any], client_id: str) -> dict[str, Any]:
    """Give your centre's client its public keys

    Once. The centre's software makes the pair of keys and keeps the private one; from then on it proves itself by
    `private_key_jwt` (RFC 7523) at the token endpoint. There is no secret that anybody could read on the way.
    """
    try:
        keys = read_public_keys(json.dumps(body))
    except InvalidDefinition as error:
        problem = FieldProblem(
            "/keys",
            "unusable-key",
            "Each must be a public JWK: kty OKP with crv Ed25519, or kty EC with crv P-256, without d.",
            "हर कुंजी सार्वजनिक JWK हो: kty OKP और crv Ed25519, या kty EC और crv P-256, बिना d के।",
        )
        raise UnusablePublicKeys("The keys cannot be used.", errors=[problem]) from error
    claim = ClaimClient(client_id=client_id, public_keys=keys, kiosk_id=caller().kiosk_id)
    return _shown(application(Identity).claim_client(claim))


def _shown(client: Client) -> dict[str, Any]:
    state = "waiting" if client.is_waiting else "active"
    return {
        "client_id": client.id,
        "name": client.name,
        "state": state if client.is_active else "revoked",
        "scopes": sorted(client.scopes),
        "key_ids": [key["kid"] for key in client.public_keys],
    }
