"""End a token before its time (RFC 7009)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from identity.application.tokens.errors import TooManyRevocations
from identity.application.tokens.ports import (
    AccessTokenEnd,
    Grants,
    GrantsRevoked,
    RevokedTokens,
    TokenSigner,
    TokensRevoked,
)
from identity.domain.clients.client import Client
from identity.domain.tokens.access_token import LIFETIME_SECONDS
from identity.domain.tokens.grants import stored

MOST_REVOKED_ALONE = 1_000


@dataclass(frozen=True, kw_only=True)
class RevokeToken:
    """An access or refresh token, which of them is seen from itself."""

    client: Client
    token: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, kw_only=True)
class RevokeTokenHandler:
    """A refresh token ends the whole grant, an access token only itself (RFC 7009 §2.1)."""

    grants: Grants
    ended: GrantsRevoked
    ended_alone: TokensRevoked
    revoked: RevokedTokens
    signer: TokenSigner

    def __call__(self, command: RevokeToken) -> None:
        """Revoke. What is unknown, expired or another client's is left alone and told nobody. Safe to repeat.

        Raises TooManyRevocations.
        """
        refresh_token = self.grants.refresh_token(stored(command.token))
        if refresh_token is not None:
            grant = self.grants.grant(refresh_token.grant_id)
            if grant is not None and grant.client_id == command.client.id:
                self.ended.revoke_grant(grant.id, command.at)
            return
        claims = self.signer.read(command.token, command.at)
        if claims is None or self.revoked.has(claims["jti"]):
            return
        if claims.get("client_id") == command.client.id:
            expires_at = datetime.fromtimestamp(claims["exp"], UTC)
            end = AccessTokenEnd(token_id=claims["jti"], client_id=command.client.id, expires_at=expires_at)
            # Every gateway process remembers each of them.
            if self.revoked.count(end.client_id, command.at, MOST_REVOKED_ALONE) >= MOST_REVOKED_ALONE:
                raise TooManyRevocations(
                    f"This client has revoked {MOST_REVOKED_ALONE} access tokens in a quarter of an hour; this one "
                    "still counts until it expires. Repeat the request later.",
                    retry_after_seconds=LIFETIME_SECONDS,
                )
            self.ended_alone.revoke_token(end, command.at)
