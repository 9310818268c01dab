"""Signs tokens with the key of the moment, publishes the public halves of all, and reads what they signed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry

from identity.application.tokens.errors import NoSigningKey
from identity.domain.clients.client import Algorithm
from identity.domain.tokens.signing_keys import SigningKey, signing_key
from servicekit.instants import utc_now
from servicekit.tokens import TokenRefused, TokenVerifier, Why, signatures

# RFC 9864 renames EdDSA to Ed25519, but too few verifiers know the new name yet (PyJWT 2.15 does not), and department
# systems verify our tokens with whatever library they have.
_REGISTRIES = {
    Algorithm.EDDSA: signatures(Algorithm.EDDSA.value),
    Algorithm.RS256: JWSRegistry(algorithms=[Algorithm.RS256.value]),
}
_LONGEST_TOKEN = 8_000
# These clocks are our own.
_LEEWAY_SECONDS = 5


class JoseSigner:
    """The TokenSigner port. `keys` gives every key, the first of several of the same instant signing."""

    def __init__(
        self,
        keys: Callable[[], Sequence[SigningKey]],
        issuer: str,
        audience: str,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._verifier = TokenVerifier(
            keys=self._key_of,
            issuer=issuer,
            audience=audience,
            algorithms=(Algorithm.EDDSA.value,),
            leeway_seconds=_LEEWAY_SECONDS,
            longest_characters=_LONGEST_TOKEN,
            token_type="at+jwt",  # noqa: S106 - the name of a media type
        )

    def sign(self, claims: Mapping[str, Any]) -> str:
        """The compact JWT; about 0.1 ms, half of it the signature itself."""
        return self._signed("at+jwt", claims, Algorithm.EDDSA)

    def sign_id_token(self, claims: Mapping[str, Any], algorithm: Algorithm = Algorithm.EDDSA) -> str:
        """The compact JWT."""
        return self._signed("JWT", claims, algorithm)

    def read(self, token: str, at: datetime) -> Mapping[str, Any] | None:
        """The claims, signature, type, times, issuer and audience found right."""
        try:
            return self._verifier.verify(token, at.timestamp()).claims
        except TokenRefused:
            return None

    def algorithms(self) -> Sequence[Algorithm]:
        keys, at = self._keys(), self._clock()
        return [algorithm for algorithm in Algorithm if signing_key([key.id for key in keys], algorithm, at)]

    def public_keys(self, *algorithms: Algorithm) -> dict[str, Any]:
        """The JWKS (RFC 7517 §5) that verifies what keys of these algorithms signed; never a private member."""
        return {
            "keys": [
                {**key.key.as_dict(private=False), "use": "sig", "alg": key.algorithm.value}
                for key in self._keys()
                if key.algorithm in algorithms
            ]
        }

    def _signed(self, token_type: str, claims: Mapping[str, Any], algorithm: Algorithm) -> str:
        keys = {key.id: key.key for key in self._keys()}
        kid = signing_key(keys, algorithm, self._clock())
        if kid is None:
            raise NoSigningKey(f"There is no key that signs by {algorithm} yet; repeat the request later.")
        header = {"alg": algorithm.value, "typ": token_type, "kid": kid}
        return jwt.encode(header, dict(claims), keys[kid], registry=_REGISTRIES[algorithm])

    def _key_of(self, signed: Any) -> Key:
        kid = signed.headers().get("kid")
        for key in self._keys():
            if key.id == kid:
                opened: Key = key.key
                return opened
        raise TokenRefused(Why.SIGNATURE)
