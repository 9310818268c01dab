"""Signing keys that exist in tests only."""

import json

from joserfc.jwk import OKPKey

PEOPLE_KEY = "a-key-for-people-that-only-tests-use"
ISSUER = "https://api.emitra.example"


def private_jwk(kid: str) -> dict[str, str]:
    """A new private Ed25519 JWK."""
    key = OKPKey.generate_key("Ed25519", parameters={"kid": kid})
    return {name: str(value) for name, value in key.as_dict(private=True).items()}


KEYS = [private_jwk("key-1"), private_jwk("key-2")]
KEY_SET = json.dumps({"keys": KEYS})
