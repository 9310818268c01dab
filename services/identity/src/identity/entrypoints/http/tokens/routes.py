"""Tokens: issued, revoked, looked at; and the public documents. All public: a client proves itself here."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import request

from identity.application.clients.authenticate_client import AuthenticateClient
from identity.application.clients.errors import InvalidClient, InvalidTokenRequest, TooManyFailedAuthentications
from identity.application.tokens.errors import (
    InvalidGrant,
    InvalidScope,
    InvalidTarget,
    NoSigningKey,
    TooManyRevocations,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedTokenType,
)
from identity.application.tokens.issue_token import AccessToken
from identity.application.tokens.revoke_token import RevokeToken
from identity.bootstrap import TOKEN_PATH, Identity
from identity.domain.clients.client import Algorithm, Client, GrantType
from identity.domain.tokens.grants import OPENID
from identity.domain.tokens.methods import ACR_ONE_FACTOR, ACR_TWO_FACTORS
from identity.entrypoints.http.tokens.schemas import (
    AccessTokenSchema,
    IntrospectionSchema,
    OpenIdKeysSchema,
    OpenIdMetadataSchema,
    PublicKeysSchema,
    RevocationSchema,
    ServerMetadataSchema,
    TokenQuestionSchema,
    TokenRequestSchema,
    UserInfoSchema,
)
from identity.entrypoints.http.tokens.server import CODE_CHALLENGE_METHOD, RESPONSE_TYPE, OAuthRequest, OAuthServer
from identity.entrypoints.http.tokens.token_request import FORM, client_request
from servicekit.errors import NotPermitted
from servicekit.http import PEOPLE, Blueprint, Role, application, caller
from servicekit.instants import utc_now

AUTHORIZE_PATH = "/v1/oauth2/authorize"
REVOKE_PATH = "/v1/oauth2/revoke"
INTROSPECT_PATH = "/v1/oauth2/introspect"
USERINFO_PATH = "/v1/oauth2/userinfo"
KEYS_PATH = "/.well-known/jwks.json"
OPENID_KEYS_PATH = "/.well-known/openid-jwks.json"
METADATA_PATH = "/.well-known/oauth-authorization-server"
OPENID_METADATA_PATH = "/.well-known/openid-configuration"
# Verifiers look again after five minutes: a new key must be published that long before it signs.
KEYS_MAX_AGE_SECONDS = 300
_CACHEABLE = {"Cache-Control": f"public, max-age={KEYS_MAX_AGE_SECONDS}"}
# RFC 6749 §5.1 wants Pragma as well; Cache-Control: no-store is on every answer already.
_NOT_KEPT = {"Pragma": "no-cache"}
_AUTH_METHODS = ["private_key_jwt", "client_secret_basic", "client_secret_post"]
_ASSERTION_ALGORITHMS = ["EdDSA", "Ed25519", "ES256"]
_TOKEN_TYPES = (None, "access_token", "refresh_token")
_REQUEST, _QUESTION = TokenRequestSchema(), TokenQuestionSchema()

tokens = Blueprint("identity", description="Access tokens for clients, and the keys that verify them.")


@tokens.route(TOKEN_PATH, methods=["POST"])
@tokens.public("the client authenticates itself here")
@tokens.repeatable("each answer is a token of its own; a code and a refresh token count once")
@tokens.raises(
    InvalidTokenRequest,
    UnsupportedGrantType,
    UnauthorizedClient,
    InvalidGrant,
    InvalidScope,
    InvalidTarget,
    InvalidClient,
    TooManyFailedAuthentications,
    NoSigningKey,
)
@tokens.doc(
    requestBody={"required": True, "content": {FORM: {"schema": TokenRequestSchema}}},
)
@tokens.response(200, AccessTokenSchema)
def issue_token() -> tuple[AccessToken, dict[str, str]]:
    """Get an access token (OAuth 2.0)

    By client_credentials for a machine; by authorization_code with PKCE, then refresh_token, for a person who signed
    in (`GET /v1/oauth2/authorize`); by token-exchange (RFC 8693) for who acts for a person that agreed to it
    (`POST /v1/assistances`), good for five minutes.

    Authenticate with a signed assertion (private_key_jwt, preferred), with HTTP Basic
    (client_secret_basic) or with client_id and client_secret in the form; an app without a secret sends client_id
    alone. The token is good for 15 minutes; ask for the next one a minute before, not for every request. Errors have
    the members error and error_description of RFC 6749 section 5.2 beside the problem's own. After ten failures
    within a minute a client id gets 429 for further failures; a correct secret is always accepted. In the sandbox,
    `.local/run.json` lists clients: `curl -u CLIENT_ID:CLIENT_SECRET -d grant_type=client_credentials
    GATEWAY_URL/v1/oauth2/token`.
    """
    asked = client_request(request, _REQUEST)
    server = OAuthServer(application(Identity), utc_now())
    token: AccessToken = server.create_token_response(OAuthRequest("POST", asked.parameters, asked.credentials))
    return token, _NOT_KEPT


@tokens.route(REVOKE_PATH, methods=["POST"])
@tokens.public("the client authenticates itself here")
@tokens.repeatable("what is revoked stays revoked")
@tokens.raises(
    InvalidTokenRequest, UnsupportedTokenType, InvalidClient, TooManyFailedAuthentications, TooManyRevocations
)
@tokens.doc(requestBody={"required": True, "content": {FORM: {"schema": TokenQuestionSchema}}})
@tokens.response(200, RevocationSchema)
def revoke_token() -> tuple[dict[str, Any], dict[str, str]]:
    """Revoke a token (RFC 7009)

    A refresh token ends the whole sign-in, an access token itself alone. The answer is the same for tokens that are
    unknown, expired or another client's.
    """
    client, token = _asked()
    application(Identity).revoke_token(RevokeToken(client=client, token=token, at=utc_now()))
    return {}, _NOT_KEPT


@tokens.route(INTROSPECT_PATH, methods=["POST"])
@tokens.public("the client authenticates itself here")
@tokens.repeatable("it only tells")
@tokens.raises(InvalidTokenRequest, UnsupportedTokenType, InvalidClient, TooManyFailedAuthentications)
@tokens.doc(requestBody={"required": True, "content": {FORM: {"schema": TokenQuestionSchema}}})
@tokens.response(200, IntrospectionSchema)
def introspect_token() -> tuple[Mapping[str, Any], dict[str, str]]:
    """Ask whether a token counts (RFC 7662)

    A client may ask about its own tokens, with the scope tokens:introspect about all. Unlike a token's signature this
    knows what was revoked.
    """
    client, token = _asked()
    return application(Identity).tokens.introspect(token, client, utc_now()), _NOT_KEPT


def _asked() -> tuple[Client, str]:
    """Who asks, and about which token."""
    asked = client_request(request, _QUESTION)
    if asked.parameters.get("token_type_hint") not in _TOKEN_TYPES:
        raise UnsupportedTokenType("token_type_hint is access_token or refresh_token, or left out.")
    client = application(Identity).authenticate_client(AuthenticateClient(**asdict(asked.credentials), at=utc_now()))
    return client, asked.parameters["token"]


@tokens.route(USERINFO_PATH, methods=["GET"])
@tokens.requires(OPENID, roles=PEOPLE)
@tokens.response(200, UserInfoSchema)
def get_userinfo() -> dict[str, str]:
    """Ask who signed in (OpenID Connect Core section 5.3)

    The opaque id that the ID token has as `sub`, and nothing else: no name, address or number of anybody is kept here
    that could be told. With an access token of a sign-in whose scope has openid.
    """
    return _userinfo()


@tokens.route(USERINFO_PATH, methods=["POST"])
@tokens.requires(OPENID, roles=PEOPLE - {Role.AUDITOR})
@tokens.repeatable("it only tells")
@tokens.response(200, UserInfoSchema)
def post_userinfo() -> dict[str, str]:
    """Ask who signed in, by POST (OpenID Connect Core section 5.3.1)

    As by GET; the access token is in the Authorization header, never in the form.
    """
    return _userinfo()


def _userinfo() -> dict[str, str]:
    person = caller().person
    if person is None:
        # A client that has the scope by a mistake of its registration acts for nobody who signed in.
        raise NotPermitted("The access token is of no sign-in, so it speaks of nobody.")
    return {"sub": person.id}


@tokens.route(KEYS_PATH, methods=["GET"])
@tokens.public("public keys (RFC 7517)")
@tokens.response(200, PublicKeysSchema, headers=["Cache-Control"])
def get_public_keys() -> tuple[Mapping[str, Any], dict[str, str]]:
    """Get the public keys that verify access tokens (JWKS)

    May be kept for five minutes. Meet an unknown kid with one new look, not with a refusal: keys rotate.
    """
    return application(Identity).signing.signer.public_keys(Algorithm.EDDSA), _CACHEABLE


@tokens.route(OPENID_KEYS_PATH, methods=["GET"])
@tokens.public("public keys (RFC 7517)")
@tokens.response(200, OpenIdKeysSchema, headers=["Cache-Control"])
def get_openid_keys() -> tuple[Mapping[str, Any], dict[str, str]]:
    """Get the public keys that verify ID tokens (JWKS)

    Those that verify access tokens, and those of RS256 beside. May be kept for five minutes.
    """
    return application(Identity).signing.signer.public_keys(*Algorithm), _CACHEABLE


@tokens.route(METADATA_PATH, methods=["GET"])
@tokens.public("metadata (RFC 8414)")
@tokens.response(200, ServerMetadataSchema, headers=["Cache-Control"])
def get_server_metadata() -> tuple[dict[str, Any], dict[str, str]]:
    """Get the authorization server's metadata (RFC 8414)

    OAuth libraries configure themselves from this. Scopes are not listed: each service documents its own.
    """
    return _metadata(application(Identity).issuer), _CACHEABLE


@tokens.route(OPENID_METADATA_PATH, methods=["GET"])
@tokens.public("metadata (OpenID Connect Discovery)")
@tokens.response(200, OpenIdMetadataSchema, headers=["Cache-Control"])
def get_openid_metadata() -> tuple[dict[str, Any], dict[str, str]]:
    """Get the metadata as OpenID Connect libraries look for it

    ID tokens name nobody: `sub` is an opaque id. They are signed with EdDSA, or with RS256 for a client that was
    registered with it (`id_token_signed_response_alg`).
    """
    identity = application(Identity)
    return _metadata(identity.issuer) | {
        # Beside the keys of access tokens there are RSA keys, which nobody who verifies those is to meet.
        "jwks_uri": identity.issuer + OPENID_KEYS_PATH,
        "userinfo_endpoint": identity.issuer + USERINFO_PATH,
        "scopes_supported": [OPENID],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [str(algorithm) for algorithm in identity.signing.signer.algorithms()],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "amr", "acr", "sid"],
        "acr_values_supported": [ACR_ONE_FACTOR, ACR_TWO_FACTORS],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }, _CACHEABLE


def _metadata(issuer: str) -> dict[str, Any]:
    any_client = [*_AUTH_METHODS, "none"]
    return {
        "issuer": issuer,
        "authorization_endpoint": issuer + AUTHORIZE_PATH,
        "token_endpoint": issuer + TOKEN_PATH,
        "revocation_endpoint": issuer + REVOKE_PATH,
        "introspection_endpoint": issuer + INTROSPECT_PATH,
        "jwks_uri": issuer + KEYS_PATH,
        "grant_types_supported": [str(kind) for kind in GrantType],
        "response_types_supported": [RESPONSE_TYPE],
        "response_modes_supported": ["query"],
        "code_challenge_methods_supported": [CODE_CHALLENGE_METHOD],
        "token_endpoint_auth_methods_supported": any_client,
        "token_endpoint_auth_signing_alg_values_supported": _ASSERTION_ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": any_client,
        "revocation_endpoint_auth_signing_alg_values_supported": _ASSERTION_ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": any_client,
        "introspection_endpoint_auth_signing_alg_values_supported": _ASSERTION_ALGORITHMS,
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": ["hi", "en"],
        "service_documentation": issuer + "/docs",
    }
