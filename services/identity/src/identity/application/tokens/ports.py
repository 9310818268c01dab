"""What the use cases need where tokens are issued, renewed, revoked and looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from identity.domain.clients.client import Algorithm
from identity.domain.tokens.grants import AuthorizationCode, Grant, RefreshToken


class TokenSigner(Protocol):
    """Signs with the signing key of the moment, and reads what any of the keys signed.

    Raises NoSigningKey where there is none for it.
    """

    def sign(self, claims: Mapping[str, Any]) -> str:
        """An access token: a compact JWT (typ at+jwt, alg EdDSA, kid of the key)."""

    def sign_id_token(self, claims: Mapping[str, Any], algorithm: Algorithm) -> str:
        """An ID token: a compact JWT (typ JWT), so that neither kind passes for the other."""

    def read(self, token: str, at: datetime) -> Mapping[str, Any] | None:
        """The claims of an access token that counts at `at`; None for whatever else the text is."""

    def algorithms(self) -> Sequence[Algorithm]:
        """What it can sign ID tokens with now."""

    def public_keys(self, *algorithms: Algorithm) -> Mapping[str, Any]:
        """The JWKS (RFC 7517 §5) that verifies what keys of these algorithms signed; never a private member."""


class SigningKeys(Protocol):
    """The private keys that sign tokens, by their ids (domain.tokens.signing_keys). None leaves where it is kept open.

    Raises VaultClosed where what they are closed with cannot be reached.
    """

    def key_ids(self) -> Sequence[str]:
        """Every key, in the order of preference, those of the setting too."""

    def stored_ids(self) -> Sequence[str]:
        """Those that were made here."""

    def add(self, key_id: str, at: datetime) -> None:
        """Make a new random key. Raises SigningKeyRefused when there is one of that id."""

    def remove(self, key_id: str) -> None:
        """Destroy a key for good. Safe to repeat."""


class Grants(Protocol):
    """Authorization codes, grants and refresh tokens, by their ids or stored forms."""

    def code(self, code_id: str) -> AuthorizationCode | None:
        """A code, used or not, expired or not, while it is remembered."""

    def grant(self, grant_id: str) -> Grant | None:
        """A grant, revoked or not."""

    def refresh_token(self, token_id: str) -> RefreshToken | None:
        """A refresh token, used or not."""


class GrantsRevoked(Protocol):
    """Grants that are ended, with others told."""

    def revoke_grant(self, grant_id: str, at: datetime) -> None:
        """End a grant with all its tokens. One transaction; safe to repeat."""


@dataclass(frozen=True, kw_only=True)
class AccessTokenEnd:
    """An access token, its `jti`, that its client ends before it ends by itself at `expires_at`."""

    token_id: str
    client_id: str
    expires_at: datetime


class TokensRevoked(Protocol):
    """Access tokens that are ended alone, with others told."""

    def revoke_token(self, end: AccessTokenEnd, at: datetime) -> None:
        """From now on it does not count. One transaction; safe to repeat."""


class Exchanges(Protocol):
    """What is done once, each in one transaction: of many at the same instant one succeeds."""

    def redeem(self, code_id: str, grant: Grant, refresh_token: RefreshToken) -> bool:
        """Use the code, make its grant and first refresh token; False, and nothing done, when it was used."""

    def rotate(self, used_id: str, successor: RefreshToken) -> bool:
        """Use the refresh token and put its successor there; False, and nothing done, when it was used."""


class RevokedTokens(Protocol):
    """Access tokens that do not count though they have not expired."""

    def has(self, token_id: str) -> bool:
        """Whether this one was revoked."""

    def count(self, client_id: str, at: datetime, most: int) -> int:
        """How many of the client's would else still count, counted up to `most`."""


class UsableAssistances(Protocol):
    """What people agreed to that somebody else does for them."""

    def in_force(self, assistance_id: str, at: datetime) -> bool:
        """Whether tokens of the assistance count."""
