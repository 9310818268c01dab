"""Checking callers' access tokens (RFC 9068), and making the short internal tokens that services get instead."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from joserfc import jwt
from joserfc.jwk import Key, OKPKey

from gateway.application.calls import AccessToken
from gateway.application.errors import TokenExpired, TokenInvalid
from servicekit.tokens import ED25519, RememberedTokens, TokenRefused, TokenVerifier, Why, signatures

AUDIENCE = "emitra"
# Clocks of two machines may differ by this much (RFC 9068 section 4 allows "a small leeway").
CLOCK_SKEW_SECONDS = 30
# About 1 KB each: 20 MB per process at most, and more than the centres that one process serves in 15 minutes.
MOST_REMEMBERED_TOKENS = 20_000
LONGEST_TOKEN_CHARACTERS = 8_000

INTERNAL_TOKEN_LIVES_SECONDS = 60
INTERNAL_TOKEN_USED_SECONDS = 30.0

# The services' internal operations are for the gateway itself, whatever somebody was granted by mistake.
_NEVER_FROM_OUTSIDE = frozenset({"internal"})

_EXPIRED = "The access token has expired; get a new one at POST /v1/oauth2/token and repeat the request."
_INVALID = "The access token is not valid here ({reason}); get one at POST /v1/oauth2/token."


_REASONS = {
    Why.TYPE: "it is not an access token",
    Why.TIME: "its issuer, audience or time does not fit",
    Why.PARTIES: "its issuer, audience or time does not fit",
}


class Keys(Protocol):
    def find(self, kid: str) -> Key | None:
        """The public key with this id, or None."""


class AccessTokens:
    """Checks access tokens and remembers the good ones, by their SHA-256, until they expire. Thread-safe."""

    def __init__(self, keys: Keys, issuer: str, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock
        self._remembered: RememberedTokens[AccessToken] = RememberedTokens(MOST_REMEMBERED_TOKENS)
        self._tokens = TokenVerifier(
            keys=self._key_of,
            issuer=issuer,
            audience=AUDIENCE,
            algorithms=(*ED25519, "ES256"),
            leeway_seconds=CLOCK_SKEW_SECONDS,
            longest_characters=LONGEST_TOKEN_CHARACTERS,
            token_type="at+jwt",  # noqa: S106 - RFC 9068
        )

    def check(self, token: str) -> AccessToken:
        """What `token` says, once its signature, issuer, audience and times are found good.

        Raises TokenExpired, TokenInvalid, or IdentityUnavailable when there is no key to check it with.
        """
        digest = RememberedTokens.digest(token)
        access = self._remembered.get(digest)
        if access is None:
            access = self._verify(token)
            self._remembered.put(digest, access)
            return access
        if access.expires_at + CLOCK_SKEW_SECONDS <= self._clock():
            self._remembered.forget(digest)
            raise TokenExpired(_EXPIRED)
        # A key withdrawn by identity takes its tokens with it.
        if self._keys.find(access.kid) is None:
            self._remembered.forget(digest)
            raise TokenInvalid(_INVALID.format(reason="its key was withdrawn"))
        return access

    def _verify(self, text: str) -> AccessToken:
        try:
            token = self._tokens.verify(text, self._clock())
        except TokenRefused as error:
            if error.why is Why.EXPIRED:
                raise TokenExpired(_EXPIRED) from error
            raise TokenInvalid(_INVALID.format(reason=_REASONS.get(error.why, error.why))) from error
        return _access_token(token.claims, str(token.header["kid"]))

    def _key_of(self, signed: Any) -> Key:
        kid = signed.headers().get("kid")
        key = self._keys.find(kid) if isinstance(kid, str) else None
        if key is None:
            raise TokenInvalid(_INVALID.format(reason="it was not signed by this platform"))
        return key


def _access_token(claims: Mapping[str, Any], kid: str) -> AccessToken:
    client_id, kiosk_id, scope, person, right_id, sign_in, token_id = (
        claims.get(name) for name in ("client_id", "kiosk_id", "scope", "person", "right_id", "sid", "jti")
    )
    act, assistance_id = claims.get("act"), claims.get("assistance_id")
    acts = claims.get("authorization_details", [])
    well_formed = (
        isinstance(client_id, str)
        and isinstance(kiosk_id, str | None)
        and isinstance(scope, str | None)
        and isinstance(person, dict | None)
        and isinstance(right_id, str | None)
        and isinstance(sign_in, str | None)
        and isinstance(token_id, str | None)
        and _is_acting(act, assistance_id, person)
        and isinstance(acts, list)
        and all(isinstance(agreed, dict) for agreed in acts)
    )
    if not well_formed:
        raise TokenInvalid(_INVALID.format(reason="a claim has a wrong form"))
    return AccessToken(
        client_id=str(client_id),
        kiosk_id=kiosk_id,
        scopes=frozenset((scope or "").split()) - _NEVER_FROM_OUTSIDE,
        person=person,
        expires_at=float(claims["exp"]),
        kid=kid,
        subjects=tuple(str(of) for of in (kiosk_id, client_id, right_id, sign_in, token_id, assistance_id) if of),
        act=act,
        assistance_id=assistance_id,
        acts=tuple(acts),
    )


def _is_acting(act: Any, assistance_id: Any, person: Any) -> bool:
    """Whether the claims name an actor, their subject and what was agreed to, or none of it; an actor has no actor."""
    if act is None and assistance_id is None:
        return True
    named = isinstance(act, dict) and isinstance(act.get("sub"), str) and isinstance(act.get("client_id"), str)
    return named and "act" not in act and isinstance(assistance_id, str) and isinstance(person, dict)


class InternalTokenIssuer:
    """Makes the tokens services trust: 60 seconds, one audience, signed with the gateway's own Ed25519 key."""

    def __init__(self, private_jwk: str, clock: Callable[[], float] = time.time) -> None:
        """Takes the JSON text of a private JWK with a `kid`."""
        jwk = json.loads(private_jwk)
        self._key = OKPKey.import_key(jwk)
        self._clock = clock
        # A key may be bound to one of the two names of its algorithm.
        algorithm = jwk.get("alg", "Ed25519")
        self._header = {"alg": algorithm, "typ": "JWT", "kid": self._key.kid}
        self._registry = signatures(algorithm)

    def for_caller(self, access: AccessToken, service: str) -> str:
        """A token with which `service` sees this caller; the same one for up to 30 s."""
        now = self._clock()
        made = access.internal.get(service)
        if made is not None and now < made[1]:
            return made[0]
        claims: dict[str, Any] = {"client_id": access.client_id, "scope": " ".join(sorted(access.scopes))}
        if access.kiosk_id is not None:
            claims["kiosk_id"] = access.kiosk_id
        if access.person is not None:
            claims["person"] = dict(access.person)
        if access.act is not None:
            claims |= {"act": dict(access.act), "assistance_id": access.assistance_id}
            claims["authorization_details"] = [dict(agreed) for agreed in access.acts]
        token = self._sign(service, claims, now)
        access.internal[service] = (token, now + INTERNAL_TOKEN_USED_SECONDS)
        return token

    def for_gateway(self, service: str) -> str:
        """A token with which `service` sees the gateway itself, for its internal operations only."""
        return self._sign(service, {"client_id": "gateway", "scope": "internal"}, self._clock())

    def _sign(self, service: str, claims: Mapping[str, Any], at: float) -> str:
        whole = {
            "iss": "gateway",
            "aud": service,
            "iat": int(at),
            "exp": int(at) + INTERNAL_TOKEN_LIVES_SECONDS,
            **claims,
        }
        return jwt.encode(self._header, whole, self._key, registry=self._registry)
