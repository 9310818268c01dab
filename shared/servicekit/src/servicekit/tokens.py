"""JSON Web Tokens (RFC 7519) as every verifier of the platform reads them: one set of checks, whoever asks.

Services verify the gateway's internal tokens with it, the gateway and operators' commands identity's access tokens
(RFC 9068). Whatever the text is, the answer is a token or TokenRefused.
"""

import binascii
import hashlib
import json
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from joserfc import jwt
from joserfc.errors import BadSignatureError, JoseError, UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import Key, KeySet
from joserfc.jws import JWSRegistry

# Seconds since 1970 beyond this are no date: the year 36812 (a clock's overflow, or an attempt to cause one).
_LATEST_SECONDS = 2**40
V = TypeVar("V")
KeyOf = KeySet | Callable[[Any], Key]


class _EdDSA(type(JWSRegistry.algorithms["EdDSA"])):  # type: ignore[misc]
    # joserfc warns at each use that RFC 9864 prefers the name Ed25519. Both names are in use for the same signature,
    # and the key's own curve is checked, so there is nothing to warn of.
    security_warning = None


_ALGORITHMS: dict[str, JWSAlgModel] = {
    "Ed25519": JWSRegistry.algorithms["Ed25519"],
    "EdDSA": _EdDSA(),
    "ES256": JWSRegistry.algorithms["ES256"],
}
ED25519 = ("Ed25519", "EdDSA")


def signatures(*algorithms: str) -> JWSRegistry:
    """For joserfc: only these of Ed25519, EdDSA and ES256 are looked up, so that "none" does not exist for it."""
    registry = JWSRegistry(algorithms=list(algorithms))
    registry.algorithms = {name: _ALGORITHMS[name] for name in algorithms}
    return registry


class Why(StrEnum):
    """Why a token is refused, in words that repeat nothing of it."""

    TOO_LONG = "it is too long"
    UNREADABLE = "it cannot be read"
    SIGNATURE = "its signature is wrong"
    ALGORITHM = "its algorithm is not accepted"
    TYPE = "it is not a token of the expected type"
    TIME = "its times cannot be right"
    NOT_YET = "it is not in force yet"
    EXPIRED = "it has expired"
    PARTIES = "its issuer or audience does not fit"


class TokenRefused(Exception):
    """The text is no token that counts here; `why` says what is wrong with it."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Token:
    """A token that counts: its claims, and the header that names its key."""

    claims: Mapping[str, Any]
    header: Mapping[str, Any]


class TokenVerifier:
    """Verifies tokens of one issuer for one audience. Safe to share by threads."""

    def __init__(
        self,
        *,
        keys: KeyOf,
        issuer: str,
        audience: str,
        algorithms: tuple[str, ...],
        leeway_seconds: int,
        longest_characters: int,
        token_type: str | None = None,
    ) -> None:
        """`keys` is a key set, or what finds a key by a token's header and may raise what it likes.

        `leeway_seconds` is by how much clocks may differ; `token_type` is the header's `typ` (RFC 9068: at+jwt).
        """
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._registry = signatures(*algorithms)
        self._leeway_seconds = leeway_seconds
        self._longest_characters = longest_characters
        self._token_type = token_type

    def verify(self, text: str, at: float) -> Token:
        """The token, once signature, type, times, issuer and audience are found good at `at` (seconds since 1970).

        `exp` is required, `iat` and `nbf` may be left out; each is a whole number. Raises TokenRefused, and what
        finding the key raises.
        """
        if len(text) > self._longest_characters:
            raise TokenRefused(Why.TOO_LONG)
        _refuse_ambiguous(text)
        try:
            decoded = jwt.decode(text, self._keys, registry=self._registry)
        except BadSignatureError as error:
            raise TokenRefused(Why.SIGNATURE) from error
        except UnsupportedAlgorithmError as error:
            raise TokenRefused(Why.ALGORITHM) from error
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise TokenRefused(Why.UNREADABLE) from error
        token_type = str(decoded.header.get("typ", "")).lower().removeprefix("application/")
        if self._token_type is not None and token_type != self._token_type:
            raise TokenRefused(Why.TYPE)
        claims = decoded.claims
        self._check_times(claims, at)
        audience = claims.get("aud")
        # One audience or a list of them (RFC 7519 section 4.1.3).
        for_us = self._audience in audience if isinstance(audience, list) else audience == self._audience
        if claims.get("iss") != self._issuer or not for_us:
            raise TokenRefused(Why.PARTIES)
        return Token(claims, decoded.header)

    def _check_times(self, claims: Mapping[str, Any], at: float) -> None:
        times = {name: claims[name] for name in ("exp", "iat", "nbf") if claims.get(name) is not None}
        if "exp" not in times or not all(
            type(seconds) is int and 0 <= seconds <= _LATEST_SECONDS for seconds in times.values()
        ):
            raise TokenRefused(Why.TIME)
        if at >= times["exp"] + self._leeway_seconds:
            raise TokenRefused(Why.EXPIRED)
        if max(times.get("iat", 0), times.get("nbf", 0)) > at + self._leeway_seconds:
            raise TokenRefused(Why.NOT_YET)


def _refuse_ambiguous(text: str) -> None:
    """What two readers could read differently.

    A member that is there twice, which a reader may refuse (RFC 7519 §4, RFC 7515 §4), and a second spelling of the
    same bytes: the last character has bits that nobody reads.

    Raises TokenRefused.
    """
    try:
        parts = [urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in text.split(".")]
        if len(parts) != 3 or ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts) != text:
            raise TokenRefused(Why.UNREADABLE)
        for part in parts[:2]:
            json.loads(part, object_pairs_hook=_each_once)
    except (ValueError, binascii.Error, RecursionError) as error:
        raise TokenRefused(Why.UNREADABLE) from error


def _each_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    once = dict(members)
    if len(once) < len(members):
        raise ValueError("a member is there twice")
    return once


class RememberedTokens(Generic[V]):
    """What verified tokens say, the latest used ones, so that a good token is verified once only. Thread-safe.

    By the token's digest, not the token: memory dumps must not hold usable credentials.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[bytes, V] = OrderedDict()
        self._lock = threading.Lock()

    @staticmethod
    def digest(text: str) -> bytes:
        """The name of a token here."""
        return hashlib.sha256(text.encode("utf-8", "replace")).digest()

    def get(self, digest: bytes) -> V | None:
        """What is remembered of the token, or None."""
        with self._lock:
            value = self._values.get(digest)
            if value is not None:
                self._values.move_to_end(digest)
            return value

    def put(self, digest: bytes, value: V) -> None:
        """Remembers the token, and forgets the one that was used longest ago if there are too many."""
        with self._lock:
            self._values[digest] = value
            if len(self._values) > self._most:
                self._values.popitem(last=False)

    def forget(self, digest: bytes) -> None:
        """Forgets the token."""
        with self._lock:
            self._values.pop(digest, None)
