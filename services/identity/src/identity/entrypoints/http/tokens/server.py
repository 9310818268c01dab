"""Authlib's authorization server on our use cases (ADR 0039).

Authlib knows the protocols: which request is which grant, what has to be in it, redirect URIs, scopes, PKCE, errors.
The use cases know what is stored, and do each thing once: Authlib itself reads, issues and then deletes, which two
requests at the same instant get between.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import AuthorizationServer, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import ClientMixin, InvalidRequestError, UnauthorizedClientError, grants
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.errors import (
    LoginRequiredError,
    RequestNotSupportedError,
    RequestURINotSupportedError,
)

from identity.application.assistance.exchange_assistance import (
    ACCESS_TOKEN_TYPE,
    ASSISTANCE_TYPE,
    ExchangeAssistance,
)
from identity.application.clients.authenticate_client import AuthenticateClient
from identity.application.clients.errors import InvalidTokenRequest
from identity.application.tokens.errors import (
    InvalidGrant,
    InvalidScope,
    InvalidTarget,
    UnauthorizedClient,
    UnsupportedGrantType,
)
from identity.application.tokens.issue_token import AccessToken, IssueToken
from identity.application.tokens.redeem_code import RedeemCode
from identity.application.tokens.rotate_refresh_token import RotateRefreshToken
from identity.bootstrap import Identity
from identity.domain.clients.client import SCOPE, Client, GrantType
from identity.domain.people.rights import Role
from identity.domain.tokens.access_token import AUDIENCE
from identity.domain.tokens.grants import OPENID, AuthorizationCode, new_token, stored
from identity.entrypoints.http.tokens.token_request import Credentials
from servicekit.errors import ServiceError
from servicekit.ids import public_id

CODE_CHALLENGE_METHOD = "S256"
RESPONSE_TYPE = "code"
# Authlib refuses to read a request that did not come over TLS. That is the gateway's part; here it is an inner hop.
_TLS_ENDS_AT_THE_GATEWAY = "https://identity.invalid/"
_ERRORS: Mapping[str, type[ServiceError]] = {
    "invalid_grant": InvalidGrant,
    "invalid_scope": InvalidScope,
    "unauthorized_client": UnauthorizedClient,
    "unsupported_grant_type": UnsupportedGrantType,
}


class OAuthRequest(OAuth2Request):
    """Parameters that were read strictly before: each there once, short, printable ASCII."""

    def __init__(self, method: str, parameters: Mapping[str, str], credentials: Credentials | None = None) -> None:
        super().__init__(method, _TLS_ENDS_AT_THE_GATEWAY)
        self.payload = BasicOAuth2Payload(dict(parameters))
        self.credentials = credentials

    @property
    def form(self) -> Mapping[str, str]:
        parameters: Mapping[str, str] = self.payload.data
        return parameters


class OAuthClient(ClientMixin):
    """A client as Authlib asks about it."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get_client_id(self) -> str:
        return self.client.id

    def get_default_redirect_uri(self) -> None:
        """None: where somebody is sent back to is said each time."""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Character by character (RFC 9700 §2.1)."""
        return redirect_uri in self.client.redirect_uris

    def check_response_type(self, response_type: str) -> bool:
        return response_type == RESPONSE_TYPE and self.check_grant_type(GrantType.AUTHORIZATION_CODE)

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.client.grant_types

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scopes of a sign-in: those asked for, or all of the client's when none are; None when one is not its."""
        requested = frozenset((scope or "").split()) or self.client.scopes
        right = requested - {OPENID} <= self.client.scopes and all(
            SCOPE.fullmatch(name) for name in requested - {OPENID}
        )
        return " ".join(sorted(requested)) if right else None


class OAuthServer(AuthorizationServer):
    """Made for each request, at one instant.

    `authorization_code` is that of a sign-in that has ended, and is in force.
    """

    def __init__(self, identity: Identity, at: datetime, authorization_code: str = "") -> None:
        super().__init__()
        self.identity = identity
        self.at = at
        self.authorization_code = authorization_code
        self.register_grant(_ClientCredentials)
        self.register_grant(_SignedIn, [_S256Always(required=True), _OtherParameters()])
        self.register_grant(_Refreshing)
        self.register_grant(_Exchanging)

    def query_client(self, client_id: str) -> OAuthClient | None:
        client = self.identity.clients.get(client_id)
        return OAuthClient(client) if client and client.is_active else None

    def authenticate_client(self, request: OAuthRequest, methods: Any, endpoint: str = "token") -> OAuthClient:  # noqa: ARG002 - Authlib's signature
        """By our own use case: Authlib's tells unknown clients from wrong secrets."""
        return OAuthClient(
            self.identity.authenticate_client(AuthenticateClient(**vars(request.credentials), at=self.at))
        )

    def create_oauth2_request(self, request: OAuthRequest) -> OAuthRequest:
        return request

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: Any) -> Any:  # noqa: ARG002 - Authlib's signature
        """The body of a token's answer, or the address that somebody is sent back to, with our name (RFC 9207)."""
        location = dict(headers).get("Location")
        return add_params_to_uri(location, [("iss", self.identity.issuer)]) if location else body

    def handle_error_response(self, request: OAuthRequest, error: OAuth2Error) -> Any:
        """Back to the app where it is known and the error is its own; else our error, with a page."""
        if error.redirect_uri:
            return super().handle_error_response(request, error)
        kind = _ERRORS.get(error.error, InvalidTokenRequest)
        raise kind(error.description or kind.title) from error


