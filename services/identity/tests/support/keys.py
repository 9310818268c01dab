"""Signing keys that exist in tests only."""

import json
from typing import Any

from joserfc.jwk import OKPKey

from identity.application.clients.create_client import CreateClient
from identity.bootstrap import Identity, read_public_keys
from identity.domain.clients.client import Algorithm, ClientKind
from servicekit.ids import public_id
from servicekit.instants import utc_now

PEOPLE_KEY = "a-key-for-people-that-only-tests-use"
ISSUER = "https://api.emitra.example"
BACK = "http://127.0.0.1:8765/signed-in"


def private_jwk(kid: str) -> dict[str, str]:
    """A new private Ed25519 JWK."""
    key = OKPKey.generate_key("Ed25519", parameters={"kid": kid})
    return {name: str(value) for name, value in key.as_dict(private=True).items()}


KEYS = [private_jwk("key-1"), private_jwk("key-2")]
KEY_SET = json.dumps({"keys": KEYS})


def machine_with(identity: Identity, key: Any) -> str:
    """The id of a new machine client that proves itself by this key, a joserfc one."""
    created = identity.create_client(
        CreateClient(
            client_id=public_id("cli"),
            client_secret="unused",
            name="A department's system",
            kind=ClientKind.MACHINE,
            scopes=["billers:read"],
            public_keys=read_public_keys(json.dumps(key.as_dict(private=False))),
            at=utc_now(),
        )
    )
    return created.id


def app_that_wants(identity: Identity, algorithm: Algorithm, **changes: Any) -> str:
    """The id of a new app without a secret that wants its ID tokens signed so."""
    command = {
        "client_id": f"cli_wants_{algorithm.lower()}", "client_secret": "", "name": "App", "kind": ClientKind.APP,
        "scopes": ["kiosks:read"], "redirect_uris": [BACK], "id_token_algorithm": algorithm, "at": utc_now(), **changes,
    }  # fmt: skip
    return identity.create_client(CreateClient(**command)).id
