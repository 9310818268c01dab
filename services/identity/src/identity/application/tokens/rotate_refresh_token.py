"""Renew a person's tokens: a refresh token counts once and gives its successor (RFC 9700 §4.14)."""

from dataclasses import dataclass, field
from datetime import datetime

from identity.application.people.ports import People
from identity.application.tokens.errors import ONE_FACTOR_MORE, InvalidGrant, InvalidScope
from identity.application.tokens.issue_token import AccessToken
from identity.application.tokens.ports import Exchanges, Grants, TokenSigner
from identity.domain.clients.client import Client
from identity.domain.tokens.access_token import SignedIn, access_token_claims
from identity.domain.tokens.grants import Grant, RefreshToken, proves_enough, stored

_REFUSED = "The refresh token is unknown, expired or revoked, or it is another client's; have the person sign in again."


@dataclass(frozen=True, kw_only=True)
class RotateRefreshToken:
    """`refresh_token` is what the client sent, `successor` is minted by the caller; `scope` may only be less."""

    client: Client
    refresh_token: str = field(repr=False)
    successor: str = field(repr=False)
    scope: str | None
    token_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class RotateRefreshTokenHandler:
    """One transaction: the old token used, the new one there."""

    grants: Grants
    exchanges: Exchanges
    people: People
    signer: TokenSigner
    issuer: str

    def __call__(self, command: RotateRefreshToken) -> AccessToken:
        """An access token and the next refresh token.

        Raises InvalidScope, and InvalidGrant; a token that was used before ends its grant: one of the two who had it is
        a thief, and nobody can tell which.
        """
        token = self.grants.refresh_token(stored(command.refresh_token))
        grant = self.grants.grant(token.grant_id) if token else None
        if token is None or grant is None or grant.client_id != command.client.id or not grant.is_in_force(command.at):
            raise InvalidGrant(_REFUSED)
        person = self.people.get(grant.person_id)
        if person and not proves_enough(person, grant):
            raise InvalidGrant(ONE_FACTOR_MORE)
        scopes = _less(grant, command.client, command.scope)
        successor = RefreshToken(id=stored(command.successor), grant_id=grant.id, expires_at=grant.expires_at)
        if person is None or not self.exchanges.rotate(token.id, successor):
            self.grants.revoke(grant.id)
            raise InvalidGrant("The refresh token was used before, so everything that followed from it is revoked.")
        claims = access_token_claims(
            command.client,
            scopes,
            issuer=self.issuer,
            token_id=command.token_id,
            issued_at=command.at,
            signed_in=SignedIn(person=person, grant=grant),
        )
        return AccessToken(
            access_token=self.signer.sign(claims), scope=claims["scope"], refresh_token=command.successor
        )


def _less(grant: Grant, client: Client, scope: str | None) -> frozenset[str]:
    granted = frozenset(grant.scope.split())
    requested = frozenset((scope or "").split())
    if not requested <= granted:
        raise InvalidScope("A refreshed token has at most the scopes of the sign-in.")
    # What the client itself has lost since, it does not get again.
    return frozenset(name for name in requested or granted if name in client.scopes or ":" not in name)
