"""Say whether a token counts, and what it says (RFC 7662)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from identity.application.centres.ports import Centres
from identity.application.centres.standing import barred_centre
from identity.application.clients.ports import Clients
from identity.application.people.ports import People
from identity.application.tokens.ports import Grants, RevokedTokens, TokenSigner, UsableAssistances
from identity.application.tokens.who_signed_in import is_right_in_force
from identity.domain.clients.client import Client
from identity.domain.tokens.grants import Grant, stored

# Who serves requests with others' tokens may look at them; everybody else at their own.
INTROSPECT = "tokens:introspect"
INACTIVE: Mapping[str, Any] = {"active": False}


@dataclass(frozen=True, kw_only=True)
class TokenReader:
    """Answers about tokens, to clients that may know."""

    clients: Clients
    grants: Grants
    people: People
    centres: Centres
    revoked: RevokedTokens
    assistances: UsableAssistances
    signer: TokenSigner
    issuer: str

    def introspect(self, token: str, client: Client, at: datetime) -> Mapping[str, Any]:
        """RFC 7662 §2.2's answer; INACTIVE alone for whatever does not count, or is not for this client to know."""
        said = self._access_token(token, at) or self._refresh_token(token, at)
        may_know = said is not None and (said["client_id"] == client.id or INTROSPECT in client.scopes)
        return said if said is not None and may_know else INACTIVE

    def _access_token(self, token: str, at: datetime) -> Mapping[str, Any] | None:
        claims = self.signer.read(token, at)
        if claims is None or self.revoked.has(claims["jti"]):
            return None
        grant_id = claims.get("sid")
        grant = self.grants.grant(grant_id) if grant_id else None
        if grant_id and (grant is None or not self._counts(grant, at)):
            return None
        assistance_id = claims.get("assistance_id")
        if assistance_id and not self.assistances.in_force(assistance_id, at):
            return None
        return {"active": True, "token_type": "Bearer", **claims} if self._is_active(claims["client_id"], at) else None

    def _refresh_token(self, token: str, at: datetime) -> Mapping[str, Any] | None:
        refresh_token = self.grants.refresh_token(stored(token))
        grant = self.grants.grant(refresh_token.grant_id) if refresh_token and not refresh_token.used else None
        if grant is None or not self._counts(grant, at) or not self._is_active(grant.client_id, at):
            return None
        return {
            "active": True,
            "client_id": grant.client_id,
            "scope": grant.scope,
            "sub": grant.person_id,
            "iss": self.issuer,
            "exp": int(grant.expires_at.timestamp()),
        }

    def _counts(self, grant: Grant, at: datetime) -> bool:
        person = self.people.get(grant.person_id) if grant.is_in_force(at) else None
        return person is not None and is_right_in_force(person, grant.right_id, self.centres, at)

    def _is_active(self, client_id: str, at: datetime) -> bool:
        client = self.clients.get(client_id)
        return client is not None and client.is_active and barred_centre(self.centres, client.kiosk_id, at) is None
