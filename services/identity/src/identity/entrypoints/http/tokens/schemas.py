"""The forms of the token endpoints and the public documents, as they are on the wire."""

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_dump, validate

from identity.application.assistance.exchange_assistance import ACCESS_TOKEN_TYPE, ASSISTANCE_TYPE
from identity.domain.clients.client import LONGEST_REDIRECT_URI
from servicekit.money import CURRENCY

LONGEST_CLIENT_ID = 128  # ours have 64 characters at most
LONGEST_SECRET = 256  # ours have 55
LONGEST_SCOPE = 4096  # 64 scopes, the most a client has, at three times the length of ours
LONGEST_TOKEN = 8_000  # as at the gateway
LONGEST_CODE = 256  # ours have 43
LONGEST_ASSERTION = 4_096
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def printable(value: str) -> None:
    """RFC 6749 appendix A: everything here is printable ASCII."""
    if not (value.isascii() and value.isprintable()):
        raise ValidationError("Must be printable ASCII.")


def without_quotes(value: str) -> None:
    """What an error_description may repeat (RFC 6749 §5.2) has neither."""
    if '"' in value or "\\" in value:
        raise ValidationError("Must have no double quote and no backslash.")


def text(longest: int, description: str, example: str | None = None, **more: Any) -> fields.String:
    """A parameter of OAuth."""
    metadata = {"description": description, **({"example": example} if example else {}), **more.pop("metadata", {})}
    return fields.String(validate=[validate.Length(max=longest), printable], metadata=metadata, **more)


class ClientRequestSchema(Schema):
    """How a client authenticates (RFC 6749 §2.3.1, RFC 7523 §2.2). Unknown parameters are ignored, as §3.2 demands."""

    class Meta:
        unknown = EXCLUDE

    client_id = text(
        LONGEST_CLIENT_ID, "With client_secret, instead of HTTP Basic; an app sends it alone.",
        "cli_sandbox_kiosk_jaipur",
    )  # fmt: skip
    client_secret = text(LONGEST_SECRET, "Instead of HTTP Basic, never beside it.", metadata={"format": "password"})
    client_assertion_type = text(128, "With client_assertion.", ASSERTION_TYPE)
    client_assertion = text(
        LONGEST_ASSERTION,
        "A JWT signed with the client's own key (private_key_jwt, RFC 7523): iss and sub the client id, aud the issuer "
        "or this address, a jti never used before, exp within the hour; EdDSA or ES256.",
    )


class TokenRequestSchema(ClientRequestSchema):
    """RFC 6749 §4.1.3, §4.4.2 and §6; RFC 7636 §4.5; RFC 8693 §2.1."""

    grant_type = text(
        64,
        "client_credentials, authorization_code, refresh_token or urn:ietf:params:oauth:grant-type:token-exchange.",
        "client_credentials",
        required=True,
    )
    scope = text(
        LONGEST_SCOPE, "Scopes separated by spaces; without it, every scope that the client has.",
        "bills:fetch payments:write",
    )  # fmt: skip
    code = text(LONGEST_CODE, "Of authorization_code: what came back with the person.")
    redirect_uri = text(LONGEST_REDIRECT_URI, "Of authorization_code: as at the authorization endpoint.")
    code_verifier = text(128, "Of authorization_code: the PKCE verifier (RFC 7636).")
    refresh_token = text(LONGEST_CODE, "Of refresh_token: the latest one; each counts once.")
    subject_token = text(LONGEST_CODE, "Of token-exchange: the id of an assistance that the person agreed to.")
    subject_token_type = text(128, "Of token-exchange.", ASSISTANCE_TYPE)
    actor_token = text(
        LONGEST_TOKEN, "Of token-exchange: the operator's own access token, where an operator had signed in."
    )
    actor_token_type = text(128, "Of token-exchange: with actor_token.", ACCESS_TOKEN_TYPE)
    requested_token_type = text(128, "Of token-exchange: an access token, or left out.", ACCESS_TOKEN_TYPE)
    audience = text(128, "Of token-exchange: emitra, or left out.")
    resource = text(LONGEST_REDIRECT_URI, "Of token-exchange: not supported.")


class TokenQuestionSchema(ClientRequestSchema):
    """RFC 7009 §2.1 and RFC 7662 §2.1."""

    token = text(LONGEST_TOKEN, "An access token or a refresh token.", required=True)
    token_type_hint = text(64, "access_token or refresh_token; not needed.")


class AtMostSchema(Schema):
    """Whole paise."""

    amount = fields.Integer(required=True)
    currency = fields.String(required=True, validate=validate.Equal(CURRENCY), metadata={"example": CURRENCY})


class AuthorizationDetailSchema(Schema):
    """What a person agreed to (RFC 9396 section 2)."""

    type = fields.String(required=True, metadata={"example": "payment"})
    identifier = fields.String(required=True, metadata={"example": "JVVNL"})
    once = fields.Boolean(required=True)
    at_most = fields.Nested(AtMostSchema, metadata={"description": "In all; of what costs something."})


