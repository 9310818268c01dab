"""Signs access tokens with Ed25519 keys and publishes their public halves."""

from collections.abc import Mapping, Sequence
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey

from servicekit.tokens import signatures

# RFC 9864 renames it to Ed25519, but too few verifiers know the new name yet (PyJWT 2.15 does not), and department
# systems verify our tokens with whatever library they have.
ALGORITHM = "EdDSA"
_REGISTRY = signatures(ALGORITHM)


class Ed25519Signer:
    """The TokenSigner port: the first key signs, every key is published.

    To rotate: put the new key last (published, not yet signing) and restart; once every verifier's JWKS
    cache has turned over, put it first; drop the old one when its last token has expired.
    """

    def __init__(self, keys: Sequence[OKPKey]) -> None:
        self._signing_key = keys[0]
        self._header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": keys[0].kid}
        self._public = {"keys": [{**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM} for key in keys]}

    def sign(self, claims: Mapping[str, Any]) -> str:
        """The compact JWT; about 0.1 ms, half of it the signature itself."""
        return jwt.encode(self._header, dict(claims), self._signing_key, registry=_REGISTRY)

    def public_keys(self) -> dict[str, Any]:
        """The JWKS (RFC 7517 §5) that verifies what any of the keys signed; never a private member."""
        return self._public
