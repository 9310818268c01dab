"""Checking callers' access tokens (RFC 9068), and making the short internal tokens that services get instead."""

import hashlib
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import Key, OKPKey
from joserfc.jws import JWSRegistry

from gateway.application.calls import AccessToken
from gateway.application.errors import TokenExpired, TokenInvalid

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


class _EdDSA(type(JWSRegistry.algorithms["EdDSA"])):  # type: ignore[misc]
    # joserfc warns at each use that RFC 9864 prefers the name Ed25519. Both names are in use for the same signature,
    # and the key's own curve is checked, so there is nothing to warn of.
    security_warning = None


_ALGORITHMS: dict[str, JWSAlgModel] = {
    "EdDSA": _EdDSA(),
    "Ed25519": JWSRegistry.algorithms["Ed25519"],
    "ES256": JWSRegistry.algorithms["ES256"],
}


def _signatures(*allowed: str) -> JWSRegistry:
    """For joserfc: only these algorithms are looked up, so that "none" and the like do not exist for it."""
    registry = JWSRegistry(algorithms=allowed)
    registry.algorithms = {name: _ALGORITHMS[name] for name in allowed}
    return registry


class Keys(Protocol):
    def find(self, kid: str) -> Key | None:
        """The public key with this id, or None."""


class AccessTokens:
    """Checks access tokens and remembers the good ones, by their SHA-256, until they expire. Thread-safe."""

    def __init__(self, keys: Keys, issuer: str, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock
        self._remembered: OrderedDict[bytes, AccessToken] = OrderedDict()
        self._lock = threading.Lock()
        self._registry = _signatures(*_ALGORITHMS)
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(clock()),
            leeway=CLOCK_SKEW_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
            client_id={"essential": True},
        )

    def check(self, token: str) -> AccessToken:
        """What `token` says, once its signature, issuer, audience and times are found good.

        Raises TokenExpired, TokenInvalid, or IdentityUnavailable when there is no key to check it with.
        """
        digest = hashlib.sha256(token.encode()).digest()
        with self._lock:
            known = self._remembered.get(digest)
            if known is not None:
                self._remembered.move_to_end(digest)
        if known is None:
            known = self._verify(token)
            with self._lock:
                self._remembered[digest] = known
                if len(self._remembered) > MOST_REMEMBERED_TOKENS:
                    self._remembered.popitem(last=False)
            return known
        if known.expires_at + CLOCK_SKEW_SECONDS <= self._clock():
            self._forget(digest)
            raise TokenExpired(_EXPIRED)
        # A key withdrawn by identity takes its tokens with it.
        if self._keys.find(known.kid) is None:
            self._forget(digest)
            raise TokenInvalid(_INVALID.format(reason="its key was withdrawn"))
        return known

    def _forget(self, digest: bytes) -> None:
        with self._lock:
            self._remembered.pop(digest, None)

    def _verify(self, token: str) -> AccessToken:
        if len(token) > LONGEST_TOKEN_CHARACTERS:
            raise TokenInvalid(_INVALID.format(reason="it is too long"))
        try:
            decoded = jwt.decode(token, self._key_of, registry=self._registry)
            if str(decoded.header.get("typ", "")).lower().removeprefix("application/") != "at+jwt":
                raise TokenInvalid(_INVALID.format(reason="it is not an access token"))
            self._claims.validate(decoded.claims)
        except ExpiredTokenError as error:
            raise TokenExpired(_EXPIRED) from error
        except (JoseError, ValueError, TypeError) as error:
            raise TokenInvalid(_INVALID.format(reason=_reason(error))) from error
        return _access_token(decoded.claims, str(decoded.header["kid"]))

    def _key_of(self, signed: Any) -> Key:
        kid = signed.headers().get("kid")
        key = self._keys.find(kid) if isinstance(kid, str) else None
        if key is None:
            raise TokenInvalid(_INVALID.format(reason="it was not signed by this platform"))
        return key


def _reason(error: Exception) -> str:
    """A short text that repeats nothing of the token itself."""
    return {
        "BadSignatureError": "its signature is wrong",
        "UnsupportedAlgorithmError": "its algorithm is not accepted",
        "InvalidClaimError": "its issuer, audience or time does not fit",
        "MissingClaimError": "a claim is missing",
        "InvalidTokenError": "it is not in force yet",
    }.get(type(error).__name__, "it cannot be read")


def _access_token(claims: Mapping[str, Any], kid: str) -> AccessToken:
    client_id, kiosk_id, scope, person = (claims.get(n) for n in ("client_id", "kiosk_id", "scope", "person"))
    well_formed = (
        isinstance(client_id, str)
        and isinstance(kiosk_id, str | None)
        and isinstance(scope, str | None)
        and isinstance(person, dict | None)
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
    )


class InternalTokens:
    """Makes the tokens services trust: 60 seconds, one audience, signed with the gateway's own Ed25519 key."""

    def __init__(self, private_jwk: str, clock: Callable[[], float] = time.time) -> None:
        """Takes the JSON text of a private JWK with a `kid`."""
        jwk = json.loads(private_jwk)
        self._key = OKPKey.import_key(jwk)
        self._clock = clock
        # A key may be bound to one of the two names of its algorithm.
        algorithm = jwk.get("alg", "Ed25519")
        self._header = {"alg": algorithm, "typ": "JWT", "kid": self._key.kid}
        self._registry = _signatures(algorithm)

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
        token = self._sign(service, claims, now)
        access.internal[service] = (token, now + INTERNAL_TOKEN_USED_SECONDS)
        return token

    def for_gateway(self, service: str) -> str:
        """A token with which `service` sees the gateway itself, for its internal operations only."""
        return self._sign(service, {"client_id": "gateway", "scope": "internal"}, self._clock())

    def _sign(self, service: str, claims: Mapping[str, Any], now: float) -> str:
        whole = {
            "iss": "gateway",
            "aud": service,
            "iat": int(now),
            "exp": int(now) + INTERNAL_TOKEN_LIVES_SECONDS,
            **claims,
        }
        return jwt.encode(self._header, whole, self._key, registry=self._registry)