class AccessTokenSchema(Schema):
    """RFC 6749 §5.1, OpenID Connect Core §3.1.3.3."""

    access_token = fields.String(
        required=True,
        metadata={"description": "A JWT (RFC 9068); treat it as opaque and send it as Authorization: Bearer."},
    )
    token_type = fields.String(required=True, validate=validate.Equal("Bearer"), metadata={"example": "Bearer"})
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds.", "example": 900})
    scope = fields.String(
        required=True, metadata={"description": "What was granted.", "example": "bills:fetch payments:write"}
    )
    refresh_token = fields.String(metadata={"description": "For a person only; it counts once and gives the next."})
    id_token = fields.String(metadata={"description": "With the scope openid, when a code is redeemed: who signed in."})
    issued_token_type = fields.String(metadata={"description": "Of token-exchange (RFC 8693 section 2.2.1)."})
    authorization_details = fields.List(
        fields.Nested(AuthorizationDetailSchema),
        metadata={"description": "Of token-exchange: what the person agreed to (RFC 9396 section 7)."},
    )

    @post_dump
    def _leave_out(self, shown: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in shown.items() if value is not None}


class RevocationSchema(Schema):
    """RFC 7009 §2.2: nothing is told."""


class ActingSchema(Schema):
    """The platform's own claim `person`."""

    id = fields.String(required=True)
    role = fields.String(required=True)
    lsp_id = fields.String()
    department = fields.String()
    office = fields.String()
    designation = fields.String()
    designation_hi = fields.String()
    districts = fields.List(fields.String())


class ActClaimSchema(Schema):
    """RFC 8693 §4.1: who does it for the person."""

    sub = fields.String(required=True)
    client_id = fields.String(required=True)
    kiosk_id = fields.String()
    role = fields.String()


class IntrospectionSchema(Schema):
    """RFC 7662 §2.2; `active` alone for a token that does not count, or that is not this client's to know."""

    active = fields.Boolean(required=True)
    token_type = fields.String()
    scope = fields.String()
    client_id = fields.String()
    sub = fields.String()
    aud = fields.String()
    iss = fields.String()
    exp = fields.Integer()
    iat = fields.Integer()
    jti = fields.String()
    auth_time = fields.Integer()
    sid = fields.String()
    kiosk_id = fields.String()
    person = fields.Nested(ActingSchema)
    act = fields.Nested(ActClaimSchema)
    assistance_id = fields.String()
    authorization_details = fields.List(fields.Nested(AuthorizationDetailSchema))


class UserInfoSchema(Schema):
    """OpenID Connect Core §5.3.2."""

    sub = fields.String(required=True, metadata={"description": "As in the ID token.", "example": "per_0190ab12"})


class PublicKeySchema(Schema):
    """An Ed25519 public key as JWK (RFC 8037)."""

    kty = fields.String(required=True, metadata={"example": "OKP"})
    crv = fields.String(required=True, metadata={"example": "Ed25519"})
    x = fields.String(required=True)
    kid = fields.String(required=True, metadata={"description": "The kid in the header of the tokens it verifies."})
    use = fields.String(required=True, metadata={"example": "sig"})
    alg = fields.String(required=True, metadata={"example": "EdDSA"})


class PublicKeysSchema(Schema):
    """A JWKS (RFC 7517 §5). Several keys while one replaces another: choose by kid."""

    keys = fields.List(fields.Nested(PublicKeySchema), required=True)


class OpenIdKeySchema(Schema):
    """A public key as JWK: of Ed25519 (RFC 8037) with crv and x, of RSA (RFC 7518 §6.3) with n and e."""

    kty = fields.String(required=True, validate=validate.OneOf(["OKP", "RSA"]), metadata={"example": "RSA"})
    crv = fields.String(metadata={"example": "Ed25519"})
    x = fields.String()
    n = fields.String()
    e = fields.String()
    kid = fields.String(required=True, metadata={"description": "The kid in the header of the tokens it verifies."})
    use = fields.String(required=True, metadata={"example": "sig"})
    alg = fields.String(required=True, metadata={"example": "RS256"})


class OpenIdKeysSchema(Schema):
    """A JWKS (RFC 7517 §5) of both algorithms."""

    keys = fields.List(fields.Nested(OpenIdKeySchema), required=True)


def _names(**metadata: Any) -> fields.List:
    return fields.List(fields.String(), required=True, metadata=metadata)


class ServerMetadataSchema(Schema):
    """RFC 8414 §2, RFC 9207 §3."""

    issuer = fields.String(required=True, metadata={"description": "The iss of every token and of every answer."})
    authorization_endpoint = fields.String(required=True)
    token_endpoint = fields.String(required=True)
    revocation_endpoint = fields.String(required=True)
    introspection_endpoint = fields.String(required=True)
    jwks_uri = fields.String(required=True)
    grant_types_supported = _names()
    response_types_supported = _names()
    response_modes_supported = _names()
    code_challenge_methods_supported = _names(description="S256 alone, and always.")
    token_endpoint_auth_methods_supported = _names()
    token_endpoint_auth_signing_alg_values_supported = _names()
    revocation_endpoint_auth_methods_supported = _names()
    revocation_endpoint_auth_signing_alg_values_supported = _names()
    introspection_endpoint_auth_methods_supported = _names()
    introspection_endpoint_auth_signing_alg_values_supported = _names()
    authorization_response_iss_parameter_supported = fields.Boolean(required=True)
    ui_locales_supported = _names()
    service_documentation = fields.String(required=True)


class OpenIdMetadataSchema(ServerMetadataSchema):
    """OpenID Connect Discovery §3."""

    userinfo_endpoint = fields.String(required=True)
    scopes_supported = _names(description="openid alone: each service documents its own.")
    subject_types_supported = _names()
    id_token_signing_alg_values_supported = _names()
    claims_supported = _names()
    acr_values_supported = _names()
    claims_parameter_supported = fields.Boolean(required=True)
    request_parameter_supported = fields.Boolean(required=True)
    request_uri_parameter_supported = fields.Boolean(required=True)
