"""Give a client the tokens for an authorization code (RFC 6749 §4.1.3), once."""

from dataclasses import dataclass, field
from datetime import datetime

from identity.application.centres.ports import Centres
from identity.application.people.ports import People
from identity.application.tokens.errors import InvalidGrant
from identity.application.tokens.issue_token import AccessToken
from identity.application.tokens.ports import Exchanges, Grants, GrantsRevoked, TokenSigner
from identity.application.tokens.who_signed_in import who_signed_in
from identity.domain.clients.client import Client
from identity.domain.tokens.access_token import access_token_claims
from identity.domain.tokens.grants import OPENID, AuthorizationCode, RefreshToken, stored
from identity.domain.tokens.id_token import id_token_claims


@dataclass(frozen=True, kw_only=True)
class RedeemCode:
    """Whose code, redirect URI and PKCE verifier were found right. `refresh_token` is minted by the caller."""

    code: AuthorizationCode
    client: Client
    refresh_token: str = field(repr=False)
    token_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class RedeemCodeHandler:
    """One transaction: the code used, the grant and its first refresh token made."""

    grants: Grants
    ended: GrantsRevoked
    exchanges: Exchanges
    people: People
    centres: Centres
    signer: TokenSigner
    issuer: str

    def __call__(self, command: RedeemCode) -> AccessToken:
        """Access, refresh and (with the scope openid) ID token.

        Raises InvalidGrant for a code that was used, and ends what its first use gave: either use was a thief's. Raises
        it too when the right that the person chose is in force no more, or wants a second factor that was not proved.
        """
        code, grant = command.code, command.code.grant()
        person = self.people.get(grant.person_id)
        signed_in = who_signed_in(grant, person, self.centres, command.at) if person and not code.used else None
        refresh_token = RefreshToken(id=stored(command.refresh_token), grant_id=grant.id, expires_at=grant.expires_at)
        if person is not None and person.erased_at is not None:
            raise InvalidGrant("Whoever signed in was erased since; have the person sign in again.")
        if signed_in is None or not self.exchanges.redeem(code.id, grant, refresh_token):
            self.ended.revoke_grant(grant.id, command.at)
            raise InvalidGrant("The code was used before; the tokens of its first use are revoked.")
        scopes = frozenset(grant.scope.split())
        claims = access_token_claims(
            command.client,
            scopes,
            issuer=self.issuer,
            token_id=command.token_id,
            issued_at=command.at,
            signed_in=signed_in,
        )
        about_person = id_token_claims(grant, issuer=self.issuer, nonce=code.request.nonce, issued_at=command.at)
        return AccessToken(
            access_token=self.signer.sign(claims),
            scope=claims["scope"],
            expires_in=claims["exp"] - claims["iat"],
            refresh_token=command.refresh_token,
            id_token=self.signer.sign_id_token(about_person, command.client.id_token_algorithm)
            if OPENID in scopes
            else None,
        )
