"""Issue an access token to a client that proves itself (RFC 6749 §4.4, client credentials)."""

from dataclasses import dataclass, field
from datetime import datetime

from identity.application.errors import (
    InvalidClient,
    InvalidScope,
    TooManyFailedAuthentications,
    UnsupportedGrantType,
)
from identity.application.ports import Clients, FailedAuthentications, TokenSigner
from identity.domain.access_token import LIFETIME_SECONDS, access_token_claims
from identity.domain.client import SCOPE, Client, ScopeNotGranted
from identity.domain.client_secrets import NOBODYS_SHA256, matches

GRANT_TYPE = "client_credentials"
# Ten wrong secrets in a minute: more than a person mistyping, far less than a script.
MAX_FAILURES = 10
FAILURE_WINDOW_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class IssueToken:
    """A token request as parsed; `scope` is the space-separated list of RFC 6749 §3.3, or None for all."""

    grant_type: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str | None
    token_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class AccessToken:
    """RFC 6749 §5.1's answer; `scope` is what was granted, space-separated and sorted."""

    access_token: str = field(repr=False)
    scope: str
    expires_in: int = LIFETIME_SECONDS
    token_type: str = "Bearer"  # noqa: S105 - the name of a scheme (RFC 6750), not a secret


@dataclass(frozen=True, kw_only=True)
class IssueTokenHandler:
    """Authenticates, grants and signs: one indexed read and one signature when all is well."""

    clients: Clients
    failures: FailedAuthentications
    signer: TokenSigner
    issuer: str

    def __call__(self, command: IssueToken) -> AccessToken:
        """Issue a token; every repeat issues another one, and that is safe.

        Raises UnsupportedGrantType, InvalidClient, TooManyFailedAuthentications (both after a failed
        authentication only) and InvalidScope.
        """
        if command.grant_type != GRANT_TYPE:
            raise UnsupportedGrantType(f"Send grant_type={GRANT_TYPE}; there is no other.")
        client = self._authenticated(command)
        scopes = _granted(client, command.scope)
        claims = access_token_claims(
            client, scopes, issuer=self.issuer, token_id=command.token_id, issued_at=command.at
        )
        return AccessToken(access_token=self.signer.sign(claims), scope=claims["scope"])

    def _authenticated(self, command: IssueToken) -> Client:
        """The secret is compared first and the limiter sees failures only.

        So nobody can lock a centre out by failing in its name (client ids are no secret), and a request
        that succeeds costs no second look-up. Guessing gains nothing by it: the secrets have 256 bits.
        """
        client = self.clients.get(command.client_id)
        # An unknown client takes the same comparison, or the answer's time would tell the two apart.
        right = matches(command.client_secret, client.secret_sha256 if client else NOBODYS_SHA256)
        if client is not None and right and client.is_active:
            return client
        window = self.failures.record(command.client_id, command.at, FAILURE_WINDOW_SECONDS)
        if window.failures > MAX_FAILURES:
            wait = max(1, round((window.ends_at - command.at).total_seconds()))
            raise TooManyFailedAuthentications(
                f"This client id failed to authenticate {MAX_FAILURES} times within "
                f"{FAILURE_WINDOW_SECONDS} seconds. Check the secret, then try again in {wait} seconds.",
                retry_after_seconds=wait,
            )
        raise InvalidClient("The client id is unknown, the secret is wrong or the client was revoked.")


def _granted(client: Client, scope: str | None) -> frozenset[str]:
    requested = frozenset((scope or "").split())
    if not all(SCOPE.fullmatch(scope_token) for scope_token in requested):
        # Not echoed: only what has a scope's form is safe to repeat in an error_description.
        raise InvalidScope("A scope is written as resource:action, several separated by one space.")
    try:
        return client.grant(requested)
    except ScopeNotGranted as error:
        raise InvalidScope(f"This client was not granted: {' '.join(error.scopes)}.") from error
