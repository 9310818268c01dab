"""Who is calling: the gateway's internal tokens, verified once and remembered until they expire."""

import hashlib
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from servicekit.errors import NotAuthenticated
from servicekit.http.callers import Caller, Person

ISSUER = "gateway"
# RFC 9864 names the curve; "EdDSA" is the older name of the same signature. Only public OKP keys are accepted.
ALGORITHMS = ["Ed25519", "EdDSA"]
MAX_LIFETIME_SECONDS = 60  # the gateway's promise; a longer token was not made by its rules
CLOCK_LEEWAY_SECONDS = 5  # clocks inside one cluster differ by less
REMEMBERED_TOKENS = 4096  # about 4 MB; more clients than that in one minute are verified again
_LONGEST_TOKEN = 8192  # gunicorn refuses longer header lines anyway


class _Algorithms(JWSRegistry):
    """joserfc's registry narrowed to ours; it warns of the name EdDSA because that leaves the curve open."""

    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(f"Algorithm of '{name}' is not allowed")
        return self.algorithms[name]


SIGNATURES = _Algorithms()


class InternalTokenVerifier:
    """Verifies `Authorization: Bearer <token>` made by the gateway for one service. Safe to share by threads."""

    def __init__(self, service_name: str, jwks: str) -> None:
        """`jwks` is the JSON text of the gateway's public keys."""
        self._audience = service_name
        self._keys = KeySet.import_key_set(json.loads(jwks))
        # Digest, not the token: memory dumps must not hold usable credentials.
        self._verified: OrderedDict[bytes, tuple[Caller, float]] = OrderedDict()
        self._lock = threading.Lock()

    def authenticate(self, authorization: str) -> Caller:
        """The caller named by an Authorization header; raises NotAuthenticated saying what is wrong with it."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotAuthenticated("Send an Authorization header: Bearer, a space, and a token.")
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        now = time.time()
        with self._lock:
            remembered = self._verified.get(digest)
            if remembered is not None and now < remembered[1]:
                self._verified.move_to_end(digest)
                return remembered[0]
        known, expires_at = self._verify(token, now)
        with self._lock:
            self._verified[digest] = (known, expires_at)
            if len(self._verified) > REMEMBERED_TOKENS:
                self._verified.popitem(last=False)
        return known

    def _verify(self, token: str, now: float) -> tuple[Caller, float]:
        if len(token) > _LONGEST_TOKEN:
            raise NotAuthenticated("The token is too long to be one of ours.")
        try:
            claims = jwt.decode(token, self._keys, registry=SIGNATURES).claims
        except (JoseError, ValueError) as error:
            raise NotAuthenticated("The token's signature or form is not valid; obtain a new one.") from error
        expires_at, issued_at = claims.get("exp"), claims.get("iat")
        if not (isinstance(expires_at, int) and isinstance(issued_at, int)):
            raise NotAuthenticated("The token lacks exp or iat.")
        if now >= expires_at + CLOCK_LEEWAY_SECONDS:
            raise NotAuthenticated("The token has expired; obtain a new one.")
        if issued_at > now + CLOCK_LEEWAY_SECONDS or expires_at - issued_at > MAX_LIFETIME_SECONDS:
            raise NotAuthenticated("The token is dated in the future or lives longer than a minute.")
        if claims.get("iss") != ISSUER or claims.get("aud") != self._audience:
            raise NotAuthenticated("The token was made by another issuer or for another service.")
        return _caller_from(claims), expires_at + CLOCK_LEEWAY_SECONDS


def _caller_from(claims: Mapping[str, Any]) -> Caller:
    try:
        person = claims.get("person")
        return Caller(
            client_id=_text(claims["client_id"]),
            kiosk_id=None if claims.get("kiosk_id") is None else _text(claims["kiosk_id"]),
            scopes=frozenset(_text(claims.get("scope", "")).split()),
            person=None
            if person is None
            else Person(
                id=_text(person["id"]),
                role=_text(person["role"]),
                department=None if person.get("department") is None else _text(person["department"]),
                districts=frozenset(map(_text, person.get("districts") or ())),
            ),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise NotAuthenticated("The token's claims do not have the expected form.") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value
