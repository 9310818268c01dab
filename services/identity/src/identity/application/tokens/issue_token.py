"""Issue an access token to a client for itself (RFC 6749 §4.4, client credentials)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from identity.application.centres.ports import Centres
from identity.application.centres.standing import barred_centre
from identity.application.tokens.errors import CentreNotOpen, InvalidScope
from identity.application.tokens.ports import TokenSigner
from identity.domain.clients.client import SCOPE, Client, ScopeNotGranted
from identity.domain.tokens.access_token import LIFETIME_SECONDS, access_token_claims
from servicekit.instants import rfc3339


@dataclass(frozen=True, kw_only=True)
class IssueToken:
    """Of a client that has proved itself; `scope` is the space-separated list of RFC 6749 §3.3, or None for all."""

    client: Client
    scope: str | None
    token_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class AccessToken:
    """RFC 6749 §5.1's answer; `scope` is what was granted, space-separated and sorted; `authorization_details` bound it
    where somebody acts for a person (RFC 9396 §7)."""

    access_token: str = field(repr=False)
    scope: str
    expires_in: int = LIFETIME_SECONDS
    token_type: str = "Bearer"  # noqa: S105 - the name of a scheme (RFC 6750), not a secret
    refresh_token: str | None = field(default=None, repr=False)
    id_token: str | None = field(default=None, repr=False)
    issued_token_type: str | None = None
    authorization_details: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True, kw_only=True)
class IssueTokenHandler:
    """Grants and signs: one signature, and of a centre's client one read, how the centre stands."""

    centres: Centres
    signer: TokenSigner
    issuer: str

    def __call__(self, command: IssueToken) -> AccessToken:
        """Issue a token; every repeat issues another one, and that is safe. Raises InvalidScope, CentreNotOpen."""
        if centre := barred_centre(self.centres, command.client.kiosk_id, command.at):
            ends = f" until {rfc3339(centre.until)}" if centre.until else ""
            raise CentreNotOpen(
                f"The register has this centre as {centre.standing}{ends} ({centre.reason}). Ask the district's "
                "e-Mitra office."
            )
        scopes = _granted(command.client, command.scope)
        claims = access_token_claims(
            command.client, scopes, issuer=self.issuer, token_id=command.token_id, issued_at=command.at
        )
        return AccessToken(access_token=self.signer.sign(claims), scope=claims["scope"])


def _granted(client: Client, scope: str | None) -> frozenset[str]:
    requested = frozenset((scope or "").split())
    if not all(SCOPE.fullmatch(scope_token) for scope_token in requested):
        # Not echoed: only what has a scope's form is safe to repeat in an error_description.
        raise InvalidScope("A scope is written as resource:action, several separated by one space.")
    try:
        return client.grant(requested)
    except ScopeNotGranted as error:
        raise InvalidScope(f"This client was not granted: {' '.join(error.scopes)}.") from error
