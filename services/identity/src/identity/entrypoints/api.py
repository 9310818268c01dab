"""identity's HTTP routes, all of them public: a client proves itself here, everything else is public keys."""

from dataclasses import asdict
from typing import Any

from flask import request

from identity.application.errors import (
    InvalidClient,
    InvalidScope,
    InvalidTokenRequest,
    TooManyFailedAuthentications,
    UnsupportedGrantType,
)
from identity.application.issue_token import GRANT_TYPE, AccessToken, IssueToken
from identity.bootstrap import Identity
from identity.entrypoints.schemas import (
    AccessTokenSchema,
    PublicKeysSchema,
    ServerMetadataSchema,
    TokenRequestSchema,
)
from identity.entrypoints.token_request import FORM, token_parameters
from servicekit.http import Blueprint, application
from servicekit.ids import public_id
from servicekit.instants import utc_now

TOKEN_PATH = "/v1/oauth2/token"  # noqa: S105 - an address
KEYS_PATH = "/.well-known/jwks.json"
METADATA_PATH = "/.well-known/oauth-authorization-server"
# Verifiers look again after five minutes: a new key must be published that long before it signs.
KEYS_MAX_AGE_SECONDS = 300
_CACHEABLE = {"Cache-Control": f"public, max-age={KEYS_MAX_AGE_SECONDS}"}

blp = Blueprint("identity", description="Access tokens for machine clients, and the keys that verify them.")


@blp.route(TOKEN_PATH, methods=["POST"])
@blp.public("the client authenticates itself here")
@blp.repeatable("each answer is a token of its own, and an earlier one stays good")
@blp.raises(InvalidTokenRequest, UnsupportedGrantType, InvalidScope, InvalidClient, TooManyFailedAuthentications)
@blp.doc(
    requestBody={"required": True, "content": {FORM: {"schema": TokenRequestSchema}}},
)
@blp.response(200, AccessTokenSchema)
def issue_token() -> tuple[AccessToken, dict[str, str]]:
    """Get an access token (OAuth 2.0 client credentials)

    Authenticate with HTTP Basic (client_secret_basic, preferred) or with client_id and client_secret in the form.
    The token is good for 15 minutes; ask for the next one a minute before, not for every request. Errors have the
    members error and error_description of RFC 6749 section 5.2 beside the problem's own. After ten failures
    within a minute a client id gets 429 for further failures; a correct secret is always accepted. In the sandbox,
    `.local/run.json` lists clients: `curl -u CLIENT_ID:CLIENT_SECRET -d grant_type=client_credentials
    GATEWAY_URL/v1/oauth2/token`. Sign-in for people (OTP, PKCE) is not here yet.
    """
    command = IssueToken(**asdict(token_parameters(request)), token_id=public_id("tok"), at=utc_now())
    # RFC 6749 §5.1 wants Pragma as well; Cache-Control: no-store is on every answer already.
    return application(Identity).issue_token(command), {"Pragma": "no-cache"}


@blp.route(KEYS_PATH, methods=["GET"])
@blp.public("public keys (RFC 7517)")
@blp.response(200, PublicKeysSchema, headers=["Cache-Control"])
def get_public_keys() -> tuple[dict[str, Any], dict[str, str]]:
    """Get the public keys that verify access tokens (JWKS)

    May be kept for five minutes. Meet an unknown kid with one new look, not with a refusal: keys rotate.
    """
    return application(Identity).public_keys, _CACHEABLE


@blp.route(METADATA_PATH, methods=["GET"])
@blp.public("metadata (RFC 8414)")
@blp.response(200, ServerMetadataSchema, headers=["Cache-Control"])
def get_server_metadata() -> tuple[dict[str, Any], dict[str, str]]:
    """Get the authorization server's metadata (RFC 8414)

    OAuth libraries configure themselves from this. Scopes are not listed: each service documents its own.
    """
    issuer = application(Identity).issuer
    return {
        "issuer": issuer,
        "token_endpoint": issuer + TOKEN_PATH,
        "jwks_uri": issuer + KEYS_PATH,
        "grant_types_supported": [GRANT_TYPE],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "response_types_supported": [],
    }, _CACHEABLE
