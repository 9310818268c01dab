"""Reads client assertions (RFC 7523): which client, and whether its key signed them for us."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, KeySet

from identity.application.clients.ports import VerifiedAssertion
from identity.domain.clients.client import CLIENT_ID, Client
from identity.domain.people.definitions import InvalidDefinition
from servicekit.tokens import ED25519, Token, TokenRefused, TokenVerifier

LONGEST_ASSERTION = 4_096
# Clocks of two machines; RFC 7523 §3 allows "no more than a few minutes".
_LEEWAY_SECONDS = 30
# Libraries date an assertion a minute to an hour ahead (Authlib). Until then its jti is remembered, so no longer.
LONGEST_LIFE_SECONDS = 3_600
_LONGEST_JTI = 200
_LONGEST_KID = 200


_MEMBERS = {"OKP": ("kty", "crv", "x", "kid"), "EC": ("kty", "crv", "x", "y", "kid")}
_CURVES = {"OKP": "Ed25519", "EC": "P-256"}


def read_public_keys(text: str) -> list[dict[str, Any]]:
    """The JSON text of a JWK, or of a JWKS → its keys, each with a kid. Raises InvalidDefinition."""
    try:
        parsed = json.loads(text)
        jwks = parsed.get("keys", [parsed])
        return [_public_key(jwk) for jwk in jwks]
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidDefinition(
            ["public keys are a JWK or a JWKS of Ed25519 or P-256 keys, without the private member d"]
        ) from error


def _public_key(jwk: dict[str, Any]) -> dict[str, Any]:
    if "d" in jwk or jwk["crv"] != _CURVES[jwk["kty"]]:
        raise ValueError
    key = JWKRegistry.import_key({name: jwk[name] for name in _MEMBERS[jwk["kty"]] if name in jwk})
    key.ensure_kid()
    if len(key.kid or "") > _LONGEST_KID:
        raise ValueError
    return dict(key.as_dict(private=False))


class JoseAssertions:
    """The Assertions port. `audiences` are the names that this server goes by, the issuer and the token endpoint."""

    def __init__(self, audiences: Sequence[str]) -> None:
        self._audiences = audiences

    def subject(self, assertion: str) -> str | None:
        """Of what has the form of ours only."""
        if len(assertion) > LONGEST_ASSERTION:
            return None
        try:
            claims = json.loads(jws.extract_compact(assertion.encode()).payload)
        except (JoseError, ValueError, TypeError, RecursionError):
            return None
        subject = claims.get("sub") if isinstance(claims, dict) else None
        return subject if isinstance(subject, str) and CLIENT_ID.fullmatch(subject) else None

    def verify(self, assertion: str, client: Client, at: datetime) -> VerifiedAssertion | None:
        """The keys are the client's registered ones, whatever the header says of keys or of where to fetch them."""
        if not client.public_keys:
            return None
        token = next((token for name in self._audiences if (token := self._token(assertion, client, name, at))), None)
        if token is None:
            return None
        jti, latest = token.claims.get("jti"), at.timestamp() + LONGEST_LIFE_SECONDS + _LEEWAY_SECONDS
        right = (
            token.claims.get("sub") == client.id
            and isinstance(jti, str)
            and 0 < len(jti) <= _LONGEST_JTI
            and token.claims["exp"] <= latest
            # Of an assertion for several servers any of them could make use at the others.
            and (isinstance(token.claims["aud"], str) or len(token.claims["aud"]) == 1)
        )
        expires_at = datetime.fromtimestamp(token.claims["exp"] + _LEEWAY_SECONDS, UTC) if right else at
        return VerifiedAssertion(str(jti), expires_at) if right else None

    def _token(self, assertion: str, client: Client, audience: str, at: datetime) -> Token | None:
        verifier = TokenVerifier(
            keys=KeySet.import_key_set({"keys": [dict(key) for key in client.public_keys]}),
            issuer=client.id,
            audience=audience,
            algorithms=(*ED25519, "ES256"),
            leeway_seconds=_LEEWAY_SECONDS,
            longest_characters=LONGEST_ASSERTION,
        )
        try:
            return verifier.verify(assertion, at.timestamp())
        except TokenRefused:
            return None