class _ClientCredentials(grants.ClientCredentialsGrant):
    def create_token_response(self) -> tuple[int, AccessToken, list[Any]]:
        command = IssueToken(
            client=self.request.client.client,
            scope=self.request.payload.scope,
            token_id=public_id("tok"),
            at=self.server.at,
        )
        return 200, self.server.identity.issue_token(command), []


class _SignedIn(grants.AuthorizationCodeGrant):
    def generate_authorization_code(self) -> str:
        code: str = self.server.authorization_code
        return code

    def save_authorization_code(self, code: str, request: OAuthRequest) -> None:
        """Nothing: it was put in force as the sign-in ended."""

    def query_authorization_code(self, code: str, client: OAuthClient) -> "_Code | None":
        """A used one too: what its first use gave is revoked where everything else about the request is right."""
        kept = self.server.identity.grants.code(stored(code))
        if kept is None or kept.request.client_id != client.client.id:
            return None
        return _Code(kept) if kept.used or self.server.at < kept.expires_at else None

    def create_token_response(self) -> tuple[int, AccessToken, list[Any]]:
        command = RedeemCode(
            code=self.request.authorization_code.kept,
            client=self.request.client.client,
            refresh_token=new_token(),
            token_id=public_id("tok"),
            at=self.server.at,
        )
        return 200, self.server.identity.redeem_code(command), []


class _Refreshing(grants.RefreshTokenGrant):
    def validate_token_request(self) -> None:
        """Who asks and whether it may; what the token is worth is seen where it is used up."""
        self.request.client = self._validate_request_client()
        if "refresh_token" not in self.request.form:
            raise InvalidRequestError("Missing 'refresh_token' in request.")

    def create_token_response(self) -> tuple[int, AccessToken, list[Any]]:
        command = RotateRefreshToken(
            client=self.request.client.client,
            refresh_token=self.request.form["refresh_token"],
            successor=new_token(),
            scope=self.request.payload.scope,
            token_id=public_id("tok"),
            at=self.server.at,
        )
        return 200, self.server.identity.rotate_refresh_token(command), []


class _Exchanging(grants.BaseGrant, grants.TokenEndpointMixin):
    """Token exchange (RFC 8693), which Authlib does not have: an assistance for a token to act by."""

    GRANT_TYPE = str(GrantType.TOKEN_EXCHANGE)

    def validate_token_request(self) -> None:
        """Who asks and whether it may, and whether the request is one (§2.1)."""
        client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("Only a client with the scope assistances:write exchanges tokens.")
        self.request.client = client
        form = self.request.form
        if form.get("subject_token_type") != ASSISTANCE_TYPE or "subject_token" not in form:
            raise InvalidRequestError(
                f"Send an assistance's id as subject_token, subject_token_type={ASSISTANCE_TYPE}."
            )
        if ("actor_token" in form) != (form.get("actor_token_type") == ACCESS_TOKEN_TYPE):
            raise InvalidRequestError(f"actor_token goes with actor_token_type={ACCESS_TOKEN_TYPE}.")
        if form.get("requested_token_type", ACCESS_TOKEN_TYPE) != ACCESS_TOKEN_TYPE:
            raise InvalidRequestError(f"The requested_token_type is {ACCESS_TOKEN_TYPE}, or left out.")
        if "resource" in form or form.get("audience", AUDIENCE) != AUDIENCE:
            raise InvalidTarget("Tokens are made for the audience emitra alone; leave audience and resource out.")

    def create_token_response(self) -> tuple[int, AccessToken, list[Any]]:
        command = ExchangeAssistance(
            client=self.request.client.client,
            assistance_id=self.request.form["subject_token"],
            actor_token=self.request.form.get("actor_token"),
            scope=self.request.payload.scope,
            token_id=public_id("tok"),
            at=self.server.at,
        )
        return 200, self.server.identity.assistance.exchange(command), []


class _Code:
    """A code as Authlib asks about it."""

    def __init__(self, kept: AuthorizationCode) -> None:
        self.kept = kept
        self.code_challenge = kept.request.code_challenge
        self.code_challenge_method = CODE_CHALLENGE_METHOD

    def get_redirect_uri(self) -> str:
        return self.kept.request.redirect_uri


class _S256Always(CodeChallenge):
    """PKCE for every client, and no downgrade: Authlib takes requests without it, and "plain" by default."""

    SUPPORTED_CODE_CHALLENGE_METHOD = (CODE_CHALLENGE_METHOD,)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        parameters = grant.request.payload.data
        if not parameters.get("code_challenge") or not parameters.get("code_challenge_method"):
            raise InvalidRequestError("Send code_challenge and code_challenge_method=S256 (RFC 7636).")
        super().validate_code_challenge(grant, redirect_uri)


class _OtherParameters:
    """Parameters of OpenID Connect that ask for what is not here (Core §3.1.2.6, §6.1; RFC 9101), and our `role`."""

    def __call__(self, grant: Any) -> None:
        grant.register_hook("after_validate_authorization_request_payload", self._refuse)

    def _refuse(self, grant: Any, redirect_uri: str) -> None:  # noqa: ARG002 - Authlib's signature
        parameters = grant.request.payload.data
        if parameters.get("request"):
            raise RequestNotSupportedError
        if parameters.get("request_uri"):
            raise RequestURINotSupportedError
        if parameters.get("response_mode", "query") != "query":
            raise InvalidRequestError("The response_mode is query.")
        if parameters.get("role", Role.CITIZEN) not in set(Role):
            raise InvalidRequestError(f"The role is one of {', '.join(Role)}, or left out.")
        if "none" in parameters.get("prompt", "").split():
            # Everybody signs in each time: nothing is remembered that could answer for them.
            raise LoginRequiredError
